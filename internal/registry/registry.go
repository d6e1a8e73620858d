package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/policy"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// Store is what a registry asks of a database: a ledger.Store.
type Store interface {
	ledger.Reader
	ledger.Writer
	ledger.KeyReader
}

// Config says what a registry needs. Store and Clock must be given.
type Config struct {
	Store Store
	Clock call.Clock
	// RequestID is the id of a call, for the audit entry; none unless given.
	RequestID func(ctx context.Context) string
	// Woken, when not nil, hears of the nearest instant of due work that was written. It must not block.
	Woken func(o org.ID, at time.Time)
	// Published, when not nil, hears of each change that was committed. It must not block, nor change what it is given.
	Published func(o org.ID, c *ledger.Change)
}

// Registry carries changes out. Any goroutine may use it.
type Registry struct {
	cfg    Config
	ids    *call.IDs
	mu     sync.Mutex
	flying map[orgKey]bool
	fields policy.Fields
}

// orgKey is an idempotency key of an org.
type orgKey struct {
	org org.ID
	key string
}

// New makes a registry.
func New(c Config) *Registry {
	if c.RequestID == nil {
		c.RequestID = func(context.Context) string { return "" }
	}
	if c.Woken == nil {
		c.Woken = func(org.ID, time.Time) {}
	}
	if c.Published == nil {
		c.Published = func(org.ID, *ledger.Change) {}
	}
	return &Registry{cfg: c, ids: call.NewIDs(c.Clock), flying: map[orgKey]bool{}}
}

// attempts is how often a decision is made anew on fresher records before the caller hears that they are stale.
const attempts = 10

// Do carries a request out: decide looks at what is stored, says what is to change, and makes the answer. It may be called
// several times, each time on a fresh Tx, and has no effect but through it. When Do returns nil the change is on disk.
//
// A request with an idempotency key that was answered before gets the same answer; with another request it is
// ledger.ErrKeyReused, while the first is under way ledger.ErrInFlight.
func Do[M proto.Message](ctx context.Context, r *Registry, req proto.Message, decide func(*Tx) (M, error)) (M, error) {
	var none M
	who, ok := auth.FromContext(ctx)
	if !ok {
		return none, auth.ErrUnknown
	}
	method, _ := grpc.Method(ctx)
	answer, err := newAnswer(ctx, who, method, req)
	if err != nil {
		return none, err
	}
	if answer != nil {
		leave, err := r.enter(orgKey{who.Org, answer.Key})
		if err != nil {
			return none, err
		}
		defer leave()
		if m, found, err := replay[M](ctx, r, who.Org, answer); found || err != nil {
			return m, err
		}
	}
	m, err := r.settle(ctx, who, method, answer, func(tx *Tx) (proto.Message, error) { return decide(tx) })
	if errors.Is(err, ledger.ErrAnswered) { // by another process
		if m, found, err := replay[M](ctx, r, who.Org, answer); found || err != nil {
			return m, err
		}
	}
	if err != nil {
		return none, err
	}
	out, _ := m.(M) // it is what decide has made
	return out, nil
}

// Work carries out what is due and nobody asks for, as Do does a request: the audit names the service, and the kind of the work
// as its method.
func (r *Registry) Work(ctx context.Context, o org.ID, kind string, decide func(*Tx) error) error {
	who := &auth.Principal{Name: "service", Org: o}
	_, err := r.settle(auth.NewContext(ctx, who), who, kind, nil, func(tx *Tx) (proto.Message, error) { return nil, decide(tx) })
	return err
}

// settle decides and commits, again when what the decision relied on has changed meanwhile.
func (r *Registry) settle(
	ctx context.Context, who *auth.Principal, method string, answer *ledger.IdempotencyRecord, decide func(*Tx) (proto.Message, error),
) (proto.Message, error) {
	for n := 1; ; n++ {
		tx := r.begin(ctx, who, method)
		m, err := decide(tx)
		if err != nil {
			return nil, err
		}
		err = r.commit(tx, answer, m)
		if err == nil || !errors.Is(err, ledger.ErrStale) || tx.strict || n == attempts {
			return m, err
		}
	}
}

// newAnswer begins the record of the answer to a request, nil when it has no idempotency key.
func newAnswer(ctx context.Context, who *auth.Principal, method string, req proto.Message) (*ledger.IdempotencyRecord, error) {
	key := call.Header(ctx, call.KeyHeader)
	if key == "" {
		return nil, nil //nolint:nilnil // no key is no error
	}
	hash, err := wire.Hash(who.Name, req)
	if err != nil {
		return nil, err
	}
	return &ledger.IdempotencyRecord{Key: key, Method: method, Hash: hash}, nil
}

// enter marks a key as being under way.
func (r *Registry) enter(k orgKey) (leave func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flying[k] {
		return nil, ledger.ErrInFlight
	}
	r.flying[k] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.flying, k)
	}, nil
}

// replay finds the answer that a key was given before.
func replay[M proto.Message](ctx context.Context, r *Registry, o org.ID, want *ledger.IdempotencyRecord) (m M, found bool, err error) {
	kept, err := r.cfg.Store.Key(ctx, o, want.Key)
	if errors.Is(err, ledger.ErrNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if kept.Method != want.Method || kept.Hash != want.Hash {
		return m, true, ledger.ErrKeyReused
	}
	m, _ = m.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(kept.Response, m); err != nil {
		return m, true, fmt.Errorf("read the answer kept under the key: %w", err)
	}
	return m, true, nil
}

// commit writes what a decision has collected, with the answer and who did it.
func (r *Registry) commit(tx *Tx, answer *ledger.IdempotencyRecord, m proto.Message) error {
	if answer != nil {
		kept := *answer
		kept.Created = tx.Now
		var err error
		if kept.Response, err = proto.Marshal(m); err != nil {
			return fmt.Errorf("keep the answer: %w", err)
		}
		tx.change.Answers = append(tx.change.Answers, kept)
	}
	tx.change.Audit = append(tx.change.Audit, tx.entry)
	tx.settle()
	if err := r.cfg.Store.Apply(tx.ctx, tx.Org, &tx.change); err != nil {
		return err
	}
	var nearest time.Time
	for i := range tx.change.DueSet {
		if at := tx.change.DueSet[i].At; nearest.IsZero() || at.Before(nearest) {
			nearest = at
		}
	}
	if !nearest.IsZero() {
		r.cfg.Woken(tx.Org, nearest)
	}
	r.cfg.Published(tx.Org, &tx.change)
	return nil
}
