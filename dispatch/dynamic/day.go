package dynamic

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/geo"
)

// Crew is where a technician stands: what was left for is final, and this is the state behind it.
type Crew struct {
	// Left says that the start place was left, at Departure, and Home that the technician is on the way to the end place or
	// there: the day of this technician is over.
	Left, Home bool
	Departure  dispatch.Tick
	// Place is where the last stop that was left for is, or the start place, and Free when the work there is done.
	Place int32
	Free  dispatch.Tick
	// Room is the stock that is still on board by dimension, nil for no limit. AllTools says that every tool is on board.
	Room     []int32
	AllTools bool
	// Stops counts the stops made so far by depot.
	Stops []int32
	// Plan is what was decided last and not yet left for, in the indices of Moment.Problem.
	Plan dispatch.Trail
}

// Moment is one moment of decision: the beginning of the day, and each instant at which visits become known. It holds
// nothing of what is not known yet. It belongs to the day; its slices hold until the next moment and must not be changed.
type Moment struct {
	Now dispatch.Tick
	// Problem has all technicians, and the visits and places that are known, in the order in which they became so: an index
	// keeps its meaning all day.
	Problem *dispatch.Problem
	// New are the visits to accept or to refuse now, Open those that were accepted and that nobody has left for.
	New, Open []int32
	Crews     []Crew // by technician
	// Notice is how long before the end of its windows each visit that came during the day became known, in that order.
	// Visits without a window are left out.
	Notice []dispatch.Tick
}

// Day plays a day. It is not safe for concurrent use.
type Day struct {
	whole  *dispatch.Problem
	known  []dispatch.Tick
	order  []int32 // visits by the instant at which they become known; those known from the start first
	seen   int     // how many of order are known
	places []int32 // of the whole problem, by place of the known one
	index  map[int32]int32
	moment Moment
	over   bool
	stand  []fate // by visit of the known problem
	trails []dispatch.Trail
}

// fate is what became of a visit.
type fate uint8

const (
	unknown fate = iota
	open
	left // somebody left for it
	refused
)

// NewDay begins a day. known gives for each visit the instant at which it becomes known, or dispatch.NoTick for those known
// from the start, which cannot be refused. An instant before the first shift counts as its start.
//
// A problem with breaks, pairs, pins, entry times, due instants, stock that is collected, limits on a whole route, or several
// shifts of a technician is an InvalidError: the package cannot play it.
func NewDay(p *dispatch.Problem, known []dispatch.Tick) (*Day, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := playable(p, known); err != nil {
		return nil, err
	}
	d := &Day{whole: p, known: slices.Clone(known), index: map[int32]int32{}}
	for i := range p.Visits {
		d.order = append(d.order, int32(i))
	}
	slices.SortStableFunc(d.order, func(a, b int32) int { return int(known[a]) - int(known[b]) })
	view := *p
	view.Visits, view.Places, view.Pairs = nil, nil, nil
	view.Technicians = slices.Clone(p.Technicians)
	d.moment = Moment{Problem: &view, Now: dispatch.Far, Crews: make([]Crew, len(p.Technicians))}
	for k := range view.Technicians {
		d.engage(int32(k))
	}
	for d.seen < len(d.order) && known[d.order[d.seen]] == dispatch.NoTick {
		d.learn()
	}
	if d.seen == 0 && len(d.order) > 0 {
		d.moment.Now = max(d.moment.Now, known[d.order[0]])
	}
	d.reveal()
	return d, nil
}

// engage puts a technician at the start of the day, in the places of the known problem.
func (d *Day) engage(k int32) {
	m := &d.moment
	t := &m.Problem.Technicians[k]
	t.Depots = slices.Clone(t.Depots)
	for i := range t.Depots {
		t.Depots[i].Place = d.place(t.Depots[i].Place)
	}
	d.trails = append(d.trails, dispatch.Trail{Technician: k})
	c := &m.Crews[k]
	*c = Crew{Home: true, Stops: make([]int32, len(t.Depots)), Room: slices.Clone(t.Capacity), Plan: dispatch.Trail{Technician: k}}
	if len(t.Shifts) == 0 {
		return
	}
	t.Shifts = slices.Clone(t.Shifts)
	s := &t.Shifts[0]
	s.StartPlace, s.EndPlace = d.place(s.StartPlace), d.place(s.EndPlace)
	c.Home, c.Place, c.Free = false, s.StartPlace, s.Start
	m.Now = min(m.Now, s.Start)
}

// place is the index of a place in the known problem, where it is made when it is new.
func (d *Day) place(of int32) int32 {
	if of == dispatch.NoPlace {
		return of
	}
	i, ok := d.index[of]
	if !ok {
		p := d.moment.Problem
		i = int32(len(p.Places))
		d.index[of], d.places, p.Places = i, append(d.places, of), append(p.Places, d.whole.Places[of])
	}
	return i
}

// learn makes the next visit known.
func (d *Day) learn() {
	id := d.order[d.seen]
	v := d.whole.Visits[id]
	v.Place = d.place(v.Place)
	if d.seen++; d.known[id] != dispatch.NoTick {
		d.moment.New = append(d.moment.New, int32(len(d.moment.Problem.Visits)))
		d.stand = append(d.stand, unknown)
		if n := len(v.Windows); n > 0 {
			d.moment.Notice = append(d.moment.Notice, v.Windows[n-1].End-d.known[id])
		}
	} else {
		d.stand = append(d.stand, open)
	}
	d.moment.Problem.Visits = append(d.moment.Problem.Visits, v)
}

// reveal makes everything known that becomes so at the moment, and renews what the moment shows.
func (d *Day) reveal() {
	m := &d.moment
	for d.seen < len(d.order) && d.known[d.order[d.seen]] <= m.Now {
		d.learn()
	}
	p := *m.Problem
	p.Travel = slices.Clone(d.whole.Travel)
	for i := range p.Travel {
		t := &p.Travel[i]
		t.Time = d.visible(t.Time)
		if t.Distance != nil {
			t.Distance = d.visible(t.Distance)
		}
	}
	m.Problem, m.Open = &p, nil
	for v, is := range d.stand {
		if is == open {
			m.Open = append(m.Open, int32(v))
		}
	}
}

// mostTabulated is the number of places up to which a matrix is a table.
const mostTabulated = 3000

// visible is a matrix over the known places.
func (d *Day) visible(m *geo.Matrix) *geo.Matrix {
	out := m.Select(d.places)
	if len(d.places) <= mostTabulated {
		return out.Dense()
	}
	return out
}

// Moment is the moment to decide; nil when the day is over.
func (d *Day) Moment() *Moment {
	if d.over {
		return nil
	}
	return &d.moment
}

// Decision answers a moment.
type Decision struct {
	Refused []int32 // of Moment.New
	// Trails are the rest of the day as planned now, for every technician who has not gone home but has left it or has
	// visits, in the indices of Moment.Problem.
	Trails []dispatch.Trail
}

// Decide answers the moment in hand and goes on to the next: what is planned to leave before it is then final. A decision
// that leaves before now or before work is done, comes too late, misses an accepted visit or names one that is not open is
// an error, and nothing happens then. Skills, tools and stock are for the judge of the whole day: check.Day.
func (d *Day) Decide(a Decision) error {
	if d.over {
		return fmt.Errorf("decide: the day is over")
	}
	if err := d.complete(&a); err != nil {
		return err
	}
	for i := range a.Trails {
		if err := d.timely(&a.Trails[i]); err != nil {
			return err
		}
	}
	m := &d.moment
	for _, v := range m.New {
		d.stand[v] = open
	}
	for _, v := range a.Refused {
		d.stand[v] = refused
	}
	for k := range m.Crews {
		m.Crews[k].Plan = dispatch.Trail{Technician: int32(k)}
	}
	for _, t := range a.Trails {
		m.Crews[t.Technician].Plan = dispatch.Trail{Technician: t.Technician, Legs: slices.Clone(t.Legs), Homeward: t.Homeward}
	}
	until := dispatch.Far
	if d.seen < len(d.order) {
		until = d.known[d.order[d.seen]]
	}
	for k := range m.Crews {
		d.advance(&m.Crews[k], until)
	}
	m.New, m.Now = nil, until
	if d.over = until == dispatch.Far; !d.over {
		d.reveal()
	}
	return nil
}

// Trails is what happened so far, by technician, in the indices of the problem the day was made of. Technicians who did
// nothing have no trail.
func (d *Day) Trails() []dispatch.Trail {
	var out []dispatch.Trail
	for _, t := range d.trails {
		if len(t.Legs) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// Refused lists the visits that were refused so far, in the indices of the problem the day was made of.
func (d *Day) Refused() []int32 {
	var out []int32
	for v, is := range d.stand {
		if is == refused {
			out = append(out, d.order[v])
		}
	}
	slices.Sort(out)
	return out
}
