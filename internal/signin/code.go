package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"

	"fettle/internal/auth"
	"fettle/internal/identity"
	"fettle/ledger"
	"fettle/org"
)

// codeKind is the kind of the records of codes: one for each number, under its keyed hash.
const codeKind = "signInCodes"

// wrongCode is the result of a guess, as the API names it.
const wrongCode = "WRONG_CODE"

// code is what is kept of the code that was sent last.
type code struct {
	User string    `json:"user"`
	Salt string    `json:"salt"`
	Hash string    `json:"hash"` // keyed
	Ends time.Time `json:"ends"`
}

// codeID is the id of the record of a number.
func codeID(number string) string {
	_, id, _ := strings.Cut(number, "/")
	return id
}

// hash is the keyed hash of a code.
func (d *Desk) hash(o org.ID, number, salt, digits string) (string, error) {
	return d.c.Signer.Index(o, "sign-in code", number+"."+salt+"."+digits)
}

// send makes a code for a number and sends it, if the number is somebody's who may sign in.
func (d *Desk) send(ctx context.Context, c *caller) error {
	u, err := d.c.Directory.Phone(ctx, d.c.Signer, c.org, c.phone)
	if errors.Is(err, auth.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	now := d.now()
	digits, err := newCode()
	if err != nil {
		return err
	}
	kept := code{User: u.ID, Salt: random(8), Ends: now.Add(codeLife)}
	if kept.Hash, err = d.hash(c.org, c.number, kept.Salt, digits); err != nil {
		return err
	}
	id := codeID(c.number)
	version, created := int64(1), now
	before, err := d.c.Store.Record(ctx, c.org, codeKind, id)
	switch {
	case err == nil:
		version, created = before.Version+1, before.Created
	case !errors.Is(err, ledger.ErrNotFound):
		return err
	}
	body, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode a code: %w", err)
	}
	if err := d.c.Store.Apply(ctx, c.org, &ledger.Change{
		Records: []ledger.Record{{Kind: codeKind, ID: id, Version: version, Created: created, Updated: now, Body: body}},
		Audit:   []ledger.Entry{d.entry(ctx, "service", "SendCode", "users", u.ID, ledger.OK)},
	}); err != nil {
		return err
	}
	return d.c.Send(ctx, &Message{
		Org: c.org, ID: "msg_" + string(c.org) + "_code_" + random(8), Technician: u.Technician, Phone: u.Phone, Code: digits, Life: codeLife,
	})
}

// take compares a code with the one that was sent last, and returns whose it is. It does as much for a number that is nobody's.
func (d *Desk) take(ctx context.Context, c *caller, digits string) (*identity.User, *ledger.Record, error) {
	kept, found := code{}, false
	r, err := d.c.Store.Record(ctx, c.org, codeKind, codeID(c.number))
	switch {
	case err == nil:
		if err := json.Unmarshal(r.Body, &kept); err != nil {
			return nil, nil, fmt.Errorf("read a code: %w", err)
		}
		found = true
	case !errors.Is(err, ledger.ErrNotFound):
		return nil, nil, err
	}
	signing := c.org
	if !d.c.Serves(signing) {
		signing = org.Default
	}
	want, err := d.hash(signing, c.number, kept.Salt, digits)
	if err != nil {
		return nil, nil, err
	}
	right := subtle.ConstantTimeCompare([]byte(want), []byte(kept.Hash)) == 1
	u, err := d.c.Directory.Phone(ctx, d.c.Signer, signing, c.phone)
	if err != nil && !errors.Is(err, auth.ErrUnknown) {
		return nil, nil, err
	}
	if err != nil || !found || !right || u.ID != kept.User || !d.now().Before(kept.Ends) {
		d.wrong(c, &kept)
		return nil, nil, auth.ErrWrongCode
	}
	return u, r, nil
}

// wrong leaves an entry about a wrong code, after the answer: who guesses a number that is somebody's is not to hear of it.
func (d *Desk) wrong(c *caller, kept *code) {
	if kept.User == "" {
		return
	}
	d.later(func(ctx context.Context) {
		e := d.entry(ctx, auth.Stranger().Name, "RedeemCode", "users", kept.User, wrongCode)
		if err := d.c.Store.Apply(ctx, c.org, &ledger.Change{Audit: []ledger.Entry{e}}); err != nil {
			d.c.Log.LogAttrs(ctx, slog.LevelError, "audit entry of a wrong code is lost", slog.Any("error", err))
		}
	})
}

// entry tells the audit what was done.
func (d *Desk) entry(ctx context.Context, actor, method, kind, id, result string) ledger.Entry {
	return ledger.Entry{
		Time: d.now(), Actor: actor, Method: "/" + Service + "/" + method, Kind: kind, ID: id, Result: result, RequestID: d.c.RequestID(ctx),
	}
}

// now is the present instant as precise as it is stored.
func (d *Desk) now() time.Time { return d.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// newCode draws a code.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("draw a code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// random is n random bytes in hex.
func random(n int) string {
	b := make([]byte, n)
	// crypto/rand.Read does not fail: the program ends when the system has no randomness.
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
