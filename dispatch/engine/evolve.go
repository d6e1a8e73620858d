package engine

import (
	"slices"
	"time"

	"fettle/dispatch"
)

// images is where fold reads what was and puts what is: the ledger, or the scratch of a decision.
type images interface {
	order(id dispatch.WorkOrderID) *Order
	putOrder(o *Order)
	technician(id dispatch.TechnicianID) *Technician
	putTechnician(t *Technician)
	dropTechnician(id dispatch.TechnicianID)
}

// fold applies one event: the only code that changes orders and technicians. It sets State and Version of the event.
func fold(l images, ev *Event) {
	switch ev.Type {
	case TechnicianCreated, TechnicianUpdated, TechnicianDeleted, ShiftStarted, ShiftEnded:
		foldTechnician(l, ev)
		return
	case PolicyApplied:
		return // of no order: see Engine.follow
	case OrderCreated:
		l.putOrder(&Order{
			ID: ev.Order, Version: 1, Created: ev.Time, Updated: ev.Time, State: StateNew, Wish: *ev.Wish, Visit: 1, Due: *ev.Due,
		})
		ev.State, ev.Version = StateNew, 1
		return
	}
	was := l.order(ev.Order)
	if was == nil {
		return // an event of an order that was closed and dropped: only a log that is not ours has it
	}
	if ev.Type == OrderTappedLate || ev.Type == TapsReviewed {
		ev.State, ev.Version = was.State, was.Version // history: nothing changes
		return
	}
	o := *was
	o.Version++
	o.Updated = ev.Time
	if acknowledges(&o, ev) {
		setOnce(&o.Clocks.Acknowledged, ev.Time)
	}
	foldPlan(&o, ev)
	foldWork(&o, ev)
	foldCare(&o, ev)
	l.putOrder(&o)
	foldWorker(l, &o, ev)
	ev.State, ev.Version = o.State, o.Version
}

// foldPlan is what happens to the plan of an order before somebody is on the way.
func foldPlan(o *Order, ev *Event) {
	switch ev.Type {
	case OrderUpdated:
		o.Wish = *ev.Wish
		if ev.Due != nil {
			o.Due = *ev.Due
		}
	case OrderAssigned:
		o.State, o.Assignment, o.Unassigned, o.Nearest, o.Suggestion = StateAssigned, ev.Assignment, nil, "", nil
		setOnce(&o.Clocks.Assigned, ev.Time)
		if slices.Contains(o.Expired, ev.Technician) { // asked again
			o.Expired, o.Declined = without(o.Expired, ev.Technician), without(o.Declined, ev.Technician)
		}
	case OrderUnassigned:
		o.State, o.Assignment, o.Unassigned, o.Nearest, o.Suggestion = StateNew, nil, ev.Unassigned, ev.Nearest, nil
	case OrderSuggested:
		o.Suggestion = &Suggestion{Assignment: *ev.Assignment, Mode: ev.Mode, Applies: ev.Next}
		o.Unassigned, o.Nearest = nil, ""
	case SuggestionRejected:
		if o.Suggestion != nil {
			o.Declined = with(o.Declined, o.Suggestion.Technician)
		}
		o.Suggestion, o.Reason = nil, ev.Reason
	case OrderRescheduled:
		o.Assignment = ev.Assignment
	case OrderAccepted:
		a := *o.Assignment
		a.AcceptBy = time.Time{}
		o.State, o.Assignment = StateAccepted, &a
		setOnce(&o.Clocks.Accepted, ev.Happened())
	case OfferExpired:
		o.Expired = with(o.Expired, ev.Technician)
		o.Declined = with(o.Declined, ev.Technician)
		o.State, o.Assignment = StateNew, nil
	case OrderDeclined:
		o.Declined = with(o.Declined, ev.Technician)
		o.State, o.Assignment, o.Reason = StateNew, nil, ev.Reason
	}
}

// foldWork is what a technician does.
func foldWork(o *Order, ev *Event) {
	if ev.Assignment != nil && ev.Type != OrderSuggested {
		o.Assignment = ev.Assignment // the times as they are now
	}
	switch ev.Type {
	case OrderDeparted:
		o.State = StateEnRoute
		setOnce(&o.Clocks.Departed, ev.Happened())
	case OrderArrived:
		o.State = StateOnSite
		setOnce(&o.Clocks.Arrived, ev.Happened())
	case OrderStarted:
		o.State = StateWorking
		setOnce(&o.Clocks.Started, ev.Happened())
	case OrderPaused:
		o.State, o.Reason = StatePaused, ev.Reason
	case OrderResumed:
		o.State = StateWorking
		if ev.Again {
			again(o, ev)
		}
	case OrderCompleted:
		o.State = StateCompleted
		setOnce(&o.Clocks.Completed, ev.Happened())
	case OrderReopened:
		o.Rating, o.RatingComment, o.Reason = 0, "", ev.Reason
		again(o, ev)
	}
}

// again begins another visit.
func again(o *Order, ev *Event) {
	o.State, o.Visit, o.Clocks = StateNew, o.Visit+1, Clocks{}
	if o.Assignment != nil {
		o.Previous = o.Assignment.Technician
	}
	o.Assignment, o.Declined, o.Expired, o.Pin, o.Suggestion = nil, nil, nil, nil, nil
	o.NextEscalation = time.Time{}
	if ev.Due == nil {
		return
	}
	o.Breached = slices.DeleteFunc(slices.Clone(o.Breached), func(c Clock) bool { // a promise that was renewed is whole again
		return c != ClockResolve || !ev.Due.Resolve.Equal(o.Due.Resolve)
	})
	o.Due = *ev.Due
}

// foldCare is what dispatchers, tenants and clocks do.
func foldCare(o *Order, ev *Event) {
	switch ev.Type {
	case OrderRated:
		o.State, o.Rating, o.RatingComment = StateVerified, ev.Rating, ev.Comment
	case OrderVerified:
		o.State = StateVerified
	case OrderCanceled:
		o.State, o.Reason, o.Suggestion = StateCanceled, ev.Reason, nil
	case OrderPinned:
		o.Pin = ev.Pin
	case OrderUnpinned:
		o.Pin = nil
	case OrderEscalated:
		o.Escalation++
		o.Reason, o.NextEscalation = ev.Reason, ev.Next
	case DueBreached:
		foldBreach(o, ev)
	case OrderMerged:
		o.State, o.MergedInto, o.Reason = StateMerged, ev.Into, ev.Reason
		o.Assignment, o.Unassigned, o.Nearest, o.Suggestion = nil, nil, "", nil
	case OrderUnmerged:
		o.State, o.MergedInto = StateNew, ""
	case OrderErased:
		o.Description, o.Reason, o.RatingComment = "", "", ""
	case ReportLinked:
		o.Reports = append(slices.Clone(o.Reports), ev.Report)
	case ReportUnlinked:
		o.Reports = slices.DeleteFunc(slices.Clone(o.Reports), func(id dispatch.WorkOrderID) bool { return id == ev.Report })
	}
}

// foldBreach counts a promise that was not kept: a step of the ladder each. That nobody called in an emergency and that
// nobody accepted it is one step; that an ordinary report was not acknowledged is none, as its acceptance is still to come.
func foldBreach(o *Order, ev *Event) {
	answered := func(c Clock) bool { return !slices.Contains(o.Breached, c) }
	switch {
	case ev.Clock == ClockAcknowledge && o.Urgency != dispatch.UrgencyEmergency:
	case ev.Clock == ClockAcknowledge && !answered(ClockAccept):
	case ev.Clock == ClockAccept && o.Urgency == dispatch.UrgencyEmergency && !answered(ClockAcknowledge):
	default:
		o.Escalation++
	}
	o.Breached = append(slices.Clone(o.Breached), ev.Clock)
	if ev.Clock == ClockAccept {
		o.NextEscalation = ev.Next
	}
}

// foldWorker keeps what a technician is busy with, and where the last work was.
func foldWorker(l images, o *Order, ev *Event) {
	was := l.technician(ev.Technician)
	if was == nil {
		return
	}
	t := *was
	switch ev.Type {
	case OrderDeparted:
		t.Current = o.ID
	case OrderArrived, OrderStarted:
		t.Current = o.ID
		t.seen(o, ev)
	case OrderResumed:
		if ev.Again {
			return
		}
		t.Current = o.ID
		t.seen(o, ev)
	case OrderPaused, OrderCompleted:
		t.Current = ""
		t.seen(o, ev)
	case OrderCanceled:
		if t.Current != o.ID {
			return
		}
		t.Current = ""
	default:
		return
	}
	l.putTechnician(&t)
}

// seen keeps where the last work was: what is told late says nothing about a technician who was seen elsewhere since.
func (t *Technician) seen(o *Order, ev *Event) {
	if at := ev.Happened(); !at.Before(t.LastSeen) {
		t.LastPlace, t.LastSeen = o.Location, at
	}
}

func foldTechnician(l images, ev *Event) {
	if ev.Type == TechnicianCreated {
		l.putTechnician(&Technician{ID: ev.Technician, Version: 1, Created: ev.Time, Updated: ev.Time, Profile: *ev.Profile})
		ev.Version = 1
		return
	}
	was := l.technician(ev.Technician)
	if was == nil {
		return
	}
	if ev.Type == TechnicianDeleted {
		ev.Version = was.Version
		l.dropTechnician(ev.Technician)
		return
	}
	t := *was
	t.Version++
	t.Updated = ev.Time
	switch ev.Type {
	case TechnicianUpdated:
		t.Profile = *ev.Profile
	case ShiftStarted:
		t.Extra = dispatch.TimeSpan{Start: ev.Time, End: ev.Until}
		t.EndedAt, t.Resume = time.Time{}, time.Time{}
	case ShiftEnded:
		t.Extra = dispatch.TimeSpan{}
		t.EndedAt, t.Resume = ev.Time, ev.Until
	}
	ev.Version = t.Version
	l.putTechnician(&t)
}

func setOnce(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}

// with and without make new slices: orders that were handed out keep theirs.
func with(ids []dispatch.TechnicianID, id dispatch.TechnicianID) []dispatch.TechnicianID {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(slices.Clone(ids), id)
}

func without(ids []dispatch.TechnicianID, id dispatch.TechnicianID) []dispatch.TechnicianID {
	out := slices.DeleteFunc(slices.Clone(ids), func(x dispatch.TechnicianID) bool { return x == id })
	if len(out) == 0 {
		return nil
	}
	return out
}
