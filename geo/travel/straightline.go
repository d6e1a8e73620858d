package travel

import (
	"context"
	"fmt"

	"fettle/geo"
)

const (
	// DefaultDetourFactor is how much longer a way on city roads is than the straight line. Boscoe, Henry & Zdeb (2012), A
	// nationwide comparison of driving distance versus straight-line distance to hospitals, Professional Geographer 64(2),
	// doi:10.1080/00330124.2011.583586, found about 1.4 on average. Replace it by a figure of your own trips.
	DefaultDetourFactor = 1.4
	// DefaultSpeedKPH is a speed in a city, stops included, in any hour: an assumption, to be replaced like the detour.
	DefaultSpeedKPH = 30
)

// StraightLine is the provider that needs no service. Travel distance is the great-circle distance times DetourFactor,
// travel time that distance at the speed of the hour of departure. It is symmetric and never Unreachable within a country.
// The zero value has the defaults. It is a plain value: safe for concurrent use as long as nobody changes it.
type StraightLine struct {
	// DetourFactor is road distance over straight line, in [1, 10]; 0 means DefaultDetourFactor.
	DetourFactor float64
	// SpeedKPH is the speed by local hour of departure, each in [1, 300] km/h; 0 means DefaultSpeedKPH.
	SpeedKPH [24]float64
}

var _ Provider = StraightLine{}

// Validate returns nil or a *geo.InvalidError for the first setting that is out of range.
func (s StraightLine) Validate() error {
	if f := s.DetourFactor; f != 0 && !(f >= 1 && f <= 10) {
		return &geo.InvalidError{Field: "DetourFactor", Value: f, Want: "in [1, 10], or 0 for the default"}
	}
	for hour, kph := range s.SpeedKPH {
		if kph != 0 && !(kph >= 1 && kph <= 300) {
			return &geo.InvalidError{Field: fmt.Sprintf("SpeedKPH[%d]", hour), Value: kph, Want: "in [1, 300] km/h, or 0 for the default"}
		}
	}
	return nil
}

// Pair is the rounded travel time and distance from a to b for a departure in the hour: the same values as in Matrix.
func (s StraightLine) Pair(a, b geo.Point, hour int) (seconds, meters int32, err error) {
	if err := s.check([]geo.Point{a, b}, hour); err != nil {
		return 0, 0, fmt.Errorf("find travel of a pair: %w", err)
	}
	seconds, meters = s.pace(hour).values(a, b)
	return seconds, meters, nil
}

// Matrix computes all pairs. O(n^2) time and memory, about 30 ns a pair. It looks at ctx once a row.
func (s StraightLine) Matrix(ctx context.Context, points []geo.Point, hour int) (Tables, error) {
	if err := s.check(points, hour); err != nil {
		return Tables{}, fmt.Errorf("build straight-line matrix: %w", err)
	}
	n, p := len(points), s.pace(hour)
	seconds, meters := make([]int32, n*n), make([]int32, n*n)
	for i, a := range points {
		if err := ctx.Err(); err != nil {
			return Tables{}, fmt.Errorf("build straight-line matrix: %w", err)
		}
		for j := i + 1; j < n; j++ {
			t, d := p.values(a, points[j])
			seconds[i*n+j], meters[i*n+j] = t, d
			seconds[j*n+i], meters[j*n+i] = t, d
		}
	}
	return newTables(n, seconds, meters)
}

func (s StraightLine) check(points []geo.Point, hour int) error {
	if err := s.Validate(); err != nil {
		return err
	}
	return checkRequest(points, hour)
}

// pace is the two factors of one hour, per metre of straight line.
type pace struct {
	detour          float64
	secondsPerMeter float64
}

func (s StraightLine) pace(hour int) pace {
	detour, kph := s.DetourFactor, s.SpeedKPH[hour]
	if detour == 0 {
		detour = DefaultDetourFactor
	}
	if kph == 0 {
		kph = DefaultSpeedKPH
	}
	return pace{detour: detour, secondsPerMeter: detour * 3.6 / kph}
}

func (p pace) values(a, b geo.Point) (seconds, meters int32) {
	d := float64(geo.DistanceHaversine(a, b))
	return round(d * p.secondsPerMeter), round(d * p.detour)
}
