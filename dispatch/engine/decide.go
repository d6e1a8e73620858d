package engine

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
)

// Decide answers a command with events, or with an error that says why not. The ledger does not change; the board may: the
// caller must Evolve the events, or Rollback.
func (e *Engine) Decide(now time.Time, actor string, c Command) ([]Event, error) {
	if e.decided != nil {
		e.board, e.decided = nil, nil // decided, but never evolved
	}
	if now.Sub(e.origin) >= time.Hour+rollEvery {
		e.board, e.origin = nil, originAt(now)
	}
	d := &decision{
		e: e, now: now, actor: actor,
		orders: map[dispatch.WorkOrderID]*Order{}, technicians: map[dispatch.TechnicianID]*Technician{},
	}
	err := d.prepare(c)
	if err == nil {
		err = d.decide(c)
	}
	if err == nil {
		err = d.settle()
	}
	if err != nil {
		if d.moved {
			e.board = nil
			d.begins.restore(e.begins)
		}
		return nil, err
	}
	e.decided = d.events
	return d.events, nil
}

// decision is a command being decided: events so far and the orders and technicians as these leave them.
type decision struct {
	e      *Engine
	now    time.Time
	actor  string
	events []Event

	orders      map[dispatch.WorkOrderID]*Order
	technicians map[dispatch.TechnicianID]*Technician // nil values were dropped

	begins    before[dispatch.TechnicianID, begin]
	moved     bool // the board is ahead of the ledger
	touched   []routeKey
	displaced []dispatch.WorkOrderID
}

// routeKey names a route of the board.
type routeKey struct{ technician, shift int32 }

func (d *decision) order(id dispatch.WorkOrderID) *Order {
	if o, ok := d.orders[id]; ok {
		return o
	}
	return d.e.orders[id]
}

func (d *decision) technician(id dispatch.TechnicianID) *Technician {
	if t, ok := d.technicians[id]; ok {
		return t
	}
	return d.e.technicians[id]
}

func (d *decision) putOrder(o *Order)                       { d.orders[o.ID] = o }
func (d *decision) putTechnician(t *Technician)             { d.technicians[t.ID] = t }
func (d *decision) dropTechnician(id dispatch.TechnicianID) { d.technicians[id] = nil }

// emit adds an event, so that what is decided next sees it.
func (d *decision) emit(ev Event) {
	ev.Time, ev.Actor = d.now, d.actor
	d.breakPromises(&ev)
	fold(d, &ev)
	d.events = append(d.events, ev)
}

// prepare lays the board out before anything is decided: a board that is laid out halfway would not have on its routes what
// the decision takes off them. Many technicians may be made in a row before the first board is needed.
func (d *decision) prepare(c Command) error {
	switch c.(type) {
	case CreateTechnician, UpdateTechnician, DeleteTechnician, StartShift, EndShift, BreachDue, ClimbLadder, EraseOrder, Steer:
		return nil
	}
	_, err := d.board()
	return err
}

func (d *decision) decide(c Command) error {
	switch c := c.(type) {
	case CreateTechnician:
		return d.createTechnician(c)
	case UpdateTechnician:
		return d.updateTechnician(c)
	case DeleteTechnician:
		return d.deleteTechnician(c)
	case StartShift:
		return d.startShift(c)
	case EndShift:
		return d.endShift(c)
	case CreateOrder:
		return d.createOrder(c)
	case UpdateOrder:
		return d.updateOrder(c)
	case Act:
		return d.act(c)
	case Advance:
		return d.advance(c)
	case AdoptPlan:
		return d.adopt(c)
	case Steer:
		return d.steer(c)
	}
	return d.decideDue(c)
}

// decideDue answers what comes when an instant is there.
func (d *decision) decideDue(c Command) error {
	switch c := c.(type) {
	case ExpireOffer:
		return d.expireOffer(c)
	case BreachDue:
		d.breach(c, d.now)
		return nil
	case ClimbLadder:
		d.climb(c)
		return nil
	case ApplySuggestion:
		return d.applySuggestion(c)
	case EraseOrder:
		return d.erase(c)
	}
	return fmt.Errorf("decide %T: %w", c, errors.ErrUnsupported)
}

// board is the board as the decision has left it so far, laid out when there is none.
func (d *decision) board() (*board, error) {
	if d.e.board != nil {
		return d.e.board, nil
	}
	b, err := d.e.layout(d.openOrders(), d.allTechnicians())
	if err != nil {
		return nil, err
	}
	d.e.board = b
	d.moved = d.moved || len(d.events) > 0
	d.takeDisplaced(b)
	return b, nil
}

// takeDisplaced moves what a layout could not keep to the work of this decision.
func (d *decision) takeDisplaced(b *board) {
	if len(b.displaced) > 0 {
		d.displaced = append(d.displaced, b.displaced...)
		b.displaced, d.moved = nil, true
	}
}

func (d *decision) openOrders() []*Order {
	out := d.e.Open()
	if len(d.orders) == 0 {
		return out
	}
	out = slices.DeleteFunc(out, func(o *Order) bool { _, changed := d.orders[o.ID]; return changed })
	for _, o := range d.orders {
		if o.State.Open() {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(x, y *Order) int { return cmp.Compare(x.ID, y.ID) })
	return out
}

func (d *decision) allTechnicians() []*Technician {
	out := d.e.Technicians()
	if len(d.technicians) == 0 {
		return out
	}
	out = slices.DeleteFunc(out, func(t *Technician) bool { _, changed := d.technicians[t.ID]; return changed })
	for _, t := range d.technicians {
		if t != nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(x, y *Technician) int { return cmp.Compare(x.ID, y.ID) })
	return out
}

// found is an open order at the version that the sender has seen, or the error that says why not.
func (d *decision) found(id dispatch.WorkOrderID, version int64) (*Order, error) {
	o := d.order(id)
	if o == nil {
		return nil, fmt.Errorf("work order %s: %w", id, ErrNotFound)
	}
	if version != AnyVersion && version != o.Version {
		return nil, fmt.Errorf("work order %s at version %d: %w", id, o.Version, ErrStale)
	}
	return o, nil
}

func (d *decision) foundTechnician(id dispatch.TechnicianID, version int64) (*Technician, error) {
	t := d.technician(id)
	if t == nil {
		return nil, fmt.Errorf("technician %s: %w", id, ErrNotFound)
	}
	if version != AnyVersion && version != t.Version {
		return nil, fmt.Errorf("technician %s at version %d: %w", id, t.Version, ErrStale)
	}
	return t, nil
}

func (d *decision) createOrder(c CreateOrder) error {
	if c.ID == "" {
		return &dispatch.InvalidError{Field: "id", Want: "an id"}
	}
	if d.order(c.ID) != nil {
		return fmt.Errorf("work order %s: %w", c.ID, ErrExists)
	}
	w, err := d.normalize(c.Wish)
	if err != nil {
		return err
	}
	repeated := d.e.repeated(&w, d.now)
	d.emit(Event{Type: OrderCreated, Order: c.ID, Wish: &w, Due: d.e.config.dues(&w, d.now)})
	if repeated != nil {
		d.link(c.ID, repeated.ID, "the same fault in the same dwelling", "")
		return nil
	}
	return d.give(c.ID, wanted{})
}

func (d *decision) updateOrder(c UpdateOrder) error {
	o, err := d.found(c.ID, c.IfVersion)
	if err != nil {
		return err
	}
	if o.State != StateNew && !o.State.Planned() {
		return &ConflictError{Reason: "ILLEGAL_STATE", State: o.State, Detail: "an order is changed before anybody is on the way"}
	}
	w, err := d.normalize(c.Wish)
	if err != nil {
		return err
	}
	ev := Event{Type: OrderUpdated, Order: o.ID, Technician: o.TechnicianID(), Wish: &w}
	if due := d.e.config.dues(&w, o.Created); o.Visit == 1 && *due != o.Due {
		ev.Due = due
	}
	b, err := d.board()
	if err != nil {
		return err
	}
	old := b.visit(o, wanted{})
	d.emit(ev)
	now := d.order(o.ID)
	if next := b.visit(now, wanted{}); sameVisit(&old, &next) && o.Location == now.Location {
		return nil
	}
	d.moved = true
	if o.State == StateNew {
		return d.give(o.ID, wanted{})
	}
	return d.rehome(o.ID)
}

func (d *decision) expireOffer(c ExpireOffer) error {
	o := d.order(c.Order)
	if o == nil || o.State != StateAssigned || !o.Assignment.Offered.Equal(c.Offered) || d.now.Before(o.Assignment.AcceptBy) {
		return nil
	}
	d.emit(Event{Type: OfferExpired, Order: o.ID, Technician: o.TechnicianID()})
	return d.give(o.ID, wanted{})
}

// sync renews the visits on the board whose order asks for something else now.
func (d *decision) sync() error {
	seen := map[dispatch.WorkOrderID]bool{}
	for i := range d.events {
		id := d.events[i].Order
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		if err := d.syncOrder(d.order(id)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decision) syncOrder(o *Order) error {
	b := d.e.board
	v, ok := b.Index(dispatch.VisitID(o.ID))
	if !ok {
		return nil
	}
	now, _ := b.Visit(v)
	want := b.visit(o, wanted{})
	if sameVisit(&now, &want) {
		return nil
	}
	d.moved = true
	t, s, placed := b.Placed(v)
	sequence := b.Sequence(t, s)
	at := slices.Index(sequence, v)
	if err := b.Remove(v); err != nil {
		return err
	}
	fresh, _, err := d.e.addVisit(b, o, wanted{})
	if err != nil || !placed {
		return err
	}
	sequence[at] = fresh
	ok, err = b.Exchange([]plan.Sequence{{Technician: t, Shift: s, Visits: sequence}}, never)
	if err == nil && !ok {
		d.displaced = append(d.displaced, o.ID) // what it asks for now does not fit there
		d.touch(t, s)
	}
	return err
}

// never is a saving that every exchange reaches.
const never = -1 << 60

var errLost = errors.New("the board lost track of it")

// sameVisit compares what two visits ask for, not where.
func sameVisit(a, b *dispatch.Visit) bool {
	x, y := *a, *b
	x.Place, y.Place = 0, 0
	return reflect.DeepEqual(&x, &y)
}
