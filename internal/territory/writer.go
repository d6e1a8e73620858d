package territory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/ledger"
)

// What the writer does beside its mail, in time of the machine.
const (
	keepEvery = 10 * time.Second       // writes positions down
	healEvery = 500 * time.Millisecond // looks whether a store that failed works again
	// stuckAfter is how long the store may take for one answer before nobody is let wait behind it.
	stuckAfter = 2 * time.Second
)

// errStuck says that a request was not begun.
var errStuck = fmt.Errorf("the store does not answer the request before this one: %w", engine.ErrUnavailable)

// letter is what comes into the mailbox: a request with where its answer goes, or a look at the committed state.
type letter struct {
	ctx     context.Context
	request Request
	look    func(*engine.Engine, time.Time) // instead of a request
	reply   chan reply                      // has room for one
	claim   *atomic.Bool                    // set by the writer that takes it or by the sender who does not wait any longer, whoever is first
	sent    time.Time                       // by the machine, when the requests are traced
}

func newLetter(ctx context.Context) letter {
	return letter{ctx: ctx, reply: make(chan reply, 1), claim: &atomic.Bool{}}
}

// take claims a letter; false says that the other side has it.
func (l *letter) take() bool { return l.claim.CompareAndSwap(false, true) }

// shown looks, unless who asked has left while the batch before was written.
func (l *letter) shown(e *engine.Engine, now time.Time) {
	if l.take() {
		l.look(e, now)
	}
}

// Steps are when a request was sent to the writer, decided with the others of its batch, and on disk or refused.
type Steps struct{ Sent, Decided, Committed time.Time }

type reply struct {
	answer Answer
	err    error
}

// Do decides a request and returns when it is on disk. The error is one of the engine's, the store's or this package's.
// When ctx ends first the request may still be carried out; asking again with the same key tells.
func (t *Territory) Do(ctx context.Context, r Request) (Answer, error) {
	if err := t.Ready(); err != nil {
		return Answer{}, err
	}
	l := newLetter(ctx)
	l.request = r
	if t.cfg.Traced != nil {
		l.sent = clock.System().Now()
	}
	return t.post(ctx, l)
}

// Waiting is how many requests wait for the writer.
func (t *Territory) Waiting() int { return len(t.mail) }

// look runs f on the writer's goroutine between two batches, when all that it sees is committed.
func (t *Territory) look(ctx context.Context, f func(e *engine.Engine, now time.Time)) error {
	l := newLetter(ctx)
	l.look = f
	_, err := t.post(ctx, l)
	return err
}

func (t *Territory) post(ctx context.Context, l letter) (Answer, error) {
	select {
	case t.mail <- l:
	case <-t.stopped:
		return Answer{}, ErrClosed
	default:
		return Answer{}, ErrBusy
	}
	if r, answered := t.await(ctx, &l); answered {
		return r.answer, r.err
	}
	select { // the answer may have come with the end
	case r := <-l.reply:
		return r.answer, r.err
	default:
		return Answer{}, ErrClosed
	}
}

// await waits for the answer to a letter; false says that the writer has ended. Behind a store that is stuck nobody waits in
// the mailbox: who is still there takes the letter back, and nothing of it was done.
func (t *Territory) await(ctx context.Context, l *letter) (r reply, answered bool) {
	again := time.NewTimer(stuckAfter)
	defer again.Stop()
	for {
		select {
		case r := <-l.reply:
			return r, true
		case <-ctx.Done():
			return t.leave(ctx, l)
		case <-t.stopped:
			return reply{}, false
		case <-again.C:
		}
		if t.stuck() && l.take() {
			return reply{err: errStuck}, true
		}
		again.Reset(stuckAfter / 8)
	}
}

// leave is the end of a wait that takes too long. A look writes what its caller reads, so one that has begun is waited for:
// it is quick. A request may still be carried out.
func (t *Territory) leave(ctx context.Context, l *letter) (r reply, answered bool) {
	if l.look == nil || l.take() {
		return reply{err: ctx.Err()}, true
	}
	select {
	case r = <-l.reply:
		return r, true
	case <-t.stopped:
		return reply{}, false
	}
}

// write is the writer: the only goroutine that changes the engine.
func (t *Territory) write(ctx context.Context) {
	defer close(t.stopped)
	advance := t.cfg.Clock.NewTimer(t.cfg.AdvanceEvery)
	defer advance.Stop()
	keep := time.NewTicker(keepEvery)
	defer keep.Stop()
	heal := time.NewTicker(healEvery)
	defer heal.Stop()
	batch := make([]letter, 0, t.cfg.MaxBatch)
	for {
		select {
		case l := <-t.mail:
			t.serve(ctx, t.collect(append(batch[:0], l)))
		case <-advance.C():
			t.advance(ctx)
			advance.Reset(t.cfg.AdvanceEvery)
		case <-keep.C:
			t.keepPositions(ctx)
		case <-heal.C:
			t.heal(ctx)
		case <-ctx.Done():
			t.drain(context.WithoutCancel(ctx), batch[:0])
			return
		}
	}
}

// collect takes what waits in the mailbox into one batch: all of them share one flush to disk.
func (t *Territory) collect(batch []letter) []letter {
	for len(batch) < t.cfg.MaxBatch {
		select {
		case l := <-t.mail:
			batch = append(batch, l)
		default:
			return batch
		}
	}
	return batch
}

// drain answers what came in before the end.
func (t *Territory) drain(ctx context.Context, batch []letter) {
	for {
		batch = t.collect(batch[:0])
		if len(batch) == 0 {
			return
		}
		t.serve(ctx, batch)
	}
}

// serve decides a batch on scratch state, commits it once, then answers and publishes.
func (t *Territory) serve(ctx context.Context, batch []letter) {
	batch = slices.DeleteFunc(batch, func(l letter) bool { return l.look == nil && !l.take() })
	w := work{t: t, ctx: ctx, now: t.now(), replies: make([]reply, len(batch))}
	if err := t.Ready(); err != nil {
		w.failed = err
	}
	for i := range batch {
		if batch[i].look == nil {
			w.decide(i, &batch[i])
		}
	}
	var steps Steps
	if t.cfg.Traced != nil {
		steps.Decided = clock.System().Now()
	}
	err := w.commit()
	if t.cfg.Traced != nil {
		steps.Committed = clock.System().Now()
	}
	for i := range batch {
		l := &batch[i]
		if t.cfg.Traced != nil && l.look == nil {
			steps.Sent = l.sent
			t.cfg.Traced(l.ctx, steps) // before the answer, after which the call may be over
		}
		if l.look != nil {
			l.shown(t.engine, w.now)
		} else if err != nil && w.replies[i].err == nil {
			w.replies[i] = reply{err: err}
		}
		l.reply <- w.replies[i]
	}
	if err != nil && t.Ready() != nil {
		t.drain(ctx, nil) // who came meanwhile hears it now, and does not wait for the store as those before did
	}
}

// work is one batch on its way.
type work struct {
	t       *Territory
	ctx     context.Context
	now     time.Time
	replies []reply
	keys    []engine.IdempotencyRecord
	audit   []ledger.Entry
	failed  error // nothing can be written
	spoiled error // something was evolved that cannot be answered for: the whole batch is dropped
}

// decide answers one request on the scratch state.
func (w *work) decide(i int, l *letter) {
	if w.failed != nil {
		w.replies[i] = reply{err: w.failed}
		return
	}
	if err := l.ctx.Err(); err != nil { // nobody waits for it any more
		w.replies[i] = reply{err: err}
		return
	}
	answer, err := w.answer(&l.request)
	w.replies[i] = reply{answer: answer, err: err}
}

func (w *work) answer(r *Request) (Answer, error) {
	if r.Key != nil {
		if a, done, err := w.replay(r.Key); done || err != nil {
			return a, err
		}
	}
	if r.Recall != "" {
		if err := w.recall(r.Recall); err != nil {
			return Answer{}, err
		}
	}
	e := w.t.engine
	events, err := e.Decide(w.now, r.Actor, r.Command)
	if err != nil {
		return Answer{}, err
	}
	e.Evolve(events)
	a := Answer{Result: w.result(r.Command, events)}
	if len(events) > 0 || r.Key != nil {
		w.audit = append(w.audit, entry(r, w.now))
	}
	if r.Key == nil {
		return a, nil
	}
	if a.Response, err = r.Encode(a.Result); err != nil {
		w.spoiled = fmt.Errorf("encode the answer to %s: %w", r.Key.Method, err)
		return Answer{}, w.spoiled
	}
	w.keys = append(w.keys, engine.IdempotencyRecord{
		Key: r.Key.Key, Method: r.Key.Method, Hash: r.Key.Hash, Response: a.Response, Created: w.now,
	})
	return a, nil
}

// replay finds the answer that a key was given before, in this batch or on disk.
func (w *work) replay(k *Key) (a Answer, done bool, err error) {
	found := engine.IdempotencyRecord{}
	for i := range w.keys {
		if w.keys[i].Key == k.Key {
			found, done = w.keys[i], true
		}
	}
	if !done {
		answered := w.t.asking()
		found, err = w.t.cfg.Store.Key(w.ctx, w.t.cfg.Org, k.Key)
		answered()
		if errors.Is(err, engine.ErrNotFound) {
			return Answer{}, false, nil
		}
		if err != nil {
			w.unreadable(err)
			return Answer{}, false, err
		}
	}
	if found.Method != k.Method || found.Hash != k.Hash {
		return Answer{}, true, ErrKeyReused
	}
	return Answer{Response: found.Response, Replayed: true}, true, nil
}

// unreadable spares the rest of the batch from asking a store that does not answer, and everybody else until heal finds that
// it does.
func (w *work) unreadable(err error) {
	if errors.Is(err, engine.ErrUnavailable) {
		w.failed = err
		w.t.health.Store(&healthState{err: engine.ErrUnavailable})
	}
}

// recall brings a closed order back into the ledger for a command that may reopen it.
func (w *work) recall(id dispatch.WorkOrderID) error {
	if _, ok := w.t.engine.Order(id); ok {
		return nil
	}
	answered := w.t.asking()
	o, err := w.t.cfg.Store.Order(w.ctx, w.t.cfg.Org, id)
	answered()
	if err != nil {
		w.unreadable(err)
		return err
	}
	w.t.engine.Recall(o)
	return nil
}

// result looks up what a command was about, as it is after it.
func (w *work) result(c engine.Command, events []engine.Event) Result {
	r := Result{Events: events}
	order, technician := engine.Subject(c)
	if order != "" {
		r.Order, _ = w.t.engine.Order(order)
	}
	if technician != "" {
		r.Technician, _ = w.t.engine.Technician(technician)
	}
	return r
}

// commit writes what the batch has evolved. On an error the scratch is dropped.
func (w *work) commit() error {
	t := w.t
	if w.spoiled != nil {
		t.refuse(w.ctx, w.spoiled)
		return w.spoiled
	}
	b := t.engine.Batch()
	b.Keys, b.Audit = w.keys, w.audit
	if b.Empty() {
		t.engine.Commit()
		return nil
	}
	if err := t.outbox(b); err != nil {
		t.refuse(w.ctx, err)
		return err
	}
	began := machine.Now()
	answered := t.asking()
	err := t.cfg.Store.Commit(w.ctx, t.cfg.Org, b)
	answered()
	t.cfg.Committed(len(b.Events), machine.Now().Sub(began), err)
	if err != nil {
		t.refuse(w.ctx, err)
		return err
	}
	t.engine.Commit()
	t.desk.learn(b)
	t.remember(b)
	t.learned.Learn(b.Events)
	t.cfg.Bus.Publish(t.cfg.Org, b.Events)
	if at := nearest(b.DueSet); !at.IsZero() {
		t.cfg.Woken(at)
	}
	return nil
}

// outbox adds the messages that a batch calls for.
func (t *Territory) outbox(b *engine.Batch) error {
	if t.cfg.Outbox == nil {
		return nil
	}
	messages, err := t.cfg.Outbox(t.cfg.Org, b)
	b.DueSet = append(b.DueSet, messages...)
	return err
}

func nearest(due []engine.DueWork) time.Time {
	var at time.Time
	for i := range due {
		if at.IsZero() || due[i].At.Before(at) {
			at = due[i].At
		}
	}
	return at
}

// now is the present instant as precise as it is stored, so that an answer and what is read later are the same.
func (t *Territory) now() time.Time { return t.cfg.Clock.Now().Truncate(time.Microsecond) }
