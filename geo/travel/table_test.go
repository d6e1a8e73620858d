package travel_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/geo"
	"fettle/geo/travel"
)

func threePlaces(t *testing.T) ([]geo.Point, travel.Tables) {
	t.Helper()
	tables, err := travel.TablesFromRows(
		[][]float64{{0, 10.5, 20.4}, {11, 0, math.Inf(1)}, {21, 31, 0}},
		[][]float64{{0, 100, 200}, {101, 0, 300}, {201, 301, 0}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return []geo.Point{{Lat: 1}, {Lat: 2}, {Lat: 3}}, tables
}

func TestTableSelects(t *testing.T) {
	t.Parallel()
	places, tables := threePlaces(t)
	table, err := travel.NewTable(places, tables)
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.Matrix(context.Background(), []geo.Point{{Lat: 3}, {Lat: 1}, {Lat: 3}}, 7)
	if err != nil {
		t.Fatal(err)
	}
	// Rows 2, 0, 2 of the seconds: 10.5 rounds to 11, 20.4 to 20.
	if diff := cmp.Diff([]int32{0, 21, 0, 20, 0, 20, 0, 21, 0}, got.Seconds.Table()); diff != "" {
		t.Errorf("seconds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int32{0, 201, 0, 200, 0, 200, 0, 201, 0}, got.Meters.Table()); diff != "" {
		t.Errorf("meters (-want +got):\n%s", diff)
	}
	if got := tables.Seconds.At(0, 1); got != 11 {
		t.Errorf("10.5 s is rounded to %d, want half up", got)
	}
	if got := tables.Seconds.At(1, 2); got != travel.Unreachable {
		t.Errorf("infinite seconds are %d", got)
	}
}

func TestTableRefuses(t *testing.T) {
	t.Parallel()
	places, tables := threePlaces(t)
	table, err := travel.NewTable(places, tables)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Matrix(context.Background(), []geo.Point{{Lat: 4}}, 0); !errors.Is(err, travel.ErrUnknownPlace) {
		t.Errorf("unknown place: %v", err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := table.Matrix(canceled, places, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	var invalid *geo.InvalidError
	make3 := func(p []geo.Point, t travel.Tables) error { _, err := travel.NewTable(p, t); return err }
	rows := func(s, m [][]float64) error { _, err := travel.TablesFromRows(s, m); return err }
	for name, err := range map[string]error{
		"too few places":  make3(places[:2], tables),
		"no tables":       make3(places, travel.Tables{}),
		"a place twice":   make3([]geo.Point{{Lat: 1}, {Lat: 2}, {Lat: 1}}, tables),
		"invalid place":   make3([]geo.Point{{Lat: 1}, {Lat: 2}, {Lat: 91}}, tables),
		"a short row":     rows([][]float64{{0, 1}, {1}}, [][]float64{{0, 1}, {1, 0}}),
		"fewer meters":    rows([][]float64{{0, 1}, {1, 0}}, [][]float64{{0, 1}}),
		"negative second": rows([][]float64{{0, -1}, {1, 0}}, [][]float64{{0, 1}, {1, 0}}),
		"NaN meter":       rows([][]float64{{0, 1}, {1, 0}}, [][]float64{{0, math.NaN()}, {1, 0}}),
	} {
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Seven unreachable legs still add up in an int32, as the constant promises: 7 * 2^28 = 1,879,048,192 < 2^31.
func TestUnreachableAddsUp(t *testing.T) {
	t.Parallel()
	sum := int32(0)
	for range 7 {
		sum += travel.Unreachable
	}
	if sum != 1_879_048_192 {
		t.Errorf("sum = %d", sum)
	}
}
