package geo_test

import (
	"testing"

	"fettle/geo"
)

func TestMatrixMetricSelectAndMove(t *testing.T) {
	t.Parallel()
	points := []geo.Point{{Lat: 30, Lon: 120}, {Lat: 30.1, Lon: 120}, {Lat: 30, Lon: 120.1}}
	globe, err := geo.NewGlobe(points, 0.5, geo.RoundDown)
	if err != nil {
		t.Fatal(err)
	}
	plane, err := geo.NewPlanar([]float64{0, 3, 0}, []float64{0, 0, 4}, 2, geo.RoundNearest)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*geo.Matrix{"globe": globe, "plane": plane, "table": plane.Dense()} {
		metric, ok := m.Metric()
		if ok != (name != "table") || metric.Globe != (name == "globe") {
			t.Errorf("%s: metric %+v, %t", name, metric, ok)
		}
		part := m.Select([]int32{2, 0, 2})
		if part.Len() != 3 || part.At(0, 1) != m.At(2, 0) || part.At(0, 2) != 0 {
			t.Errorf("%s: part of %d places, %d; want 3, %d", name, part.Len(), part.At(0, 1), m.At(2, 0))
		}
		if err := m.Move(1, points[2]); (err == nil) != (name == "globe") {
			t.Errorf("%s: move: error %v", name, err)
		}
	}
	if globe.At(1, 2) != 0 || globe.Move(3, points[0]) == nil || globe.Move(0, geo.Point{Lat: 91}) == nil {
		t.Errorf("moved place is %d away from where it moved; want 0, and errors for no place and no point", globe.At(1, 2))
	}
	if x, y := plane.XY(2); x != 0 || y != 4 {
		t.Errorf("place 2 is (%v, %v), want (0, 4)", x, y)
	}
}
