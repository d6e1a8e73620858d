package benchfamily

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"fettle/geo"
	"fettle/geo/index"
)

// MicroRow is one operation measured many times. Short operations are timed in batches, and the median batch gives the mean
// time of one, which a busy machine disturbs least; long ones are timed singly, and the median is given.
type MicroRow struct {
	Case         string  `json:"case"`
	Seed         uint64  `json:"seed"`
	Objects      int     `json:"objects"`
	Operations   int     `json:"operations"`
	NanosPerOp   float64 `json:"nanosPerOp"`
	MicrosP99    float64 `json:"microsP99,omitempty"` // where single operations are timed
	PeakMB       float64 `json:"peakMB"`
	Checked      bool    `json:"checked"` // answers agree with those of a linear scan, or the independent checker accepts them
	Seconds      float64 `json:"seconds"`
	Error        string  `json:"error,omitempty"`
	Interruption bool    `json:"interrupted,omitempty"`
}

func (r *MicroRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.seconds, s.PeakMB = s.seconds+r.Seconds, max(s.PeakMB, r.PeakMB)
}

// The micro families work in a square city of this side, around this place.
const (
	citySideMeters = 60_000
	microBatches   = 40
	microSkills    = 16
	skillChance    = 0.3
)

func cityPoint(r *rand.Rand) geo.Point { return pointWithin(r, citySideMeters) }

// pointWithin is a place in a square of a side in metres.
func pointWithin(r *rand.Rand, side float64) geo.Point {
	half := side / 2 / geo.MetersPerDegree
	center := geo.Point{Lat: 30.25, Lon: 120.2}
	return geo.Point{
		Lat: center.Lat + (2*r.Float64()-1)*half,
		Lon: center.Lon + (2*r.Float64()-1)*half/math.Cos(center.Lat*math.Pi/180),
	}
}

func madeIndexes() []testCase {
	return []testCase{
		{name: "update-100000", size: [2]int{100_000, 50_000}},
		{name: "nearest10-skill-100000", size: [2]int{100_000, 2_000}},
	}
}

// runIndex measures the grid of moving technicians: reports of 0 to 30 m, or the 10 nearest who have a skill.
func runIndex(ctx context.Context, c testCase, seed uint64, _ Options) measured {
	row := &MicroRow{Case: c.name, Seed: seed, Objects: c.size[0]}
	memory, start := startMemory(), time.Now()
	if err := row.index(ctx, c.size[1], seed, matches("update-*", c.name)); err != nil {
		row.Error = err.Error()
	}
	row.Seconds, row.PeakMB = *rounded(time.Since(start).Seconds(), 3), memory.peakMB()
	return row
}

func (r *MicroRow) index(ctx context.Context, perBatch int, seed uint64, update bool) error {
	random := rand.New(rand.NewPCG(seed, 0x1dec))
	g, err := index.NewGrid(index.GridConfig{Objects: r.Objects})
	if err != nil {
		return err
	}
	points, skills := make([]geo.Point, r.Objects), make([]uint64, r.Objects)
	for id := range points {
		points[id] = cityPoint(random)
		for bit := range microSkills {
			if random.Float64() < skillChance {
				skills[id] |= 1 << bit
			}
		}
		if err := g.Put(int32(id), points[id], skills[id]); err != nil {
			return err
		}
	}
	if update {
		err = r.updates(ctx, g, points, perBatch, random)
	} else {
		r.searches(ctx, g, perBatch, random)
	}
	if err != nil {
		return err
	}
	return r.compareWithScan(g, points, skills, random)
}

func (r *MicroRow) updates(ctx context.Context, g *index.Grid, points []geo.Point, perBatch int, random *rand.Rand) error {
	ids, to := make([]int32, perBatch), make([]geo.Point, perBatch)
	var failed error
	r.batches(ctx, perBatch, func() {
		for i := range ids {
			ids[i] = int32(random.IntN(len(points)))
			to[i] = geo.Destination(points[ids[i]], 360*random.Float64(), geo.Meters(30*random.Float64()))
			points[ids[i]] = to[i]
		}
	}, func() {
		for i, id := range ids {
			if err := g.Update(id, to[i]); err != nil {
				failed = err
			}
		}
	})
	return failed
}

const nearestCount = 10

func (r *MicroRow) searches(ctx context.Context, g *index.Grid, perBatch int, random *rand.Rand) {
	queries := make([]geo.Point, perBatch)
	found := make([]index.Neighbor, 0, nearestCount)
	r.batches(ctx, perBatch, func() {
		for i := range queries {
			queries[i] = cityPoint(random)
		}
	}, func() {
		for i, q := range queries {
			found = g.Nearest(q, nearestCount, index.Filter{Skills: 1 << (i % microSkills)}, found)
		}
	})
}

// batches prepares and times microBatches batches; the first one warms up and does not count.
func (r *MicroRow) batches(ctx context.Context, perBatch int, prepare, work func()) {
	nanos := make([]float64, 0, microBatches)
	for b := 0; b <= microBatches && ctx.Err() == nil; b++ {
		prepare()
		start := time.Now()
		work()
		if b > 0 {
			nanos = append(nanos, float64(time.Since(start).Nanoseconds())/float64(perBatch))
		}
	}
	r.Interruption = ctx.Err() != nil
	if len(nanos) == 0 {
		return
	}
	slices.Sort(nanos)
	r.Operations, r.NanosPerOp = len(nanos)*perBatch, *rounded(nanos[len(nanos)/2], 2)
}

// compareWithScan asks a few questions of the grid and of a scan of all points.
func (r *MicroRow) compareWithScan(g *index.Grid, points []geo.Point, skills []uint64, random *rand.Rand) error {
	for range 20 {
		q, skill := cityPoint(random), uint64(1)<<random.IntN(microSkills)
		var want []geo.Meters
		for id, p := range points {
			if skills[id]&skill != 0 {
				want = append(want, geo.DistanceHaversine(q, p))
			}
		}
		slices.Sort(want)
		got := g.Nearest(q, nearestCount, index.Filter{Skills: skill}, nil)
		for k, n := range got {
			if len(got) != min(nearestCount, len(want)) || n.Distance != want[k] {
				return fmt.Errorf("nearest to %v: answer %d is at %g m, a linear scan says %g m", q, k, n.Distance, want[k])
			}
		}
	}
	r.Checked = true
	return nil
}
