package demo

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/simulate/city"
)

// States of an assignment, as ListAssignments writes them.
const (
	assigned = "ASSIGNED"
	accepted = "ACCEPTED"
	enRoute  = "EN_ROUTE"
	onSite   = "ON_SITE"
	atWork   = "WORKING"
	paused   = "PAUSED"
)

// offer is an assignment that is to be answered.
type offer struct {
	to       *technician
	acceptBy time.Time
	answerAt time.Time // zero when it is let pass
}

// look asks what there is to do for those who may have news, and for one other technician twice a second.
func (o *Operator) look(ctx context.Context) {
	const ticksATurn = 10
	if o.tick%ticksATurn == 0 && len(o.people) > 0 {
		o.turn = (o.turn + 1) % len(o.people)
		o.people[o.turn].dirty = true
	}
	for _, t := range o.people {
		if !t.dirty {
			continue
		}
		if err := o.sync(ctx, t); err != nil {
			o.holdOff()
			return
		}
	}
}

// sync takes over a technician's assignments from the service.
func (o *Operator) sync(ctx context.Context, t *technician) error {
	call, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	resp, err := o.peopleCalls.ListAssignments(call, &dispatchv1.ListAssignmentsRequest{Id: t.id})
	switch o.judge(ctx, "ListAssignments", err) {
	case later:
		return err
	case refused, failed:
		t.dirty, t.todo = false, nil // somebody deleted the technician
		return nil
	case done:
	}
	t.dirty, t.todo = false, nil
	for _, a := range resp.GetAssignments() {
		a = proto.CloneOf(a) // it is written to, and a connection in process may share it
		t.todo = append(t.todo, a)
		o.consider(t, a)
	}
	o.reconcile(t)
	if t.phase == free {
		o.wake(t, o.now())
	}
	return nil
}

// consider thinks about an assignment: who has it, and what to answer when it is an offer.
func (o *Operator) consider(t *technician, a *dispatchv1.WorkOrderAssignment) {
	ord := o.recall(a.GetWorkOrderId())
	ord.holder = t
	ord.state, ord.etag = dispatchv1.WorkOrder_State(dispatchv1.WorkOrder_State_value[a.GetState()]), a.GetEtag()
	if ord.onSite == 0 {
		ord.onSite = a.GetOnSiteDuration().AsDuration()
	}
	switch a.GetState() {
	case paused:
		o.awaitPart(ord, t)
	case assigned:
		by := a.GetAcceptBy().AsTime()
		if ord.offer.to == t && ord.offer.acceptBy.Equal(by) {
			return
		}
		ord.offers++
		ord.offer = offer{to: t, acceptBy: by}
		o.decideOffer(t, ord, a.GetUrgency() == "EMERGENCY")
	}
}

// decideOffer draws what a technician does with an offer. Nobody lets an emergency pass.
func (o *Operator) decideOffer(t *technician, ord *order, emergency bool) {
	const letPass = 0.03
	r := o.draw(forOffer, ord.number<<20^ord.offers<<8^t.number)
	delay := city.AcceptDelay(r)
	declines, passes := city.Declines(r), r.Float64() < letPass
	switch {
	case emergency:
		delay /= 2
	case passes:
		o.count(func(s *Stats) { s.Ignored++ })
		return
	case t.phase == working || t.phase == atHome:
		delay *= 2
	}
	was := ord.offer
	ord.offer.answerAt = o.now().Add(delay)
	was.answerAt = ord.offer.answerAt
	o.plan(was.answerAt, func(ctx context.Context, key string) error {
		a := t.find(ord.id)
		if ord.offer != was || a == nil || a.GetState() != assigned {
			return nil
		}
		ord.offer.answerAt = time.Time{}
		var err error
		if declines {
			err = o.decline(ctx, key, t, ord)
		} else {
			err = o.accept(ctx, key, t, ord, a)
		}
		if err != nil {
			ord.offer = was
		}
		return err
	})
}

// find is the technician's assignment of an order; nil when there is none.
func (t *technician) find(id string) *dispatchv1.WorkOrderAssignment {
	for _, a := range t.todo {
		if a.GetWorkOrderId() == id {
			return a
		}
	}
	return nil
}

func (o *Operator) accept(ctx context.Context, key string, t *technician, ord *order, a *dispatchv1.WorkOrderAssignment) error {
	wo, out, err := o.tell(ctx, key, "AcceptWorkOrder", o.orderCalls.AcceptWorkOrder, t.says(ord, ""))
	if err != nil {
		return err
	}
	if out != done {
		o.rebuffed(t, ord)
		return nil
	}
	a.State = accepted
	o.count(func(s *Stats) { s.Accepted++ })
	if !ord.accepted {
		ord.accepted = true
		at := clockOr(wo.GetClocks().GetAccepted(), o.now())
		o.note(func(y *tally) {
			y.toAccept = keep(y.toAccept, at.Sub(ord.created))
			y.accepts.note(at, instant(ord.due.GetAccept()))
		})
	}
	if t.phase == free {
		o.wake(t, o.now())
	}
	return nil
}

func (o *Operator) decline(ctx context.Context, key string, t *technician, ord *order) error {
	reasons := []string{
		"missing the right part · 缺少合适的配件", "still busy with the work before · 上一单未完工",
		"cannot get into the building · 无法进入楼栋", "the van is in the garage · 车辆在维修",
	}
	r := o.draw(forOffer, ord.number<<20^ord.offers<<8^t.number^1<<60)
	_, out, err := o.tell(ctx, key, "DeclineWorkOrder", o.orderCalls.DeclineWorkOrder, t.says(ord, reasons[r.IntN(len(reasons))]))
	if err != nil {
		return err
	}
	if out != done {
		o.rebuffed(t, ord)
		return nil
	}
	t.dirty = true
	o.count(func(s *Stats) { s.Declined++ })
	return nil
}

// says is a verb of a technician about an order.
func (t *technician) says(ord *order, reason string) *dispatchv1.WorkOrderVerbRequest {
	return &dispatchv1.WorkOrderVerbRequest{Id: ord.id, TechnicianId: t.id, Reason: reason}
}

// rebuffed follows a verb that was refused: the technician looks again at what there is to do, and leaves the order alone
// for a while, longer each time.
func (o *Operator) rebuffed(t *technician, ord *order) {
	ord.refusals++
	ord.blockedUntil = o.now().Add(time.Minute << min(ord.refusals, 8))
	t.dirty = true
}

// clockOr is a timestamp of the service, or an instant where there is none.
func clockOr(ts *timestamppb.Timestamp, otherwise time.Time) time.Time {
	if ts == nil {
		return otherwise
	}
	return ts.AsTime()
}

// instant is a timestamp, zero where there is none.
func instant(ts *timestamppb.Timestamp) time.Time { return clockOr(ts, time.Time{}) }
