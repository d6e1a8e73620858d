package operation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"fettle/internal/auth"
	"fettle/internal/blob"
	"fettle/internal/call"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
)

// Store is what operations are kept in.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Type is what operations of a name do.
type Type struct {
	Name string
	// Step does a bounded part of an operation: some seconds of work. It is called again until it says that it is Done.
	Step func(ctx context.Context, s *Step) error
}

// Config says what a Runner works with. All fields must be given.
type Config struct {
	Store Store
	Clock clock.Clock
	// As is a connection to the services in the name of a principal: (*gateway.Gateway).As. It is asked when a step begins.
	As    func(who *auth.Principal) grpc.ClientConnInterface
	Types []Type
	// Worker does what takes memory; in this process when it is its zero value.
	Worker Worker
}

// Runner carries operations on. Any goroutine may use it.
type Runner struct {
	c     Config
	ids   *call.IDs
	types map[string]Type

	mu     sync.Mutex
	recent []time.Time // when workers ran out of memory, of the machine
	ever   int64       // how many have
}

// New makes a Runner.
func New(c Config) *Runner {
	r := &Runner{c: c, ids: call.NewIDs(c.Clock), types: map[string]Type{}}
	for _, t := range c.Types {
		r.types[t.Name] = t
	}
	return r
}

// What an operation leaves behind, and how often a step is tried.
const (
	keepFor  = 7 * 24 * time.Hour // its file
	attempts = 10
	stepTime = 4 * time.Second // of the machine, that one step takes about
	stepRows = 500
)

// ErrBusy says that the service has no time for more now: what the step has done so far is kept, and it goes on a little later.
var ErrBusy = errors.New("the service has no time for more now")

// Hopeless is an error that no further attempt would change: the operation fails with the text.
type Hopeless struct{ Text string }

// Error implements error.
func (h *Hopeless) Error() string { return h.Text }

// Step is one step of an operation: what it has so far, and what it adds.
type Step struct {
	ID string
	Operation
	Org  org.ID
	Conn grpc.ClientConnInterface // acts as who began the operation

	// Finished ends the operation with this step.
	Finished bool

	store   Store
	worker  *Worker
	now     time.Time
	until   time.Time // of the machine
	results []Result
	parts   []ledger.Record
	gone    []ledger.Ref
}

// machine is the clock of the machine, by which the length of steps is measured.
var machine = clock.System()

// Enough reports whether the step has done its part and should return.
func (s *Step) Enough() bool { return len(s.results) >= stepRows || machine.Now().After(s.until) }

// Now is when the step is done, by the clock of the service.
func (s *Step) Now() time.Time { return s.now }

// Add notes what became of an item.
func (s *Step) Add(r Result) {
	r.Index = s.Done + s.Failed
	s.results = append(s.results, r)
	if r.OK {
		s.Done++
	} else {
		s.Failed++
	}
}

// File reads what the operation was begun with.
func (s *Step) File(ctx context.Context) ([]byte, error) {
	if s.Input == nil {
		return nil, &Hopeless{"the file of the operation is gone"}
	}
	return s.Input.Read(ctx, s.store, s.Org, 0, 0)
}

// Write adds bytes to the file that the operation makes.
func (s *Step) Write(data []byte) {
	if s.Output == nil {
		s.Output = &blob.Ref{ID: s.ID}
	}
	s.parts = append(s.parts, s.Output.Append(data, s.now)...)
}

// Begin writes a new operation as part of a decision. Ask is what its type wants to know; file is nil for none.
func (r *Runner) Begin(tx *registry.Tx, name string, ask any, file []byte, dryRun bool) (*registry.Item[Operation], error) {
	if _, ok := r.types[name]; !ok {
		return nil, fmt.Errorf("operations of type %q: nobody does them", name)
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", name, err)
	}
	op := Operation{
		Type: name, State: Running, Ask: body, DryRun: dryRun,
		Owner: Owner{Name: tx.Who.Name, Roles: tx.Who.Roles, Technician: tx.Who.Technician},
	}
	if file != nil {
		ref, parts := blob.Cut(tx.NewID("bl_"), file, tx.Now)
		op.Input = &ref
		tx.Write(parts...)
	}
	item, err := Kind().Insert(tx, op)
	if err != nil {
		return nil, err
	}
	tx.Due(ledger.DueWork{Kind: Due, Key: item.ID, At: tx.Now, Rank: ledger.CanWait})
	tx.About(Kind().Name, item.ID)
	return item, nil
}

// Stop asks an operation to end, as part of a decision. One that has ended stays as it is.
func (r *Runner) Stop(tx *registry.Tx, item *registry.Item[Operation]) error {
	tx.About(Kind().Name, item.ID, "cancelTime")
	if item.Value.State != Running || !item.Value.Cancel.IsZero() {
		return nil
	}
	item.Value.Cancel = tx.Now
	tx.Due(ledger.DueWork{Kind: Due, Key: item.ID, At: tx.Now, Rank: ledger.CanWait})
	return Kind().Save(tx, item)
}

// Turn is the handler of the due work of an org: the next step of an operation.
func (r *Runner) Turn(o org.ID) due.Handler {
	return func(ctx context.Context, w ledger.DueWork) error {
		item, err := Kind().Read(ctx, r.c.Store, o, w.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			return r.c.Store.Apply(ctx, o, &ledger.Change{DueDone: []ledger.DueWork{w}})
		}
		if err != nil {
			return err
		}
		now := r.c.Clock.Now().UTC().Truncate(time.Microsecond)
		s := &Step{ID: item.ID, Operation: item.Value, Org: o, store: r.c.Store, worker: &r.c.Worker, now: now, until: machine.Now().Add(stepTime)}
		switch {
		case item.Value.State != Running:
			return r.expire(ctx, o, item, now)
		case !item.Value.Cancel.IsZero():
			return r.commit(ctx, s, item.Value.Steps, Canceled, "")
		}
		return r.step(ctx, s, w.Attempt)
	}
}

// step does the next step and keeps it.
func (r *Runner) step(ctx context.Context, s *Step, attempt int) error {
	before := s.Steps
	t, ok := r.types[s.Type]
	if !ok {
		return r.commit(ctx, s, before, Failed, "this version of the service does no operations of type "+s.Type)
	}
	s.Conn = r.c.As(s.principal(s.Org))
	err := t.Step(ctx, s)
	var hopeless *Hopeless
	var memory *MemoryError
	if errors.As(err, &memory) {
		r.ranOut()
		if attempt >= memoryAttempts {
			err = &Hopeless{fmt.Sprintf("%v, %d times: ask for CSV, which takes none", err, attempt)}
		}
	}
	switch {
	case errors.As(err, &hopeless):
		return r.commit(ctx, s, before, Failed, hopeless.Text)
	case errors.Is(err, ErrBusy), err == nil && !s.Finished:
		return r.commit(ctx, s, before, Running, "")
	case err != nil && attempt >= attempts:
		return errors.Join(err, r.commit(ctx, s, before, Failed, "the service could not go on; what was done so far stays"))
	case err != nil:
		return err
	}
	return r.commit(ctx, s, before, Succeeded, "")
}

// commit keeps what a step has done. A wish to end that came meanwhile is kept too; a step that somebody else did first is not
// kept again.
func (r *Runner) commit(ctx context.Context, s *Step, before int, state State, problem string) error {
	for try := 1; ; try++ {
		item, err := Kind().Read(ctx, r.c.Store, s.Org, s.ID)
		if err != nil {
			return err
		}
		if item.Value.Steps != before || item.Value.State != Running {
			return nil // another process has the operation, and its row
		}
		c, err := r.change(s, item, state, problem)
		if err != nil {
			return err
		}
		if err := r.c.Store.Apply(ctx, s.Org, c); !errors.Is(err, ledger.ErrStale) || try == attempts {
			return err
		}
	}
}

// pause is how long an operation waits between two steps: others have work too.
const pause = 50 * time.Millisecond

// change is what a step writes.
func (r *Runner) change(s *Step, item *registry.Item[Operation], state State, problem string) (*ledger.Change, error) {
	op := s.Operation
	op.Steps, op.Cancel, op.State, op.Problem = item.Value.Steps+1, item.Value.Cancel, state, problem
	c := &ledger.Change{Records: s.parts, Removed: s.gone}
	next := ledger.DueWork{Kind: Due, Key: s.ID, At: r.c.Clock.Now().Add(pause), Rank: ledger.CanWait}
	if state != Running {
		op.Ended = s.now
		if op.Input != nil {
			c.Removed, op.Input = append(c.Removed, op.Input.Remove()...), nil
		}
		next.At = s.now.Add(keepFor)
		c.Audit = []ledger.Entry{{
			Time: s.now, Actor: op.Owner.Name, Method: Due + "." + op.Type, Kind: Kind().Name, ID: s.ID, Result: ledger.OK, Reason: string(state),
		}}
	}
	if state == Running || op.Output != nil {
		c.DueSet = []ledger.DueWork{next}
	} else {
		c.DueDone = []ledger.DueWork{next}
	}
	var err error
	write := func(kind, id string, version int64, state string, created time.Time, keys []ledger.Key, v any) {
		body, e := json.Marshal(v)
		err = errors.Join(err, e)
		c.Records = append(c.Records, ledger.Record{
			Kind: kind, ID: id, Version: version, State: state, Created: created, Updated: s.now, Keys: keys, Body: body,
		})
	}
	write(Kind().Name, s.ID, item.Version+1, string(state), item.Created, nil, &op)
	for rest := s.results; len(rest) > 0; {
		n := min(len(rest), resultsAtOnce)
		b := &Batch{Operation: s.ID, Results: rest[:n]}
		write(Batches().Name, fmt.Sprintf("%s.%09d", s.ID, rest[0].Index), 1, "", s.now, batchKeys(b), b)
		rest = rest[n:]
	}
	return c, err
}

// expire takes away the file of an operation that ended long ago.
func (r *Runner) expire(ctx context.Context, o org.ID, item *registry.Item[Operation], now time.Time) error {
	op := item.Value
	c := &ledger.Change{DueDone: []ledger.DueWork{{Kind: Due, Key: item.ID}}}
	if op.Output != nil {
		c.Removed, op.Output = op.Output.Remove(), nil
	}
	body, err := json.Marshal(&op)
	if err != nil {
		return fmt.Errorf("write operation %s: %w", item.ID, err)
	}
	c.Records = []ledger.Record{{
		Kind: Kind().Name, ID: item.ID, Version: item.Version + 1, State: string(op.State), Created: item.Created, Updated: now, Body: body,
	}}
	if err := r.c.Store.Apply(ctx, o, c); err != nil {
		return fmt.Errorf("remove the file of operation %s: %w", item.ID, err)
	}
	return nil
}
