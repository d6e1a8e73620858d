package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// planDesk plans the next round of the front desk, which rings up tenants whose windows have passed and nobody came: it
// agrees other windows with them. Without it such orders would wait for a dispatcher for ever.
func (o *Operator) planDesk(now time.Time) {
	const every = 15 * time.Minute
	o.plan(now.Add(every), func(context.Context, string) error {
		now := o.now()
		for _, ord := range o.missed(now) {
			o.plan(now, func(ctx context.Context, key string) error { return o.appoint(ctx, key, ord) })
		}
		o.planDesk(now)
		return nil
	})
}

// missed lists, by id, the orders that nobody has set out for and whose windows are over.
func (o *Operator) missed(now time.Time) []*order {
	var out []*order
	for _, ord := range o.orders {
		switch ord.state {
		case dispatchv1.WorkOrder_NEW, dispatchv1.WorkOrder_ASSIGNED, dispatchv1.WorkOrder_ACCEPTED:
		default:
			continue
		}
		if len(ord.windows) > 0 && ord.blockedUntil.Before(now) && windowFor(ord, now) == nil {
			out = append(out, ord)
		}
	}
	slices.SortFunc(out, func(a, b *order) int { return strings.Compare(a.id, b.id) })
	return out
}

// appoint agrees another window.
func (o *Operator) appoint(ctx context.Context, key string, ord *order) error {
	call, cancel := o.keyed(ctx, key)
	defer cancel()
	wo, err := o.orderCalls.UpdateWorkOrder(call, &dispatchv1.UpdateWorkOrderRequest{
		WorkOrder:  &dispatchv1.WorkOrder{Id: ord.id, TimeWindows: []*dispatchv1.TimeWindow{nextWindow(o.now())}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"time_windows"}},
		Etag:       ord.etag,
	})
	switch o.judge(ctx, "UpdateWorkOrder", err) {
	case later:
		return err
	case done:
		o.learn(wo)
		o.count(func(s *Stats) { s.Appointed++ })
	case refused, failed:
		ord.blockedUntil = o.now().Add(time.Hour)
	}
	return nil
}

// nextWindow is the next window in which people are at home that begins in an hour or more.
func nextWindow(now time.Time) *dispatchv1.TimeWindow {
	day := midnight(now)
	for {
		for _, hour := range []time.Duration{9, 14, 18} {
			if start := day.Add(hour * time.Hour); !start.Before(now.Add(time.Hour)) {
				return &dispatchv1.TimeWindow{StartTime: timestamppb.New(start), EndTime: timestamppb.New(start.Add(3 * time.Hour))}
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}
