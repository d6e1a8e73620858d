package fleetlib

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Fault is what is wrong with a file.
type Fault struct {
	Line  int    // 1-based; 0 when the fault has no line
	Field string // the keyword; "" when the file as a whole is wrong
	Msg   string // what was found and what is wanted
}

// Error implements error.
func (f *Fault) Error() string {
	return strings.TrimPrefix(fmt.Sprintf("%s: %s", f.Field, f.Msg), ": ")
}

// headers are the keywords with a value on their line that are understood.
var headers = []string{
	"NAME", "COMMENT", "TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "CAPACITY", "VEHICLES", "VEHICLES_MAX_DURATION",
}

// sections are the sections that are understood.
var sections = []string{
	"NODE_COORD_SECTION", "DEMAND_SECTION", "SERVICE_TIME_SECTION", "TIME_WINDOW_SECTION", "DEPOT_SECTION",
	"CAPACITY_SECTION", "VEHICLES_DEPOT_SECTION", "VEHICLES_MAX_DURATION_SECTION", "VEHICLES_ALLOWED_CLIENTS_SECTION",
}

// row is one line of a section, or the value of a header.
type row struct {
	line  int
	cells []string
}

// file is a text taken apart.
type file struct {
	head     map[string]row
	sections map[string][]row
	at       map[string]int // line of each section's keyword
}

// split takes a text apart and refuses keywords that are unknown or given twice.
func split(data []byte) (*file, error) {
	f := &file{head: map[string]row{}, sections: map[string][]row{}, at: map[string]int{}}
	section, n := "", 0
	for text := range bytes.Lines(data) {
		n++
		line := strings.TrimSpace(string(text))
		word, value, colon := strings.Cut(line, ":")
		word = strings.ToUpper(strings.TrimSpace(word))
		switch {
		case line == "":
		case word == "EOF":
			return f, nil
		case strings.HasSuffix(word, "_SECTION"):
			if _, twice := f.at[word]; twice || !slices.Contains(sections, word) {
				return nil, fault(n, word, "this section is given twice or not supported; supported are %s", strings.Join(sections, ", "))
			}
			section, f.at[word] = word, n
		case colon:
			if _, twice := f.head[word]; twice || !slices.Contains(headers, word) {
				return nil, fault(n, word, "this keyword is given twice or not supported; supported are %s", strings.Join(headers, ", "))
			}
			section, f.head[word] = "", row{n, []string{strings.TrimSpace(value)}}
		case section == "":
			return nil, fault(n, "", "the line %q is in no section, want KEYWORD : value", line)
		default:
			f.sections[section] = append(f.sections[section], row{n, strings.Fields(line)})
		}
	}
	return f, nil
}

func fault(line int, field, format string, args ...any) error {
	return &Fault{Line: line, Field: field, Msg: fmt.Sprintf(format, args...)}
}

// missing is the fault of a keyword that is not there.
func missing(keyword string) error { return fault(0, keyword, "is missing") }

// whole reads a header as a whole number from 1 to most.
func (f *file) whole(keyword string, most int) (int, error) {
	h, ok := f.head[keyword]
	if !ok {
		return 0, missing(keyword)
	}
	n, err := strconv.Atoi(h.cells[0])
	if err != nil || n < 1 || n > most {
		return 0, fault(h.line, keyword, "is %q, want a whole number between 1 and %d", h.cells[0], most)
	}
	return n, nil
}

// table reads a section of rows "number value ...", every number from 1 to n once, each with so many values.
func (f *file) table(section string, n, columns int) ([][]float64, error) {
	rows := f.sections[section]
	if len(rows) != n {
		return nil, fault(f.at[section], section, "has %d rows, want %d", len(rows), n)
	}
	out := make([][]float64, n)
	for _, r := range rows {
		index, err := r.index(section, n)
		if err != nil {
			return nil, err
		}
		if out[index] != nil || len(r.cells) != columns+1 {
			return nil, fault(r.line, section, "the row of %s has %d values or comes twice, want %d values once", r.cells[0], len(r.cells)-1, columns)
		}
		out[index] = make([]float64, columns)
		for c := range columns {
			if out[index][c], err = r.number(section, c+1); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// index reads the first cell of a row, which counts from 1, as an index from 0.
func (r row) index(section string, n int) (int, error) {
	k, err := strconv.Atoi(r.cells[0])
	if err != nil || k < 1 || k > n {
		return 0, fault(r.line, section, "begins with %q, want a whole number between 1 and %d", r.cells[0], n)
	}
	return k - 1, nil
}

// most bounds every number of a file, so that travel stays below dispatch.Unreachable.
const most = 5e4

func (r row) number(section string, cell int) (float64, error) {
	x, err := strconv.ParseFloat(r.cells[cell], 64)
	if err != nil || math.IsNaN(x) || math.Abs(x) > most {
		return 0, fault(r.line, section, "holds %q, want a number between -5e4 and 5e4", r.cells[cell])
	}
	return x, nil
}
