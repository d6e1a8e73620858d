package gateway

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"strconv"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/fair"
	"fettle/internal/policy"
	"fettle/org"
)

// urgentMethods have a lane of their own: what technicians report about their work. Orders that are emergencies have it too.
var urgentMethods = map[string]bool{
	dispatchv1.WorkOrderService_AcceptWorkOrder_FullMethodName:   true,
	dispatchv1.WorkOrderService_DeclineWorkOrder_FullMethodName:  true,
	dispatchv1.WorkOrderService_DepartWorkOrder_FullMethodName:   true,
	dispatchv1.WorkOrderService_ArriveWorkOrder_FullMethodName:   true,
	dispatchv1.WorkOrderService_StartWorkOrder_FullMethodName:    true,
	dispatchv1.WorkOrderService_PauseWorkOrder_FullMethodName:    true,
	dispatchv1.WorkOrderService_ResumeWorkOrder_FullMethodName:   true,
	dispatchv1.WorkOrderService_CompleteWorkOrder_FullMethodName: true,
	dispatchv1.WorkOrderService_EscalateWorkOrder_FullMethodName: true,
	dispatchv1.PositionService_ReportPositions_FullMethodName:    true,
}

// takenKey carries the taken of a call in its context.
type takenKey struct{}

// taken is what a call has used of its org's share.
type taken struct {
	lane fair.Lane
	room fair.Room
}

// take counts a call that was admitted, before its body is read; errShed when its org has made too many. An order may be an
// emergency, which only its body tells: it is counted by takeOrder.
func (g *gate) take(ctx context.Context, p *policy.Policy) (context.Context, error) {
	switch {
	case p.Method == dispatchv1.WorkOrderService_CreateWorkOrder_FullMethodName:
		return ctx, nil
	case urgentMethods[p.Method]:
		return g.takeIn(ctx, fair.Urgent)
	}
	return g.takeIn(ctx, fair.Normal)
}

func (g *gate) takeIn(ctx context.Context, lane fair.Lane) (context.Context, error) {
	o, _ := org.FromContext(ctx)
	if g.broken() {
		return context.WithValue(ctx, takenKey{}, taken{lane: lane}), nil // refused below, which costs nobody anything
	}
	room, ok := g.fair.Take(o, lane, g.clock.Now())
	if !ok {
		g.shed.Add(1)
		return ctx, errShed
	}
	return context.WithValue(ctx, takenKey{}, taken{lane, room}), nil
}

// emergency is how an emergency is spelled in a body.
var emergency = []byte(`"` + dispatchv1.WorkOrder_EMERGENCY.String() + `"`)

// takeOrder counts an order, whose body is not decoded yet. One that only mentions an emergency is counted as one: the lane
// is bounded too.
func (g *gate) takeOrder(ctx context.Context, p *policy.Policy, body []byte) (context.Context, error) {
	if p.Method != dispatchv1.WorkOrderService_CreateWorkOrder_FullMethodName {
		return ctx, nil
	}
	lane := fair.Normal
	if bytes.Contains(body, emergency) {
		lane = fair.Urgent
	}
	if o, _ := org.FromContext(ctx); !g.broken() && g.fair.Full(o, lane, g.clock.Now()) {
		g.shed.Add(1)
		return ctx, errShed // in a burst, what would be refused below is not even decoded
	}
	return g.takeIn(ctx, lane)
}

// begin lets a call begin that was admitted: one that changes something takes a place among those at work. Call leave at its
// end.
func (g *gate) begin(ctx context.Context, p *policy.Policy, req any) (leave func(), err error) {
	use, counted := ctx.Value(takenKey{}).(taken)
	if !counted { // an order by gRPC
		lane := fair.Normal
		if r, ok := req.(*dispatchv1.CreateWorkOrderRequest); ok && r.GetWorkOrder().GetUrgency() == dispatchv1.WorkOrder_EMERGENCY {
			lane = fair.Urgent
		}
		if ctx, err = g.takeIn(ctx, lane); err != nil {
			return nil, err
		}
		use.lane = lane
	}
	if !p.IdempotencyKey && !p.IfMatch && !urgentMethods[p.Method] {
		return func() {}, nil
	}
	o, _ := org.FromContext(ctx)
	if !g.fair.Enter(o, use.lane, g.clock.Now()) {
		if g.broken() {
			return func() {}, nil // it is refused below, and told why
		}
		g.shed.Add(1)
		return nil, errShed
	}
	return func() { g.fair.Leave(o, use.lane) }, nil
}

// tellRoom writes what is left to the caller's org, as draft-ietf-httpapi-ratelimit-headers had it first and most clients
// know it.
func tellRoom(ctx context.Context, h http.Header) {
	use, ok := ctx.Value(takenKey{}).(taken)
	if !ok || use.room.Limit == 0 {
		return
	}
	h.Set("RateLimit-Limit", strconv.Itoa(use.room.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(use.room.Remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(use.room.Reset.Seconds()))))
}
