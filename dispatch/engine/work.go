package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/geo"
)

// act applies a verb.
func (d *decision) act(c Act) error {
	if err := checkFields(&c); err != nil {
		return err
	}
	o, err := d.found(c.Order, c.IfVersion)
	if err != nil {
		return err
	}
	if d.now.Sub(c.Tapped) < LateAfter {
		c.Tapped = time.Time{}
	}
	if err = allowed(&c, o); err == nil {
		err = d.apply(c, o)
	}
	var conflict *ConflictError
	if c.Tapped.IsZero() || c.Technician == "" || !errors.As(err, &conflict) {
		return err
	}
	d.emit(Event{Type: OrderTappedLate, Order: o.ID, Technician: c.Technician, Reason: c.Reason, Tapped: c.Tapped, Verb: c.Verb, Why: conflict.Reason})
	return nil
}

// LateAfter is how old a tap must be to count as told late: it is then applied as of the tap, or kept as history when its order
// has moved on. A younger one counts as of now, and is refused: whoever tapped is still looking.
const LateAfter = 2 * time.Minute

// apply applies a verb that is allowed. What is told late counts as of the tap, but not before what was done before it.
func (d *decision) apply(c Act, o *Order) error {
	if !c.Tapped.IsZero() {
		c.Tapped = slices.MaxFunc([]time.Time{c.Tapped, o.Clocks.Accepted, o.Clocks.Departed, o.Clocks.Arrived, o.Clocks.Started}, time.Time.Compare)
	}
	switch c.Verb {
	case Accept:
		d.emit(Event{Type: OrderAccepted, Order: o.ID, Technician: o.TechnicianID(), Tapped: c.Tapped})
		return d.withBoard()
	case Decline:
		d.emit(Event{Type: OrderDeclined, Order: o.ID, Technician: o.TechnicianID(), Reason: c.Reason, Tapped: c.Tapped})
		return d.give(o.ID, wanted{})
	case Depart, Arrive, Start, Pause, Resume, Complete:
		return d.work(c, o)
	case Reassign:
		return d.reassign(c, o)
	case AcceptSuggestion, RejectSuggestion:
		return d.judgeSuggestion(c, o)
	case PinOrder:
		return d.pin(c, o)
	case Unpin:
		if o.Pin != nil {
			d.emit(Event{Type: OrderUnpinned, Order: o.ID, Technician: o.TechnicianID()})
		}
		return d.withBoard()
	}
	return d.care(c, o)
}

// allowed is nil or the conflict that forbids a verb on an order as it is.
func allowed(c *Act, o *Order) error {
	if c.Verb == Rate && o.Rating != 0 {
		return &ConflictError{Reason: "ALREADY_RATED", State: o.State, Detail: "an order is rated once"}
	}
	if err := checkLegal(c.Verb, o); err != nil {
		return err
	}
	if needsAssignee(c.Verb) && c.Technician != "" && c.Technician != o.TechnicianID() {
		return &ConflictError{
			Reason: "NOT_ASSIGNEE", State: o.State,
			Detail: fmt.Sprintf("technician %s has the order, not %s", o.TechnicianID(), c.Technician),
		}
	}
	if a := o.Assignment; a != nil && !c.Tapped.IsZero() && c.Tapped.Before(a.Offered) {
		return &ConflictError{Reason: "BEFORE_ASSIGNMENT", State: o.State, Detail: "it was done before the order was offered as it is now"}
	}
	return nil
}

// withBoard makes sure that a change of what an order asks for reaches the board at once, if there is one.
func (d *decision) withBoard() error {
	_, err := d.board()
	return err
}

// work applies what a technician does.
func (d *decision) work(c Act, o *Order) error {
	id := o.TechnicianID()
	t := d.technician(id)
	again := c.Verb == Resume && c.SecondVisit
	if t == nil && !again {
		return &ConflictError{Reason: "NOT_ASSIGNEE", State: o.State, Detail: "the technician of the order is gone"}
	}
	if (c.Verb == Depart || c.Verb == Resume) && !again && t.Current != "" && t.Current != o.ID {
		return &ConflictError{Reason: "TECHNICIAN_BUSY", State: o.State, Detail: fmt.Sprintf("technician %s is at work on order %s", id, t.Current)}
	}
	if again {
		due := d.e.config.dues(&o.Wish, d.now)
		due.Resolve = o.Due.Resolve
		d.emit(Event{Type: OrderResumed, Order: o.ID, Technician: id, Again: true, Due: due, Tapped: c.Tapped})
		return d.give(o.ID, wanted{})
	}
	a := *o.Assignment
	d.emit(Event{Type: d.progress(c.Verb, o, t, &a), Order: o.ID, Technician: id, Assignment: &a, Reason: c.Reason, Tapped: c.Tapped})
	if c.Verb == Depart {
		if err := d.remove(o.ID); err != nil {
			return err
		}
	}
	return d.busy(id)
}

// progress sets the times of an assignment as a verb makes them known, and names the event.
func (d *decision) progress(v Verb, o *Order, t *Technician, a *Assignment) EventType {
	switch v {
	case Depart:
		a.Arrival = d.now.Add(d.e.travel(d.whereabouts(t), o.Location))
		a.Start = a.Arrival
		a.End = a.Start.Add(o.OnSite)
		return OrderDeparted
	case Arrive:
		a.Arrival, a.Start, a.End = d.now, d.now, d.now.Add(o.OnSite)
		return OrderArrived
	case Start:
		a.Start, a.End = d.now, d.now.Add(o.OnSite)
		return OrderStarted
	case Resume:
		a.Start, a.End = d.now, d.now.Add(o.OnSite)
		return OrderResumed
	case Pause:
		a.End = d.now
		return OrderPaused
	}
	a.End = d.now
	return OrderCompleted
}

// busy lets the route of a technician begin anew after what he did.
func (d *decision) busy(id dispatch.TechnicianID) error {
	b, err := d.board()
	if err != nil {
		return err
	}
	if t, ok := b.index[id]; ok {
		d.moved = true
		return d.look(t, byHappened)
	}
	return nil
}

// whereabouts is where a technician is now, as far as is known.
func (d *decision) whereabouts(t *Technician) (p geo.Point) {
	if g, ok := d.e.begins[t.ID]; ok {
		return d.e.lastPlace(t, g.shift, d.now)
	}
	return d.e.lastPlace(t, d.now.Add(-12*time.Hour), d.now)
}

// care applies what dispatchers and tenants do with orders that stay where they are, or leave.
func (d *decision) care(c Act, o *Order) error {
	ev := Event{Order: o.ID, Technician: o.TechnicianID(), Reason: c.Reason}
	switch c.Verb {
	case Rate:
		ev.Type, ev.Rating, ev.Comment = OrderRated, c.Rating, c.Comment
	case Verify:
		ev.Type = OrderVerified
	case ReviewTaps:
		ev.Type, ev.Technician = TapsReviewed, ""
	case Escalate:
		ev.Type, ev.Next = OrderEscalated, d.nextStep(o)
	case LogCall:
		ev.Type, ev.Reason, ev.Comment = OrderCalled, string(c.Outcome), c.Comment
	case Reopen:
		ev.Type, ev.Again, ev.Due = OrderReopened, true, d.e.config.dues(&o.Wish, d.now)
		d.emit(ev)
		return d.give(o.ID, wanted{})
	case Unmerge:
		ev.Type = OrderUnmerged
		d.emit(ev)
		d.unlink(o.ID, o.MergedInto)
		return d.give(o.ID, wanted{})
	case Cancel:
		ev.Type = OrderCanceled
		d.emit(ev)
		if o.State.Started() {
			return d.busy(o.TechnicianID())
		}
		return d.remove(o.ID)
	case Merge:
		if err := d.mergeable(c, o); err != nil {
			return err
		}
		d.link(o.ID, c.Into, c.Reason, o.TechnicianID())
		return d.remove(o.ID)
	}
	d.emit(ev)
	return nil
}

// erase takes out of an order what people wrote into it.
func (d *decision) erase(c EraseOrder) error {
	o, err := d.found(c.Order, AnyVersion)
	switch {
	case err != nil:
		return err
	case o.State.Open():
		return &ConflictError{Reason: "ILLEGAL_STATE", State: o.State, Detail: "the words of an order that is open are needed"}
	case o.Description+o.Reason+o.RatingComment != "":
		d.emit(Event{Type: OrderErased, Order: o.ID})
	}
	return nil
}

// mergeable refuses to merge an order into itself, into one that was merged into it, or into one that is closed.
func (d *decision) mergeable(c Act, o *Order) error {
	into := d.order(c.Into)
	for x := into; x != nil; x = d.order(x.MergedInto) {
		if x.ID == o.ID {
			return &ConflictError{Reason: "MERGE_CYCLE", State: o.State, Detail: fmt.Sprintf("order %s is part of order %s", c.Into, o.ID)}
		}
	}
	switch {
	case into == nil:
		return fmt.Errorf("work order %s: %w", c.Into, ErrNotFound)
	case !into.State.Open():
		return &ConflictError{Reason: "ILLEGAL_STATE", State: into.State, Detail: fmt.Sprintf("order %s is closed", c.Into)}
	}
	return nil
}

// reassign gives an order to the technician whom a dispatcher names, or to the next best.
func (d *decision) reassign(c Act, o *Order) error {
	w := wanted{only: c.Technician, except: o.TechnicianID(), free: true, forgive: true}
	if c.Technician != "" {
		if d.technician(c.Technician) == nil {
			return &dispatch.InvalidError{Field: "technicianId", Value: string(c.Technician), Want: "the id of a technician"}
		}
		if w.except = ""; c.Technician == o.TechnicianID() {
			return nil
		}
	}
	a, r, err := d.insertOrBack(o, w)
	if err != nil {
		return err
	}
	if a == nil {
		return noCandidate(o, r)
	}
	if o.Pin != nil && o.Pin.Technician != "" && o.Pin.Technician != a.Technician {
		d.emit(Event{Type: OrderUnpinned, Order: o.ID, Technician: o.TechnicianID()})
	}
	d.emit(Event{Type: OrderAssigned, Order: o.ID, Technician: a.Technician, Assignment: a, Reason: c.Reason})
	return nil
}

func noCandidate(o *Order, r refusal) error {
	return &ConflictError{Reason: "NO_CANDIDATE", State: o.State, Detail: fmt.Sprintf("%s: %s", r.why.Reason, r.why.Detail)}
}

// pin holds an order to a technician, an instant or both; to its present technician when neither is named.
func (d *decision) pin(c Act, o *Order) error {
	p := &Pin{Technician: c.Technician, Start: c.StartAt}
	switch {
	case p.Technician != "" && d.technician(p.Technician) == nil:
		return &dispatch.InvalidError{Field: "technicianId", Value: string(p.Technician), Want: "the id of a technician"}
	case !p.Start.IsZero() && p.Start.Before(d.now):
		return &dispatch.InvalidError{Field: "startTime", Value: p.Start.Format(time.RFC3339), Want: "an instant that is not past"}
	case p.Technician == "" && p.Start.IsZero():
		if p.Technician = o.TechnicianID(); p.Technician == "" {
			return &dispatch.InvalidError{Field: "technicianId", Want: "a technician or a start: nobody has the order"}
		}
	}
	if p.Start = p.Start.Truncate(time.Second); p.Start.IsZero() && p.Technician == o.TechnicianID() {
		d.emit(Event{Type: OrderPinned, Order: o.ID, Technician: p.Technician, Pin: p})
		return d.withBoard()
	}
	pinned := *o
	pinned.Pin = p
	// Somebody else may be needed for the instant: an order that was accepted is then offered anew.
	a, r, err := d.insertOrBack(&pinned, wanted{only: p.Technician, free: o.State != StateAccepted, forgive: true})
	if err != nil {
		return err
	}
	if a == nil {
		return noCandidate(o, r)
	}
	d.emit(Event{Type: OrderPinned, Order: o.ID, Technician: a.Technician, Pin: p})
	d.assign(o.ID, a)
	return nil
}

// insertOrBack is insert that leaves everything as it was when nobody takes the order.
func (d *decision) insertOrBack(o *Order, w wanted) (*Assignment, refusal, error) {
	b, err := d.board()
	if err != nil {
		return nil, refusal{}, err
	}
	var back []plan.Sequence
	at := -1
	if v, ok := b.Index(dispatch.VisitID(o.ID)); ok {
		if t, s, placed := b.Placed(v); placed {
			q := plan.Sequence{Technician: t, Shift: s, Visits: b.Sequence(t, s)}
			for at = 0; q.Visits[at] != v; at++ {
			}
			back = append(back, q)
		}
	}
	touched := len(d.touched)
	moved := d.moved
	a, r, err := d.insert(o, w)
	if err != nil || a != nil {
		return a, r, err
	}
	if d.moved = moved; len(d.displaced) > 0 {
		d.moved = true // looking at technicians has changed more: the board is laid out anew
		return nil, r, nil
	}
	d.touched = d.touched[:touched]
	if err := d.remove(o.ID); err != nil {
		return nil, r, err
	}
	d.moved, d.touched = moved, d.touched[:touched]
	v, ok, err := d.e.addVisit(b, d.order(o.ID), wanted{})
	if err != nil || !ok || at < 0 {
		return nil, r, err
	}
	back[0].Visits[at] = v
	if ok, err = b.Exchange(back, never); err == nil && !ok {
		d.moved = true
	}
	return nil, r, err
}
