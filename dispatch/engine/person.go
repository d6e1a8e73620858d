package engine

import (
	"fmt"
	"reflect"
	"time"

	"fettle/dispatch"
)

func (d *decision) createTechnician(c CreateTechnician) error {
	if c.ID == "" {
		return &dispatch.InvalidError{Field: "id", Want: "an id"}
	}
	if d.technician(c.ID) != nil {
		return fmt.Errorf("technician %s: %w", c.ID, ErrExists)
	}
	if err := checkProfile(&c.Profile); err != nil {
		return err
	}
	d.emit(Event{Type: TechnicianCreated, Technician: c.ID, Profile: &c.Profile})
	d.layAnew()
	return nil
}

// layAnew drops the board because technicians have changed.
func (d *decision) layAnew() {
	d.e.board = nil
	d.tryAllSoon()
}

// tryAllSoon lets orders that nobody takes be tried again soon.
func (d *decision) tryAllSoon() {
	for id := range d.e.tried { // the order does not matter
		d.e.setTried(id, time.Time{})
	}
}

// reshape lays out the shifts of one technician on the board that there is; false when that cannot be.
func (d *decision) reshape(id dispatch.TechnicianID) (bool, error) {
	b, t := d.e.board, d.technician(id)
	if b == nil || t == nil {
		return false, nil
	}
	i, ok := b.index[id]
	if !ok {
		return false, nil
	}
	d.moved = true
	return d.e.reshape(b, i, d.e.spans(t, d.e.origin, d.e.planned()), d.order)
}

func (d *decision) updateTechnician(c UpdateTechnician) error {
	t, err := d.foundTechnician(c.ID, c.IfVersion)
	if err != nil {
		return err
	}
	if err := checkProfile(&c.Profile); err != nil {
		return err
	}
	d.emit(Event{Type: TechnicianUpdated, Technician: c.ID, Profile: &c.Profile})
	same, next := t.Profile, c.Profile
	same.Name, next.Name = "", ""
	if reflect.DeepEqual(same, next) {
		return nil
	}
	same.Shifts, same.Weekly, same.Zone = next.Shifts, next.Weekly, next.Zone
	if !reflect.DeepEqual(same, next) {
		d.layAnew()
	}
	return d.shiftsChanged(c.ID)
}

// shiftsChanged takes over the shifts of a technician as they are now, which displaces what no longer fits: on his routes
// alone where there is room for them, else the board is laid out anew.
func (d *decision) shiftsChanged(id dispatch.TechnicianID) error {
	if ok, err := d.reshape(id); err != nil {
		return err
	} else if ok {
		d.tryAllSoon()
	} else {
		d.layAnew()
	}
	b, err := d.board()
	if err != nil {
		return err
	}
	if i, ok := b.index[id]; ok {
		return d.look(i, byHappened)
	}
	return nil
}

func (d *decision) deleteTechnician(c DeleteTechnician) error {
	t, err := d.foundTechnician(c.ID, c.IfVersion)
	if err != nil {
		return err
	}
	if t.Current != "" {
		return &ConflictError{Reason: "STARTED_WORK", Detail: fmt.Sprintf("technician %s is at work on order %s", t.ID, t.Current)}
	}
	d.emit(Event{Type: TechnicianDeleted, Technician: c.ID})
	for _, o := range d.openOrders() {
		if o.Pin != nil && o.Pin.Technician == c.ID && (o.State == StateNew || o.State.Planned()) {
			d.emit(Event{Type: OrderUnpinned, Order: o.ID, Technician: c.ID})
		}
	}
	return d.shiftsChanged(c.ID)
}

// maxShift is how long a shift may be.
const maxShift = 24 * time.Hour

func (d *decision) startShift(c StartShift) error {
	t, err := d.foundTechnician(c.ID, AnyVersion)
	if err != nil {
		return err
	}
	if !c.End.After(d.now) || c.End.Sub(d.now) > maxShift {
		return &dispatch.InvalidError{Field: "endTime", Value: c.End.Format(time.RFC3339), Want: "an instant within the next 24 hours"}
	}
	before := d.e.spans(t, d.now, d.now.Add(time.Second))
	d.emit(Event{Type: ShiftStarted, Technician: c.ID, Until: c.End})
	after := d.e.spans(d.technician(c.ID), d.now, d.now.Add(time.Second))
	if reflect.DeepEqual(before, after) {
		return d.busy(c.ID)
	}
	return d.shiftsChanged(c.ID)
}

func (d *decision) endShift(c EndShift) error {
	t, err := d.foundTechnician(c.ID, AnyVersion)
	if err != nil {
		return err
	}
	spans := d.e.spans(t, d.now, d.now.Add(time.Second))
	until := c.Until
	if s := running(spans, d.now); s >= 0 {
		until = later(later(spans[s].end, d.now.Add(time.Second)), until)
	}
	if !until.After(d.now) {
		return &ConflictError{Reason: "ILLEGAL_STATE", Detail: fmt.Sprintf("technician %s is not on shift", c.ID)}
	}
	d.emit(Event{Type: ShiftEnded, Technician: c.ID, Until: until, Reason: c.Reason})
	return d.shiftsChanged(c.ID)
}
