package benchfamily

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/plan"
	"fettle/geo"
)

// insertions is how many arrivals one run takes in.
const insertions = 2000

func madeInsertions() []testCase {
	return []testCase{
		{name: "insert-1000x10", size: [2]int{1_000, 10}},
		{name: "insert-10000x10", size: [2]int{10_000, 10}},
	}
}

// runInsertion measures how long a visit that arrives takes to be placed at the cheapest position of a full territory.
func runInsertion(ctx context.Context, c testCase, seed uint64, _ Options) measured {
	row := &MicroRow{Case: c.name, Seed: seed}
	memory, start := startMemory(), time.Now()
	if err := row.insert(ctx, c.size, seed); err != nil {
		row.Error = err.Error()
	}
	row.Seconds, row.PeakMB = *rounded(time.Since(start).Seconds(), 3), memory.peakMB()
	return row
}

func (r *MicroRow) insert(ctx context.Context, size [2]int, seed uint64) error {
	c, err := newCity(size[0], size[1], seed, citySideMeters)
	if err != nil {
		return err
	}
	board, err := plan.NewBoard(c.p, c.plan, plan.BoardOptions{})
	if err != nil {
		return fmt.Errorf("commit the routes of the city: %w", err)
	}
	r.Objects = board.Len()
	var times []time.Duration
	for range insertions {
		if r.Interruption = ctx.Err() != nil; r.Interruption {
			break
		}
		v, at := c.arrival()
		i, err := board.AddAt(v, at)
		if err != nil {
			return err
		}
		start := time.Now()
		_, refused, err := board.Insert(i)
		took := time.Since(start)
		if err != nil {
			return err
		}
		if refused == nil {
			times = append(times, took)
		}
		c.arrived = append(c.arrived, arrival{index: i, visit: v, at: at})
	}
	if len(times) > 0 {
		slices.Sort(times)
		r.Operations = len(times)
		r.NanosPerOp = float64(times[len(times)/2].Nanoseconds())
		r.MicrosP99 = *rounded(float64(times[len(times)*99/100].Nanoseconds())/1000, 1)
	}
	return r.judge(c, board)
}

// judge has the whole territory recomputed by the independent checker, with the visits that have arrived.
func (r *MicroRow) judge(c *city, board *plan.Board) error {
	p := *c.p
	p.Visits = slices.Clone(p.Visits)
	for _, a := range c.arrived {
		if int(a.index) != len(p.Visits) {
			return fmt.Errorf("visit %s has index %d on the board, want %d", a.visit.ID, a.index, len(p.Visits))
		}
		a.visit.Place = c.place(a.at)
		p.Visits = append(p.Visits, a.visit)
	}
	p.Places = c.p.Places
	m, err := geo.NewGlobe(c.points, secondsPerMeter, geo.RoundNearest)
	if err != nil {
		return err
	}
	p.Travel = []dispatch.Travel{{Name: "van", Time: m}}
	held := &dispatch.Plan{Cost: board.Cost()}
	for t := range p.Technicians {
		if route, ok := board.Route(int32(t), 0); ok {
			held.Routes = append(held.Routes, route)
		}
	}
	for v := range p.Visits {
		if _, _, ok := board.Placed(int32(v)); !ok {
			held.Unassigned = append(held.Unassigned, dispatch.Unassigned{Visit: int32(v), Technician: -1})
		}
	}
	report := check.Plan(&p, held)
	if !report.Feasible {
		return fmt.Errorf("the checker refuses the routes of the board: %s", report.Violations[0].Text)
	}
	r.Checked = r.Operations > 0
	return nil
}
