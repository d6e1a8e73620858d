package server

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch/engine"
	"fettle/internal/wire"
)

// positions implements PositionService.
type positions struct {
	*Server
	dispatchv1.UnimplementedPositionServiceServer
}

// maxRejected is how many refusals the answer to a stream lists.
const maxRejected = 1000

// ReportPositions implements the method of the same name.
func (s *positions) ReportPositions(ctx context.Context, r *dispatchv1.ReportPositionsRequest) (*dispatchv1.ReportPositionsResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ReportPositionsResponse{}
	return out, s.report(ctx, c, r, 0, out)
}

// StreamPositions implements the method of the same name.
func (s *positions) StreamPositions(stream grpc.ClientStreamingServer[dispatchv1.ReportPositionsRequest, dispatchv1.ReportPositionsResponse]) error {
	c, err := s.caller(stream.Context())
	if err != nil {
		return err
	}
	out := &dispatchv1.ReportPositionsResponse{}
	for seen := 0; ; {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(out)
		}
		if err != nil {
			return err
		}
		if err := s.report(stream.Context(), c, r, seen, out); err != nil {
			return err
		}
		seen += len(r.GetPositions())
	}
}

// report takes a batch in and adds to the sums. Indices count from seen.
func (s *positions) report(
	ctx context.Context, c caller, r *dispatchv1.ReportPositionsRequest, seen int, out *dispatchv1.ReportPositionsResponse,
) error {
	now := s.cfg.Clock.Now()
	batch := make([]engine.Position, len(r.GetPositions()))
	for i, p := range r.GetPositions() {
		var err error
		if batch[i], err = wire.Report(fmt.Sprintf("positions[%d]", i), p, now); err != nil {
			return err
		}
	}
	refused, err := c.Report(ctx, batch)
	if err != nil {
		return err
	}
	out.Accepted += int32(len(batch) - len(refused))
	for _, e := range refused {
		if len(out.Rejected) < maxRejected {
			out.Rejected = append(out.Rejected, &dispatchv1.ReportPositionsResponse_Rejected{Index: int32(seen + e.Index), Reason: e.Reason})
		}
	}
	return nil
}
