package server

import (
	"context"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/feed"
)

// events implements EventService.
type events struct {
	*Server
	dispatchv1.UnimplementedEventServiceServer
}

// WatchEvents implements the method of the same name.
func (s *events) WatchEvents(r *dispatchv1.WatchEventsRequest, stream grpc.ServerStreamingServer[dispatchv1.Event]) error {
	ctx := stream.Context()
	c, err := s.caller(ctx)
	if err != nil {
		return err
	}
	p := s.methods[dispatchv1.EventService_WatchEvents_FullMethodName]
	w, err := s.cfg.Feed.Watch(ctx, c.org, r.GetAfterSequence(), feed.AudienceOf(p, c.principal, r.GetPositions()))
	if err != nil {
		return err
	}
	defer w.Close()
	for {
		entries, err := w.Next(ctx, nil)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := stream.Send(e.Message(ctx)); err != nil {
				return err
			}
		}
		w.Delivered(entries)
	}
}

// GetPropagation implements the method of the same name.
func (s *events) GetPropagation(ctx context.Context, _ *dispatchv1.GetPropagationRequest) (*dispatchv1.Propagation, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	p := s.cfg.Feed.Propagation(c.org)
	return &dispatchv1.Propagation{
		DeliveryCount: float64(p.Count), LateCount: float64(p.Late), PromptSeconds: feed.Prompt.Seconds(), MeasuredCount: int32(p.Measured),
		P50Seconds: p.P50.Seconds(), P95Seconds: p.P95.Seconds(), P99Seconds: p.P99.Seconds(), LongestSeconds: p.Longest.Seconds(),
	}, nil
}
