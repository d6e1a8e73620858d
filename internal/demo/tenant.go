package demo

import (
	"context"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// planSecondThoughts draws whether the tenant cancels: the fault went away, the neighbour has repaired it.
func (o *Operator) planSecondThoughts(ord *order) {
	r := o.draw(forTenant, ord.number)
	if r.Float64() >= 0.02 {
		return
	}
	o.plan(o.now().Add(between(r, 3*time.Minute, 40*time.Minute)), func(ctx context.Context, key string) error {
		if ord.arrived || o.orders[ord.id] != ord {
			return nil // too late: somebody is at the door
		}
		req := &dispatchv1.WorkOrderVerbRequest{Id: ord.id, Reason: "it works again, nobody needs to come · 已恢复正常，无需上门"}
		_, out, err := o.tell(ctx, key, "CancelWorkOrder", o.orderCalls.CancelWorkOrder, req)
		if err != nil || out != done {
			return err
		}
		o.count(func(s *Stats) { s.Canceled++ })
		if ord.holder != nil {
			ord.holder.dirty = true
		}
		o.forget(ord)
		return nil
	})
}

// planReaction draws what the tenant does after the work: most confirm it, two in three rate it before, few complain.
func (o *Operator) planReaction(ord *order) {
	r := o.draw(forTenant, ord.number^uint64(ord.visit)<<48)
	now := o.now()
	if ord.visit <= 1 && r.Float64() < 0.02 {
		o.plan(now.Add(between(r, 30*time.Minute, 3*time.Hour)), o.reopening(ord))
		return
	}
	stars := int32(0)
	if rates := r.Float64() < 0.66; rates {
		stars = starsOf(r.Float64())
	}
	o.plan(now.Add(between(r, 5*time.Minute, 75*time.Minute)), o.lastWord(ord, stars))
}

// lastWord is the job of rating an order, which also confirms it, or of confirming it when there are no stars.
func (o *Operator) lastWord(ord *order, stars int32) func(context.Context, string) error {
	name, v, req := "VerifyWorkOrder", o.orderCalls.VerifyWorkOrder, &dispatchv1.WorkOrderVerbRequest{Id: ord.id}
	if stars > 0 {
		name, v, req.Rating, req.Comment = "RateWorkOrder", o.orderCalls.RateWorkOrder, stars, comment(stars)
	}
	return func(ctx context.Context, key string) error {
		wo, out, err := o.tell(ctx, key, name, v, req)
		if err != nil {
			return err
		}
		o.count(func(s *Stats) {
			if out == done && stars > 0 {
				s.Rated++
			}
			if wo.GetState() == dispatchv1.WorkOrder_VERIFIED {
				s.Verified++
			}
		})
		o.forget(ord)
		return nil
	}
}

// reopening is the complaint that the fault is back.
func (o *Operator) reopening(ord *order) func(context.Context, string) error {
	return func(ctx context.Context, key string) error {
		req := &dispatchv1.WorkOrderVerbRequest{Id: ord.id, Reason: "it has come back"}
		_, out, err := o.tell(ctx, key, "ReopenWorkOrder", o.orderCalls.ReopenWorkOrder, req)
		if err == nil && out == done {
			ord.completed = false
			o.count(func(s *Stats) { s.Reopened++ })
		}
		return err
	}
}

// starsOf draws a rating: six in ten give five.
func starsOf(roll float64) int32 {
	for i, share := range []float64{0.60, 0.86, 0.95, 0.985} {
		if roll < share {
			return int32(5 - i)
		}
	}
	return 1
}

// comment is what a tenant writes beside the stars.
func comment(stars int32) string {
	switch stars {
	case 5:
		return "Quick and friendly."
	case 3:
		return "It works, but it took a while."
	case 2:
		return "Came late and left a mess."
	case 1:
		return "It still makes a noise."
	}
	return ""
}
