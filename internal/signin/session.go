package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"fettle/internal/auth"
	"fettle/internal/identity"
	"fettle/ledger"
	"fettle/org"
)

// sessionKind is the kind of the records of sessions; userKey is how those of a user are found.
const (
	sessionKind = "sessions"
	userKey     = "user"
)

const (
	// tokenLife is how long a token works, and refreshLife how long a session lasts that nobody refreshes; mostLife ends it
	// however often it was refreshed.
	tokenLife   = 15 * time.Minute
	refreshLife = 30 * 24 * time.Hour
	mostLife    = 90 * 24 * time.Hour
	// again is how long the refresh token before still works: the answer may have been lost on its way.
	again = time.Minute
	// believed is how long what was read of a session is believed, where another process may have ended it.
	believed = 5 * time.Second
	// maxKnown is how many sessions are remembered, maxSessions how many a user may have.
	maxKnown    = 10_000
	maxSessions = 20

	refreshPrefix = "fr_" // fr_ORG.ID.TURN.SUM
	devicePrefix  = "fd_" // fd_RANDOM.SUM
)

// session is the body of a record: when it ends, and how often it was refreshed.
type session struct {
	User   string    `json:"user"`
	Ends   time.Time `json:"ends"`
	Turn   int64     `json:"turn"`
	Turned time.Time `json:"turned"`
}

func (s *session) record(id string, version int64, created, now time.Time) (ledger.Record, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("encode a session: %w", err)
	}
	return ledger.Record{
		Kind: sessionKind, ID: id, Version: version, Created: created, Updated: now, Body: body,
		Keys: []ledger.Key{{Name: userKey, Value: ledger.Text(s.User)}},
	}, nil
}

func readSession(r *ledger.Record) (*session, error) {
	s := &session{}
	if err := json.Unmarshal(r.Body, s); err != nil {
		return nil, fmt.Errorf("read session %s: %w", r.ID, err)
	}
	return s, nil
}

// Tokens are what a telephone works with.
type Tokens struct {
	Token, Refresh         string
	TokenEnds, RefreshEnds time.Time
	Device                 string // "" when it has one
	Technician             string
}

// Redeem takes a code for a session.
func (d *Desk) Redeem(ctx context.Context, c *caller, digits string) (*Tokens, error) {
	good, err := d.mayGuess(c, d.now())
	if err != nil {
		return nil, err
	}
	u, used, err := d.take(ctx, c, digits)
	if err != nil {
		return nil, err
	}
	now := d.now()
	s := &session{User: u.ID, Ends: now.Add(refreshLife), Turn: 1, Turned: now}
	id := "ss_" + random(16)
	r, err := s.record(id, 1, now, now)
	if err != nil {
		return nil, err
	}
	old, err := d.surplus(ctx, c.org, u.ID)
	if err != nil {
		return nil, err
	}
	err = d.c.Store.Apply(ctx, c.org, &ledger.Change{
		Records: []ledger.Record{r}, Removed: append(old, used.Ref()),
		Audit: []ledger.Entry{d.entry(ctx, "user:"+u.ID, "RedeemCode", sessionKind, id, ledger.OK)},
	})
	if errors.Is(err, ledger.ErrStale) || errors.Is(err, ledger.ErrNotFound) {
		return nil, auth.ErrWrongCode // somebody was faster with the same code
	}
	if err != nil {
		return nil, err
	}
	good()
	device, err := d.newDevice(c.org, c.number)
	if err != nil {
		return nil, err
	}
	return d.tokens(c.org, id, s, u.Technician, device)
}

// surplus are sessions of a user that have ended, and the oldest where there are too many.
func (d *Desk) surplus(ctx context.Context, o org.ID, user string) ([]ledger.Ref, error) {
	page, err := d.c.Store.Records(ctx, o, ledger.Where(sessionKind, userKey, ledger.Text(user)), 10*maxSessions)
	if err != nil {
		return nil, err
	}
	var out []ledger.Ref
	for i := range page.Records {
		s, err := readSession(&page.Records[i])
		if err != nil {
			return nil, err
		}
		if !d.now().Before(s.Ends) || len(page.Records)-len(out) >= maxSessions {
			out = append(out, page.Records[i].Ref())
			d.cache.forget(sessionKey{o, page.Records[i].ID})
		}
	}
	return out, nil
}

// tokens signs what a session is used by now.
func (d *Desk) tokens(o org.ID, id string, s *session, technician, device string) (*Tokens, error) {
	t := &Tokens{TokenEnds: d.now().Add(tokenLife).Truncate(time.Second), RefreshEnds: s.Ends, Device: device, Technician: technician}
	var err error
	if t.Token, err = d.sign(o, identity.SessionPrefix, id, t.TokenEnds.Unix()); err == nil {
		t.Refresh, err = d.sign(o, refreshPrefix, id, s.Turn)
	}
	return t, err
}

// sign writes a token of a session with a number in it.
func (d *Desk) sign(o org.ID, prefix, id string, n int64) (string, error) {
	rest := string(o) + "." + id + "." + strconv.FormatInt(n, 10)
	sum, err := d.c.Signer.Index(o, "session "+prefix, rest)
	if err != nil {
		return "", fmt.Errorf("sign a session: %w", err)
	}
	return prefix + rest + "." + sum, nil
}

// maxToken is the longest token in bytes.
const maxToken = 300

// open reads what sign has written; auth.ErrUnknown for anything else.
func (d *Desk) open(token, prefix string) (o org.ID, id string, n int64, err error) {
	rest, ok := strings.CutPrefix(token, prefix)
	parts := strings.Split(rest, ".")
	if !ok || len(token) > maxToken || len(parts) != 4 || !d.c.Serves(org.ID(parts[0])) {
		return "", "", 0, auth.ErrUnknown
	}
	if n, err = strconv.ParseInt(parts[2], 10, 64); err != nil {
		return "", "", 0, auth.ErrUnknown
	}
	want, err := d.sign(org.ID(parts[0]), prefix, parts[1], n)
	if err != nil {
		return "", "", 0, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(token)) != 1 {
		return "", "", 0, auth.ErrUnknown
	}
	return org.ID(parts[0]), parts[1], n, nil
}

// newDevice names a telephone that has signed in with a number.
func (d *Desk) newDevice(o org.ID, number string) (string, error) {
	name := random(16)
	sum, err := d.c.Signer.Index(o, "device", number+"."+name)
	if err != nil {
		return "", fmt.Errorf("sign a device: %w", err)
	}
	return devicePrefix + name + "." + sum, nil
}

// ownDevice reports whether a telephone has signed in with a number before.
func (d *Desk) ownDevice(o org.ID, number, device string) (bool, error) {
	name, sum, _ := strings.Cut(strings.TrimPrefix(device, devicePrefix), ".")
	want, err := d.c.Signer.Index(o, "device", number+"."+name)
	return device != "" && subtle.ConstantTimeCompare([]byte(want), []byte(sum)) == 1, err
}

// Verify implements identity.Sessions.
func (d *Desk) Verify(ctx context.Context, token string) (*auth.Principal, error) {
	o, id, ends, err := d.open(token, identity.SessionPrefix)
	if err != nil {
		return nil, err
	}
	now := d.now()
	if now.Unix() >= ends {
		return nil, auth.ErrUnknown
	}
	s, err := d.look(ctx, o, id, now)
	if err != nil {
		return nil, err
	}
	return d.principal(ctx, o, id, s)
}

// principal is who acts by a session: its user, as a technician.
func (d *Desk) principal(ctx context.Context, o org.ID, id string, s *session) (*auth.Principal, error) {
	p, err := d.c.Directory.User(ctx, o, s.User)
	if err != nil {
		return nil, err
	}
	if !p.Has(auth.Technician) || p.Technician == "" || !d.now().Before(s.Ends) {
		return nil, auth.ErrUnknown
	}
	return &auth.Principal{Name: p.Name, Org: o, Roles: []auth.Role{auth.Technician}, Technician: p.Technician, Session: id}, nil
}

// Refresh makes new tokens for a session.
func (d *Desk) Refresh(ctx context.Context, token string) (*Tokens, error) {
	o, id, turn, err := d.open(token, refreshPrefix)
	if err != nil {
		return nil, err
	}
	for range tries {
		t, err := d.refresh(ctx, o, id, turn)
		if !errors.Is(err, ledger.ErrStale) {
			return t, err
		}
	}
	return nil, ledger.ErrStale
}

// tries is how often a session is read again that somebody else has refreshed meanwhile.
const tries = 4

func (d *Desk) refresh(ctx context.Context, o org.ID, id string, turn int64) (*Tokens, error) {
	r, err := d.c.Store.Record(ctx, o, sessionKind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, auth.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	s, err := readSession(r)
	if err != nil {
		return nil, err
	}
	p, err := d.principal(ctx, o, id, s)
	if err != nil {
		return nil, err
	}
	now := d.now()
	switch {
	case turn == s.Turn:
		s.Turn, s.Turned = s.Turn+1, now
		if s.Ends = now.Add(refreshLife); s.Ends.Sub(r.Created) > mostLife {
			s.Ends = r.Created.Add(mostLife)
		}
		next, err := s.record(id, r.Version+1, r.Created, now)
		if err != nil {
			return nil, err
		}
		if err := d.c.Store.Apply(ctx, o, &ledger.Change{Records: []ledger.Record{next}}); err != nil {
			return nil, err
		}
	case turn == s.Turn-1 && now.Sub(s.Turned) < again:
	default: // the token is in two hands
		e := d.entry(ctx, p.Name, "RefreshSession", sessionKind, id, "REFRESH_TOKEN_REUSED")
		return nil, errors.Join(auth.ErrUnknown, d.end(ctx, o, []ledger.Ref{r.Ref()}, e))
	}
	return d.tokens(o, id, s, p.Technician, "")
}

// end ends sessions.
func (d *Desk) end(ctx context.Context, o org.ID, refs []ledger.Ref, e ledger.Entry) error {
	err := d.c.Store.Apply(ctx, o, &ledger.Change{Removed: refs, Audit: []ledger.Entry{e}})
	for _, r := range refs {
		d.cache.forget(sessionKey{o, r.ID})
	}
	return err
}

// SignOut ends the session of a caller.
func (d *Desk) SignOut(ctx context.Context, who *auth.Principal) error {
	for range tries {
		r, err := d.c.Store.Record(ctx, who.Org, sessionKind, who.Session)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err == nil {
			err = d.end(ctx, who.Org, []ledger.Ref{r.Ref()}, d.entry(ctx, who.Name, "SignOut", sessionKind, r.ID, ledger.OK))
		}
		if !errors.Is(err, ledger.ErrStale) {
			return err
		}
	}
	return ledger.ErrStale
}

// SignOutUser ends all sessions of a user.
func (d *Desk) SignOutUser(ctx context.Context, who *auth.Principal, user string) error {
	if _, err := d.c.Store.Record(ctx, who.Org, "users", user); err != nil {
		return err
	}
	for range tries {
		page, err := d.c.Store.Records(ctx, who.Org, ledger.Where(sessionKind, userKey, ledger.Text(user)), 10*maxSessions)
		if err != nil {
			return err
		}
		refs := make([]ledger.Ref, len(page.Records))
		for i := range page.Records {
			refs[i] = page.Records[i].Ref()
		}
		err = d.end(ctx, who.Org, refs, d.entry(ctx, who.Name, "SignOutUser", "users", user, ledger.OK))
		if !errors.Is(err, ledger.ErrStale) {
			return err
		}
	}
	return ledger.ErrStale
}

// sessionCache remembers sessions that were read not long ago.
type sessionCache struct {
	mu    sync.Mutex
	known map[sessionKey]*seen
}

type sessionKey struct {
	org org.ID
	id  string
}

type seen struct {
	at      time.Time
	session *session
}

func (c *sessionCache) forget(k sessionKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, k)
}

// look returns a session, read not long ago; auth.ErrUnknown when it has ended.
func (d *Desk) look(ctx context.Context, o org.ID, id string, now time.Time) (*session, error) {
	k := sessionKey{o, id}
	d.cache.mu.Lock()
	found := d.cache.known[k]
	d.cache.mu.Unlock()
	if found == nil || now.Sub(found.at) >= believed {
		r, err := d.c.Store.Record(ctx, o, sessionKind, id)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, auth.ErrUnknown
		}
		if err != nil {
			return nil, err
		}
		s, err := readSession(r)
		if err != nil {
			return nil, err
		}
		found = &seen{at: now, session: s}
		d.cache.mu.Lock()
		if len(d.cache.known) >= maxKnown {
			clear(d.cache.known)
		}
		d.cache.known[k] = found
		d.cache.mu.Unlock()
	}
	return found.session, nil
}
