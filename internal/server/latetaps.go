package server

import (
	"context"
	"strconv"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/kpi"
)

// ListLateTaps implements the method of the same name.
func (s *workOrders) ListLateTaps(ctx context.Context, r *dispatchv1.ListLateTapsRequest) (*dispatchv1.ListLateTapsResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	filter := call.Filter("lateTaps", c.org)
	token, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseInt(token, 10, 64) // its sum holds: we wrote it
	var taps []engine.Event
	total := 0
	err = s.books.read(ctx, c.org, s.cfg.Clock.Now(), func(b *kpi.Book) {
		taps, total = b.LateTaps(after)
	})
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ListLateTapsResponse{Total: int32(total)}
	if size := call.PageSize(r.GetPageSize()); len(taps) > size {
		taps = taps[:size]
		out.NextPageToken = call.PageToken(strconv.FormatInt(taps[size-1].Sequence, 10), filter)
	}
	for i := range taps {
		out.LateTaps = append(out.LateTaps, lateTap(&taps[i], c.Name))
	}
	return out, nil
}

// lateTap shows what a technician told too late.
func lateTap(e *engine.Event, name wire.Namer) *dispatchv1.LateTap {
	return &dispatchv1.LateTap{
		Sequence: float64(e.Sequence), WorkOrderId: string(e.Order), TechnicianId: string(e.Technician), TechnicianName: name(e.Technician),
		Verb: string(e.Verb), TapTime: wire.Timestamp(e.Tapped), ReceiveTime: wire.Timestamp(e.Time), Conflict: e.Why,
		State: wire.OrderState(e.State), Reason: e.Reason,
	}
}
