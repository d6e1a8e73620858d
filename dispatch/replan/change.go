package replan

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// changed is a problem and its committed plan as a change leaves them, before anything is planned anew.
type changed struct {
	o   *Options
	now dispatch.Tick
	p   dispatch.Problem
	// courses are the routes of the plan; those of one technician follow each other.
	courses  []course
	promises []promise // by visit
	reasons  map[int32]dispatch.Unassigned
	arrived  []int32
	displaced,
	touched []int32 // visits whose technician is gone, and courses that the change concerns
	freed    []int32 // places of visits that were canceled
	away     map[dispatch.TechnicianID]dispatch.Tick
	overruns map[dispatch.VisitID]dispatch.Tick
}

// promise is what was committed for an open visit; technician is -1 when nothing was.
type promise struct {
	technician, shift int32
	start             dispatch.Tick
}

// course is a committed route: its stops without breaks, of which the first done have started.
type course struct {
	route dispatch.Route
	stops []dispatch.Stop
	done  int
	// closed takes no more visits; reopened is the shift that the technician has instead, or -1.
	closed   bool
	reopened int32
}

func newChanged(p *dispatch.Problem, committed *dispatch.Plan, change *Change, o *Options) (*changed, error) {
	c := &changed{
		o: o, now: change.Now, p: *p, reasons: map[int32]dispatch.Unassigned{},
		away: map[dispatch.TechnicianID]dispatch.Tick{}, overruns: map[dispatch.VisitID]dispatch.Tick{},
	}
	for _, a := range change.Absences {
		if a.Until <= change.Now {
			return nil, &dispatch.InvalidError{Field: "change.absences", Value: fmt.Sprint(a.Until), Want: "an end after now"}
		}
		c.away[a.Technician] = a.Until
	}
	for _, r := range change.Overruns {
		c.overruns[r.Visit] = r.End
	}
	number, err := c.renumber(p, change)
	if err != nil {
		return nil, err
	}
	if err := c.read(p, committed, number); err != nil {
		return nil, err
	}
	if err := c.technicians(); err != nil {
		return nil, err
	}
	if err := c.p.Validate(); err != nil {
		return nil, fmt.Errorf("change the problem: %w", err)
	}
	return c, nil
}

// renumber takes canceled visits out and new ones in. It returns the new numbers of the old visits, -1 for those canceled.
func (c *changed) renumber(p *dispatch.Problem, change *Change) ([]int32, error) {
	canceled := make(map[dispatch.VisitID]bool, len(change.Canceled))
	for _, id := range change.Canceled {
		canceled[id] = true
	}
	number := make([]int32, len(p.Visits))
	c.p.Visits = make([]dispatch.Visit, 0, len(p.Visits)+len(change.Arrived))
	for v := range p.Visits {
		id := p.Visits[v].ID
		if number[v] = int32(len(c.p.Visits)); canceled[id] {
			number[v] = -1
			delete(canceled, id)
			continue
		}
		c.p.Visits = append(c.p.Visits, p.Visits[v])
	}
	for id := range canceled {
		return nil, &dispatch.InvalidError{Field: "change.canceled", Value: string(id), Want: "visits of the problem"}
	}
	for _, v := range change.Arrived {
		c.arrived = append(c.arrived, int32(len(c.p.Visits)))
		c.p.Visits = append(c.p.Visits, v)
	}
	c.promises = make([]promise, len(c.p.Visits))
	for v := range c.promises {
		c.promises[v].technician = -1
	}
	return number, nil
}

// read takes over the routes of the plan.
func (c *changed) read(p *dispatch.Problem, committed *dispatch.Plan, number []int32) error {
	routes := slices.Clone(committed.Routes)
	slices.SortStableFunc(routes, func(a, b dispatch.Route) int { return int(a.Technician - b.Technician) })
	for i := range routes {
		r := routes[i]
		if r.Departure == 0 && r.End == 0 {
			timed, faults := check.Schedule(p, r.Technician, r.Shift, r.Stops)
			if len(faults) > 0 {
				return &dispatch.InvalidError{Field: fmt.Sprintf("committed.routes[%d]", i), Value: faults[0].Text, Want: "feasible routes"}
			}
			r = timed
		}
		if err := c.readRoute(p, &r, number); err != nil {
			return err
		}
	}
	for _, u := range committed.Unassigned {
		if n := number[u.Visit]; n >= 0 {
			u.Visit = n
			c.reasons[n] = u
		}
	}
	for id := range c.overruns {
		return &dispatch.InvalidError{Field: "change.overruns", Value: string(id), Want: "a visit at work"}
	}
	return nil
}

// readRoute takes over a route: what of it has started, what is canceled, what is promised.
func (c *changed) readRoute(p *dispatch.Problem, r *dispatch.Route, number []int32) error {
	t := &p.Technicians[r.Technician]
	until, away := c.away[t.ID]
	away = away && t.Shifts[r.Shift].Start < until
	co := course{route: *r, reopened: -1}
	touched, at := away, int32(len(c.courses))
	co.route.Stops = slices.Clone(r.Stops)
	done := startedStops(r, c.now, away)
	for k := range co.route.Stops {
		s := &co.route.Stops[k]
		if s.Kind == dispatch.StopBreak {
			continue
		}
		if s.Kind == dispatch.StopVisit {
			was := &p.Visits[s.Visit]
			s.Visit = number[s.Visit]
			switch {
			case s.Visit < 0 && k < done:
				return &dispatch.InvalidError{Field: "change.canceled", Value: string(was.ID), Want: "a visit that has not started"}
			case s.Visit < 0:
				touched, c.freed = true, append(c.freed, was.Place)
				continue
			case k < done:
				over, err := c.start(t, s, k == done-1)
				if err != nil {
					return err
				}
				touched = touched || over
			default:
				c.promises[s.Visit] = promise{r.Technician, r.Shift, s.Start}
			}
		}
		if k < done {
			co.done++
		} else if away {
			if s.Kind == dispatch.StopVisit {
				c.displaced = append(c.displaced, s.Visit)
			}
			continue
		}
		co.stops = append(co.stops, *s)
	}
	if c.courses = append(c.courses, co); touched {
		c.touched = append(c.touched, at)
	}
	return nil
}

// startedStops is the number of stops of a route, breaks included, up to the last that has started at an instant: that its
// technician is on the way to, or, when he gives up what he is on the way to, at work on.
func startedStops(r *dispatch.Route, now dispatch.Tick, away bool) (done int) {
	begun := dispatch.NoTick
	for k := range r.Stops {
		s := &r.Stops[k]
		if begun == dispatch.NoTick && s.Travel > 0 {
			begun = s.Arrival - s.Travel
		}
		if s.Kind == dispatch.StopBreak {
			continue
		}
		if begun == dispatch.NoTick {
			begun = s.Arrival
		}
		if (!away && begun < now) || (away && s.Start <= now && s.Arrival <= now) {
			done = k + 1
		}
		begun = dispatch.NoTick
	}
	return done
}

// start pins a visit that has started, and sets how long it takes where that has changed.
func (c *changed) start(t *dispatch.Technician, s *dispatch.Stop, last bool) (over bool, err error) {
	v := &c.p.Visits[s.Visit]
	pin := dispatch.Pin{Technician: t.ID, Start: s.Start, Started: true}
	if v.Pin != nil {
		pin.Rank, pin.Adjacent = v.Pin.Rank, v.Pin.Adjacent
	}
	v.Pin = &pin
	end, over := c.overruns[v.ID]
	if !over {
		return false, nil
	}
	delete(c.overruns, v.ID)
	if !last || s.Start > c.now || s.End < c.now || end < max(c.now, s.Start+s.Entry) {
		return false, &dispatch.InvalidError{
			Field: "change.overruns", Value: fmt.Sprintf("visit %s, from %d to %d, then until %d", v.ID, s.Start, s.End, end),
			Want: "a visit at work that ends now or later",
		}
	}
	v.OnSite, v.OnSiteBy, s.End = end-s.Start-s.Entry, nil, end
	return true, nil
}

// technicians narrows every shift to what is left of it.
func (c *changed) technicians() error {
	c.p.Technicians = slices.Clone(c.p.Technicians)
	next := 0
	for t := range c.p.Technicians {
		who := &c.p.Technicians[t]
		who.Shifts = slices.Clone(who.Shifts)
		own := next
		for next < len(c.courses) && int(c.courses[next].route.Technician) == t {
			next++
		}
		for s := range len(who.Shifts) {
			k := slices.IndexFunc(c.courses[own:next], func(co course) bool { return int(co.route.Shift) == s })
			if k >= 0 && c.goesOn(who, &c.courses[own+k]) {
				c.goOn(who, &c.courses[own+k])
			} else {
				c.begin(who, &who.Shifts[s])
			}
		}
	}
	for id := range c.away {
		if !slices.ContainsFunc(c.p.Technicians, func(t dispatch.Technician) bool { return t.ID == id }) {
			return &dispatch.InvalidError{Field: "change.absences", Value: string(id), Want: "a technician of the problem"}
		}
	}
	return nil
}

// goesOn tells whether a shift has begun: something on it has started, be it a break.
func (c *changed) goesOn(who *dispatch.Technician, co *course) bool {
	if _, away := c.away[who.ID]; away || co.done > 0 {
		return co.done > 0
	}
	return slices.ContainsFunc(co.route.Stops, func(s dispatch.Stop) bool { return s.Kind == dispatch.StopBreak && s.Start < c.now })
}

// begin lets a shift on which nothing has started begin now at the earliest, or when its technician is back.
func (c *changed) begin(who *dispatch.Technician, s *dispatch.Shift) {
	from := c.now
	if until, away := c.away[who.ID]; away && s.Start < until {
		from = until
	}
	if from <= s.Start {
		return
	}
	s.Start = min(from, s.End)
	if s.LatestDeparture != dispatch.NoTick {
		s.LatestDeparture = max(s.LatestDeparture, s.Start)
	}
	s.Breaks = breaksFrom(s.Breaks, s.Start)
}

// breaksFrom are the breaks that can still begin at or after an instant.
func breaksFrom(breaks []dispatch.Break, from dispatch.Tick) (out []dispatch.Break) {
	for _, b := range breaks {
		if len(b.Windows) == 0 {
			b.Windows = []dispatch.TimeWindow{{Start: from, End: dispatch.Far}}
		}
		if b.Windows = windowsWithin(b.Windows, from, dispatch.Far); len(b.Windows) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// windowsWithin cuts windows to instants from first to last; none mean any time.
func windowsWithin(windows []dispatch.TimeWindow, first, last dispatch.Tick) (out []dispatch.TimeWindow) {
	if len(windows) == 0 {
		return []dispatch.TimeWindow{{Start: first, End: last + 1}}
	}
	for _, w := range windows {
		if w.Start, w.End = max(w.Start, first), min(w.End, last+1); !w.Empty() {
			out = append(out, w)
		}
	}
	return out
}

// goOn narrows a shift on which work has started: breaks that have begun stay where they are, the others begin now at the
// earliest, and the technician may be late home from what has started. A technician who is gone or home already
// has a shift of its own for the rest.
func (c *changed) goOn(who *dispatch.Technician, co *course) {
	s := &who.Shifts[co.route.Shift]
	until, away := c.away[who.ID]
	away = away && s.Start < until
	taken := c.pinBreaks(s, co, away)
	finished := co.done > 0 && co.done == len(co.stops) && !away && co.stops[co.done-1].End < c.now
	end := c.allow(who, co, taken)
	if !away && !finished {
		return
	}
	rest := dispatch.Shift{
		Start: max(end, c.now), End: s.End, LatestDeparture: dispatch.NoTick, StartPlace: s.EndPlace, EndPlace: s.EndPlace, Overtime: s.Overtime,
	}
	if rest.StartPlace == dispatch.NoPlace {
		rest.StartPlace = placeOf(&c.p, who, &co.stops[co.done-1])
	}
	if co.closed = true; away {
		rest.Start = max(rest.Start, until)
		s.End, s.Overtime, s.LatestDeparture = min(max(end, s.Start), s.End), max(0, end-s.End), dispatch.NoTick
	}
	if rest.Start < rest.End {
		co.reopened = int32(len(who.Shifts))
		who.Shifts = append(who.Shifts, rest)
	}
}

// pinBreaks keeps the breaks of a shift that have begun where they are, and lets the others begin now at the earliest; who
// is gone takes no more. It returns how many have begun: the first ones.
func (c *changed) pinBreaks(s *dispatch.Shift, co *course, away bool) int {
	taken := map[int32]dispatch.Tick{}
	for k := range co.route.Stops {
		if st := &co.route.Stops[k]; st.Kind == dispatch.StopBreak && st.Start < c.now {
			taken[st.Break] = st.Start
		}
	}
	breaks := s.Breaks
	s.Breaks = nil
	for k := range breaks {
		b := breaks[k]
		if at, ok := taken[int32(k)]; ok {
			b.Windows = []dispatch.TimeWindow{{Start: at, End: at + 1}}
			s.Breaks = append(s.Breaks, b)
		} else if left := breaksFrom([]dispatch.Break{b}, c.now); !away {
			s.Breaks = append(s.Breaks, left...)
		}
	}
	return len(taken)
}

// placeOf is where a stop is.
func placeOf(p *dispatch.Problem, who *dispatch.Technician, s *dispatch.Stop) int32 {
	if s.Kind == dispatch.StopDepot {
		return who.Depots[s.Depot].Place
	}
	return p.Visits[s.Visit].Place
}

// allow loosens the rules of time that started work breaks by itself, because it takes longer, and returns when the
// technician would be home after it. The first breaks are taken.
func (c *changed) allow(who *dispatch.Technician, co *course, taken int) dispatch.Tick {
	s := &who.Shifts[co.route.Shift]
	for range 4 {
		r, faults := check.Schedule(&c.p, co.route.Technician, co.route.Shift, co.stops[:co.done])
		if len(faults) == 0 {
			return r.End
		}
		for _, f := range faults {
			switch f.Rule {
			case dispatch.ReasonOutOfShift:
				s.Overtime += dispatch.Tick(f.By)
			case dispatch.ReasonMaxDuty:
				who.MaxDuty += dispatch.Tick(f.By)
			case dispatch.ReasonBreak, dispatch.ReasonPinned, dispatch.ReasonWindowClosed:
				// Breaks that cannot wait for it; the checker may take a closed window for a lesser evil.
				for k := min(taken, len(s.Breaks)); k < len(s.Breaks); k++ {
					s.Breaks[k].Windows = []dispatch.TimeWindow{{Start: c.now, End: dispatch.Far}}
				}
			}
		}
	}
	return s.End + s.Overtime
}
