// Package vault seals what is known of a person under a key of that person's own. The key is a record of the ledger (PersonKeys), sealed
// in its turn under the keys of the org. Who is erased loses the key: what was sealed under it opens no longer, in rows, in copies of
// them and in backups that are taken later.
package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"fettle/internal/registry"
	"fettle/internal/secret"
	"fettle/ledger"
	"fettle/org"
)

// PersonKeys is the kind of the keys of people; their ids are those of the people.
const PersonKeys = "personKeys"

// Vault is a registry.Sealer of people: the id of a record is that of the person.
type Vault struct{}

// kept is the body of a record of PersonKeys, and of what is sealed under one.
type kept struct {
	Key    []byte `json:"key,omitempty"`
	Sealed []byte `json:"sealed,omitempty"`
}

// Seal seals a body under the key of its person, which is made with it where there is none.
func (Vault) Seal(tx *registry.Tx, kind, id string, plain []byte) ([]byte, error) {
	key, err := keyOf(tx.Context(), tx.Store(), tx.Org, id)
	if errors.Is(err, ledger.ErrNotFound) {
		key = secret.PersonKey()
		var body []byte
		if body, err = json.Marshal(kept{Key: key}); err == nil {
			tx.Write(ledger.Record{Kind: PersonKeys, ID: id, Version: 1, Created: tx.Now, Updated: tx.Now, Keys: []ledger.Key{}, Body: body})
		}
	}
	if err != nil {
		return nil, err
	}
	sealed, err := secret.SealFor(key, tx.Org, kind, id, plain)
	if err != nil {
		return nil, err
	}
	return json.Marshal(kept{Sealed: sealed})
}

// Sealed reports whether a body is sealed under the key of a person.
func Sealed(body []byte) bool {
	var k kept
	return json.Unmarshal(body, &k) == nil && len(k.Sealed) > 0
}

// Open opens a body. One that is not sealed is as it was written: of a time before, or what is left of somebody who was erased.
func (Vault) Open(ctx context.Context, s ledger.Reader, o org.ID, kind, id string, body []byte) ([]byte, error) {
	if !Sealed(body) {
		return body, nil
	}
	var k kept
	if err := json.Unmarshal(body, &k); err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	key, err := keyOf(ctx, s, o, id)
	if err != nil {
		return nil, err
	}
	return secret.OpenFor(key, o, kind, id, k.Sealed)
}

// Destroy takes the key of a person away, in the change of the caller. Nothing happens where there is none.
func Destroy(tx *registry.Tx, id string) error {
	r, err := tx.Store().Record(tx.Context(), tx.Org, PersonKeys, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("key of %s: %w", id, err)
	}
	tx.Remove(r.Ref())
	return nil
}

// keyOf reads the key of a person.
func keyOf(ctx context.Context, s ledger.Reader, o org.ID, id string) ([]byte, error) {
	r, err := s.Record(ctx, o, PersonKeys, id)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", id, err)
	}
	var k kept
	if err := json.Unmarshal(r.Body, &k); err != nil {
		return nil, fmt.Errorf("key of %s: %w", id, err)
	}
	return k.Key, nil
}
