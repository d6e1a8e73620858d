package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"fettle/internal/auth"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Store is what a directory reads and writes.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Clock tells the time.
type Clock interface{ Now() time.Time }

const (
	// believed is how long what was read of an account is believed where another process may have changed it.
	believed = 5 * time.Second
	// usedEvery is how often the last use of a key is written down.
	usedEvery = time.Hour
	// maxKnown is how many accounts are remembered.
	maxKnown = 10_000
	// keyPrefix begins the secret of a key: fk_ORG.ID.SECRET.
	keyPrefix = "fk_"
	// What a key may last, and lasts unless it is said.
	keyLife, maxKeyLife = 365 * 24 * time.Hour, 2 * 365 * 24 * time.Hour
)

// Directory is the users and keys of all orgs. It is safe for concurrent use.
type Directory struct {
	store Store
	clock Clock // of the machine: credentials end by it

	mu    sync.Mutex
	known map[account]*seen
}

type account struct {
	org      org.ID
	kind, id string
}

// seen is an account as it was read.
type seen struct {
	at   time.Time
	user *User
	key  *APIKey
}

// NewDirectory makes a directory.
func NewDirectory(s Store, c Clock) *Directory {
	return &Directory{store: s, clock: c, known: map[account]*seen{}}
}

// look returns an account, read not long ago.
func (d *Directory) look(ctx context.Context, a account) (*seen, error) {
	now := d.clock.Now()
	d.mu.Lock()
	s := d.known[a]
	d.mu.Unlock()
	if s != nil && now.Sub(s.at) < believed {
		return s, nil
	}
	r, err := d.store.Record(ctx, a.org, a.kind, a.id)
	if err != nil {
		return nil, err
	}
	s = &seen{at: now}
	if a.kind == userKind {
		s.user, err = userOf(r)
	} else {
		s.key, err = keyOf(r)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxKnown {
		clear(d.known)
	}
	d.known[a] = s
	return s, nil
}

// forget drops what was read of an account: it is changed.
func (d *Directory) forget(a account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, a)
}

// Key returns whose secret it is, auth.ErrUnknown when nobody's or no longer.
func (d *Directory) Key(ctx context.Context, secret string) (*auth.Principal, error) {
	rest, _ := strings.CutPrefix(secret, keyPrefix)
	parts := strings.Split(rest, ".")
	if len(secret) > 300 || len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return nil, auth.ErrUnknown
	}
	o := org.ID(parts[0])
	s, err := d.look(ctx, account{o, keyKind, parts[1]})
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, auth.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(secret))
	now := d.clock.Now()
	if subtle.ConstantTimeCompare(sum[:], s.key.Hash) != 1 || !now.Before(s.key.Expires) {
		return nil, auth.ErrUnknown
	}
	d.used(ctx, o, s.key, now)
	if s.key.User == "" {
		return &auth.Principal{Name: "key:" + s.key.ID, Org: o, Roles: s.key.Roles, AllTenants: s.key.AllTenants}, nil
	}
	return d.User(ctx, o, s.key.User)
}

// used writes down that a key was used, not often. A use that is lost among others is no loss.
func (d *Directory) used(ctx context.Context, o org.ID, k *APIKey, now time.Time) {
	if now.Sub(k.Used) < usedEvery {
		return
	}
	next := *k
	next.Version, next.Used, next.Updated = k.Version+1, now, now
	if r, err := next.record(""); err == nil {
		// A failure leaves an older time: the call itself is not held up by it.
		_ = d.store.Apply(ctx, o, &ledger.Change{Records: []ledger.Record{r}})
	}
	d.forget(account{o, keyKind, k.ID})
}

// User returns a user as who calls, auth.ErrUnknown when there is none or they may not.
func (d *Directory) User(ctx context.Context, o org.ID, id string) (*auth.Principal, error) {
	s, err := d.look(ctx, account{o, userKind, id})
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, auth.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	return principal(o, s.user)
}

func principal(o org.ID, u *User) (*auth.Principal, error) {
	if u.Disabled {
		return nil, auth.ErrUnknown
	}
	return &auth.Principal{Name: "user:" + u.ID, Org: o, Roles: u.Roles, Technician: u.Technician}, nil
}

// Subject returns the user whom an identity provider calls so, auth.ErrUnknown when there is none or they may not; found says
// whether there is one.
func (d *Directory) Subject(ctx context.Context, o org.ID, subject string) (p *auth.Principal, found bool, err error) {
	page, err := d.store.Records(ctx, o, ledger.Where(userKind, "subject", ledger.Text(subject)), 1)
	if err != nil {
		return nil, false, err
	}
	if len(page.Records) == 0 {
		return nil, false, auth.ErrUnknown
	}
	u, err := userOf(&page.Records[0])
	if err != nil {
		return nil, true, err
	}
	p, err = principal(o, u)
	return p, true, err
}

// newSecret makes the secret of a key and its hash.
func newSecret(o org.ID, id string) (secret string, hash []byte) {
	var b [32]byte
	// crypto/rand.Read does not fail: the program ends when the system has no randomness.
	_, _ = rand.Read(b[:])
	secret = keyPrefix + string(o) + "." + id + "." + base64.RawURLEncoding.EncodeToString(b[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

// newID makes an id that rises with time.
func newID(prefix string, now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[:])
	ms := now.UnixMilli()
	head := [6]byte{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms)}
	return prefix + hex.EncodeToString(head[:]) + hex.EncodeToString(b[:])
}

// expiry reads when a credential shall end.
func expiry(field string, asked, now time.Time, usual, most time.Duration) (time.Time, error) {
	switch {
	case asked.IsZero():
		return now.Add(usual), nil
	case !asked.After(now) || asked.Sub(now) > most:
		return asked, &invalid.Error{Field: field, Value: asked.UTC().Format(time.RFC3339), Want: "an instant to come, at most " + days(most) + " ahead"}
	}
	return asked, nil
}
