// Package csvtable reads and writes tables as CSV: columns are found by name, faults are named by line and column, and no text that
// goes out is taken for a formula by the program that opens it.
package csvtable

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"fettle/invalid"
)

// Row is a line of a table by the names of its columns.
type Row struct {
	Line   int // from 1, the line of names among them
	fields []string
	at     map[string]int
}

// Get is the value of a column without the space around it, "" where the table has no such column.
func (r *Row) Get(column string) string {
	i, ok := r.at[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

// Int is the whole number in a column.
func (r *Row) Int(column string) (int64, error) {
	n, err := strconv.ParseInt(r.Get(column), 10, 64)
	if err != nil {
		return 0, r.Fault(column, "a whole number")
	}
	return n, nil
}

// Float is the number in a column.
func (r *Row) Float(column string) (float64, error) {
	x, err := strconv.ParseFloat(r.Get(column), 64)
	if err != nil {
		return 0, r.Fault(column, "a number")
	}
	return x, nil
}

// Fault names what is wrong with a column of the row. The value is not repeated: it may be somebody's.
func (r *Row) Fault(column, want string) error {
	return &invalid.Error{Field: fmt.Sprintf("csv line %d, column %s", r.Line, column), Want: want}
}

// Read reads a table whose first line names its columns; those that are required must be there, others than known must not. A
// byte order mark is passed over. It refuses more than most rows.
func Read(text string, required, optional []string, most int) ([]Row, error) {
	if err := Narrow(text, maxFields); err != nil {
		return nil, err
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	names, err := in.Read()
	if err != nil {
		return nil, &invalid.Error{Field: "csv", Want: "a line of the names of its columns: " + strings.Join(required, ", ")}
	}
	at := map[string]int{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		_, twice := at[name]
		if twice || !slices.Contains(required, name) && !slices.Contains(optional, name) {
			return nil, &invalid.Error{Field: "csv line 1", Value: fmt.Sprintf("%.40q", name), Want: "each column once, of " + strings.Join(slices.Concat(required, optional), ", ")}
		}
		at[name] = i
	}
	for _, name := range required {
		if _, ok := at[name]; !ok {
			return nil, &invalid.Error{Field: "csv line 1", Want: "a column " + name}
		}
	}
	var rows []Row
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				return nil, &invalid.Error{Field: fmt.Sprintf("csv line %d", bad.Line), Want: fmt.Sprintf("%d columns with quotes in pairs", len(names))}
			}
			return nil, fmt.Errorf("read csv: %w", err)
		}
		if len(rows) == most {
			return nil, &invalid.Error{Field: "csv", Want: fmt.Sprintf("at most %d lines at once", most)}
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, Row{Line: line, fields: fields, at: at})
	}
}

// maxFields is how many fields a line has at most. A line is read whole.
const maxFields = 256

// Narrow refuses a table with a line of more than so many fields, before any of it is read.
func Narrow[T string | []byte](text T, most int) error {
	fields, quoted := 1, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			fields = 1
		case c == ',' && !quoted:
			if fields++; fields > most {
				return &invalid.Error{Field: "csv", Want: fmt.Sprintf("at most %d fields in a line", most)}
			}
		}
	}
	return nil
}

// Write writes a table with a line of names. Numbers stay numbers; a text that begins like a formula gets an apostrophe before it.
func Write(names []string, rows [][]any) string {
	var b strings.Builder
	out := csv.NewWriter(&b)
	_ = out.Write(names) // a builder takes everything
	for _, row := range rows {
		fields := make([]string, len(row))
		for i, v := range row {
			fields[i] = fmt.Sprint(v)
			if text, ok := v.(string); ok && text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
				fields[i] = "'" + text
			}
		}
		_ = out.Write(fields)
	}
	out.Flush()
	return b.String()
}
