package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
)

// fresh is how long ago a route may have begun for a new visit to be planned on it without another look at its technician.
const fresh = 10 * time.Second

// idle is how long a route may go on from where it began when nothing new is planned on it: less than drift.
const idle = time.Minute

// drift is by how much planned times may differ from what was last said before it is said anew, and driftShare the part of
// the time until the visit that they may differ: nobody needs to hear that what is planned for the evening comes ten minutes
// later. A visit that leaves its promised window is said at once.
const (
	drift      = 5 * time.Minute
	driftShare = 8
)

// promiseWidth is the length of the interval that a tenant is told, and promiseRound what its ends are rounded to.
const (
	promiseWidth = 2 * time.Hour
	promiseRound = 15 * time.Minute
)

// give finds a technician for an order that nobody has, and says who, or why nobody. For an order that was without one
// before, only a new reason is said.
func (d *decision) give(id dispatch.WorkOrderID, w wanted) error {
	if r := d.e.rule(d.order(id)); r.asks() {
		return d.suggest(id, w, r)
	}
	a, u, err := d.insert(d.order(id), w)
	if err != nil {
		return err
	}
	if a != nil {
		d.assign(id, a)
		return nil
	}
	d.e.setTried(id, d.now)
	d.unassign(id, u)
	return nil
}

// refusal is why nobody takes an order.
type refusal struct {
	why     *dispatch.Unassigned
	nearest dispatch.TechnicianID
}

// insert takes the visit of an order off the board, if it is there, and puts it where it is cheapest; nil when nobody takes
// it: it is then on the board without a route.
func (d *decision) insert(o *Order, w wanted) (*Assignment, refusal, error) {
	b, err := d.board()
	if err != nil {
		return nil, refusal{}, err
	}
	d.moved = true
	if err := d.remove(o.ID); err != nil {
		return nil, refusal{}, err
	}
	v, ok, err := d.e.addVisit(b, o, w)
	if err != nil {
		return nil, refusal{}, fmt.Errorf("place order %s: %w", o.ID, err)
	}
	if !ok {
		return nil, refusal{why: &dispatch.Unassigned{
			Visit: -1, Technician: -1, Reason: dispatch.ReasonToolMissing, Short: 1, Detail: "No technician has the tools.",
		}}, nil
	}
	found, err := d.freshOffers(v)
	if err != nil {
		return nil, refusal{}, err
	}
	if len(found) == 0 {
		_, u, err := b.Insert(v)
		if err != nil || u == nil {
			return nil, refusal{}, errors.Join(err, errors.New("place order: an offer appeared"))
		}
		return nil, b.refused(u), nil
	}
	found = d.keepCover(o, found)
	if err := b.Place(v, found[0]); err != nil {
		return nil, refusal{}, err
	}
	d.touch(found[0].Technician, found[0].Shift)
	return d.assignment(v, o, found), refusal{}, nil
}

// refused puts a reason into ids.
func (b *board) refused(u *dispatch.Unassigned) refusal {
	r := refusal{why: u}
	if u.Technician >= 0 {
		r.nearest = b.ids[u.Technician]
	}
	u.Visit, u.Technician = -1, -1
	return r
}

// freshOffers ranks the technicians for a visit, after a look at where the best of them are now.
func (d *decision) freshOffers(v int32) ([]plan.Offer, error) {
	b := d.e.board
	for {
		found, err := b.Offer(v)
		if err != nil {
			return nil, err
		}
		stale := false
		for i := range found {
			looked, err := d.lookStale(found[i].Technician, found[i].Shift)
			if err != nil {
				return nil, err
			}
			stale = stale || looked
		}
		if !stale {
			return found, nil
		}
	}
}

// assignment is the decision for the first of some offers, with what is worth remembering of it.
func (d *decision) assignment(v int32, o *Order, found []plan.Offer) *Assignment {
	b, best := d.e.board, &found[0]
	sp := &b.spans[best.Technician][best.Shift]
	a := &Assignment{
		Technician: b.ids[best.Technician], Shift: sp.start,
		Arrival: b.when(best.Arrival), Start: b.when(best.Start), End: b.when(best.Start).Add(o.OnSite),
		Offered: d.now, Cost: best.Terms,
	}
	b.times(v, a)
	t := d.technician(a.Technician)
	a.From = t.Home
	if g, ok := d.e.begins[a.Technician]; ok && g.shift.Equal(sp.start) {
		a.From = g.point
	}
	a.AcceptBy = later(d.now, sp.start).Add(d.e.offer(o))
	a.Policy, a.PolicyVersion = d.e.conduct.Policy, d.e.conduct.Version
	a.Window = d.promise(o, a.Start)
	for i := range found[1:] {
		f := &found[1+i]
		id := b.ids[f.Technician]
		if id == a.Technician || len(a.Alternatives) == alternatives ||
			slices.ContainsFunc(a.Alternatives, func(x Alternative) bool { return x.Technician == id }) {
			continue
		}
		a.Alternatives = append(a.Alternatives, Alternative{
			Technician: id, Difference: f.Difference - best.Difference, Term: dearest(f.Terms.Minus(best.Terms)), Arrival: b.when(f.Arrival),
		})
	}
	return a
}

// dearest is the term that costs most.
func dearest(c dispatch.Cost) dispatch.Term {
	best := dispatch.TermTravel
	for t := range c {
		if c[t] > c[best] {
			best = dispatch.Term(t)
		}
	}
	return best
}

// times sets the planned times of a visit that is on a route.
func (b *board) times(v int32, a *Assignment) {
	t, s, _ := b.Placed(v)
	r, _ := b.Route(t, s)
	for i := range r.Stops {
		if st := &r.Stops[i]; st.Kind == dispatch.StopVisit && st.Visit == v {
			a.Arrival, a.Start, a.End = b.when(st.Arrival), b.when(st.Start), b.when(st.End)
		}
	}
}

// promise is the interval that a tenant is told: around the planned start, within the tenant's own window.
func (d *decision) promise(o *Order, start time.Time) dispatch.TimeSpan {
	from := later(start.Add(-promiseWidth/2), d.now).Truncate(promiseRound)
	p := dispatch.TimeSpan{Start: from, End: from.Add(promiseWidth)}
	for _, w := range o.Windows {
		if !start.Before(w.Start) && start.Before(w.End) {
			p.Start = later(p.Start, w.Start)
			if w.End.Before(p.End) {
				p.End = w.End
			}
		}
	}
	return p
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// assign says who has an order now: an offer to somebody new, or other times for who has it already.
func (d *decision) assign(id dispatch.WorkOrderID, a *Assignment) {
	o := d.order(id)
	if !o.State.Planned() || o.TechnicianID() != a.Technician {
		d.emit(Event{Type: OrderAssigned, Order: id, Technician: a.Technician, Assignment: a})
		return
	}
	d.reschedule(o, a)
}

// reschedule says that the same technician comes at another time. The tenant hears of it when it is not within what was
// promised.
func (d *decision) reschedule(o *Order, a *Assignment) {
	was := o.Assignment
	next := *a
	next.Offered, next.AcceptBy = was.Offered, was.AcceptBy
	if next.Window = was.Window; next.Start.Before(was.Window.Start) || !next.Start.Before(was.Window.End) {
		next.Window = d.promise(o, next.Start)
	}
	if next.Start.Equal(was.Start) && next.End.Equal(was.End) && next.Shift.Equal(was.Shift) && next.Arrival.Equal(was.Arrival) {
		return
	}
	d.emit(Event{Type: OrderRescheduled, Order: o.ID, Technician: next.Technician, Assignment: &next})
}

// unassign says that nobody has an order, unless that is known for this reason.
func (d *decision) unassign(id dispatch.WorkOrderID, r refusal) {
	o := d.order(id)
	if o.State == StateNew && o.Unassigned != nil && o.Unassigned.Reason == r.why.Reason {
		return
	}
	d.emit(Event{
		Type: OrderUnassigned, Order: id, Technician: o.TechnicianID(), Unassigned: r.why, Nearest: r.nearest,
		Reason: string(r.why.Reason),
	})
}

// rehome finds a place for a planned order that has lost its own. One that was accepted stays with its technician if he can
// come in time; else it goes to somebody who can; else it stays with him although late.
func (d *decision) rehome(id dispatch.WorkOrderID) error {
	o := d.order(id)
	if !o.State.Planned() {
		return nil
	}
	asks := d.asks(o)
	var why refusal
	for i, w := range steps(o, asks) {
		if w.only != "" && d.technician(w.only) == nil {
			continue
		}
		a, r, err := d.insertAgain(o, w, asks)
		if err != nil {
			return err
		}
		if a != nil {
			d.assign(id, a)
			return nil
		}
		if i == 0 || w.free || why.why == nil {
			why = r
		}
	}
	if why.why == nil {
		why.why = &dispatch.Unassigned{Visit: -1, Technician: -1, Reason: dispatch.ReasonPinned, Detail: "The pinned technician is gone."}
	}
	if asks {
		return d.giveUp(o, why)
	}
	d.e.setTried(id, d.now)
	d.unassign(id, why)
	return nil
}

// insertAgain is insert of an order that somebody had. Where others are asked, another day is not for the engine to say.
func (d *decision) insertAgain(o *Order, w wanted, asks bool) (*Assignment, refusal, error) {
	a, r, err := d.insert(o, w)
	if err != nil || a == nil || !asks || o.Pin != nil || a.Shift.Equal(o.Assignment.Shift) {
		return a, r, err
	}
	return nil, anotherShift(), d.takeBack(o.ID)
}

// steps are where an order that has lost its place is tried, one after the other.
func steps(o *Order, asks bool) []wanted {
	stay, late := wanted{only: o.TechnicianID()}, wanted{only: o.TechnicianID(), relaxed: true}
	switch {
	case o.Pin != nil:
		return []wanted{stay, late}
	case asks:
		return []wanted{stay}
	case o.State == StateAccepted:
		return []wanted{stay, {free: true}, late}
	}
	return []wanted{{free: true}}
}

// remove takes the visit of an order off the board.
func (d *decision) remove(id dispatch.WorkOrderID) error {
	b, err := d.board()
	if err != nil {
		return err
	}
	v, ok := b.Index(dispatch.VisitID(id))
	if !ok {
		return nil
	}
	d.moved = true
	if t, s, placed := b.Placed(v); placed {
		d.touch(t, s)
	}
	if err := b.Remove(v); err != nil {
		return fmt.Errorf("take order %s off the board: %w", id, err)
	}
	return nil
}

func (d *decision) touch(technician, shift int32) {
	if r := (routeKey{technician, shift}); !slices.Contains(d.touched, r) {
		d.touched = append(d.touched, r)
	}
}

// lose notes visits that a route could not keep.
func (d *decision) lose(visits []int32) {
	for _, v := range visits {
		d.displaced = append(d.displaced, d.e.board.orderOf(v))
		d.moved = true
	}
}

// rounds is how often a decision may find that what it has placed must move again.
const rounds = 3

// settle finds places for what was displaced, says what has moved in time, and lets the board agree with the ledger that
// the events make.
func (d *decision) settle() error {
	for range rounds {
		if d.e.board != nil {
			d.takeDisplaced(d.e.board)
		}
		if err := d.rehomeAll(); err != nil || d.e.board == nil {
			return err
		}
		d.sayTimes()
		if err := d.sync(); err != nil || len(d.displaced) == 0 {
			return err
		}
	}
	return fmt.Errorf("settle %d orders that were displaced: %w", len(d.displaced), errLost)
}

// rehomeAll finds places for what was displaced.
func (d *decision) rehomeAll() error {
	for len(d.displaced) > 0 {
		slices.SortStableFunc(d.displaced, d.compareUrgency)
		id := d.displaced[0]
		d.displaced = d.displaced[1:]
		b, err := d.board()
		if err != nil {
			return err
		}
		if v, ok := b.Index(dispatch.VisitID(id)); ok {
			if _, _, placed := b.Placed(v); placed {
				continue // it has found one
			}
		}
		if err := d.rehome(id); err != nil {
			return err
		}
	}
	return nil
}

// compareUrgency orders what must find a place first.
func (d *decision) compareUrgency(x, y dispatch.WorkOrderID) int {
	rank := func(id dispatch.WorkOrderID) int {
		o := d.order(id)
		switch {
		case o.State == StateAccepted:
			return 0
		case o.Urgency == dispatch.UrgencyEmergency:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(d.order(y).Priority, d.order(x).Priority), cmp.Compare(x, y))
}

// sayTimes reschedules the orders of touched routes whose planned times have drifted. What is said must tell the order of
// the route: it is laid out from that after a restart. So where the times of some would no longer do, all are said anew.
func (d *decision) sayTimes() {
	for _, k := range d.touched {
		orders, times := d.times(k.technician, k.shift)
		all, last := false, time.Time{}
		for i, o := range orders {
			said := o.Assignment.Start
			if d.drifted(o.Assignment, &times[i]) {
				said = times[i].Start
			}
			all = all || !said.After(last)
			last = said
		}
		for i, o := range orders {
			if all && !o.Assignment.Start.Equal(times[i].Start) || d.drifted(o.Assignment, &times[i]) {
				d.reschedule(o, &times[i])
			}
		}
	}
}

// times lists the visits of a route in order, with their assignments as planned now.
func (d *decision) times(technician, shift int32) (orders []*Order, times []Assignment) {
	b := d.e.board
	r, _ := b.Route(technician, shift)
	for i := range r.Stops {
		st := &r.Stops[i]
		if st.Kind != dispatch.StopVisit {
			continue
		}
		if o := d.order(b.orderOf(st.Visit)); o != nil && o.State.Planned() {
			a := *o.Assignment
			a.Shift = b.spans[technician][shift].start
			a.Arrival, a.Start, a.End = b.when(st.Arrival), b.when(st.Start), b.when(st.End)
			orders, times = append(orders, o), append(times, a)
		}
	}
	return orders, times
}

// drifted reports whether the planned times of a visit differ from what was last said by so much that it is said anew.
func (d *decision) drifted(said, now *Assignment) bool {
	if !now.Shift.Equal(said.Shift) || now.Start.Before(said.Window.Start) || !now.Start.Before(said.Window.End) {
		return true
	}
	slack := max(drift, now.Start.Sub(d.now)/driftShare)
	return apart(now.Start, said.Start) > slack || apart(now.End, said.End) > slack
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
