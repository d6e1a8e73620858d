package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fettle/dispatch/engine"
)

// maxGroup is how many writes one transaction takes.
const maxGroup = 64

// write is something that is to be written: all of it or nothing.
type write struct {
	what string
	do   func(context.Context, *writer) error
	err  error
	done chan struct{} // closed when err is known
}

// queue holds the writes that wait for their turn. Whoever gets the turn to write takes all of them into one transaction, so
// that they share one flush to disk.
type queue struct {
	mu    sync.Mutex
	waits []*write
}

func (q *queue) add(x *write) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waits = append(q.waits, x)
}

// take removes up to maxGroup writes from the queue.
func (q *queue) take() []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waits), maxGroup)
	out := q.waits[:n:n]
	q.waits = q.waits[n:]
	return out
}

func (q *queue) takeAll() []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.waits
	q.waits = nil
	return out
}

// drop takes a write out of the queue; false when it was taken already.
func (q *queue) drop(x *write) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waits {
		if w == x {
			q.waits = append(q.waits[:i:i], q.waits[i+1:]...)
			return true
		}
	}
	return false
}

// write runs do in a transaction that is flushed when write returns nil; what others write at the same time shares it, and
// is kept or refused by itself. A context that ends while it waits for its turn keeps anything from being written; later
// than that the transaction is seen through to its end.
func (d *DB) write(ctx context.Context, what string, do func(context.Context, *writer) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	x := &write{what: what, do: do, done: make(chan struct{})}
	d.queue.add(x)
	for {
		select {
		case <-x.done:
			return x.err
		case <-d.turn:
			group := d.queue.take()
			d.together(context.WithoutCancel(ctx), group)
			d.give()
		case <-ctx.Done():
			if d.queue.drop(x) {
				return fmt.Errorf("%s: %w", what, ctx.Err())
			}
			<-x.done
			return x.err
		}
	}
}

// together writes a group in one transaction and tells each how it ended. The caller has the turn.
func (d *DB) together(ctx context.Context, group []*write) {
	if len(group) == 0 {
		return
	}
	err := d.state()
	if err == nil {
		err = d.transaction(ctx, group)
	}
	if err == nil {
		d.last.Store(nil)
		d.check.after(d.w)
	} else if errors.Is(err, engine.ErrFull) || errors.Is(err, engine.ErrUnavailable) {
		d.last.Store(&err)
	}
	if errors.Is(err, engine.ErrUnavailable) {
		group = append(group, d.queue.takeAll()...) // who came meanwhile hears it now, and does not wait as those before did
	}
	for _, x := range group {
		if x.err == nil {
			x.err = err
		}
		if x.err != nil {
			x.err = fmt.Errorf("%s: %w", x.what, x.err)
		}
		close(x.done)
	}
}

// transaction runs a group. Its error is that of the whole: nothing was kept. A write that is refused by itself has its own
// error, and leaves nothing in the transaction of the others.
func (d *DB) transaction(ctx context.Context, group []*write) error {
	if _, err := d.w.exec(ctx, `BEGIN IMMEDIATE`); err != nil {
		return d.fault("begin", err)
	}
	for _, x := range group {
		if err := d.apart(ctx, x, len(group) == 1); err != nil {
			return errors.Join(err, d.rollback(ctx))
		}
	}
	if len(group) == 1 && group[0].err != nil {
		return d.rollback(ctx)
	}
	if _, err := d.w.exec(ctx, `COMMIT`); err != nil {
		return errors.Join(d.fault("commit", err), d.rollback(ctx))
	}
	return nil
}

// apart runs one write of a group inside a savepoint, which a write that is alone does without. The error is that of the
// database: the transaction cannot go on.
func (d *DB) apart(ctx context.Context, x *write, alone bool) error {
	if !alone {
		if _, err := d.w.exec(ctx, `SAVEPOINT one`); err != nil {
			return d.fault("begin", err)
		}
	}
	if err := x.do(ctx, d.w); err != nil {
		if err = d.fault("write", err); errors.Is(err, engine.ErrFull) || errors.Is(err, engine.ErrUnavailable) {
			return err
		}
		if x.err = err; alone {
			return nil
		}
		if _, err := d.w.exec(ctx, `ROLLBACK TO one`); err != nil {
			return d.fault("roll back", err)
		}
	}
	if alone {
		return nil
	}
	if _, err := d.w.exec(ctx, `RELEASE one`); err != nil {
		return d.fault("write", err)
	}
	return nil
}
