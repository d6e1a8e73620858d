package engine

import (
	"fmt"

	"fettle/ledger"
)

// What callers branch on: the words of the ledger. A wrong field is a *dispatch.InvalidError.
var (
	// ErrNotFound says that there is no such order or technician in this org.
	ErrNotFound = ledger.ErrNotFound
	// ErrExists says that the id is in use.
	ErrExists = ledger.ErrExists
	// ErrStale says that IfVersion is not the version of the resource.
	ErrStale = ledger.ErrStale
)

// ConflictError says that the state of a resource forbids a command. Reason is a stable code: ILLEGAL_STATE,
// NOT_ASSIGNEE, BEFORE_ASSIGNMENT, TECHNICIAN_BUSY, STARTED_WORK, ALREADY_RATED, MERGE_CYCLE, NO_CANDIDATE.
type ConflictError struct {
	Reason string
	State  State // of the order, "" when it is a technician's
	Detail string
}

// Error implements error.
func (e *ConflictError) Error() string {
	if e.State == "" {
		return fmt.Sprintf("%s: %s", e.Reason, e.Detail)
	}
	return fmt.Sprintf("%s (state %s): %s", e.Reason, e.State, e.Detail)
}
