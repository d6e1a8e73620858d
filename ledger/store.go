package ledger

import (
	"context"
	"time"

	"fettle/org"
)

// Reader reads committed records.
type Reader interface {
	// Record returns one record, or ErrNotFound. Another org's record is not found.
	Record(ctx context.Context, o org.ID, kind, id string) (*Record, error)
	// Records returns up to limit records that a query selects, in its order.
	Records(ctx context.Context, o org.ID, q Query, limit int) (Page, error)
	// Count counts what a query selects, up to most.
	Count(ctx context.Context, o org.ID, q Query, most int) (int, error)
}

// Writer changes records.
type Writer interface {
	// Apply writes a change in one transaction and returns when it is on disk. An error means that nothing was kept, unless it
	// is ErrUnavailable: ErrStale, ErrExists, ErrTaken, ErrAnswered, ErrFull, or an *invalid.Error for what cannot be kept.
	// Changes of one org may come at once.
	Apply(ctx context.Context, o org.ID, c *Change) error
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

// AuditReader reads who did what.
type AuditReader interface {
	// AuditEntries returns up to limit entries that a query selects, the latest first.
	AuditEntries(ctx context.Context, o org.ID, q AuditQuery, limit int) ([]Entry, error)
	// AuditTrail returns up to limit entries after a place in the chain, in the order of the chain. Only the sequence and the
	// position of the place count.
	AuditTrail(ctx context.Context, o org.ID, after AuditPlace, limit int) ([]Entry, error)
	// AuditLinks returns up to limit links with sequence above after, in sequence.
	AuditLinks(ctx context.Context, o org.ID, after int64, limit int) ([]Link, error)
	// AuditHead returns the end of the chain; one of zeros and the genesis of the org when nothing was ever done.
	AuditHead(ctx context.Context, o org.ID) (Head, error)
}

// AuditPruner takes old entries away.
type AuditPruner interface {
	// PruneAudit removes the oldest links whose time is before an instant, at most limit of them, with their entries, and
	// returns how many. The hash of the last one stays with the head, so that what is left is still a chain. Links younger than
	// AuditKeep are refused.
	PruneAudit(ctx context.Context, o org.ID, before time.Time, limit int) (int, error)
}

// Store is all of it. storage/storagetest holds each promise to a test.
type Store interface {
	Reader
	Writer
	KeyReader
	DueReader
	AuditReader
	AuditPruner
}
