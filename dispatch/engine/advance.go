package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// How often an order that nobody takes is tried again, and how many of them at a time.
const (
	retryEvery    = time.Minute
	retryDeclined = 10 * time.Minute // after everybody has refused
	retryAtOnce   = 8
)

// nudge is how far a technician moves before a route begins anew there although it began a moment ago.
const nudge = geo.Meters(100)

// advance looks at the technicians whose turn it is, and tries orders without a technician again.
func (d *decision) advance(c Advance) error {
	for _, p := range c.Positions {
		if was, ok := d.e.positions[p.Technician]; d.technician(p.Technician) != nil && (!ok || !p.At.Before(was.At)) {
			d.e.positions[p.Technician] = p
		}
	}
	b, err := d.board()
	if err != nil {
		return err
	}
	n := len(b.ids)
	if c.Limit > 0 {
		n = min(n, c.Limit)
	}
	for range n {
		t := int32(d.e.round % len(b.ids))
		d.e.round = int(t) + 1
		if err := d.look(t, byTurn); err != nil {
			return err
		}
	}
	return d.tryAgain()
}

// tryAgain gives the orders that nobody took another chance, a few at a time and each now and then.
func (d *decision) tryAgain() error {
	var ready []*Order
	for _, o := range d.e.orders {
		if o.State == StateNew && d.ripe(o) {
			ready = append(ready, o)
		}
	}
	slices.SortFunc(ready, func(x, y *Order) int {
		return cmp.Or(d.e.tried[x.ID].Compare(d.e.tried[y.ID]), cmp.Compare(x.ID, y.ID))
	})
	for _, o := range ready[:min(len(ready), retryAtOnce)] {
		if err := d.give(o.ID, wanted{forgive: d.now.Sub(o.Updated) >= retryDeclined}); err != nil {
			return err
		}
	}
	return nil
}

// ripe reports whether an order without a technician may be tried again.
func (d *decision) ripe(o *Order) bool {
	tried, ok := d.e.tried[o.ID]
	return !ok || d.now.Sub(tried) >= retryEvery
}

// lookStale looks at a technician when the route that runs now began too long ago to plan on it.
func (d *decision) lookStale(technician, shift int32) (bool, error) {
	b := d.e.board
	if running(b.spans[technician], d.now) != int(shift) {
		return d.close(technician, shift)
	}
	g, ok := d.e.begins[b.ids[technician]]
	if ok && g.shift.Equal(b.spans[technician][shift].start) && d.now.Sub(g.at) <= fresh {
		return false, nil
	}
	return true, d.look(technician, forVisit)
}

// close ends the route of a shift that is over; false when it is not.
func (d *decision) close(technician, shift int32) (bool, error) {
	b := d.e.board
	over, id := b.spans[technician][shift].over(), b.ids[technician]
	if over.After(d.now) {
		return false, nil
	}
	g := d.e.begins[id]
	g.closed = later(g.closed, over)
	d.setBegin(id, g)
	// Without length, whatever it was stretched to by work that took longer than the shift: else it had room, and would be
	// offered and closed without end.
	lost := b.Unload(technician, shift)
	at := b.tick(over)
	err := b.SetShift(technician, shift, dispatch.Shift{
		Start: at, End: at, LatestDeparture: dispatch.NoTick, StartPlace: technician, EndPlace: technician,
	})
	if err != nil {
		return false, fmt.Errorf("close a shift of technician %s: %w", id, err)
	}
	d.touch(technician, shift)
	d.lose(lost)
	return true, nil
}

// cause says why a technician is looked at.
type cause uint8

const (
	byTurn     cause = iota // it is his turn
	forVisit                // a new visit may go on his route
	byHappened              // something has happened to him
)

// look lets the route of a technician's running shift begin anew where and when he is free next, and closes shifts that
// are over. Little changes are let pass, unless something has happened to him.
func (d *decision) look(technician int32, why cause) error {
	b := d.e.board
	t := d.technician(b.ids[technician])
	if t == nil {
		return nil
	}
	spans := b.spans[technician]
	for s := range spans {
		if len(b.Sequence(technician, int32(s))) > 0 {
			if _, err := d.close(technician, int32(s)); err != nil {
				return err
			}
		}
	}
	s := running(spans, d.now)
	if s < 0 {
		return nil
	}
	d.overdue(t)
	want, _ := d.e.wantBegin(d, t, spans, d.now)
	was, known := d.e.begins[t.ID]
	known = known && was.shift.Equal(want.shift)
	if known && why != byHappened && d.keeps(t, &was, &want, why) {
		return nil
	}
	taken := 0
	if known {
		want.taken = was.taken
		taken = d.pause(technician, int32(s), t, &was, &want)
	}
	return d.restart(technician, int32(s), want, taken)
}

// keeps reports whether the route may go on beginning where it does.
func (d *decision) keeps(t *Technician, was, want *begin, why cause) bool {
	if t.Current != "" {
		return was.point == want.point && was.at.After(d.now) && !want.at.After(was.at)
	}
	if was.pause && was.at.After(d.now) {
		return true
	}
	age := fresh
	if why == byTurn {
		age = idle
	}
	return was.at.Before(d.now.Add(time.Second)) && d.now.Sub(was.at) < age && geo.DistanceEquirect(was.point, want.point) < nudge
}

// pause finds whether a technician without started work is in a break that was planned: the route then begins after it. It
// returns how many breaks have begun since the route began.
func (d *decision) pause(technician, shift int32, t *Technician, was, want *begin) int {
	if t.Current != "" {
		return 0
	}
	if was.pause && was.at.After(d.now) {
		want.at, want.pause = was.at, true
		return 0
	}
	b := d.e.board
	if b.BreaksLeft(technician, shift) == 0 {
		return 0
	}
	r, ok := b.Route(technician, shift)
	if !ok || len(r.Stops) == 0 || r.Stops[0].Kind != dispatch.StopBreak || b.when(r.Stops[0].Start).After(d.now) {
		return 0
	}
	if end := b.when(r.Stops[0].End); end.After(d.now) {
		want.at, want.pause = end, true
	}
	return 1
}

// restart lets a running route begin anew and remembers it.
func (d *decision) restart(technician, shift int32, g begin, taken int) error {
	b := d.e.board
	left := b.BreaksLeft(technician, shift)
	next := g
	next.taken = taken
	if err := d.begin(technician, shift, next); err != nil {
		return err
	}
	g.taken += left - b.BreaksLeft(technician, shift)
	g.closed = d.e.begins[b.ids[technician]].closed
	d.setBegin(b.ids[technician], g)
	return nil
}

func (d *decision) setBegin(id dispatch.TechnicianID, g begin) {
	d.begins.note(id, d.e.begins)
	d.e.setBegin(id, g)
}

func (d *decision) begin(technician, shift int32, g begin) error {
	b := d.e.board
	lost, err := b.Begin(technician, shift, g.point, b.tick(g.at), g.taken)
	if err != nil {
		return err
	}
	d.touch(technician, shift)
	d.lose(lost)
	return nil
}

// overdue moves the times of started work that takes longer than was expected, or whose technician is nearer or farther
// than was expected.
func (d *decision) overdue(t *Technician) {
	o := d.order(t.Current)
	if t.Current == "" || o == nil || o.Assignment == nil {
		return
	}
	a := *o.Assignment
	if o.State == StateEnRoute {
		if p, ok := d.e.trusted(t.ID, d.now); ok && !p.At.Before(o.Clocks.Departed) {
			a.Arrival = p.At.Add(d.e.travel(p.Point, o.Location))
		}
		a.Arrival = later(a.Arrival, d.now)
		a.Start = a.Arrival
		a.End = a.Start.Add(o.OnSite)
	} else if !a.End.After(d.now) {
		a.End = d.now.Add(overrun)
	}
	if apart(a.Start, o.Assignment.Start) >= drift || apart(a.End, o.Assignment.End) >= drift {
		d.reschedule(o, &a)
	}
}
