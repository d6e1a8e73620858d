package server

import (
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
	}
}
