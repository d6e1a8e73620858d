package geo_test

import (
	"math"
	"testing"

	"fettle/geo"
)

func TestMatrixRoundsOnce(t *testing.T) {
	t.Parallel()
	// The distance is 5 * 1.5 = 7.5.
	for rounding, want := range map[geo.Rounding]int32{geo.RoundNearest: 8, geo.RoundDown: 7, geo.RoundUp: 8} {
		m, err := geo.NewPlanar([]float64{0, 3}, []float64{0, 4}, 1.5, rounding)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.At(0, 1); got != want || m.Dense().At(0, 1) != want {
			t.Errorf("rounding %d gives %d, want %d", rounding, got, want)
		}
	}
}

func TestGlobeMatrixGrows(t *testing.T) {
	t.Parallel()
	a, b := geo.Point{Lat: 30.2, Lon: 120.2}, geo.Point{Lat: 30.3, Lon: 120.1}
	m, err := geo.NewGlobe([]geo.Point{a}, 1, geo.RoundNearest)
	if err != nil {
		t.Fatal(err)
	}
	at, err := m.Append(b)
	if err != nil || at != 1 || m.Len() != 2 {
		t.Fatalf("appended at %d of %d, %v", at, m.Len(), err)
	}
	if got, want := m.At(0, 1), int32(math.Round(float64(geo.DistanceHaversine(a, b)))); got != want || m.At(1, 0) != want {
		t.Errorf("got %d, want %d metres", got, want)
	}
	if _, err := m.Append(geo.Point{Lat: 120, Lon: 30}); err == nil {
		t.Error("an impossible point was accepted")
	}
}

func TestMatrixRefusesBadInput(t *testing.T) {
	t.Parallel()
	if _, err := geo.NewDense(2, []int32{0, 1, 2}); err == nil {
		t.Error("a table of the wrong length was accepted")
	}
	if _, err := geo.NewDense(1, []int32{-1}); err == nil {
		t.Error("a negative travel time was accepted")
	}
	if _, err := geo.NewPlanar([]float64{math.NaN()}, []float64{0}, 1, geo.RoundUp); err == nil {
		t.Error("NaN was accepted")
	}
	if m, err := geo.NewPlanar([]float64{0, 1e300}, []float64{0, 0}, 1, geo.RoundUp); err != nil || m.At(0, 1) != 1<<28 {
		t.Error("an overflow was not cut")
	}
	if m, _ := geo.NewDense(1, []int32{0}); m != nil {
		if _, err := m.Append(geo.Point{}); err == nil {
			t.Error("a table grew")
		}
	}
}
