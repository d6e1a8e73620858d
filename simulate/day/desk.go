package day

import (
	"cmp"
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// held is a tool that nobody carries: an order that asks for it is known to the engine and given to nobody.
const held = "held-by-the-desk"

// report takes a report in.
func (r *run) report(o *order) error {
	now := r.p.Desk == DeskInsert || r.p.Desk == DeskBatch && o.report.Wish.Urgency == dispatch.UrgencyEmergency
	w := o.wish
	if !now {
		w.Tools = append(slices.Clone(w.Tools), held)
	}
	if err := r.tell("desk", engine.CreateOrder{ID: o.Report, Wish: w}); err != nil {
		return err
	}
	switch {
	case now:
		return nil
	case r.p.Desk == DeskChain:
		r.pass(o)
		return nil
	}
	r.queueUp(o)
	return r.sendNearest()
}

// cancel withdraws a report, unless somebody is on the way or there.
func (r *run) cancel(o *order) error {
	at, ok := r.e.Order(o.Report)
	if !ok || at.State.Started() || o.holder != nil && o.holder.current == o {
		return nil
	}
	r.wait = slices.DeleteFunc(r.wait, func(x *order) bool { return x == o })
	o.waiting, o.Canceled = false, true
	r.close(o)
	return r.tell("desk", engine.Act{Verb: engine.Cancel, Order: o.Report, Reason: "withdrawn"})
}

// close says that nothing more happens to an order.
func (r *run) close(o *order) {
	r.open--
	if o.counts {
		r.left--
	}
}

// queueUp lets an order wait for the desk.
func (r *run) queueUp(o *order) {
	if !o.waiting && !o.Canceled {
		o.waiting = true
		r.wait = append(r.wait, o)
	}
}

// release gives an order to the engine, for one technician or, without, for anybody. It reports whether somebody has it.
func (r *run) release(o *order, only *agent) (bool, error) {
	w := o.wish
	if only != nil {
		w.Only = []dispatch.TechnicianID{only.person.ID}
	}
	ok, err := r.try("desk", engine.UpdateOrder{ID: o.Report, Wish: w})
	return ok && o.holder != nil, err
}

// byUrgency orders what waits: emergencies, then as reported.
func byUrgency(x, y *order) int {
	rank := func(o *order) int {
		if o.report.Wish.Urgency == dispatch.UrgencyEmergency {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(x), rank(y)), x.report.At.Compare(y.report.At), cmp.Compare(x.Report, y.Report))
}

// releaseAll ends a time of collecting.
func (r *run) releaseAll() error {
	all := r.wait
	r.wait = nil
	slices.SortFunc(all, byUrgency)
	for _, o := range all {
		o.waiting = false
		if _, err := r.release(o, nil); err != nil {
			return err
		}
	}
	return nil
}

// sendNearest gives what waits to whoever is free and nearest.
func (r *run) sendNearest() error {
	if r.p.Desk != DeskNearest || len(r.wait) == 0 {
		return nil
	}
	all := r.wait
	r.wait = nil
	slices.SortFunc(all, byUrgency)
	for _, o := range all {
		o.waiting = false
		a := r.nearest(o)
		got := false
		if a != nil {
			var err error
			if got, err = r.release(o, a); err != nil {
				return err
			}
		}
		if !got {
			r.queueUp(o)
		}
	}
	return nil
}

// soon is how long before the tenant is at home somebody is sent.
const soon = 45 * time.Minute

// nearest is the free technician nearest to an order who can do it; nil when there is none, or when nobody is at home.
func (r *run) nearest(o *order) *agent {
	if w := o.wish.Windows; len(w) > 0 && !slices.ContainsFunc(w, func(w dispatch.TimeSpan) bool {
		return r.now.Add(soon).After(w.Start) && r.now.Add(soon/3).Before(w.End)
	}) {
		return nil
	}
	var best *agent
	least := geo.Meters(math.Inf(1))
	for _, again := range []bool{false, true} { // who has declined is asked when there is nobody else
		for _, a := range r.agents {
			if a.phase != free || len(a.todo) > 0 || o.refused[a.person.ID] != again || !a.can(o) || r.endsWithin(a, soon) {
				continue
			}
			if d := geo.DistanceEquirect(a.at(r.now), o.wish.Location); d < least {
				best, least = a, d
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// unserved follows the engine's word that nobody has an order: those who dispatch by hand look for somebody else.
func (r *run) unserved(o *order) {
	switch {
	case r.p.Desk == DeskNearest:
		r.queueUp(o)
	case r.p.Desk == DeskChain && o.grabbed != nil:
		o.grabbed = nil
		r.putUp(o, 1)
	}
}

// rebook calls the tenants of orders that nobody has and whose windows are over: the same hours, as many days later as it
// takes.
func (r *run) rebook() error {
	for _, o := range r.order {
		at, ok := r.e.Order(o.Report)
		if !ok || at.State != engine.StateNew || len(o.wish.Windows) == 0 || o.wish.Windows[len(o.wish.Windows)-1].End.After(r.now) {
			continue
		}
		o.wish.Windows = moved(o.wish.Windows, r.now)
		if r.p.Desk == DeskNearest || r.p.Desk == DeskChain {
			continue // known when it is given next
		}
		if _, err := r.release(o, nil); err != nil {
			return err
		}
	}
	return nil
}

// moved are windows by whole days later, so that the first begins no earlier than an instant.
func moved(windows []dispatch.TimeSpan, from time.Time) []dispatch.TimeSpan {
	const whole = 24 * time.Hour
	by := time.Duration(0)
	if late := from.Sub(windows[0].Start); late > 0 {
		by = (late + whole - 1) / whole * whole
	}
	out := slices.Clone(windows)
	for i := range out {
		out[i].Start, out[i].End = out[i].Start.Add(by), out[i].End.Add(by)
	}
	return out
}

// pass sends a report through the chain: the front desk, the area manager, and up for grabs.
func (r *run) pass(o *order) {
	c, name := &r.p.Chain, string(o.Report)
	factor := 1.0
	opens := r.opens
	if o.report.Wish.Urgency == dispatch.UrgencyEmergency {
		factor = c.Urgent
		opens = func(t time.Time, _, _ time.Duration) time.Time { return t }
	}
	scaled := func(d time.Duration) time.Duration { return time.Duration(factor * float64(d)) }
	desk, manager := r.w.dice(forDesk, 0, name), r.w.dice(forManager, 0, name)
	heard := opens(r.now, deskOpens, deskCloses).Add(desk.around(scaled(c.Desk), c.Spread))
	r.at(heard, func() error { set(&o.Acknowledged, r.now); return nil })
	up := opens(heard, managerOpens, managerCloses).Add(manager.around(scaled(c.Manager), c.Spread))
	r.at(up, func() error { r.putUp(o, factor); return nil })
}

// putUp waits until somebody grabs an order.
func (r *run) putUp(o *order, factor float64) {
	d := r.w.dice(forGrab, o.offers, string(o.Report))
	r.at(r.now.Add(d.around(time.Duration(factor*float64(r.p.Chain.Grab)), r.p.Chain.Spread)), func() error { return r.grab(o, factor) })
}

// grab gives an order to somebody on shift who can do it, of those with the least to do, and agrees a day with the tenant.
func (r *run) grab(o *order, factor float64) error {
	if o.Canceled {
		return nil
	}
	var best *agent
	least := math.Inf(1)
	for _, a := range r.agents {
		if a.phase == off || !a.can(o) {
			continue
		}
		d := r.w.dice(forChoice, o.offers, string(o.Report), string(a.person.ID))
		if load := float64(len(a.todo)/2) + d.float(); load < least {
			best, least = a, load
		}
	}
	if best == nil {
		r.at(r.now.Add(20*time.Minute), func() error { return r.grab(o, factor) })
		return nil
	}
	set(&o.Accepted, r.now)
	o.grabbed = best
	c := &r.p.Chain
	d := r.w.dice(forAppointment, o.Visits, string(o.Report))
	ahead := min(d.around(time.Duration(factor*float64(c.Appointment)), c.AppointmentSpread), 7*24*time.Hour)
	from := r.now.Add(ahead)
	o.wish.Windows = []dispatch.TimeSpan{{Start: from, End: from.Add(96 * time.Hour)}}
	if w := o.report.Wish.Windows; len(w) > 0 {
		o.wish.Windows = moved(w, from)
	}
	got, err := r.release(o, best)
	if err != nil || got {
		return err
	}
	o.grabbed = nil
	r.putUp(o, 1)
	return nil
}

// opens is the first instant, from one on, within hours of the day.
func (r *run) opens(t time.Time, from, to time.Duration) time.Time {
	local := t.In(r.w.Zone)
	y, m, d := local.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, r.w.Zone)
	switch since := local.Sub(midnight); {
	case since < from:
		return midnight.Add(from)
	case since >= to:
		return time.Date(y, m, d+1, 0, 0, 0, 0, r.w.Zone).Add(from)
	}
	return t
}
