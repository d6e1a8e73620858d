package engine

import (
	"errors"
	"fmt"
)

// What callers branch on. A wrong field is a *dispatch.InvalidError.
var (
	// ErrNotFound says that there is no such order or technician in this org.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the id is in use.
	ErrExists = errors.New("id is in use")
	// ErrStale says that IfVersion is not the version of the resource.
	ErrStale = errors.New("changed since it was read")
)

// ConflictError says that the state of a resource forbids a command. Reason is a stable code: ILLEGAL_STATE,
// NOT_ASSIGNEE, TECHNICIAN_BUSY, STARTED_WORK, ALREADY_RATED, MERGE_CYCLE, NO_CANDIDATE.
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
