package plan

import (
	"fmt"
	"math"

	"fettle/dispatch"
	"fettle/geo"
)

// placeBook keeps the places of a board, which come and go, and where they lie in the plane of the gap index.
type placeBook struct {
	problem *dispatch.Problem
	fixed   int32   // places that the problem brought stay
	uses    []int32 // by place beyond fixed
	free    []int32

	metric   bool // straight distances bound the travel times
	globe    bool
	growable bool         // every matrix can take another point
	at       [][2]float64 // metric only: by place, in metres or the unit of the plane
	// east and north span the plane that touches the globe at the middle of the board.
	east, north [3]float64
}

// init reads the places of a problem. Straight distances count when every profile computes its times from them, all on the
// globe or all in one plane.
func (b *placeBook) init(p *dispatch.Problem) {
	b.problem, b.fixed = p, int32(len(p.Places))
	b.metric, b.growable = true, true
	for i := range p.Travel {
		m, ok := p.Travel[i].Time.Metric()
		b.metric = b.metric && ok && (i == 0 || (m.Globe && b.globe))
		b.globe = m.Globe
		b.growable = b.growable && m.Globe
		if d := p.Travel[i].Distance; d != nil {
			m, _ = d.Metric()
			b.growable = b.growable && m.Globe
		}
	}
	if !b.metric {
		return
	}
	var sum [3]float64
	for i := range p.Places {
		v := vector(p.Places[i].Point)
		for d := range sum {
			sum[d] += v[d]
		}
	}
	sinLat, cosLat := math.Sincos(math.Atan2(sum[2], math.Hypot(sum[0], sum[1])))
	sinLon, cosLon := math.Sincos(math.Atan2(sum[1], sum[0]))
	b.east = [3]float64{-sinLon, cosLon, 0}
	b.north = [3]float64{-sinLat * cosLon, -sinLat * sinLon, cosLat}
	for i := range p.Places {
		b.at = append(b.at, b.flat(int32(i)))
	}
}

// vector is the unit vector of a point on the globe.
func vector(p geo.Point) [3]float64 {
	sinLat, cosLat := math.Sincos(p.Lat * math.Pi / 180)
	sinLon, cosLon := math.Sincos(p.Lon * math.Pi / 180)
	return [3]float64{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// flat is where a place lies in the plane of the index: the orthographic projection of a globe, which shortens every
// distance, to the plane that touches it at the middle of the board. Place.Point is trusted to be the point of the matrix.
func (b *placeBook) flat(i int32) [2]float64 {
	if !b.globe {
		x, y := b.problem.Travel[0].Time.XY(i)
		return [2]float64{x, y}
	}
	v := vector(b.problem.Places[i].Point)
	return [2]float64{
		geo.EarthRadiusMeters * (v[0]*b.east[0] + v[1]*b.east[1]),
		geo.EarthRadiusMeters * (v[0]*b.north[0] + v[1]*b.north[1] + v[2]*b.north[2]),
	}
}

// add makes a place at a point, held once. O(1).
func (b *placeBook) add(p geo.Point) (int32, error) {
	if err := p.Validate(); err != nil {
		return 0, err
	}
	if !b.growable {
		return 0, &dispatch.InvalidError{Field: "place", Value: p.String(), Want: "a known place: this board's travel matrices cannot grow"}
	}
	place := dispatch.Place{Point: p, OnGlobe: true}
	if n := len(b.free); n > 0 {
		i := b.free[n-1]
		b.free = b.free[:n-1]
		b.problem.Places[i] = place
		b.uses[i-b.fixed] = 1
		b.at[i] = b.flat(i)
		return i, b.each(func(m *geo.Matrix) error { return m.Move(i, p) })
	}
	i := int32(len(b.problem.Places))
	b.problem.Places = append(b.problem.Places, place)
	b.uses = append(b.uses, 1)
	b.at = append(b.at, b.flat(i))
	return i, b.each(func(m *geo.Matrix) error {
		k, err := m.Append(p)
		if err == nil && k != i {
			err = fmt.Errorf("travel matrix has %d places, board has %d", k, i)
		}
		return err
	})
}

// each calls f once with each matrix.
func (b *placeBook) each(f func(*geo.Matrix) error) error {
	seen := map[*geo.Matrix]bool{nil: true}
	for i := range b.problem.Travel {
		for _, m := range []*geo.Matrix{b.problem.Travel[i].Time, b.problem.Travel[i].Distance} {
			if seen[m] {
				continue
			}
			seen[m] = true
			if err := f(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold and release count who uses a place that was added; the last to release it frees it.
func (b *placeBook) hold(i int32) {
	if i >= b.fixed {
		b.uses[i-b.fixed]++
	}
}

func (b *placeBook) release(i int32) {
	if i < b.fixed {
		return
	}
	if b.uses[i-b.fixed]--; b.uses[i-b.fixed] == 0 {
		b.free = append(b.free, i)
	}
}
