package gateway

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/auth"
	"fettle/internal/policy"
	"fettle/internal/wire"
)

// recheck is how often an open stream asks whether its caller may still have it.
const recheck = 3 * time.Second

// stream is the gate of calls with many messages.
func (g *gate) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	defer func() {
		if cause := recover(); cause != nil {
			err = g.recovered(ctx, info.FullMethod, cause)
		}
		err = g.shown(ctx, info.FullMethod, err)
		g.done(ctx, info.FullMethod, err, true, 0)
	}()
	ctx, p, err := g.enter(ctx, info.FullMethod, nil)
	if err != nil {
		return err
	}
	if p.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Deadline)
		defer cancel()
	}
	who, ok := auth.FromContext(ctx)
	if !ok {
		return auth.ErrUnknown
	}
	ctx, revoke := context.WithCancelCause(ctx)
	defer revoke(nil)
	md, _ := metadata.FromIncomingContext(ctx)
	go g.watchOver(ctx, revoke, p, who, first(md, authHeader))
	err = handler(srv, &gatedStream{ServerStream: ss, ctx: ctx, gate: g, policy: p, who: who})
	if cause := context.Cause(ctx); err != nil && refused(cause) {
		return cause
	}
	return err
}

// refused reports whether an error says that a caller may not, or may no more.
func refused(err error) bool { return errors.Is(err, auth.ErrUnknown) || errors.Is(err, errForbidden) }

// still returns why a caller may no longer have what was begun: the credential was revoked, or says something else now. An
// authority that cannot be asked takes nothing away.
func (g *gate) still(ctx context.Context, p *policy.Policy, who *auth.Principal, authorization string) error {
	now, err := g.authenticate(ctx, authorization)
	switch {
	case err != nil && refused(err):
		return err
	case err != nil:
		return nil
	case !p.Allows(now) || !now.Same(who):
		return errForbidden
	}
	return nil
}

// watchOver ends a stream soon after its caller may no longer have it.
func (g *gate) watchOver(ctx context.Context, revoke context.CancelCauseFunc, p *policy.Policy, who *auth.Principal, authorization string) {
	beat := time.NewTicker(g.recheck)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			if err := g.still(ctx, p, who, authorization); err != nil {
				revoke(err)
				return
			}
		}
	}
}

// gatedStream checks each message that comes in, and each that goes out.
type gatedStream struct {
	grpc.ServerStream
	ctx    context.Context
	gate   *gate
	policy *policy.Policy
	who    *auth.Principal
}

// Context implements grpc.ServerStream.
func (s *gatedStream) Context() context.Context { return s.ctx }

// RecvMsg implements grpc.ServerStream.
func (s *gatedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	pm, ok := m.(proto.Message)
	if !ok {
		return nil
	}
	if err := wire.Validate(pm); err != nil {
		return err
	}
	return s.gate.guard.Request(s.ctx, s.policy, s.who, pm, "")
}

// SendMsg implements grpc.ServerStream.
func (s *gatedStream) SendMsg(m any) error {
	if pm, ok := m.(proto.Message); ok {
		shown := s.gate.guard.Shown(s.who, pm)
		if err := s.gate.look(s.ctx, s.policy, s.who, shown); err != nil {
			if e, ok := shown.(*dispatchv1.Event); ok && e.GetSequence() == 0 {
				return nil // a position is passed over; the events of the log go on
			}
			return err
		}
		m = shown
	}
	return s.ServerStream.SendMsg(m)
}
