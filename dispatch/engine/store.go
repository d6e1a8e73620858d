package engine

import (
	"context"
	"time"

	"fettle/dispatch"
	"fettle/ledger"
	"fettle/org"
)

// What a store answers when it cannot write: the words of the ledger.
var (
	ErrFull        = ledger.ErrFull
	ErrUnavailable = ledger.ErrUnavailable
)

// What batches share with every other change of the ledger.
type (
	// DueWork is something to be done at an instant.
	DueWork = ledger.DueWork
	// DueFilter selects due work.
	DueFilter = ledger.DueFilter
	// IdempotencyRecord remembers the answer to a request.
	IdempotencyRecord = ledger.IdempotencyRecord
	// KeyReader finds answers that were given before.
	KeyReader = ledger.KeyReader
	// DueReader finds work that is due.
	DueReader = ledger.DueReader
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
	Audit       []ledger.Entry // who did what: one link of the org's chain for all of them
}

// Empty reports whether there is nothing to write.
func (b *Batch) Empty() bool {
	return len(b.Events)+len(b.Orders)+len(b.Technicians)+len(b.Deleted)+len(b.DueSet)+len(b.DueDone)+len(b.Keys)+len(b.Audit) == 0
}

// OrderFilter selects orders of a page. The zero value selects all.
type OrderFilter struct {
	States     []State // any of them; empty means any state
	Technician dispatch.TechnicianID
	UnitID     string
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
