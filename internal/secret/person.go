package secret

import (
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"fettle/org"
)

// PersonKey makes the key of one person: what is sealed under it is gone with it, for that person alone.
func PersonKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it does not fail: see newOrgKeys
	return key
}

// SealFor encrypts a value under the key of a person, for a place: a kind and an id.
func SealFor(key []byte, o org.ID, kind, id string, plain []byte) ([]byte, error) {
	a, err := subtle.NewAESGCM(key)
	if err == nil {
		plain, err = a.Encrypt(plain, place(o, [3]string{"person", kind, id}))
	}
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", kind, id, err)
	}
	return plain, nil
}

// OpenFor decrypts what SealFor has made for the same place; ErrKey when it cannot.
func OpenFor(key []byte, o org.ID, kind, id string, sealed []byte) ([]byte, error) {
	a, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("open %s %s: %w", kind, id, err)
	}
	plain, err := a.Decrypt(sealed, place(o, [3]string{"person", kind, id}))
	if err != nil {
		return nil, fmt.Errorf("%s %s: sealed under another key of a person: %w", kind, id, ErrKey)
	}
	return plain, nil
}

// Forget remembers, beside the keys and in no backup, that somebody was erased: who restores an older backup erases them again.
// The id tells nothing about the person.
func (r *Ring) Forget(o org.ID, person string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.forgotten[o]
	if slices.Contains(before, person) {
		return nil
	}
	r.forgotten[o] = append(slices.Clone(before), person)
	if !r.saved {
		return nil
	}
	err := r.write()
	if err != nil {
		r.forgotten[o] = before
	}
	return err
}

// Forgotten lists who was erased in an org.
func (r *Ring) Forgotten(o org.ID) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.forgotten[o])
}
