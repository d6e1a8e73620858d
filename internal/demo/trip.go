package demo

import (
	"context"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/simulate/city"
)

// depart sets out for an order.
func (o *Operator) depart(ctx context.Context, key string, t *technician, a *dispatchv1.WorkOrderAssignment, way trip) error {
	ord := o.recall(a.GetWorkOrderId())
	_, out, err := o.tell(ctx, key, "DepartWorkOrder", o.orderCalls.DepartWorkOrder, t.says(ord, ""))
	if err != nil {
		return err
	}
	if out != done {
		o.rebuffed(t, ord)
		return nil
	}
	ord.refusals = 0
	o.count(func(s *Stats) { s.Departed++ })
	a.State = enRoute
	o.drive(t, ord, way)
	return nil
}

// drive begins a trip to an order. Some phones lose their signal on the way.
func (o *Operator) drive(t *technician, ord *order, way trip) {
	now := o.now()
	way.start = now
	t.trip, t.order = way, ord
	t.trips++
	t.enter(driving)
	r := o.draw(forDrive, t.number<<32^t.trips)
	if r.Float64() < 0.03 {
		t.silentUntil = now.Add(between(r, 18*time.Minute, 45*time.Minute))
	}
	o.onTheJob(t, now.Add(way.length()), o.arrive)
}

// step of a visit; it makes one call.
type visitStep func(ctx context.Context, key string, t *technician, ord *order) error

// onTheJob plans a step of the present visit. It is void when the technician has been called off by then.
func (o *Operator) onTheJob(t *technician, at time.Time, do visitStep) {
	since, ord := t.since, t.order
	o.plan(at, func(ctx context.Context, key string) error {
		if t.since != since || t.order != ord {
			return nil
		}
		return do(ctx, key, t, ord)
	})
}

// arrive is at the door.
func (o *Operator) arrive(ctx context.Context, key string, t *technician, ord *order) error {
	wo, out, err := o.tell(ctx, key, "ArriveWorkOrder", o.orderCalls.ArriveWorkOrder, t.says(ord, ""))
	if err != nil {
		return err
	}
	if out != done {
		o.callOff(t, ord)
		return nil
	}
	o.count(func(s *Stats) { s.Arrived++ })
	if !ord.arrived {
		ord.arrived = true
		at := clockOr(wo.GetClocks().GetArrived(), o.now())
		o.note(func(y *tally) { y.arrivals.note(at, instant(ord.due.GetOnSite())) })
	}
	t.place = t.trip.route.Points[len(t.trip.route.Points)-1]
	o.ring(t, ord)
	return nil
}

// ring waits at the door: for the lift, for somebody to open, for the window to begin.
func (o *Operator) ring(t *technician, ord *order) {
	now := o.now()
	t.order = ord
	t.enter(entering)
	at := now.Add(between(o.draw(forWork, ord.number<<8^uint64(ord.visit)), time.Minute, 4*time.Minute))
	if w := windowFor(ord, now); w != nil && w.GetStartTime().AsTime().After(at) && w.GetStartTime().AsTime().Before(now.Add(time.Hour)) {
		at = w.GetStartTime().AsTime()
	}
	o.onTheJob(t, at, o.start)
}

// start begins the work.
func (o *Operator) start(ctx context.Context, key string, t *technician, ord *order) error {
	_, out, err := o.tell(ctx, key, "StartWorkOrder", o.orderCalls.StartWorkOrder, t.says(ord, ""))
	if err != nil {
		return err
	}
	if out != done {
		o.callOff(t, ord)
		return nil
	}
	o.count(func(s *Stats) { s.Started++ })
	o.toil(t, ord)
	return nil
}

// toil works: mostly to the end, sometimes until a part is missing. Nobody misses one on a second visit.
func (o *Operator) toil(t *technician, ord *order) {
	const partMissing = 0.03
	now := o.now()
	t.order = ord
	t.enter(working)
	r := o.draw(forWork, ord.number<<8^uint64(ord.visit)^1<<60)
	takes := ord.actual
	if takes == 0 {
		takes = city.Actual(r, max(ord.onSite, 10*time.Minute))
	}
	if ord.visit <= 1 && r.Float64() < partMissing {
		o.onTheJob(t, now.Add(takes/3), o.missPart)
		return
	}
	o.onTheJob(t, now.Add(takes), o.complete)
}

// missPart pauses the work.
func (o *Operator) missPart(ctx context.Context, key string, t *technician, ord *order) error {
	_, out, err := o.tell(ctx, key, "PauseWorkOrder", o.orderCalls.PauseWorkOrder, t.says(ord, "waits for a part · 等待配件"))
	if err != nil {
		return err
	}
	if out != done {
		o.callOff(t, ord)
		return nil
	}
	o.count(func(s *Stats) { s.Paused++ })
	o.awaitPart(ord, t)
	o.finish(t)
	return nil
}

// awaitPart plans the second visit for when the part is there, in opening hours.
func (o *Operator) awaitPart(ord *order, t *technician) {
	if ord.partOrdered {
		return
	}
	ord.partOrdered = true
	r := o.draw(forWork, ord.number<<8^uint64(ord.visit)^2<<60)
	o.plan(openingHours(o.now().Add(between(r, 90*time.Minute, 4*time.Hour))), func(ctx context.Context, key string) error {
		req := &dispatchv1.WorkOrderVerbRequest{Id: ord.id, SecondVisit: true}
		_, out, err := o.tell(ctx, key, "ResumeWorkOrder", o.orderCalls.ResumeWorkOrder, req)
		if err != nil {
			return err
		}
		ord.partOrdered = false
		t.dirty = true
		if out == done {
			o.count(func(s *Stats) { s.Resumed++ })
		}
		return nil
	})
}

// openingHours moves an instant of the night to the next morning.
func openingHours(at time.Time) time.Time {
	day := midnight(at)
	opens, closes := day.Add(8*time.Hour+15*time.Minute), day.Add(19*time.Hour)
	switch {
	case at.Before(opens):
		return opens
	case at.After(closes):
		return opens.AddDate(0, 0, 1)
	}
	return at
}

// complete ends the work.
func (o *Operator) complete(ctx context.Context, key string, t *technician, ord *order) error {
	wo, out, err := o.tell(ctx, key, "CompleteWorkOrder", o.orderCalls.CompleteWorkOrder, t.says(ord, ""))
	if err != nil {
		return err
	}
	if out != done {
		o.callOff(t, ord)
		return nil
	}
	o.count(func(s *Stats) { s.Completed++ })
	ord.completed = true
	if !ord.counted {
		ord.counted = true
		at := clockOr(wo.GetClocks().GetCompleted(), o.now())
		o.note(func(y *tally) {
			y.toComplete = keep(y.toComplete, at.Sub(ord.created))
			y.completes.note(at, instant(ord.due.GetResolve()))
		})
	}
	o.planReaction(ord)
	o.finish(t)
	return nil
}

// finish leaves an order behind; after a minute of packing up the technician thinks again.
func (o *Operator) finish(t *technician) {
	t.order = nil
	t.enter(free)
	t.dirty = true
	o.wake(t, o.now().Add(time.Minute))
}

// callOff follows a verb in the middle of a visit that was refused: the order was canceled or somebody else has told the
// service what happened. The technician stops where he is and looks at what there is to do.
func (o *Operator) callOff(t *technician, ord *order) {
	o.rebuffed(t, ord)
	o.stop(t)
}

// stop ends a visit on the spot.
func (o *Operator) stop(t *technician) {
	t.place = t.at(o.now())
	t.order = nil
	t.enter(free)
	o.wake(t, o.now().Add(time.Minute))
}

// reconcile makes an agent do what the service says he is doing. The two differ when an order was canceled on the way, when
// a dispatcher pressed a button for a technician, and in a new run against a service that has a past.
func (o *Operator) reconcile(t *technician) {
	var started *dispatchv1.WorkOrderAssignment
	for _, a := range t.todo {
		if s := a.GetState(); s == enRoute || s == onSite || s == atWork {
			started = a
			break
		}
	}
	if started == nil {
		if t.order != nil {
			o.stop(t)
		}
		return
	}
	ord := o.recall(started.GetWorkOrderId())
	if t.order == ord && phaseOf(started.GetState()) == t.phase {
		return
	}
	if t.phase == atHome || t.phase == homeward {
		t.place = t.at(o.now())
		t.shift = duty{o.now(), o.now()}
	}
	switch phaseOf(started.GetState()) {
	case driving:
		o.drive(t, ord, o.way(t, pointOf(started.GetLocation()), o.now()))
	case entering:
		t.place = pointOf(started.GetLocation())
		o.ring(t, ord)
	default:
		t.place = pointOf(started.GetLocation())
		o.toil(t, ord)
	}
}

// phaseOf is what a technician does whose order is in a state.
func phaseOf(state string) phase {
	switch state {
	case enRoute:
		return driving
	case onSite:
		return entering
	case atWork:
		return working
	}
	return free
}
