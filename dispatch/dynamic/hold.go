package dynamic

import "fettle/dispatch"

// Hold says when technicians leave. Nobody leaves before the drive would end in waiting: that wait is better spent where
// the technician is, for until the departure the drive can still become another one. Where windows leave more time than
// that, part of it is waited too.
type Hold struct {
	// Reserve is how much of the time that windows and shift leave is kept for visits to come, in stops of mean length: the
	// departure is that much before the last possible one. 0 leaves at the last moment; a large number never waits longer
	// than the windows of the plan in hand make anyhow.
	Reserve float64
}

// step is a leg whose departure is sought.
type step struct {
	leg     dispatch.Leg
	place   int32
	windows []dispatch.TimeWindow
	work    dispatch.Tick
	drawn   bool // a visit that was drawn (Ahead): it keeps its time free, and nobody leaves for it
}

// guide is the rest of a technician's day.
type guide struct {
	m      *Moment
	who    *dispatch.Technician
	c      *Crew
	steps  []step
	latest []dispatch.Tick // departure by step, and homeward
}

// time gives the departures of the rest of a day. stop is the mean time that a stop takes, in ticks.
//
// Where time on duty is paid, a departure from the start place may be as late as the shift allows, for the whole route moves
// with it; from then on the earliest end is kept. Where it is not paid, only windows and shift count.
func (h Hold) time(m *Moment, k int32, steps []step, stop float64) dispatch.Trail {
	g := guide{m: m, who: &m.Problem.Technicians[k], c: &m.Crews[k], steps: steps, latest: make([]dispatch.Tick, len(steps)+1)}
	s := &g.who.Shifts[0]
	reserve := dispatch.Tick(min(h.Reserve*stop, float64(dispatch.Far)))
	now := g.free()
	last := g.run(now, nil)
	if !g.c.Left {
		g.bound(last)
		early := g.latest[0] // for the earliest end
		g.bound(s.End)
		if g.who.Rates.Duty == 0 {
			early = now
		}
		now = max(now, early, g.latest[0]-reserve)
		if s.LatestDeparture != dispatch.NoTick {
			now = min(now, s.LatestDeparture)
		}
	}
	if last = g.run(now, nil); g.who.Rates.Duty == 0 {
		last = max(last, s.End)
	}
	g.bound(last)
	out := g.trail(now, reserve)
	out.Technician = k
	return out
}

// free is when the technician can leave.
func (g *guide) free() dispatch.Tick { return max(g.c.Free, g.m.Now) }

// way is the travel time between two places.
func (g *guide) way(from, to int32) dispatch.Tick { return leg(g.m.Problem, g.who, from, to) }

// home is the end place.
func (g *guide) home() int32 { return g.who.Shifts[0].EndPlace }

// run follows the steps from an instant and returns when they end. leave, when there is any, is asked for each departure, and
// last for the one towards the end place, with the soonest departure that is of use.
func (g *guide) run(now dispatch.Tick, leave func(i int, soonest dispatch.Tick) dispatch.Tick) dispatch.Tick {
	at := g.c.Place
	for i := range g.steps {
		s := &g.steps[i]
		travel := g.way(at, s.place)
		start, _ := opening(s.windows, now+travel)
		if leave != nil {
			start, _ = opening(s.windows, leave(i, start-travel)+travel)
		}
		now, at = start+s.work, s.place
	}
	if leave != nil {
		now = leave(len(g.steps), now)
	}
	return now + g.way(at, g.home())
}

// bound finds the latest departures for an end.
func (g *guide) bound(end dispatch.Tick) {
	next := g.home()
	for i := len(g.steps) - 1; i >= 0; i-- {
		s := &g.steps[i]
		end -= g.way(s.place, next)
		g.latest[i+1] = end
		end, next = closing(s.windows, end-s.work), s.place
	}
	g.latest[0] = end - g.way(g.c.Place, next)
}

// trail strikes the drawn visits out: work at the others starts when it would with them.
func (g *guide) trail(now, reserve dispatch.Tick) dispatch.Trail {
	var out dispatch.Trail
	from, place, free := g.c.Place, g.c.Place, g.free() // with those drawn, and without
	g.run(now, func(i int, soonest dispatch.Tick) dispatch.Tick {
		leaves := max(soonest, g.latest[i]-reserve)
		if i == len(g.steps) {
			out.Homeward = max(leaves, free)
			return leaves
		}
		s := &g.steps[i]
		if !s.drawn {
			start, _ := opening(s.windows, leaves+g.way(from, s.place))
			s.leg.Departure = max(free, start-g.way(place, s.place))
			start, _ = opening(s.windows, s.leg.Departure+g.way(place, s.place))
			out.Legs = append(out.Legs, s.leg)
			place, free = s.place, start+s.work
		}
		from = s.place
		return leaves
	})
	if n := len(g.steps); n > 0 && g.steps[n-1].drawn {
		out.Homeward = free
	}
	return out
}
