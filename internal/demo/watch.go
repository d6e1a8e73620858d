package demo

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// notice is what the stream of events tells the operator: an order changed, or everything may have.
type notice struct {
	order, technician, before string // before is who the event names beside the present technician
	state                     dispatchv1.WorkOrder_State
	etag                      string
	closed                    bool // nobody will work on the order any more
	all                       bool
	reconnected               bool
}

// watch reads the stream of events until ctx ends and connects again, from the last event seen, when it breaks.
func (o *Operator) watch(ctx context.Context) {
	var last int64
	wait, connects, told := time.Duration(0), 0, false
	for ctx.Err() == nil {
		if wait > 0 && pauseFor(ctx, wait) != nil {
			return
		}
		read, err := o.follow(ctx, &last, connects > 0)
		connects++
		if status.Code(err) == codes.OutOfRange || status.Code(err) == codes.InvalidArgument {
			last = 0 // the log no longer reaches back so far: from now on, and all is looked at
		}
		if read > 0 {
			wait, told = 0, false
		}
		if !told && ctx.Err() == nil {
			told = true
			o.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "demo: stream of events broke, connecting again", slog.Int64("after", last), slog.Any("error", err))
		}
		wait = min(max(2*wait, 100*time.Millisecond), 5*time.Second)
	}
}

// follow reads one stream until it breaks and returns how many events came.
func (o *Operator) follow(ctx context.Context, last *int64, again bool) (read int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := o.eventCalls.WatchEvents(ctx, &dispatchv1.WatchEventsRequest{AfterSequence: *last})
	if err != nil {
		return 0, err
	}
	// What happened before the stream stood is not on it.
	if !o.pass(ctx, notice{all: true, reconnected: again}) {
		return 0, ctx.Err()
	}
	for {
		e, err := stream.Recv()
		if err != nil {
			return read, err
		}
		read++
		n := noticeOf(e)
		if at := int64(e.GetSequence()); n.all {
			*last = at // the service says where to go on from, which may be further back
		} else {
			*last = max(*last, at)
		}
		if !o.pass(ctx, n) {
			return read, ctx.Err()
		}
	}
}

// pass hands a notice over; false when ctx ended first.
func (o *Operator) pass(ctx context.Context, n notice) bool {
	select {
	case o.notices <- n:
		return true
	case <-ctx.Done():
		return false
	}
}

func noticeOf(e *dispatchv1.Event) notice {
	n := notice{
		order:      e.GetWorkOrderId(),
		technician: e.GetWorkOrder().GetTechnicianId(),
		before:     e.GetTechnicianId(),
		state:      e.GetWorkOrder().GetState(),
		etag:       e.GetWorkOrder().GetEtag(),
		all:        e.GetType() == "resync",
	}
	switch e.GetWorkOrder().GetState() {
	case dispatchv1.WorkOrder_CANCELED, dispatchv1.WorkOrder_MERGED, dispatchv1.WorkOrder_VERIFIED:
		n.closed = true
	default:
	}
	return n
}

// heed marks the technicians whom a notice concerns.
func (o *Operator) heed(n notice) {
	if n.reconnected {
		o.count(func(s *Stats) { s.Reconnects++ })
	}
	if n.all {
		for _, t := range o.people {
			t.dirty = true
		}
		return
	}
	for _, id := range []string{n.technician, n.before} {
		if t := o.byID[id]; t != nil {
			t.dirty = true
		}
	}
	ord := o.orders[n.order]
	if ord == nil {
		return
	}
	if n.etag != "" {
		ord.state, ord.etag = n.state, n.etag
	}
	if ord.holder != nil {
		ord.holder.dirty = true
	}
	if n.closed {
		o.forget(ord)
	}
}
