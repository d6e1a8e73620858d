package ledger

import (
	"context"
	"errors"
	"time"

	"fettle/org"
)

// DueWork is something to be done at an instant: a row, never a timer. Unique by org, Kind and Key. Whoever sets it anew makes
// it new work: attempts are forgotten and claims of it are lost.
type DueWork struct {
	Kind    string
	Key     string
	At      time.Time // never moved by attempts that fail
	Payload string    // small, opaque to the store
	Rank    Rank

	// Attempt is the number of this attempt, from 1, for work that is claimed; else how many were begun.
	Attempt int
	// Claim fences what is claimed: without it nobody can settle the work. Empty for work that is not.
	Claim string
	// Problem is why the last attempt failed.
	Problem string
}

// Rank orders work that is due: what is urgent comes first, however long the rest is overdue.
type Rank int8

// The ranks.
const (
	Urgent  Rank = -1 // somebody is in danger, or a promise to somebody in need is broken
	Usual   Rank = 0
	CanWait Rank = 1 // housekeeping
)

// DueFilter selects due work: what waits for somebody outside is swept apart, so that it does not hold up what does not.
// The zero value selects all.
type DueFilter struct {
	Only   string // this kind; "" means any
	Except string // any but these kinds, separated by commas; one that ends in a dot stands for all that are its name and one part more
}

// MaxClaim is the longest that work may be claimed for: a worker that died keeps others from its work no longer.
const MaxClaim = time.Minute

// ErrClaimLost says that somebody else has the work meanwhile, or that it was replaced or removed: what was done for it does
// not count.
var ErrClaimLost = errors.New("claim of due work was lost")

// Fate is what became of due work that leaves a trace.
type Fate string

// The fates.
const (
	FateDone       Fate = "DONE"       // in time
	FateLate       Fate = "LATE"       // done, and later than it should have been
	FateSuperseded Fate = "SUPERSEDED" // not done, as something later took its place
)

// Outcome is the trace of due work that is settled.
type Outcome struct {
	Kind, Key string
	Due       time.Time
	Settled   time.Time
	Fate      Fate
	Attempt   int
	Note      string // what superseded it
}

// OutcomeQuery selects outcomes of a kind.
type OutcomeQuery struct {
	Kind     string
	From, To time.Time
	After    Outcome // only its Due and Key count; the zero value begins at From
}

// Yield gives claimed work back.
type Yield struct {
	Work DueWork
	// Next is when it is tried again.
	Next time.Time
	// Problem is why it failed. An empty one says that it was not tried, so that the attempt does not count.
	Problem string
	// Dead lays it aside until somebody revives it: another attempt would fail as well.
	Dead bool
}

// DueStore is what whoever does due work asks of a store. Several processes may use it at once.
type DueStore interface {
	DueReader
	// ClaimDue claims up to limit pieces of work that wait for nobody and whose instant has come, the most urgent first and of
	// those the longest overdue, until an instant that is not later than MaxClaim of the machine's time from now.
	ClaimDue(ctx context.Context, o org.ID, f DueFilter, now, until time.Time, limit int) ([]DueWork, error)
	// SettleDue removes claimed work, and keeps its outcome if it has a fate. ErrClaimLost says that nothing was done.
	SettleDue(ctx context.Context, o org.ID, w DueWork, out Outcome) error
	// YieldDue gives claimed work back; what was lost meanwhile is left to those who have it.
	YieldDue(ctx context.Context, o org.ID, give []Yield) error
	// HeldDue lists the keys, by kind, of the work that is still held under the claim of a piece of work.
	HeldDue(ctx context.Context, o org.ID, claim string) ([]DueWork, error)
	// FreeDue ends the claims of processes that are gone, and every claim and wait that ends after an instant: the clock was
	// set back. It returns how many.
	FreeDue(ctx context.Context, o org.ID, after time.Time) (int, error)
	// OldestDue is the instant of the oldest work that was claimed or has failed and is not done; zero when there is none.
	OldestDue(ctx context.Context, o org.ID, f DueFilter, now time.Time) (time.Time, error)
	// DeadDue lists work that was laid aside, with why, by kind and key after those given.
	DeadDue(ctx context.Context, o org.ID, kind, key string, limit int) ([]DueWork, error)
	// DueRow returns one piece of work whether it is due or not; ErrNotFound when there is none.
	DueRow(ctx context.Context, o org.ID, kind, key string) (DueWork, error)
	// DueOfKind lists work of a kind, due or not, by key after one that is given.
	DueOfKind(ctx context.Context, o org.ID, kind, after string, limit int) ([]DueWork, error)
	// Outcomes lists what became of work of a kind whose instant lies from one until before another, by instant and key, after
	// the instant and key of one that is given.
	Outcomes(ctx context.Context, o org.ID, q OutcomeQuery, limit int) ([]Outcome, error)
	// ReviveDue lets work that was laid aside be tried again; ErrNotFound when there is none.
	ReviveDue(ctx context.Context, o org.ID, kind, key string) error
}

// OutcomePruner forgets what became of work.
type OutcomePruner interface {
	// PruneOutcomes removes outcomes of a kind whose instants, of the work and of its end, lie before one, the oldest first and
	// at most limit of them, and returns how many. Whoever accounts for that work must have stopped to ask for them.
	PruneOutcomes(ctx context.Context, o org.ID, kind string, before time.Time, limit int) (int, error)
}

// IdempotencyRecord remembers the answer to a request for those who send it again.
type IdempotencyRecord struct {
	Key      string
	Method   string
	Hash     [32]byte // of the request
	Response []byte
	Created  time.Time
}
