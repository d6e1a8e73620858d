package engine

import (
	"context"
	"errors"
	"time"

	"fettle/dispatch"
	"fettle/org"
)

// What a store answers when it cannot write.
var (
	// ErrFull says that the disk is full. Nothing of the batch was kept; reads go on.
	ErrFull = errors.New("disk is full")
	// ErrUnavailable says that the store cannot be reached or has failed. Whether the batch was kept is not known.
	ErrUnavailable = errors.New("store is unavailable")
)

// Batch is what one commit writes: all of it or nothing, flushed to disk before Commit returns.
type Batch struct {
	Events      []Event                 // in sequence, following the last that was committed
	Orders      []*Order                // after-images, one for each order touched
	Technicians []*Technician           // after-images
	Deleted     []dispatch.TechnicianID // technicians that were removed
	DueSet      []DueWork               // inserted, or replaced by (kind, key)
	DueDone     []DueWork               // removed by (kind, key)
	Keys        []IdempotencyRecord
}

// Empty reports whether there is nothing to write.
func (b *Batch) Empty() bool {
	return len(b.Events)+len(b.Orders)+len(b.Technicians)+len(b.Deleted)+len(b.DueSet)+len(b.DueDone)+len(b.Keys) == 0
}

// DueWork is something to be done at an instant: a row, never a timer. Unique by org, Kind and Key.
type DueWork struct {
	Kind    string
	Key     string
	At      time.Time
	Payload string // small, opaque to the store
}

// IdempotencyRecord remembers the answer to a request for those who send it again.
type IdempotencyRecord struct {
	Key      string
	Method   string
	Hash     [32]byte // of the request
	Response []byte
	Created  time.Time
}

// OrderFilter selects orders of a page. The zero value selects all.
type OrderFilter struct {
	States     []State // any of them; empty means any state
	Technician dispatch.TechnicianID
	UnitID     string
}

// DueFilter selects due work: what waits for somebody outside is swept apart, so that it does not hold up what does not.
// The zero value selects all.
type DueFilter struct {
	Only   string // this kind; "" means any
	Except string // any but this kind
}

// OrderReader reads committed orders.
type OrderReader interface {
	// Order returns one order, or ErrNotFound. Another org's order is not found.
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*Order, error)
	// Orders returns up to limit orders with ids above after, by rising id. Ids rise with the time of creation.
	Orders(ctx context.Context, o org.ID, f OrderFilter, after dispatch.WorkOrderID, limit int) ([]*Order, error)
}

// TechnicianReader reads committed technicians.
type TechnicianReader interface {
	// Technician returns one technician, or ErrNotFound.
	Technician(ctx context.Context, o org.ID, id dispatch.TechnicianID) (*Technician, error)
	// Technicians returns up to limit technicians with ids above after, by rising id.
	Technicians(ctx context.Context, o org.ID, after dispatch.TechnicianID, limit int) ([]*Technician, error)
}

// EventReader reads the log.
type EventReader interface {
	// Events returns up to limit events with sequence above after, in sequence.
	Events(ctx context.Context, o org.ID, after int64, limit int) ([]Event, error)
	// OrderEvents returns up to limit events of one order with sequence above after, in sequence.
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]Event, error)
	// LastSequence is that of the last event, 0 when there is none; FirstSequence that of the oldest kept.
	LastSequence(ctx context.Context, o org.ID) (int64, error)
	FirstSequence(ctx context.Context, o org.ID) (int64, error)
}

// KeyReader finds answers that were given before.
type KeyReader interface {
	// Key returns the record of an idempotency key, or ErrNotFound.
	Key(ctx context.Context, o org.ID, key string) (IdempotencyRecord, error)
}

// DueReader finds work that is due.
type DueReader interface {
	// Due returns up to limit pieces of work with At <= now, the longest overdue first.
	Due(ctx context.Context, o org.ID, f DueFilter, now time.Time, limit int) ([]DueWork, error)
	// NextDue is the instant of the next piece of work, zero when there is none.
	NextDue(ctx context.Context, o org.ID) (time.Time, error)
}

// PositionStore keeps the last position of each technician, so that a restart does not forget them. Losing the latest few
// seconds is allowed.
type PositionStore interface {
	SavePositions(ctx context.Context, o org.ID, ps []Position) error
	Positions(ctx context.Context, o org.ID) ([]Position, error)
}

// Committer writes.
type Committer interface {
	// Commit writes a batch in one transaction and returns when it is on disk. An error means that nothing was kept, unless
	// it is ErrUnavailable. Batches of one org must come one after the other, each with the sequence that follows.
	Commit(ctx context.Context, o org.ID, b *Batch) error
	// PruneKeys removes idempotency records that are older, at most limit of them, and returns how many.
	PruneKeys(ctx context.Context, o org.ID, before time.Time, limit int) (int, error)
}

// Store is all that live dispatch asks of a database. storage/storagetest holds each promise to a test.
type Store interface {
	OrderReader
	TechnicianReader
	EventReader
	KeyReader
	DueReader
	PositionStore
	Committer
}
