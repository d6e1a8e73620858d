package ledger

import "time"

// DueWork is something to be done at an instant: a row, never a timer. Unique by org, Kind and Key.
type DueWork struct {
	Kind    string
	Key     string
	At      time.Time
	Payload string // small, opaque to the store
}

// DueFilter selects due work: what waits for somebody outside is swept apart, so that it does not hold up what does not.
// The zero value selects all.
type DueFilter struct {
	Only   string // this kind; "" means any
	Except string // any but this kind
}

// IdempotencyRecord remembers the answer to a request for those who send it again.
type IdempotencyRecord struct {
	Key      string
	Method   string
	Hash     [32]byte // of the request
	Response []byte
	Created  time.Time
}
