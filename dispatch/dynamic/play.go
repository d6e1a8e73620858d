package dynamic

import (
	"fmt"
	"math"
	"slices"

	"fettle/dispatch"
)

// tied reports whether visits depend on one another.
func tied(p *dispatch.Problem) bool { return len(p.Pairs) > 0 || p.Joint() }

// playable refuses what the package cannot play.
func playable(p *dispatch.Problem, known []dispatch.Tick) error {
	if len(known) != len(p.Visits) {
		return &dispatch.InvalidError{Field: "known", Value: fmt.Sprintf("of length %d", len(known)), Want: fmt.Sprintf("an instant for each of %d visits", len(p.Visits))}
	}
	if tied(p) {
		return &dispatch.InvalidError{Field: "pairs", Want: "none on a day that is played, no links and no price of the largest lateness"}
	}
	if p.Tabled() {
		return &dispatch.InvalidError{Field: "policy.terms, policy.eligibility and cover", Want: "none of them on a day that is played"}
	}
	for i := range p.Technicians {
		t := &p.Technicians[i]
		field := fmt.Sprintf("technicians[%d]", i)
		if len(t.Shifts) > 1 || len(t.Shifts) == 1 && len(t.Shifts[0].Breaks) > 0 {
			return &dispatch.InvalidError{Field: field + ".shifts", Want: "one without breaks on a day that is played"}
		}
		if t.MaxVisits > 0 || t.MaxTravel > 0 || t.MaxDistance > 0 || t.MaxDuty > 0 {
			return &dispatch.InvalidError{Field: field, Want: "no limits on a whole route on a day that is played"}
		}
	}
	for i := range p.Visits {
		if known[i] >= dispatch.Far {
			return &dispatch.InvalidError{Field: fmt.Sprintf("known[%d]", i), Value: fmt.Sprint(known[i]), Want: "an instant before dispatch.Far"}
		}
		if field := unplayable(&p.Visits[i]); field != "" {
			return &dispatch.InvalidError{Field: fmt.Sprintf("visits[%d].%s", i, field), Want: "nothing on a day that is played"}
		}
	}
	return nil
}

// unplayable is the field of a visit that the package cannot play, "" for none.
func unplayable(v *dispatch.Visit) string {
	switch {
	case v.Pin != nil:
		return "pin"
	case v.Promise != nil:
		return "promise"
	case v.Entry != 0 || len(v.EntryBy) > 0:
		return "entry"
	case v.Due != dispatch.NoTick:
		return "due"
	case slices.ContainsFunc(v.Collect, func(a int32) bool { return a != 0 }):
		return "collect"
	}
	return ""
}

// roll is who answered for what in a decision.
type roll struct {
	d               *Day
	asked, answered []bool // by visit
	named           []bool // by technician
}

// complete tests that a decision answers for everything that is open, once.
func (d *Day) complete(a *Decision) error {
	m := &d.moment
	r := roll{d: d, asked: make([]bool, len(d.stand)), answered: make([]bool, len(d.stand)), named: make([]bool, len(m.Crews))}
	for _, v := range m.New {
		r.asked[v] = true
	}
	for _, v := range a.Refused {
		if v < 0 || int(v) >= len(r.asked) || !r.asked[v] {
			return fmt.Errorf("instant %d: visit %d cannot be refused, for it is not new", m.Now, v)
		}
		if err := r.take(v); err != nil {
			return err
		}
	}
	for i := range a.Trails {
		if err := r.follow(&a.Trails[i]); err != nil {
			return err
		}
	}
	return r.nothingLeft()
}

// nothingLeft tests that everything open has an answer and everybody under way a plan.
func (r *roll) nothingLeft() error {
	m := &r.d.moment
	for v, is := range r.d.stand {
		if wanted := is == open || r.asked[v]; wanted != r.answered[v] {
			return fmt.Errorf("instant %d: visit %s is open without a plan, or planned and not open", m.Now, m.Problem.Visits[v].ID)
		}
	}
	for k := range m.Crews {
		if c := &m.Crews[k]; c.Left && !c.Home && !r.named[k] {
			return fmt.Errorf("instant %d: technician %s is under way and has no plan", m.Now, m.Problem.Technicians[k].ID)
		}
	}
	return nil
}

// take notes the answer for a visit.
func (r *roll) take(v int32) error {
	if v < 0 || int(v) >= len(r.answered) || r.answered[v] {
		return fmt.Errorf("instant %d: visit %d is named twice or not known", r.d.moment.Now, v)
	}
	r.answered[v] = true
	return nil
}

// follow notes the answers of a trail.
func (r *roll) follow(t *dispatch.Trail) error {
	m, k := &r.d.moment, t.Technician
	if k < 0 || int(k) >= len(r.named) || r.named[k] || m.Crews[k].Home {
		return fmt.Errorf("instant %d: technician %d is named twice, has gone home or does not exist", m.Now, k)
	}
	r.named[k] = true
	for _, leg := range t.Legs {
		if leg.Kind == dispatch.StopVisit {
			if err := r.take(leg.Visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// timely tests the times of a planned trail.
func (d *Day) timely(t *dispatch.Trail) error {
	m := &d.moment
	c, who := m.Crews[t.Technician], &m.Problem.Technicians[t.Technician]
	fault := func(format string, args ...any) error {
		return fmt.Errorf("instant %d, technician %s: %s", m.Now, who.ID, fmt.Sprintf(format, args...))
	}
	c.Free = max(c.Free, m.Now)
	for i, leg := range t.Legs {
		if leg.Departure < c.Free {
			return fault("leg %d leaves at %d, before %d", i, leg.Departure, c.Free)
		}
		if leg.Kind != dispatch.StopVisit && (leg.Kind != dispatch.StopDepot || leg.Depot < 0 || int(leg.Depot) >= len(who.Depots)) {
			return fault("leg %d leads nowhere", i)
		}
		if late := d.drive(&c, who, &leg); late > 0 {
			return fault("leg %d comes %d too late", i, late)
		}
	}
	s := &who.Shifts[0]
	if t.Homeward < c.Free {
		return fault("leaves for home at %d, before %d", t.Homeward, c.Free)
	}
	if back := t.Homeward + leg(m.Problem, who, c.Place, s.EndPlace); back > s.End+s.Overtime {
		return fault("is home at %d, after %d", back, s.End+s.Overtime)
	}
	return nil
}

// drive takes a technician along a leg and returns how much too late he comes.
func (d *Day) drive(c *Crew, who *dispatch.Technician, l *dispatch.Leg) (late dispatch.Tick) {
	p := d.moment.Problem
	if !c.Left {
		c.Left, c.Departure = true, l.Departure
	}
	place, windows, work := stopOf(p, who, l)
	at, last := opening(windows, l.Departure+leg(p, who, c.Place, place))
	c.Place, c.Free = place, at+work
	return max(at-last, 0)
}

// advance makes final what a technician leaves for before an instant.
func (d *Day) advance(c *Crew, until dispatch.Tick) {
	k := c.Plan.Technician
	who := &d.moment.Problem.Technicians[k]
	for len(c.Plan.Legs) > 0 && c.Plan.Legs[0].Departure < until {
		l := c.Plan.Legs[0]
		c.Plan.Legs = c.Plan.Legs[1:]
		d.drive(c, who, &l)
		c.stock(d.moment.Problem, who, &l)
		if l.Kind == dispatch.StopVisit {
			d.stand[l.Visit] = left
			l.Visit = d.order[l.Visit]
		}
		d.trails[k].Legs = append(d.trails[k].Legs, l)
	}
	if c.Left && !c.Home && len(c.Plan.Legs) == 0 && c.Plan.Homeward < until {
		c.Home, d.trails[k].Homeward = true, c.Plan.Homeward
	}
}

// stock books what a stop takes from the stock on board, or puts there.
func (c *Crew) stock(p *dispatch.Problem, who *dispatch.Technician, l *dispatch.Leg) {
	if l.Kind == dispatch.StopVisit {
		for i, amount := range p.Visits[l.Visit].Deliver {
			if c.Room != nil {
				c.Room[i] -= amount
			}
		}
		return
	}
	depot := &who.Depots[l.Depot]
	c.Stops[l.Depot]++
	c.AllTools = c.AllTools || depot.AllTools
	if c.Room = slices.Clone(who.Capacity); depot.Unlimited {
		c.Room = nil
	}
}

// stopOf is where a leg leads, when work may start there and how long it takes.
func stopOf(p *dispatch.Problem, who *dispatch.Technician, l *dispatch.Leg) (place int32, windows []dispatch.TimeWindow, work dispatch.Tick) {
	if l.Kind == dispatch.StopDepot {
		depot := &who.Depots[l.Depot]
		return depot.Place, depot.Windows, depot.Duration
	}
	v := &p.Visits[l.Visit]
	work = v.OnSite
	if by, ok := v.OnSiteBy[who.Kind]; ok {
		work = by
	}
	return v.Place, v.Windows, work
}

// opening is the first instant from t on at which work may start, and the last one of all.
func opening(windows []dispatch.TimeWindow, t dispatch.Tick) (at, last dispatch.Tick) {
	for _, w := range windows {
		if t < w.End {
			return max(t, w.Start), dispatch.Far
		}
	}
	if len(windows) == 0 {
		return t, dispatch.Far
	}
	return t, windows[len(windows)-1].End - 1
}

// closing is the inverse of opening: the latest instant of arrival for a start at or before t.
func closing(windows []dispatch.TimeWindow, t dispatch.Tick) dispatch.Tick {
	for i := len(windows) - 1; i >= 0; i-- {
		if windows[i].Start <= t {
			return min(t, windows[i].End-1)
		}
	}
	if len(windows) == 0 {
		return t
	}
	return math.MinInt32 / 2
}

// leg is a technician's travel time between two places.
func leg(p *dispatch.Problem, who *dispatch.Technician, from, to int32) dispatch.Tick {
	if from == dispatch.NoPlace || to == dispatch.NoPlace {
		return 0
	}
	ticks := p.Travel[who.Travel].Time.At(from, to)
	if who.SpeedPercent == 0 || who.SpeedPercent == 100 || ticks >= dispatch.Unreachable {
		return dispatch.Tick(ticks)
	}
	return dispatch.Tick((int64(ticks)*100 + int64(who.SpeedPercent)/2) / int64(who.SpeedPercent))
}
