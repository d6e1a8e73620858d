package gateway

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"fettle/org"
)

// RequestID is the id of a call; "" outside of one.
func RequestID(ctx context.Context) string { return requestID(ctx) }

// slow is how long a call may take before the log says so.
const slow = time.Second

// done tells of a call that has ended: counters, and the log. A call that is as it should be is written at the level of
// debugging only, one that failed for our sake always, and of those that were refused one a second: a flood must not fill the
// log. Nothing that a caller wrote is written but the id of the request, which the log masks where it has the form of a
// secret.
func (g *gate) done(ctx context.Context, method string, err error, stream bool, took time.Duration) {
	code := status.Code(err)
	g.ended(method, code.String(), stream, took)
	level := slog.LevelDebug
	switch code {
	case codes.Unauthenticated, codes.PermissionDenied, codes.ResourceExhausted:
		if second := g.clock.Now().Unix(); g.quiet.Swap(second) != second {
			level = slog.LevelInfo
		}
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal:
		level = slog.LevelInfo
	default:
		if took > slow && !stream {
			level = slog.LevelInfo
		}
	}
	if !g.log.Enabled(ctx, level) {
		return
	}
	o, _ := org.FromContext(ctx)
	g.log.LogAttrs(ctx, level, "call", slog.String("requestId", requestID(ctx)), slog.String("org", string(o)),
		slog.String("method", method), slog.String("code", code.String()), slog.Duration("took", took))
}
