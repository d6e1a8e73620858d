package engine

import (
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// Route is the rest of a technician's shift as planned.
type Route struct {
	Technician dispatch.TechnicianID
	Start      geo.Point
	StartTime  time.Time
	Stops      []RouteStop
}

// RouteStop is a visit on a route.
type RouteStop struct {
	Order               *Order
	Arrival, Start, End time.Time
}

// ready is the board, laid out when there is none. Orders that the layout could not keep wait for the next decision.
func (e *Engine) ready() (*board, error) {
	if e.board != nil {
		return e.board, nil
	}
	b, err := e.layout(e.Open(), e.Technicians())
	if err == nil {
		e.board = b
	}
	return b, err
}

// Route is the rest of the present shift, or of the next one, with started work first. False when there is no such
// technician.
func (e *Engine) Route(id dispatch.TechnicianID, now time.Time) (Route, bool) {
	t := e.technicians[id]
	b, err := e.ready()
	if t == nil || err != nil {
		return Route{}, false
	}
	r := Route{Technician: id, Start: t.Home, StartTime: now}
	if o := e.orders[t.Current]; o != nil && o.Assignment != nil {
		a := o.Assignment
		r.Stops = append(r.Stops, RouteStop{Order: o, Arrival: a.Arrival, Start: a.Start, End: a.End})
	}
	at := b.index[id]
	for s := range b.spans[at] {
		sp := &b.spans[at][s]
		if !sp.over().After(now) {
			continue
		}
		r.StartTime, r.Start = later(now, sp.start), e.beginsAt(t, sp, now)
		r.Stops = append(r.Stops, e.stops(b, at, int32(s))...)
		break
	}
	return r, true
}

// beginsAt is where a route begins now: where the technician is, or home before the shift.
func (e *Engine) beginsAt(t *Technician, s *span, now time.Time) geo.Point {
	if s.start.After(now) {
		return t.Home
	}
	return e.lastPlace(t, s.start, now)
}

// stops are the open visits of a route.
func (e *Engine) stops(b *board, technician, shift int32) (out []RouteStop) {
	r, _ := b.Route(technician, shift)
	for i := range r.Stops {
		st := &r.Stops[i]
		if st.Kind != dispatch.StopVisit {
			continue
		}
		if o := e.orders[b.orderOf(st.Visit)]; o != nil {
			out = append(out, RouteStop{Order: o, Arrival: b.when(st.Arrival), Start: b.when(st.Start), End: b.when(st.End)})
		}
	}
	return out
}
