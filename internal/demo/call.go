package demo

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// outcome is what an answer means to the one who called.
type outcome int8

const (
	done    outcome = iota
	refused         // the state of the order forbids it: look again at what there is to do
	failed          // it will not work that way
	later           // it may work in a while
)

// outcomeOf sorts errors.
func outcomeOf(err error) outcome {
	switch status.Code(err) {
	case codes.OK:
		return done
	case codes.FailedPrecondition, codes.Aborted, codes.NotFound, codes.AlreadyExists:
		return refused
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Canceled:
		return later
	}
	return failed
}

// verb is one of the methods on a work order.
type verb func(context.Context, *dispatchv1.WorkOrderVerbRequest, ...grpc.CallOption) (*dispatchv1.WorkOrder, error)

// tell sends a verb. The order is nil unless the outcome is done; the error is not nil only when it should be sent again.
func (o *Operator) tell(ctx context.Context, key, name string, v verb, req *dispatchv1.WorkOrderVerbRequest) (
	*dispatchv1.WorkOrder, outcome, error,
) {
	ctx, cancel := o.keyed(ctx, key)
	defer cancel()
	wo, err := v(ctx, req)
	out := o.judge(ctx, name, err)
	if out == later {
		return nil, out, err
	}
	if out != done {
		return nil, out, nil
	}
	o.learn(wo)
	return wo, done, nil
}

// keyed is a context for one call with an idempotency key.
func (o *Operator) keyed(ctx context.Context, key string) (context.Context, context.CancelFunc) {
	ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
	return context.WithTimeout(ctx, o.cfg.Timeout)
}

// judge counts an outcome and logs the first error of each kind; further ones of the kind are only counted.
func (o *Operator) judge(ctx context.Context, name string, err error) outcome {
	out := outcomeOf(err)
	level := slog.LevelWarn
	switch out {
	case done:
		return done
	case refused:
		level = slog.LevelDebug // people and the service change their minds: nothing is wrong
		o.count(func(s *Stats) { s.Conflicts++ })
	case later:
		o.count(func(s *Stats) { s.Retries++ })
	case failed:
		o.count(func(s *Stats) { s.Errors++ })
	}
	kind := name + status.Code(err).String()
	if o.seen[kind] || ctx.Err() != nil && out == later && status.Code(err) == codes.Canceled {
		return out
	}
	o.seen[kind] = true
	o.cfg.Log.Log(ctx, level, "demo: call was not accepted; further ones like it are only counted", "method", name, "error", err)
	return out
}

// insist makes a call of the set-up until it is accepted, with growing pauses, for about half a minute.
func (o *Operator) insist(ctx context.Context, name string, call func(ctx context.Context) error) error {
	key, wait := o.key(), 50*time.Millisecond
	for try := 0; ; try++ {
		err := func() error {
			ctx, cancel := o.keyed(ctx, key)
			defer cancel()
			return call(ctx)
		}()
		if o.judge(ctx, name, err) != later || try == 12 {
			return err
		}
		if err := pauseFor(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// pauseFor waits in time of the machine, or until ctx ends.
func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
