package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fettle/rental/renewal/risk"
)

// result is what is printed.
type result struct {
	Data    string       `json:"data"`
	Seed    uint64       `json:"seed"`
	Columns int          `json:"columns"`
	Penalty float64      `json:"penalty"`
	Report  *risk.Report `json:"report"`
}

func run(dir string, seed uint64) error {
	f, err := os.Open(filepath.Join(dir, "telco_customer_churn.csv"))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return fmt.Errorf("%s has no rows", f.Name())
	}
	s := sample(rows[0], rows[1:])
	m, rep, err := risk.Choose(s, seed)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(result{Data: "telco_customer_churn.csv", Seed: seed, Columns: len(s.Names), Penalty: m.Penalty, Report: rep})
}

// sample makes a column of each number and of each value of a text. Who stays has renewed.
func sample(header []string, rows [][]string) *risk.Sample {
	s := &risk.Sample{Rows: make([][]float64, len(rows)), Renewed: make([]bool, len(rows))}
	for c, name := range header {
		switch name {
		case "customerID":
			continue
		case "Churn":
			for i, row := range rows {
				s.Renewed[i] = row[c] == "No"
			}
			continue
		}
		values := map[string]bool{}
		for _, row := range rows {
			values[row[c]] = true
		}
		if len(values) > 10 {
			s.Names = append(s.Names, name)
			for i, row := range rows {
				v, err := strconv.ParseFloat(strings.TrimSpace(row[c]), 64)
				if err != nil {
					v = math.NaN()
				}
				s.Rows[i] = append(s.Rows[i], v)
			}
			continue
		}
		addTexts(s, rows, c, name, values)
	}
	return s
}

func addTexts(s *risk.Sample, rows [][]string, c int, name string, values map[string]bool) {
	var sorted []string
	for v := range values {
		sorted = append(sorted, v)
	}
	slices.Sort(sorted)
	for _, v := range sorted[1:] {
		s.Names = append(s.Names, name+"="+v)
		for i, row := range rows {
			is := 0.0
			if row[c] == v {
				is = 1
			}
			s.Rows[i] = append(s.Rows[i], is)
		}
	}
}
