package travel

import (
	"context"
	"errors"
	"fmt"
	"math"

	"fettle/geo"
)

// Unreachable is the value of a pair without a way, in both tables: 2^28 s (8.5 years) or m (6.7 times around the earth).
// It is larger than any plan allows, and the sum of seven of them still fits in an int32.
const Unreachable int32 = 1 << 28

// MaxPlaces is the most places of one matrix: 12,000 squared is 144 million pairs, 1.2 GB for both tables.
const MaxPlaces = 12_000

// ErrUnknownPlace says that a Table has no row for a point.
var ErrUnknownPlace = errors.New("place is not in the travel table")

// Tables is the result of a Provider: values from the i-th place to the j-th, rounded once. Diagonals are zero. Both have
// the same places in the same order and are immutable.
type Tables struct {
	Seconds *geo.Matrix
	Meters  *geo.Matrix
}

// Provider gives travel times and distances between points, in the order of points. The hour is the local hour of
// departure, 0 to 23; a provider may know no traffic and ignore it, and says so. It stops when ctx is done and returns its
// error, wrapped. Implementations are safe for concurrent use.
type Provider interface {
	Matrix(ctx context.Context, points []geo.Point, hour int) (Tables, error)
}

func checkRequest(points []geo.Point, hour int) error {
	if len(points) > MaxPlaces {
		return &geo.InvalidError{Field: "points", Value: len(points), Want: fmt.Sprintf("at most %d places in one matrix", MaxPlaces)}
	}
	if hour < 0 || hour > 23 {
		return &geo.InvalidError{Field: "hour", Value: hour, Want: "a local hour in [0, 23]"}
	}
	for i, p := range points {
		if err := p.Validate(); err != nil {
			return fmt.Errorf("point %d: %w", i, err)
		}
	}
	return nil
}

// newTables wraps two row-major tables of n places.
func newTables(n int, seconds, meters []int32) (Tables, error) {
	s, err := geo.NewDense(n, seconds)
	if err != nil {
		return Tables{}, fmt.Errorf("seconds: %w", err)
	}
	m, err := geo.NewDense(n, meters)
	if err != nil {
		return Tables{}, fmt.Errorf("meters: %w", err)
	}
	return Tables{Seconds: s, Meters: m}, nil
}

// round is the one rounding of this package: half up, and everything from Unreachable on is Unreachable. x is not negative
// and not NaN.
func round(x float64) int32 {
	if x >= float64(Unreachable) {
		return Unreachable
	}
	return int32(math.Floor(x + 0.5))
}
