package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Log reads events of one org in sequence: those after one, at most limit of them.
type Log func(after int64, limit int) ([]engine.Event, error)

// page is how many events are read at a time.
const page = 2000

// Fold is a log being replayed. The zero value is not ready: NewFold makes one.
type Fold struct {
	e      *engine.Engine
	closed map[dispatch.WorkOrderID]*engine.Order
	// Events counts what was replayed, and Hash covers it as it came out.
	Events int
	Hash   hash.Hash
	// Stored covers the events as they were stored. Equal hashes mean that the replay is exact.
	Stored hash.Hash
	// First is the first event that came out differently; nil while there is none.
	First *Difference
}

// Difference is an event that did not come out as it was stored.
type Difference struct {
	Sequence     int64
	Field        string // sequence, state or version
	Stored, Came string
}

// NewFold begins before the first event of a log.
func NewFold(zone *time.Location, now time.Time) (*Fold, error) {
	e, err := engine.New(engine.Config{Zone: zone}, engine.Ledger{}, now)
	if err != nil {
		return nil, fmt.Errorf("begin a replay: %w", err)
	}
	return &Fold{e: e, closed: map[dispatch.WorkOrderID]*engine.Order{}, Hash: sha256.New(), Stored: sha256.New()}, nil
}

// Add replays the next event and returns it as it came out. Hashes begin anew with Reset.
func (f *Fold) Add(stored engine.Event) (engine.Event, error) {
	if o := f.closed[stored.Order]; o != nil {
		f.e.Recall(o)
	}
	again := []engine.Event{stored}
	again[0].Sequence, again[0].State, again[0].Version = 0, "", 0
	f.e.Evolve(again)
	if o, ok := f.e.Order(stored.Order); ok {
		f.closed[o.ID] = o
		if o.State.Open() {
			delete(f.closed, o.ID)
		}
	}
	f.e.Commit()
	f.Events++
	f.compare(&stored, &again[0])
	if err := write(f.Stored, &stored); err != nil {
		return again[0], err
	}
	return again[0], write(f.Hash, &again[0])
}

// compare notes the first difference.
func (f *Fold) compare(stored, came *engine.Event) {
	if f.First != nil {
		return
	}
	for _, c := range []struct{ field, stored, came string }{
		{"sequence", fmt.Sprint(stored.Sequence), fmt.Sprint(came.Sequence)},
		{"state", string(stored.State), string(came.State)},
		{"version", fmt.Sprint(stored.Version), fmt.Sprint(came.Version)},
	} {
		if c.stored != c.came {
			f.First = &Difference{stored.Sequence, c.field, c.stored, c.came}
			return
		}
	}
}

// Reset begins the hashes and the count of a part of the log.
func (f *Fold) Reset() { f.Events, f.Hash, f.Stored = 0, sha256.New(), sha256.New() }

func write(h hash.Hash, ev *engine.Event) error {
	data, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("hash event %d: %w", ev.Sequence, err)
	}
	_, _ = h.Write(data) // a hash does not fail
	return nil
}

// Open lists the open orders as they are now.
func (f *Fold) Open() []*engine.Order { return f.e.Open() }

// Technicians lists all technicians as they are now.
func (f *Fold) Technicians() []*engine.Technician { return f.e.Technicians() }

// State is a hash of the ledger: open orders and technicians, in order.
func (f *Fold) State() (string, error) { return StateOf(f.Open(), f.Technicians()) }

// StateOf is a hash of orders and technicians, whatever their order. Instants count, not the zones that they are written in.
func StateOf(orders []*engine.Order, technicians []*engine.Technician) (string, error) {
	orders, technicians = slices.Clone(orders), slices.Clone(technicians)
	slices.SortFunc(orders, func(x, y *engine.Order) int { return strings.Compare(string(x.ID), string(y.ID)) })
	slices.SortFunc(technicians, func(x, y *engine.Technician) int { return strings.Compare(string(x.ID), string(y.ID)) })
	h := sha256.New()
	for _, o := range orders {
		if err := writeValue(h, o); err != nil {
			return "", err
		}
	}
	for _, t := range technicians {
		if err := writeValue(h, t); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func writeValue(h hash.Hash, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("hash the ledger: %w", err)
	}
	_, _ = h.Write(data) // a hash does not fail
	return nil
}
