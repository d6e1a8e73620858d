package travel

import (
	"context"
	"fmt"
	"math"

	"fettle/geo"
)

// Table is a provider over a matrix that the caller brought: measured trips, another router, a benchmark instance. It
// answers for any selection of its places, found by equal coordinates; it ignores the hour. Immutable, safe for concurrent
// use.
type Table struct {
	tables Tables
	rows   map[geo.Point]int32
}

var _ Provider = (*Table)(nil)

// NewTable makes a provider from tables over places. It refuses tables of another size and a place that occurs twice.
func NewTable(places []geo.Point, tables Tables) (*Table, error) {
	if err := checkRequest(places, 0); err != nil {
		return nil, fmt.Errorf("make travel table: %w", err)
	}
	if tables.Seconds == nil || tables.Meters == nil || tables.Seconds.Len() != len(places) || tables.Meters.Len() != len(places) {
		return nil, fmt.Errorf("make travel table: %w", &geo.InvalidError{
			Field: "tables", Value: fmt.Sprintf("%d places", len(places)), Want: "seconds and meters of the same number of places",
		})
	}
	t := &Table{tables: tables, rows: make(map[geo.Point]int32, len(places))}
	for i, p := range places {
		if first, twice := t.rows[p]; twice {
			return nil, fmt.Errorf("make travel table: %w", &geo.InvalidError{
				Field: fmt.Sprintf("places[%d]", i), Value: p, Want: fmt.Sprintf("a place of its own; place %d is the same", first),
			})
		}
		t.rows[p] = int32(i)
	}
	return t, nil
}

// Matrix selects the rows and columns of the points. A point that is not a place of the table gives an error that wraps
// ErrUnknownPlace. Two equal points have the value of the diagonal between them.
func (t *Table) Matrix(ctx context.Context, points []geo.Point, hour int) (Tables, error) {
	if err := checkRequest(points, hour); err != nil {
		return Tables{}, fmt.Errorf("select from travel table: %w", err)
	}
	n := len(points)
	rows := make([]int32, n)
	for i, p := range points {
		row, ok := t.rows[p]
		if !ok {
			return Tables{}, fmt.Errorf("select point %d (%v) from travel table: %w", i, p, ErrUnknownPlace)
		}
		rows[i] = row
	}
	seconds, meters := make([]int32, 0, n*n), make([]int32, 0, n*n)
	for _, from := range rows {
		if err := ctx.Err(); err != nil {
			return Tables{}, fmt.Errorf("select from travel table: %w", err)
		}
		for _, to := range rows {
			seconds = append(seconds, t.tables.Seconds.At(from, to))
			meters = append(meters, t.tables.Meters.At(from, to))
		}
	}
	return newTables(n, seconds, meters)
}

// TablesFromRows rounds rows of real seconds and metres into tables. Both must be n rows of n values; an infinite value is
// Unreachable, a negative one or a NaN is refused with a *geo.InvalidError that names it. The diagonal is kept as it is.
func TablesFromRows(seconds, meters [][]float64) (Tables, error) {
	n := len(seconds)
	if n > MaxPlaces {
		return Tables{}, &geo.InvalidError{Field: "seconds", Value: n, Want: fmt.Sprintf("at most %d rows", MaxPlaces)}
	}
	if len(meters) != n {
		return Tables{}, &geo.InvalidError{Field: "meters", Value: len(meters), Want: fmt.Sprintf("%d rows, as many as seconds has", n)}
	}
	s, err := flatten("seconds", seconds)
	if err != nil {
		return Tables{}, err
	}
	m, err := flatten("meters", meters)
	if err != nil {
		return Tables{}, err
	}
	return newTables(n, s, m)
}

func flatten(field string, rows [][]float64) ([]int32, error) {
	n := len(rows)
	values := make([]int32, 0, n*n)
	for i, row := range rows {
		if len(row) != n {
			return nil, &geo.InvalidError{Field: fmt.Sprintf("%s[%d]", field, i), Value: len(row), Want: fmt.Sprintf("%d values", n)}
		}
		for j, x := range row {
			if math.IsNaN(x) || x < 0 {
				return nil, &geo.InvalidError{Field: fmt.Sprintf("%s[%d][%d]", field, i, j), Value: x, Want: "a number that is not negative"}
			}
			values = append(values, round(x))
		}
	}
	return values, nil
}
