package engine

import (
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/intake/fault"
)

// When reports of one dwelling are linked without asking.
const (
	// repeatWithin is how old an order may be that a report repeats.
	repeatWithin = 14 * 24 * time.Hour
	// wordlessWithin is how old it may be when neither says in words what is broken.
	wordlessWithin = 30 * time.Minute
)

// repeated is the open order that a new report tells of once more, nil when there is none that is certain: the same
// dwelling, the same trade, and words that speak of the same fault. A report that wants something of its own is not linked:
// an emergency where the order is none, other time windows, technicians by name. The oldest order is taken.
func (e *Engine) repeated(w *Wish, now time.Time) *Order {
	if w.UnitID == "" || len(w.Only)+len(w.Excluded) > 0 {
		return nil
	}
	var found *Order
	for _, id := range e.units[w.UnitID] {
		o := e.orders[id]
		if o != nil && o.State.Open() && repeats(w, o, now) && (found == nil || o.ID < found.ID) {
			found = o
		}
	}
	return found
}

func repeats(w *Wish, o *Order, now time.Time) bool {
	within := repeatWithin
	if w.Description == "" && o.Description == "" {
		within = wordlessWithin
	}
	switch {
	case o.UnitID != w.UnitID, now.Sub(o.Created) > within:
		return false
	case w.Urgency == dispatch.UrgencyEmergency && o.Urgency != dispatch.UrgencyEmergency:
		return false
	case len(w.Windows) > 0 && !slices.Equal(w.Windows, o.Windows):
		return false
	}
	return sameTrade(w.Skills, o.Skills, w.Description != "" && o.Description != "") && fault.Same(w.Description, o.Description).Same
}

// sameTrade reports whether two orders need the same first skill. One that names none may be of any, if its words say so.
func sameTrade(a, b []dispatch.SkillLevel, words bool) bool {
	if len(a) == 0 || len(b) == 0 {
		return words
	}
	return a[0].Skill == b[0].Skill
}

// noteUnit remembers in which dwelling an order is. What is remembered may be out of date, as orders are closed and change:
// whoever looks there looks at the order too.
func (e *Engine) noteUnit(o *Order) {
	if o.UnitID == "" || slices.Contains(e.units[o.UnitID], o.ID) {
		return
	}
	all := slices.DeleteFunc(e.units[o.UnitID], func(id dispatch.WorkOrderID) bool { return e.orders[id] == nil })
	e.units[o.UnitID] = append(all, o.ID)
}

// link merges a report into the order that it repeats.
func (d *decision) link(report, into dispatch.WorkOrderID, reason string, was dispatch.TechnicianID) {
	d.emit(Event{Type: OrderMerged, Order: report, Technician: was, Into: into, Reason: reason})
	d.emit(Event{Type: ReportLinked, Order: into, Technician: d.order(into).TechnicianID(), Report: report})
}

// unlink tells the order into which a report was merged that it is not part of it any more. An order that was closed since
// keeps its list: whoever reads it looks at the report too.
func (d *decision) unlink(report, from dispatch.WorkOrderID) {
	if o := d.order(from); o != nil {
		d.emit(Event{Type: ReportUnlinked, Order: from, Technician: o.TechnicianID(), Report: report})
	}
}
