package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Deleted is the state of a resource that was deleted: its record stays, is found by nobody and holds no key.
const Deleted = "DELETED"

// live is the key that every resource has until it is deleted: lists of all of a kind go by it.
const live = "live"

// Kind says how values of a type are kept. Name and Prefix must be given.
type Kind[T any] struct {
	Name   string // in records, audit entries and page tokens, as "properties"
	Prefix string // of ids, as "pr_"
	// Keys are how a value is found, beside its id; nil for none. They depend on the value alone.
	Keys func(v *T) []ledger.Key
	// State is that of a value; nil for values without.
	State func(v *T) string
	// Encode and Decode are the codec of the body: JSON of the fields of T unless given. A field that is added later is
	// absent in older bodies; a name is never given another meaning.
	Encode func(v *T) ([]byte, error)
	Decode func(body []byte, v *T) error
	// Own, when not nil, seals each body under a key of the record's own, so that the value is gone with the key.
	Own Sealer
}

// Sealer seals bodies under keys of their own. A body that it has not sealed opens as it is: those of a time before.
type Sealer interface {
	Seal(tx *Tx, kind, id string, plain []byte) ([]byte, error)
	Open(ctx context.Context, s ledger.Reader, o org.ID, kind, id string, body []byte) ([]byte, error)
}

// Item is a value with what the ledger keeps beside it.
type Item[T any] struct {
	ID      string
	Version int64
	Created time.Time
	Updated time.Time
	Value   T

	keys []ledger.Key // as they are stored
}

// Read returns one value, or ledger.ErrNotFound.
func (k *Kind[T]) Read(ctx context.Context, s ledger.Reader, o org.ID, id string) (*Item[T], error) {
	r, err := s.Record(ctx, o, k.Name, id)
	if err == nil && r.State == Deleted {
		err = fmt.Errorf("%s %s: %w", k.Name, id, ledger.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return k.item(ctx, s, o, r)
}

// item decodes a record.
func (k *Kind[T]) item(ctx context.Context, s ledger.Reader, o org.ID, r *ledger.Record) (*Item[T], error) {
	out := &Item[T]{ID: r.ID, Version: r.Version, Created: r.Created, Updated: r.Updated}
	body := r.Body
	if k.Own != nil {
		var err error
		if body, err = k.Own.Open(ctx, s, o, k.Name, r.ID, body); err != nil {
			return nil, err
		}
	}
	decode := k.Decode
	if decode == nil {
		decode = func(body []byte, v *T) error { return json.Unmarshal(body, v) }
	}
	if err := decode(body, &out.Value); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", k.Name, r.ID, err)
	}
	out.keys = k.keys(&out.Value)
	return out, nil
}

// keys are those of a value that is not deleted.
func (k *Kind[T]) keys(v *T) []ledger.Key {
	out := []ledger.Key{{Name: live}}
	if k.Keys != nil {
		out = append(out, k.Keys(v)...)
	}
	return out
}

// All selects every value that is not deleted, in the order of creation.
func (k *Kind[T]) All() ledger.Query { return ledger.Where(k.Name, live, "") }

// Where selects the values that have a key.
func (k *Kind[T]) Where(key, value string) ledger.Query { return ledger.Where(k.Name, key, value) }

// Between selects values whose key is at least from and below to, by key.
func (k *Kind[T]) Between(key, from, to string) ledger.Query {
	return ledger.Between(k.Name, key, from, to)
}

// List returns up to limit values that a query of Name selects, and where the next page begins.
func (k *Kind[T]) List(ctx context.Context, s ledger.Reader, o org.ID, q ledger.Query, limit int) ([]*Item[T], ledger.Place, error) {
	page, err := s.Records(ctx, o, q, limit)
	if err != nil {
		return nil, ledger.Place{}, err
	}
	out := make([]*Item[T], len(page.Records))
	for i := range page.Records {
		if out[i], err = k.item(ctx, s, o, &page.Records[i]); err != nil {
			return nil, ledger.Place{}, err
		}
	}
	return out, page.Next, nil
}

// Load reads a value for a decision, or ledger.ErrNotFound.
func (k *Kind[T]) Load(tx *Tx, id string) (*Item[T], error) {
	return k.Read(tx.ctx, tx.r.cfg.Store, tx.Org, id)
}

// Depend is Load of a value that the decision relies on and does not change: when it has changed at the commit, the decision
// is made again.
func (k *Kind[T]) Depend(tx *Tx, id string) (*Item[T], error) {
	item, err := k.Load(tx, id)
	if err == nil {
		tx.Seen(ledger.Ref{Kind: k.Name, ID: item.ID, Version: item.Version})
	}
	return item, err
}

// Insert adds a new value under a new id.
func (k *Kind[T]) Insert(tx *Tx, v T) (*Item[T], error) {
	item := &Item[T]{ID: tx.NewID(k.Prefix), Created: tx.Now, Value: v}
	return item, k.Save(tx, item)
}

// Save writes a value that was loaded and changed. Afterwards the item has the version that the record will have.
func (k *Kind[T]) Save(tx *Tx, item *Item[T]) error {
	keys, state := k.keys(&item.Value), ""
	if k.State != nil {
		state = k.State(&item.Value)
	}
	return k.write(tx, item, state, keys)
}

// Delete takes a value away: nobody finds it any more, and its keys are free. The record stays for those who look into the
// past.
func (k *Kind[T]) Delete(tx *Tx, item *Item[T]) error {
	return k.write(tx, item, Deleted, []ledger.Key{})
}

func (k *Kind[T]) write(tx *Tx, item *Item[T], state string, keys []ledger.Key) error {
	encode := k.Encode
	if encode == nil {
		encode = func(v *T) ([]byte, error) { return json.Marshal(v) }
	}
	body, err := encode(&item.Value)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", k.Name, item.ID, err)
	}
	if k.Own != nil {
		if body, err = k.Own.Seal(tx, k.Name, item.ID, body); err != nil {
			return err
		}
	}
	item.Version++
	item.Updated = tx.Now
	stored := keys
	if item.Version > 1 && slices.Equal(keys, item.keys) {
		stored = nil // they stay as they are
	}
	item.keys = keys
	tx.Write(ledger.Record{
		Kind: k.Name, ID: item.ID, Version: item.Version, State: state, Created: item.Created, Updated: item.Updated,
		Keys: stored, Body: body,
	})
	return nil
}
