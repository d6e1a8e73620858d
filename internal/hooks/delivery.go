package hooks

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	"fettle/ledger"
)

// DeliveryKind is the kind of the records of deliveries.
const DeliveryKind = "webhookDeliveries"

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	Pending   DeliveryState = "PENDING" // to be tried, now or later
	Delivered DeliveryState = "DELIVERED"
	Failed    DeliveryState = "FAILED" // the schedule has ended, or the endpoint is disabled: replay it
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID      string        `json:"-"`
	Version int64         `json:"-"`
	Created time.Time     `json:"-"`
	Updated time.Time     `json:"-"`
	State   DeliveryState `json:"-"`

	Endpoint string    `json:"endpoint"`
	Event    string    `json:"event"` // the webhook-id: the same for every attempt and endpoint
	Type     string    `json:"type"`
	Body     string    `json:"body"`
	Tries    int       `json:"tries"`         // since it was made, or replayed
	Next     time.Time `json:"next,omitzero"` // of the next attempt, while it is pending
	Attempts []Attempt `json:"attempts"`      // the latest
}

// Attempt is one request.
type Attempt struct {
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`             // nanoseconds
	Status int           `json:"status,omitempty"` // of the answer; 0 when there was none
	Detail string        `json:"detail,omitempty"` // why there was none
}

// maxAttempts is how many attempts are remembered.
const maxAttempts = 20

// waits are those before each attempt after the first: over three days in all. A part of up to a tenth is added, so that
// what failed together does not come again together.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Wait is how long a delivery waits after so many attempts; ok is false when there is no further one.
func Wait(id string, tries int) (wait time.Duration, ok bool) {
	if tries < 1 || tries > len(waits) {
		return 0, false
	}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, id, "/", tries) // a hash never fails
	wait = waits[tries-1]
	return wait + time.Duration(h.Sum64()%uint64(wait/10)), true
}

// KeyEndpoint is the name of the key by which the deliveries of an endpoint are found, and KeyState that of one state of them.
const (
	KeyEndpoint = "endpoint"
	KeyState    = "state"
)

// Encode makes the record of a ledger.
func (d *Delivery) Encode() (ledger.Record, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode delivery %s: %w", d.ID, err)
	}
	at := ledger.Instant(d.Created)
	return ledger.Record{
		Kind: DeliveryKind, ID: d.ID, Version: d.Version, State: string(d.State), Created: d.Created, Updated: d.Updated, Body: body,
		Keys: []ledger.Key{
			{Name: KeyEndpoint, Value: ledger.Join(ledger.Text(d.Endpoint), at)},
			{Name: KeyState, Value: ledger.Join(ledger.Text(d.Endpoint, string(d.State)), at)},
		},
	}, nil
}

// DecodeDelivery reads a delivery from the record of a ledger.
func DecodeDelivery(l *ledger.Record) (*Delivery, error) {
	d := &Delivery{}
	if err := json.Unmarshal(l.Body, d); err != nil {
		return nil, fmt.Errorf("read delivery %s: %w", l.ID, err)
	}
	d.ID, d.Version, d.Created, d.Updated, d.State = l.ID, l.Version, l.Created, l.Updated, DeliveryState(l.State)
	return d, nil
}

// Work is the due work of a delivery.
func (d *Delivery) Work(at time.Time) (ledger.DueWork, error) {
	payload, err := json.Marshal(job{Endpoint: d.Endpoint, Event: d.Event, Type: d.Type, Body: d.Body})
	if err != nil {
		return ledger.DueWork{}, fmt.Errorf("encode delivery %s: %w", d.ID, err)
	}
	return ledger.DueWork{Kind: WorkKind(d.Endpoint), Key: d.ID, At: at, Payload: string(payload)}, nil
}

// job is the payload of due work.
type job struct {
	Endpoint string `json:"endpoint"`
	Event    string `json:"event"`
	Type     string `json:"type"`
	Body     string `json:"body"`
}

// WorkPrefix begins the kinds of due work that are deliveries.
const WorkPrefix = "webhook."

// WorkKind is the kind of the deliveries of an endpoint.
func WorkKind(endpoint string) string { return WorkPrefix + endpoint }
