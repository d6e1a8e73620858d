package leasing

import (
	"encoding/json"
	"fmt"
	"time"

	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/obligation"
)

// The kinds of records and of due work.
const (
	Leases      = "leases"
	Obligations = "obligations"
	// Tenants is the kind of who rents, and TenantPrefix begins their ids. A lease may also name somebody who is kept elsewhere.
	Tenants      = "tenants"
	TenantPrefix = "tn_"

	// DueObligation is the due work of a reminder; its key is the id of the obligation, and of its message.
	DueObligation = "obligation"
	// DueLease is the due work of a lease that begins to expire, or expires; its key is the id of the lease.
	DueLease = "lease"
	// DueLeft is the due work of a lease that was ended before its time, which others may have to hear of; its key is the id of the lease.
	DueLeft = "lease.left"
)

// The keys by which records are found. Values begin with what is named, and go on as said in brackets.
const (
	KeyState  = "state"  // of a lease [end], of an obligation [instant]
	KeyTenant = "tenant" // of a lease [end]
	KeyUnit   = "unit"   // of a lease [end]
	KeyEnd    = "end"    // of a lease: its last day, or noEnd
	KeyClass  = "class"  // of a lease [end]
	KeyHolder = "holder" // of a lease that is not closed: its tenant
	KeyLease  = "lease"  // of an obligation [instant]
	KeyAt     = "at"     // of an obligation: its instant
	KeyPerson = "person" // of an obligation that a person has to see to: its instant
)

// noEnd is the last day of a lease without one: after all others.
const noEnd = "9999-99-99"

// Kept is a value as it is stored.
type Kept[T any] struct {
	Value            T
	Version          int64 // 0 for one that is not stored yet
	Created, Updated time.Time
}

// endOf orders leases by their last day.
func endOf(d calendar.Date) string {
	if d.IsZero() {
		return noEnd
	}
	return d.String()
}

// EndKey is the value of KeyEnd for a day.
func EndKey(d calendar.Date) string { return ledger.Text(endOf(d)) }

// leaseRecord is the after-image of a lease whose version before was the one that is kept.
func leaseRecord(k *Kept[lease.Lease], now time.Time) (ledger.Record, error) {
	l := &k.Value
	end := endOf(l.Current().End)
	keys := []ledger.Key{
		{Name: KeyState, Value: ledger.Text(string(l.State), end)},
		{Name: KeyTenant, Value: ledger.Text(l.Tenant, end)},
		{Name: KeyUnit, Value: ledger.Text(l.Unit, end)},
		{Name: KeyEnd, Value: ledger.Text(end)},
		{Name: KeyClass, Value: ledger.Text(string(l.Current().Class), end)},
	}
	if !l.State.Closed() {
		keys = append(keys, ledger.Key{Name: KeyHolder, Value: ledger.Text(l.Tenant)})
	}
	r := ledger.Record{Kind: Leases, ID: string(l.ID), State: string(l.State), Version: k.Version, Created: k.Created, Keys: keys}
	return image(r, now, l)
}

// obligationRecord is the after-image of an obligation.
func obligationRecord(k *Kept[obligation.Obligation], now time.Time) (ledger.Record, error) {
	o := &k.Value
	at := ledger.Instant(o.At)
	keys := []ledger.Key{
		{Name: KeyLease, Value: ledger.Join(ledger.Text(string(o.Lease)), at)},
		{Name: KeyState, Value: ledger.Join(ledger.Text(string(o.State)), at)},
		{Name: KeyAt, Value: at},
	}
	if o.Person {
		keys = append(keys, ledger.Key{Name: KeyPerson, Value: at})
	}
	r := ledger.Record{Kind: Obligations, ID: o.ID, State: string(o.State), Version: k.Version, Created: k.Created, Keys: keys}
	return image(r, now, o)
}

// image is the after-image of a record that is at its version before.
func image(r ledger.Record, now time.Time, value any) (ledger.Record, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return r, fmt.Errorf("encode %s %s: %w", r.Kind, r.ID, err)
	}
	if r.Version == 0 {
		r.Created = now
	}
	r.Version, r.Updated, r.Body = r.Version+1, now, body
	return r, nil
}

// decode reads a record.
func decode[T any](r *ledger.Record) (Kept[T], error) {
	k := Kept[T]{Version: r.Version, Created: r.Created, Updated: r.Updated}
	if err := json.Unmarshal(r.Body, &k.Value); err != nil {
		return k, fmt.Errorf("decode %s %s: %w", r.Kind, r.ID, err)
	}
	return k, nil
}

// DecodeLease reads a lease.
func DecodeLease(r *ledger.Record) (Kept[lease.Lease], error) { return decode[lease.Lease](r) }

// DecodeObligation reads an obligation.
func DecodeObligation(r *ledger.Record) (Kept[obligation.Obligation], error) {
	return decode[obligation.Obligation](r)
}
