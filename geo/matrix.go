package geo

import (
	"fmt"
	"math"
)

// Rounding says how a real travel value becomes an integer. It happens once, when a Matrix is built, so that every
// later sum and comparison is exact.
type Rounding uint8

const (
	// RoundNearest rounds half up: floor(x + 0.5).
	RoundNearest Rounding = iota
	// RoundDown truncates: floor(x). The DIMACS convention for vehicle routing with time windows.
	RoundDown
	// RoundUp is ceil(x): an integer plan that keeps its windows keeps them in real numbers too.
	RoundUp
)

// longest is the largest value of a computed matrix: longer ones are cut, so that sums of a few cannot overflow.
const longest = 1 << 28

// apply rounds a non-negative value.
func (r Rounding) apply(x float64) int32 {
	x = min(x, longest)
	switch r {
	case RoundDown:
		return int32(x)
	case RoundUp:
		return int32(math.Ceil(x))
	default:
		return int32(x + 0.5)
	}
}

// Matrix gives an integer travel value (time or distance, the owner says which unit) from one place to another, both by
// index in [0, Len). It is immutable after it was built and safe for concurrent use. There are two forms behind one
// method: a dense table of int32, and a planar form that keeps two coordinates a place and computes the value when
// asked. The planar form takes 16 bytes a place instead of 4 a pair: at 5,500 places it is 88 kB that stay in the cache
// instead of 121 MB that do not.
type Matrix struct {
	dense    []int32
	n        int32
	xy       []float64 // x, y interleaved; nil in the other forms
	points   []Point   // nil in the other forms
	cosines  []float64 // of the latitudes of points
	scale    float64
	rounding Rounding
}

// NewDense wraps a row-major table of n x n values; it keeps values and the caller must not change it afterwards. It
// refuses a table of another length and negative entries.
func NewDense(n int, values []int32) (*Matrix, error) {
	if n < 0 || len(values) != n*n {
		return nil, fmt.Errorf("travel matrix of %d places wants %d values, has %d", n, n*n, len(values))
	}
	for k, v := range values {
		if v < 0 {
			return nil, fmt.Errorf("travel matrix entry [%d][%d] is %d; it must not be negative", k/n, k%n, v)
		}
	}
	return &Matrix{dense: values, n: int32(n)}, nil
}

// NewPlanar builds the matrix of Euclidean distances between points of a plane, each multiplied by scale and rounded.
// The value of a pair is rounding(scale * sqrt(dx*dx + dy*dy)). Coordinates and scale must be finite.
func NewPlanar(x, y []float64, scale float64, rounding Rounding) (*Matrix, error) {
	if len(x) != len(y) {
		return nil, fmt.Errorf("planar matrix has %d x and %d y coordinates", len(x), len(y))
	}
	m := &Matrix{n: int32(len(x)), xy: make([]float64, 2*len(x)), scale: scale, rounding: rounding}
	for i := range x {
		if !finite(x[i]) || !finite(y[i]) {
			return nil, fmt.Errorf("place %d has coordinates (%v, %v); they must be finite", i, x[i], y[i])
		}
		m.xy[2*i], m.xy[2*i+1] = x[i], y[i]
	}
	if !finite(scale) || scale < 0 {
		return nil, fmt.Errorf("planar matrix scale is %v; it must be finite and not negative", scale)
	}
	return m, nil
}

// NewGlobe builds the matrix of great-circle distances in metres between points, each multiplied by scale (1 for metres,
// detour factor / speed in metres a second for seconds) and rounded. The values are those of DistanceHaversine.
func NewGlobe(points []Point, scale float64, rounding Rounding) (*Matrix, error) {
	m := &Matrix{points: make([]Point, 0, len(points)), scale: scale, rounding: rounding}
	if !finite(scale) || scale < 0 {
		return nil, fmt.Errorf("globe matrix scale is %v; it must be finite and not negative", scale)
	}
	for i, p := range points {
		if _, err := m.Append(p); err != nil {
			return nil, fmt.Errorf("place %d: %w", i, err)
		}
	}
	return m, nil
}

// Append adds a place to a globe matrix and returns its index. It must not run while others read the matrix. A matrix of
// another form refuses.
func (m *Matrix) Append(p Point) (int32, error) {
	if m.points == nil {
		return 0, fmt.Errorf("a matrix of this form cannot grow")
	}
	if err := p.Validate(); err != nil {
		return 0, err
	}
	m.points, m.cosines = append(m.points, p), append(m.cosines, math.Cos(radians(p.Lat)))
	m.n++
	return m.n - 1, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Dense returns the same values as a table. A planar matrix of up to a few thousand places is faster in this form.
func (m *Matrix) Dense() *Matrix {
	if m.dense != nil || m.n == 0 {
		return m
	}
	values := make([]int32, int(m.n)*int(m.n))
	for i := int32(0); i < m.n; i++ {
		row := values[int(i)*int(m.n):]
		for j := int32(0); j < m.n; j++ {
			row[j] = m.At(i, j)
		}
	}
	return &Matrix{dense: values, n: m.n}
}

// Len is the number of places.
func (m *Matrix) Len() int { return int(m.n) }

// At is the value from place i to place j; both must be in [0, Len).
func (m *Matrix) At(i, j int32) int32 {
	if m.dense != nil {
		return m.dense[int(i)*int(m.n)+int(j)]
	}
	return m.computed(i, j)
}

func (m *Matrix) computed(i, j int32) int32 {
	if m.xy == nil {
		return m.rounding.apply(m.scale * float64(haversine(m.points[i], m.points[j], m.cosines[i], m.cosines[j])))
	}
	dx, dy := m.xy[2*i]-m.xy[2*j], m.xy[2*i+1]-m.xy[2*j+1]
	return m.rounding.apply(m.scale * math.Sqrt(dx*dx+dy*dy))
}

// Table returns the row-major values of the dense form, or nil for the planar form. The caller must not change them.
func (m *Matrix) Table() []int32 { return m.dense }
