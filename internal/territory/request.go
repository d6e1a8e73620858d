package territory

import (
	"errors"
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/ledger"
)

// What Do answers when it cannot take a request.
var (
	// ErrKeyReused says that the idempotency key came before with another request.
	ErrKeyReused = ledger.ErrKeyReused
	// ErrBusy says that the mailbox is full: try again later.
	ErrBusy = errors.New("too many requests are waiting")
	// ErrClosed says that the service is stopping.
	ErrClosed = errors.New("territory is closed")
)

// Request is a command with who sent it and how to answer those who send it again.
type Request struct {
	Actor string // principal of the credential
	// Method is what was called, for the audit entry; the kind of the command unless given. RequestID is the id of the call.
	Method, RequestID string
	Command           engine.Command
	// Recall is an order that the command needs and that may be closed: "" when the command is about none.
	Recall dispatch.WorkOrderID
	// Key is nil for commands of the service itself.
	Key *Key
	// Encode makes the answer that is stored under the key, from the committed state. It must be given with Key.
	Encode func(Result) ([]byte, error)
}

// Key is an idempotency key with what it was used for.
type Key struct {
	Key    string
	Method string
	Hash   [32]byte // of the request without its key
}

// Result is the state of what a command was about, after it. One of the two is set, none for commands of the service.
type Result struct {
	Order      *engine.Order
	Technician *engine.Technician
	// Events are those of this command.
	Events []engine.Event
}

// Answer is the result of a request that is on disk.
type Answer struct {
	Result Result
	// Response is what Encode made, now or when the key was used first.
	Response []byte
	// Replayed says that the request had been answered before; Result is then empty.
	Replayed bool
}

// PositionError says why a position was not taken. Reason is a stable code: UNKNOWN_TECHNICIAN, OFF_SHIFT, OUT_OF_RANGE,
// NULL_ISLAND, STALE, FUTURE, TELEPORT, INACCURATE.
type PositionError struct {
	Index  int
	Reason string
}

// Error implements error.
func (e *PositionError) Error() string { return fmt.Sprintf("positions[%d]: %s", e.Index, e.Reason) }
