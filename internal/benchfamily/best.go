package benchfamily

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// best is the best value known of a case, as far as its folder says.
type best struct {
	known      bool
	cost       float64 // in units of the source
	unassigned int
	priority   *int64
	peers      bool // peers were measured on this case
}

func bestUnknown(string, string) (best, error) { return best{}, nil }

// bestDistance reads bks.csv beside the file: distances truncated to tenths.
func bestDistance(file, name string) (best, error) {
	row, err := tableRow(file, "bks.csv", "instance", name)
	if err != nil || row == nil {
		return best{}, err
	}
	cost, err := row.number("distance_dimacs")
	return best{known: err == nil, cost: cost, peers: row.cells["peers_measured"] == "yes"}, err
}

// bestWorkingTime reads best_static.csv: visits left out first, then working time.
func bestWorkingTime(file, name string) (best, error) {
	row, err := tableRow(file, "best_static.csv", "instance", name)
	if err != nil || row == nil {
		return best{}, err
	}
	b := best{known: true}
	if b.cost, err = row.number("best_working_time"); err != nil {
		return best{}, err
	}
	if _, ok := row.cells["unserved"]; ok {
		unserved, err := row.number("unserved")
		b.unassigned = int(unserved)
		return b, err
	}
	return b, nil
}

// bestFleet reads best_known.csv, whose names are folder and file.
func bestFleet(file, _ string) (best, error) {
	row, err := tableRow(file, "best_known.csv", "instance", filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file))
	if err != nil || row == nil {
		return best{}, err
	}
	cost, err := row.number("bks")
	return best{known: err == nil, cost: cost}, err
}

// bestHomeCare reads best_known.csv. Its values are rounded; the terms beside them are not, or less.
func bestHomeCare(file, _ string) (best, error) {
	row, err := tableRow(file, "best_known.csv", "instance", filepath.Base(file))
	if err != nil || row == nil {
		return best{}, err
	}
	var sum float64
	for _, term := range []string{"distance", "total_tardiness", "max_tardiness"} {
		v, err := row.number(term)
		if err != nil {
			return best{}, err
		}
		sum += v
	}
	return best{known: true, cost: sum / 3}, nil
}

// bestSolution reads the line "Cost c" of the solution beside a file.
func bestSolution(file, _ string) (best, error) {
	path := strings.TrimSuffix(file, filepath.Ext(file)) + ".sol"
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return best{}, nil
	}
	if err != nil {
		return best{}, err
	}
	_, text, found := strings.Cut(string(data), "Cost")
	text, _, _ = strings.Cut(strings.TrimLeft(text, ": \t"), "\n")
	cost, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !found {
		return best{}, fmt.Errorf("%s: want a line \"Cost c\"", path)
	}
	return best{known: true, cost: cost}, nil
}

// bestAssignment reads optimal.csv, whose names are whole file names.
func bestAssignment(file, name string) (best, error) {
	row, err := tableRow(file, "optimal.csv", "file", name+filepath.Ext(file))
	if err != nil || row == nil {
		return best{}, err
	}
	cost, err := row.number("optimal_min_cost")
	return best{known: err == nil, cost: cost}, err
}

// bestVROOM reads the summary of VROOM's own answer beside the file.
func bestVROOM(file, _ string) (best, error) {
	path := strings.TrimSuffix(file, ".json") + ".vroom.json"
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return best{}, nil
	}
	if err != nil {
		return best{}, err
	}
	var in struct {
		VROOM struct {
			Cost       float64 `json:"cost"`
			Unassigned int     `json:"unassigned"`
			Priority   int64   `json:"priority"`
		} `json:"vroom"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return best{}, fmt.Errorf("%s: %w", path, err)
	}
	return best{known: true, cost: in.VROOM.Cost, unassigned: in.VROOM.Unassigned, priority: &in.VROOM.Priority}, nil
}

// record is one line of a table, by column.
type record struct {
	path  string
	key   string
	cells map[string]string
}

func (r *record) number(column string) (float64, error) {
	v, err := strconv.ParseFloat(r.cells[column], 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %s: %s is %q, want a number", r.path, r.key, column, r.cells[column])
	}
	return v, nil
}

// tableRow finds the line of a case in a table beside its file or one folder up; nil when there is none.
func tableRow(file, table, column, key string) (*record, error) {
	dir := filepath.Dir(file)
	for _, path := range []string{filepath.Join(dir, table), filepath.Join(dir, "..", table)} {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return findRow(path, lines, column, key), nil
	}
	return nil, nil
}

func findRow(path string, lines [][]string, column, key string) *record {
	for i := 1; i < len(lines); i++ {
		cells := make(map[string]string, len(lines[0]))
		for k, name := range lines[0] {
			cells[name] = lines[i][k]
		}
		if cells[column] == key {
			return &record{path: path, key: key, cells: cells}
		}
	}
	return nil
}
