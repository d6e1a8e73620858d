package geo

import (
	"fmt"
	"math"
)

// Metric says what the values of a matrix that computes them on demand are made of: Scale times a straight distance,
// rounded. A value is therefore more than Scale * distance - 1.
type Metric struct {
	Scale float64
	Globe bool // great-circle metres; else the unit of the plane
}

// Metric returns how the matrix measures; false for a dense table, whose values can be anything.
func (m *Matrix) Metric() (Metric, bool) {
	return Metric{Scale: m.scale, Globe: m.points != nil}, m.points != nil || m.xy != nil
}

// XY is place i of a planar matrix.
func (m *Matrix) XY(i int32) (x, y float64) { return m.xy[2*i], m.xy[2*i+1] }

// Move puts place i of a globe matrix at another point. It must not run while others read the matrix. A matrix of another
// form refuses.
func (m *Matrix) Move(i int32, p Point) error {
	if m.points == nil || i < 0 || i >= m.n {
		return fmt.Errorf("move place %d: a matrix of this form, or of %d places, has no such place to move", i, m.n)
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("move place %d: %w", i, err)
	}
	m.points[i], m.cosines[i] = p, math.Cos(radians(p.Lat))
	return nil
}

// Select is the matrix over some of the places, in the order given, which may repeat. It shares nothing with m. Places
// must be in [0, Len). O(places) for the forms that compute, O(places^2) for a table.
func (m *Matrix) Select(places []int32) *Matrix {
	n := len(places)
	out := &Matrix{n: int32(n), scale: m.scale, rounding: m.rounding}
	switch {
	case m.points != nil:
		out.points, out.cosines = make([]Point, n), make([]float64, n)
		for k, i := range places {
			out.points[k], out.cosines[k] = m.points[i], m.cosines[i]
		}
	case m.xy != nil:
		out.xy = make([]float64, 2*n)
		for k, i := range places {
			out.xy[2*k], out.xy[2*k+1] = m.XY(i)
		}
	default:
		out.dense = make([]int32, n*n)
		for a, i := range places {
			for b, j := range places {
				out.dense[a*n+b] = m.At(i, j)
			}
		}
	}
	return out
}
