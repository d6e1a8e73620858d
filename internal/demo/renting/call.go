package renting

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// What calls are given, in time of the machine.
const (
	timeout  = 30 * time.Second
	tries    = 12
	firstGap = 50 * time.Millisecond
	longGap  = 5 * time.Second
)

// workers is how many homes are told at once, so that their commits share a flush.
const workers = 4

// ask makes one call under its own idempotency key, again while the service says that it may work in a while. Other errors are
// counted, logged once for each method, and returned.
func ask[Q, A any](
	ctx context.Context, b *Book, what string, method func(context.Context, *Q, ...grpc.CallOption) (*A, error), request *Q,
) (*A, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "idempotency-key", fmt.Sprintf("renting-%d-%s-%s", b.cfg.Seed, b.plan.Today, what))
	for try, gap := 0, firstGap; ; try++ {
		call, cancel := context.WithTimeout(ctx, timeout)
		answer, err := method(call, request)
		cancel()
		if err == nil {
			return answer, nil
		}
		if passing(err) && try < tries && ctx.Err() == nil {
			if err := sleep(ctx, gap); err != nil {
				return nil, err
			}
			gap = min(2*gap, longGap)
			continue
		}
		b.fail(ctx, fmt.Sprintf("%T", request), what, err)
		return nil, err
	}
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded, codes.Aborted:
		return true
	}
	return false
}

// fail counts an error and logs the first of its method.
func (b *Book) fail(ctx context.Context, method, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	b.failed++
	first := !b.seen[method]
	b.seen[method] = true
	b.mu.Unlock()
	if first {
		b.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "demo: rental data were not accepted; further ones like it are only counted",
			slog.String("request", method), slog.String("what", what), slog.Any("error", err))
	}
}

// each does something for 0 to n-1, some at once, until ctx ends.
func each(ctx context.Context, n int, do func(ctx context.Context, i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				do(ctx, i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	all.Wait()
}

// sleep waits in time of the machine, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
