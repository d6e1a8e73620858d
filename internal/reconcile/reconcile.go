// Package reconcile compares what should exist with what does: the due work that open orders, events and periodic jobs call
// for, computed from themselves, with the rows and the outcomes that are there. It does not ask whoever wrote the rows. What
// is missing it can write anew, exactly; what nothing calls for it can remove.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/ledger"
	"fettle/org"
)

// Line is the account of one kind of due work. Expected is the sum of those after it that are not Extra.
type Line struct {
	Kind       string
	Expected   int
	Scheduled  int // waiting for its instant, or for its next attempt
	Done       int
	Late       int // done, and too late
	Superseded int
	Dead       int // laid aside
	Missing    int // neither a row nor an outcome
	Extra      int // rows that nothing calls for
	Repaired   int // of those missing and extra
}

// Report is an account of everything.
type Report struct {
	Time     time.Time
	From, To time.Time // instants of the work that was looked at
	Lines    []Line
}

// Wrong is how much is missing or too much.
func (r *Report) Wrong() (n int) {
	for i := range r.Lines {
		n += r.Lines[i].Missing + r.Lines[i].Extra
	}
	return n
}

// Territory is what is asked of the live state.
type Territory interface {
	Open(ctx context.Context) ([]*engine.Order, error)
	Amend(ctx context.Context, f func(e *engine.Engine, now time.Time) (*engine.Batch, error)) error
}

// Store is what is asked of a database.
type Store interface {
	ledger.DueStore
	engine.EventReader
	engine.OrderReader
}

// Config says what is reconciled.
type Config struct {
	Org       org.ID
	Territory func() Territory
	Store     Store
	Clock     clock.Clock
	// Outbox makes the messages that events call for, of kind Message; nil when none are made.
	Outbox  func(o org.ID, b *engine.Batch) ([]engine.DueWork, error)
	Message string
	// Job is the kind of periodic jobs, Jobs the names of those that there should be.
	Job  string
	Jobs []string
	// Also are accounts that others make of their own work.
	Also []Also
}

// Also accounts for work that is neither of orders nor of events nor of jobs. Both return one line.
type Also struct {
	// Look accounts for the work whose instant lies from one until before another, and repairs if that is wanted.
	Look func(ctx context.Context, from, to time.Time, repair bool) (Line, error)
	// Tick looks at what is likely to be wrong, and repairs. One goroutine calls it.
	Tick func(ctx context.Context) (Line, error)
}

// Reconciler compares.
type Reconciler struct {
	c Config
	// settling is held for reading while messages are accounted for, and for writing while what became of them is forgotten.
	settling sync.RWMutex
	cursor   int64 // sequence up to which every message is settled; owned by Tick
}

// New makes one.
func New(c Config) *Reconciler { return &Reconciler{c: c} }

const (
	page = 2000
	// maxAmend is how many differences are looked at while the writer waits; the rest wait for the next time.
	maxAmend = 1000
)

// Look accounts for the work whose instant lies from one until before another.
func (r *Reconciler) Look(ctx context.Context, from, to time.Time, repair bool) (Report, error) {
	first, err := r.sequenceAt(ctx, from)
	if err != nil {
		return Report{}, fmt.Errorf("reconcile: %w", err)
	}
	rep, _, err := r.look(ctx, window{from: from, to: to, after: first, repair: repair})
	for i := 0; i < len(r.c.Also) && err == nil; i++ {
		var line Line
		line, err = r.c.Also[i].Look(ctx, from, to, repair)
		rep.Lines = append(rep.Lines, line)
	}
	return rep, err
}

// learn is how many events are looked at when a service starts: those of some hours.
const learn = 10_000

// Tick accounts for all deadlines and for the messages since everything was settled, and repairs. One goroutine calls it.
func (r *Reconciler) Tick(ctx context.Context) (Report, error) {
	last, err := r.c.Store.LastSequence(ctx, r.c.Org)
	if err != nil {
		return Report{}, fmt.Errorf("reconcile: %w", err)
	}
	w := window{from: time.Unix(0, 0), to: time.Unix(1<<35, 0), after: max(r.cursor, last-learn), repair: true}
	rep, settled, err := r.look(ctx, w)
	if err == nil {
		r.cursor = settled
	}
	for i := 0; i < len(r.c.Also) && err == nil; i++ {
		var line Line
		line, err = r.c.Also[i].Tick(ctx)
		rep.Lines = append(rep.Lines, line)
	}
	return rep, err
}

// window is what is looked at.
type window struct {
	from, to time.Time
	after    int64 // sequence of the events whose messages are looked at
	repair   bool
}

func (w *window) holds(at time.Time) bool { return !at.Before(w.from) && at.Before(w.to) }

// look also returns the sequence up to which every message is settled.
func (r *Reconciler) look(ctx context.Context, w window) (Report, int64, error) {
	rep := Report{Time: r.c.Clock.Now(), From: w.from, To: w.to}
	dead, err := r.dead(ctx)
	if err != nil {
		return rep, 0, fmt.Errorf("reconcile: %w", err)
	}
	lines, err := r.deadlines(ctx, &w, dead)
	if err != nil {
		return rep, 0, fmt.Errorf("reconcile deadlines: %w", err)
	}
	rep.Lines = append(rep.Lines, lines...)
	r.settling.RLock()
	messages, settled, err := r.messages(ctx, &w, dead)
	r.settling.RUnlock()
	if err != nil {
		return rep, 0, fmt.Errorf("reconcile messages: %w", err)
	}
	jobs, err := r.jobs(ctx, &w)
	if err != nil {
		return rep, 0, fmt.Errorf("reconcile jobs: %w", err)
	}
	rep.Lines = append(rep.Lines, messages, jobs)
	return rep, settled, nil
}

// ref names a row.
type ref struct{ kind, key string }

// dead lists what is laid aside.
func (r *Reconciler) dead(ctx context.Context) (map[ref]bool, error) {
	out := map[ref]bool{}
	for at := (ref{}); ; {
		rows, err := r.c.Store.DeadDue(ctx, r.c.Org, at.kind, at.key, page)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			at = ref{rows[i].Kind, rows[i].Key}
			out[at] = true
		}
		if len(rows) < page {
			return out, nil
		}
	}
}

// each reads all rows of a kind.
func (r *Reconciler) each(ctx context.Context, kind string, f func(w *ledger.DueWork)) error {
	for after := ""; ; {
		rows, err := r.c.Store.DueOfKind(ctx, r.c.Org, kind, after, page)
		if err != nil {
			return err
		}
		for i := range rows {
			f(&rows[i])
		}
		if len(rows) < page {
			return nil
		}
		after = rows[len(rows)-1].Key
	}
}

// row reads one row; ok is false when there is none.
func (r *Reconciler) row(ctx context.Context, kind, key string) (w ledger.DueWork, ok bool, err error) {
	w, err = r.c.Store.DueRow(ctx, r.c.Org, kind, key)
	if errors.Is(err, ledger.ErrNotFound) {
		return w, false, nil
	}
	return w, err == nil, err
}

// jobs looks whether each periodic job has its row.
func (r *Reconciler) jobs(ctx context.Context, w *window) (Line, error) {
	line := Line{Kind: r.c.Job, Expected: len(r.c.Jobs)}
	var missing []ledger.DueWork
	for _, name := range r.c.Jobs {
		_, ok, err := r.row(ctx, r.c.Job, name)
		if err != nil {
			return line, err
		}
		if ok {
			line.Scheduled++
			continue
		}
		line.Missing++
		missing = append(missing, ledger.DueWork{Kind: r.c.Job, Key: name, At: r.c.Clock.Now(), Rank: ledger.CanWait})
	}
	if !w.repair || len(missing) == 0 {
		return line, nil
	}
	line.Repaired = len(missing)
	return line, r.c.Territory().Amend(ctx, func(*engine.Engine, time.Time) (*engine.Batch, error) {
		return &engine.Batch{DueSet: missing}, nil
	})
}

// orderOf is the order that a deadline is about.
func orderOf(kind, key string) dispatch.WorkOrderID {
	c, err := engine.DueCommand(engine.DueWork{Kind: kind, Key: key})
	if err != nil {
		return ""
	}
	id, _ := engine.Subject(c)
	return id
}

// Since is the row that says from which event on messages are owed: whoever is not told of older events was not forgotten.
const Since = "outbox.since"

// Owe notes that messages are owed from the next event on, unless they were already; on being false that none are.
func Owe(ctx context.Context, s engine.Store, rows ledger.DueStore, o org.ID, on bool) error {
	_, err := rows.DueRow(ctx, o, Since, Since)
	known := err == nil
	if err != nil && !errors.Is(err, ledger.ErrNotFound) || known == on {
		return ignore(err, ledger.ErrNotFound)
	}
	if !on {
		return s.Commit(ctx, o, &engine.Batch{DueDone: []engine.DueWork{mark(0)}})
	}
	last, err := s.LastSequence(ctx, o)
	if err != nil {
		return err
	}
	return s.Commit(ctx, o, &engine.Batch{DueSet: []engine.DueWork{mark(last)}})
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}
