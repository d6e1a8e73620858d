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

// time fills in the departures of a trail. stop is the mean time that a stop takes, in ticks.
//
// Where time on duty is paid, a departure from the start place may be as late as the shift allows, for the whole route moves
// with it; from then on the earliest end is kept. Where it is not paid, only windows and shift count.
func (h Hold) time(m *Moment, t *dispatch.Trail, stop float64) {
	who, c := &m.Problem.Technicians[t.Technician], &m.Crews[t.Technician]
	s := &who.Shifts[0]
	g := guide{m: m, who: who, legs: t.Legs, home: s.EndPlace, place: c.Place, latest: make([]dispatch.Tick, len(t.Legs)+1)}
	reserve := dispatch.Tick(min(h.Reserve*stop, float64(dispatch.Far)))
	now := max(c.Free, m.Now)
	last := g.run(now, nil)
	if !c.Left {
		g.bound(last)
		early := g.latest[0] // for the earliest end
		g.bound(s.End)
		if who.Rates.Duty == 0 {
			early = now
		}
		now = max(now, early, g.latest[0]-reserve)
		if s.LatestDeparture != dispatch.NoTick {
			now = min(now, s.LatestDeparture)
		}
	}
	if last = g.run(now, nil); who.Rates.Duty == 0 {
		last = max(last, s.End)
	}
	g.bound(last)
	t.Homeward = g.run(now, func(i int, soonest dispatch.Tick) dispatch.Tick {
		leaves := max(soonest, g.latest[i]-reserve)
		if i < len(t.Legs) {
			t.Legs[i].Departure = leaves
		}
		return leaves
	}) - leg(m.Problem, who, g.at(len(g.legs)-1), g.home)
}

// guide is a trail whose departures are sought.
type guide struct {
	m           *Moment
	who         *dispatch.Technician
	legs        []dispatch.Leg
	place, home int32
	latest      []dispatch.Tick // departure by leg, and homeward
}

// at is the place of a stop; -1 is where the technician is.
func (g *guide) at(i int) int32 {
	if i < 0 {
		return g.place
	}
	place, _, _ := stopOf(g.m.Problem, g.who, &g.legs[i])
	return place
}

// run follows the trail from an instant and returns when it ends. leave, when there is any, is asked for each departure, and
// last for the one towards the end place, with the soonest departure that is of use.
func (g *guide) run(now dispatch.Tick, leave func(i int, soonest dispatch.Tick) dispatch.Tick) dispatch.Tick {
	p, at := g.m.Problem, g.place
	for i := range g.legs {
		place, windows, work := stopOf(p, g.who, &g.legs[i])
		travel := leg(p, g.who, at, place)
		start, _ := opening(windows, now+travel)
		if leave != nil {
			start, _ = opening(windows, leave(i, start-travel)+travel)
		}
		now, at = start+work, place
	}
	if leave != nil {
		now = leave(len(g.legs), now)
	}
	return now + leg(p, g.who, at, g.home)
}

// bound finds the latest departures for an end.
func (g *guide) bound(end dispatch.Tick) {
	p, next := g.m.Problem, g.home
	for i := len(g.legs) - 1; i >= 0; i-- {
		place, windows, work := stopOf(p, g.who, &g.legs[i])
		end -= leg(p, g.who, place, next)
		g.latest[i+1] = end
		end = closing(windows, end-work)
		next = place
	}
	g.latest[0] = end - leg(p, g.who, g.place, next)
}
