package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"fettle/org"
)

var (
	// ErrKey says that a value was sealed under a key that the ring does not hold, or that its place or its bytes are not
	// those that were sealed.
	ErrKey = errors.New("value does not open with the keys at hand")
	// ErrErased says that the keys of an org were destroyed.
	ErrErased = errors.New("keys of the org were destroyed")
)

// Ring holds the keys of a service. It is safe for concurrent use.
type Ring struct {
	file file
	mu   sync.RWMutex
	// master wraps the keys of the orgs.
	master *keyset.Handle
	orgs   map[org.ID]*orgKeys
	// forgotten are the people of orgs who were erased.
	forgotten map[org.ID][]string
	saved     bool // the file exists
}

// orgKeys are those of one org. They are not changed, but replaced.
type orgKeys struct {
	data    *keyset.Handle
	seal    tink.AEAD // of data
	index   []byte    // of blind indexes, 32 bytes
	stale   bool      // rows may be sealed under older keys
	erased  bool
	primary uint32
}

// newOrgKeys makes the keys of an org that has none.
func newOrgKeys() (*orgKeys, error) {
	data, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a data key: %w", err)
	}
	k := &orgKeys{data: data, index: make([]byte, sha256.Size)}
	// crypto/rand.Read does not fail: the program ends when the system has no randomness.
	_, _ = rand.Read(k.index)
	return k, k.ready()
}

// ready derives what is not kept.
func (k *orgKeys) ready() error {
	seal, err := aead.New(k.data)
	if err != nil {
		return fmt.Errorf("use the data keys: %w", err)
	}
	primary, err := k.data.Primary()
	if err != nil {
		return fmt.Errorf("use the data keys: %w", err)
	}
	k.seal, k.primary = seal, primary.KeyID()
	return nil
}

// keys finds the keys of an org, and makes them when make is set. They are in the file before they are used.
func (r *Ring) keys(o org.ID, create bool) (*orgKeys, error) {
	r.mu.RLock()
	k := r.orgs[o]
	r.mu.RUnlock()
	if k == nil && create {
		var err error
		if k, err = r.create(o); err != nil {
			return nil, err
		}
	}
	switch {
	case k == nil:
		return nil, fmt.Errorf("org %s has no keys in %s: %w", o, r.file.path, ErrKey)
	case k.erased:
		return nil, fmt.Errorf("org %s: %w", o, ErrErased)
	}
	return k, nil
}

func (r *Ring) create(o org.ID) (*orgKeys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.orgs[o]; k != nil {
		return k, nil
	}
	k, err := newOrgKeys()
	if err != nil {
		return nil, err
	}
	return k, r.replace(o, k)
}

// replace sets the keys of an org and writes the file; when that fails, the keys are as before. The caller holds the lock.
func (r *Ring) replace(o org.ID, k *orgKeys) error {
	before, had := r.orgs[o]
	r.orgs[o] = k
	if !r.saved {
		return nil // Save has not been called yet
	}
	err := r.write()
	if err != nil {
		delete(r.orgs, o)
		if had {
			r.orgs[o] = before
		}
	}
	return err
}

// Seal encrypts a value for its place: table, row and column. Equal values differ when sealed. An empty value stays empty.
func (r *Ring) Seal(o org.ID, cell [3]string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return plain, nil
	}
	k, err := r.keys(o, true)
	if err != nil {
		return nil, err
	}
	sealed, err := k.seal.Encrypt(plain, place(o, cell))
	if err != nil {
		return nil, fmt.Errorf("seal %s of %s: %w", cell[2], cell[0], err)
	}
	return sealed, nil
}

// Open decrypts what Seal has made for the same place; ErrKey when it cannot.
func (r *Ring) Open(o org.ID, cell [3]string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return sealed, nil
	}
	k, err := r.keys(o, false)
	if err != nil {
		return nil, err
	}
	plain, err := k.seal.Decrypt(sealed, place(o, cell))
	if err != nil {
		return nil, fmt.Errorf("%s %q, %s: sealed under key %s, %s has %s: %w",
			cell[0], cell[1], cell[2], keyName(keyOf(sealed)), r.file.path, strings.Join(k.names(), " "), ErrKey)
	}
	return plain, nil
}

// Key is the id of the key that a value was sealed under, and whether new ones are sealed under it too.
func (r *Ring) Key(o org.ID, sealed []byte) (id string, newest bool) {
	k, err := r.keys(o, false)
	return keyName(keyOf(sealed)), err == nil && keyOf(sealed) == k.primary
}

// keyOf is the id of the key that a value was sealed under: Tink writes it behind a first byte of 1.
func keyOf(sealed []byte) uint32 {
	if len(sealed) < 5 || sealed[0] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[1:5])
}

// place is the associated data of a value: each part with its length before it, so that no two places read alike.
func place(o org.ID, cell [3]string) []byte {
	out := make([]byte, 0, 64)
	for _, s := range [4]string{string(o), cell[0], cell[1], cell[2]} {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return out
}

// Index is the blind index of a value: equal for equal values of one kind in one org, and nothing else can be told from it
// without the key. Kind separates telephone numbers from identity numbers. It is 22 letters of base64: 128 bits, so that
// among a billion values none is taken for another. Its key is not rotated: the index would have to be built anew.
func (r *Ring) Index(o org.ID, kind, value string) (string, error) {
	k, err := r.keys(o, true)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, k.index)
	h.Write(place(o, [3]string{"index", kind, value}))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]), nil
}

// Rotate makes a new master key and a new data key of an org, which seals from then on. Older data keys still open what they
// have sealed. It returns when the file holds the new keys.
func (r *Ring) Rotate(o org.ID) error {
	if _, err := r.keys(o, true); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.orgs[o]
	m := keyset.NewManagerFromHandle(k.data)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return fmt.Errorf("rotate keys of %s: %w", o, err)
	}
	next := &orgKeys{index: k.index, stale: true}
	if next.data, err = m.Handle(); err != nil {
		return fmt.Errorf("rotate keys of %s: %w", o, err)
	}
	if err := next.ready(); err != nil {
		return err
	}
	before := r.master
	if r.master, err = keyset.NewHandle(aead.AES256GCMKeyTemplate()); err != nil {
		r.master = before
		return fmt.Errorf("make a master key: %w", err)
	}
	if err := r.replace(o, next); err != nil {
		r.master = before
		return err
	}
	return nil
}

// Resealed says that rows of an org were sealed anew since newest was the key that seals, and are under the keys that are
// named by their ids. Keys before newest that are not named are destroyed, and no others: after newest was rotated away, what is
// written meanwhile is under a key that nobody can have named. The keys stay stale until a walk is of the one that seals.
func (r *Ring) Resealed(o org.ID, newest string, used map[string]bool) error {
	if _, err := r.keys(o, false); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.orgs[o]
	names := k.names()
	older := slices.Index(names, newest)
	if k.erased || older < 0 {
		return nil
	}
	m := keyset.NewManagerFromHandle(k.data)
	for i, key := range k.ids()[:older] {
		if used[names[i]] {
			continue
		}
		if err := m.Delete(key); err != nil {
			return fmt.Errorf("destroy key %s of %s: %w", names[i], o, err)
		}
	}
	next := &orgKeys{index: k.index, stale: newest != keyName(k.primary)}
	var err error
	if next.data, err = m.Handle(); err != nil {
		return fmt.Errorf("destroy keys of %s: %w", o, err)
	}
	if err := next.ready(); err != nil {
		return err
	}
	return r.replace(o, next)
}

// Erase destroys the keys of an org, for good: nothing that was sealed for it opens again, wherever a copy is.
func (r *Ring) Erase(o org.ID) error {
	if _, err := r.keys(o, false); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.replace(o, &orgKeys{erased: true})
}

// Status is what may be told of the keys of an org.
type Status struct {
	Primary string   // id of the key that seals
	Keys    []string // ids of all, oldest first
	Stale   bool     // rows are still being sealed anew
	Erased  bool
}

// Status tells of the keys of an org; zero when it has none.
func (r *Ring) Status(o org.ID) Status {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k := r.orgs[o]
	if k == nil || k.erased {
		return Status{Erased: k != nil}
	}
	return Status{Primary: keyName(k.primary), Keys: k.names(), Stale: k.stale}
}

// Orgs lists the orgs that have keys.
func (r *Ring) Orgs() []org.ID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []org.ID
	for o := range r.orgs {
		out = append(out, o)
	}
	slices.Sort(out)
	return out
}

// ids are those of the data keys, oldest first.
func (k *orgKeys) ids() []uint32 {
	out := make([]uint32, 0, k.data.Len())
	for i := range k.data.Len() {
		if e, err := k.data.Entry(i); err == nil {
			out = append(out, e.KeyID())
		}
	}
	return out
}

func (k *orgKeys) names() []string {
	ids := k.ids()
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = keyName(id)
	}
	return out
}

// keyName is the id of a key as people read it.
func keyName(id uint32) string { return fmt.Sprintf("%08x", id) }
