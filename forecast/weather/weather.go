// Package weather is the weather of days as a forecast of counts takes it: columns of numbers by day, from a CSV file. What it does to
// counts is learned elsewhere (forecast/model).
package weather

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxColumns is how many columns a table has at most: each is one more thing to learn from the same days.
const MaxColumns = 8

// Table is the weather of some days. A nil Table knows none.
type Table struct {
	columns []string
	days    map[int][]float64 // NaN where a value is not known
}

// Columns are the names of the values, in order.
func (t *Table) Columns() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.columns)
}

// On is the weather of a civil day, counted from 1970-01-01, in the order of Columns; nil when nothing is known of it. A value that is
// not known is NaN.
func (t *Table) On(civilDay int) []float64 {
	if t == nil {
		return nil
	}
	return t.days[civilDay]
}

// Read reads CSV with a heading: date, as YYYY-MM-DD, and columns of numbers; empty cells are not known. Days may come in any order
// and may lie ahead, where they are a forecast of the weather. The later of two rows of a day counts.
func Read(r io.Reader) (*Table, error) {
	rows := csv.NewReader(r)
	heading, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("read weather: heading: %w", err)
	}
	if n := len(heading) - 1; !strings.EqualFold(strings.TrimSpace(heading[0]), "date") || n < 1 || n > MaxColumns {
		return nil, fmt.Errorf("read weather: the heading is %q, want date and 1 to %d columns of numbers", strings.Join(heading, ","), MaxColumns)
	}
	t := &Table{days: map[int][]float64{}}
	for _, name := range heading[1:] {
		t.columns = append(t.columns, strings.TrimSpace(name))
	}
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read weather: %w", err)
		}
		if err := t.add(row); err != nil {
			return nil, fmt.Errorf("read weather: line %d: %w", line, err)
		}
	}
}

func (t *Table) add(row []string) error {
	const secondsOfDay = 86400
	on, err := time.Parse(time.DateOnly, strings.TrimSpace(row[0]))
	if err != nil {
		return fmt.Errorf("date is %q, want YYYY-MM-DD", row[0])
	}
	values := make([]float64, len(t.columns))
	for i, text := range row[1:] {
		if text = strings.TrimSpace(text); text == "" {
			values[i] = math.NaN()
			continue
		}
		if values[i], err = strconv.ParseFloat(text, 64); err != nil || math.IsInf(values[i], 0) {
			return fmt.Errorf("%s is %q, want a number, or nothing where it is not known", t.columns[i], text)
		}
	}
	t.days[int(on.Unix()/secondsOfDay)] = values
	return nil
}
