package ledger

import "errors"

// What callers branch on. A wrong field is an *invalid.Error.
var (
	// ErrNotFound says that there is no such record in this org.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the id is in use.
	ErrExists = errors.New("id is in use")
	// ErrStale says that a record is no longer at the version that was named.
	ErrStale = errors.New("changed since it was read")
	// ErrTaken says that another record has a key that must be unique: see TakenError.
	ErrTaken = errors.New("value is taken")
	// ErrKeyReused says that the idempotency key came before with another request.
	ErrKeyReused = errors.New("idempotency key was used for another request")
	// ErrInFlight says that the first request with the idempotency key is still being carried out.
	ErrInFlight = errors.New("the first request with this idempotency key is still under way")
	// ErrAnswered says that a request was answered before under the same idempotency key.
	ErrAnswered = errors.New("idempotency key has an answer")
)

// What a store answers when it cannot write.
var (
	// ErrFull says that the disk is full. Nothing of the change was kept; reads go on.
	ErrFull = errors.New("disk is full")
	// ErrUnavailable says that the store cannot be reached or has failed. Whether the change was kept is not known.
	ErrUnavailable = errors.New("store is unavailable")
	// ErrNoIndex says that an index of the schema is gone: queries read whole tables in its place.
	ErrNoIndex = errors.New("an index of the schema is missing")
)

// TakenError says which key another record has. It wraps ErrTaken.
type TakenError struct{ Kind, Name string }

// Error implements error. The value is left out: it may be somebody's.
func (e *TakenError) Error() string {
	return "another of the " + e.Kind + " has this " + e.Name
}

// Unwrap returns ErrTaken.
func (e *TakenError) Unwrap() error { return ErrTaken }
