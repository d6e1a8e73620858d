package signin

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fettle/internal/auth"
	"fettle/internal/identity"
	"fettle/internal/throttle"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/private"
)

// What a code is, and how often it may be tried.
const (
	codeDigits = 6
	// codeLife is how long a code works, codeWait after how long a number gets another: there is always one that works in the
	// telephone of whoever is being annoyed.
	codeLife = 10 * time.Minute
	codeWait = 3 * time.Minute
	// Within guessTime a number may be tried as often by strangers, and as often again by telephones that are known.
	guessTime     = 10 * time.Minute
	guessesNumber = 5
	// One address may try one number and all numbers as often, and ask for as many codes.
	guessesPair    = 3
	guessesAddress = 60
	codesAddress   = 30
)

// Store is what a desk reads and writes.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Message is a code on its way.
type Message struct {
	Org        org.ID
	ID         string // of the message
	Technician string
	Phone      private.Phone
	Code       string
	Life       time.Duration
}

// Config says what a desk works with. All but RequestID must be given.
type Config struct {
	Store     Store
	Directory *identity.Directory
	Signer    identity.Signer
	Clock     identity.Clock // of the machine: credentials end by it
	// Serves reports whether an org is one of ours.
	Serves func(org.ID) bool
	// Send carries a code to a telephone; nil when there is no way to.
	Send func(ctx context.Context, m *Message) error
	Log  *slog.Logger
	// RequestID is the id of a call, for the audit; none unless given.
	RequestID func(ctx context.Context) string
}

// limits count who tries what.
type limits struct {
	codes, codesKnown, codesAddress              *throttle.Limiter
	guesses, guessesKnown, pairs, guessesAddress *throttle.Limiter
}

// Desk sends codes, takes them, and keeps sessions. Any goroutine may use it.
type Desk struct {
	c      Config
	limits limits
	queue  chan func(ctx context.Context)
	done   sync.WaitGroup
	cache  sessionCache
}

// What waits to be done after its answer, and by how many at once.
const (
	queueLength = 1000
	workers     = 4
)

// New makes a desk. Nothing is sent before Start.
func New(c Config) *Desk {
	if c.RequestID == nil {
		c.RequestID = func(context.Context) string { return "" }
	}
	return &Desk{
		c: c, queue: make(chan func(context.Context), queueLength), cache: sessionCache{known: map[sessionKey]*seen{}},
		limits: limits{
			codes: throttle.New(1, codeWait), codesKnown: throttle.New(1, codeWait), codesAddress: throttle.New(codesAddress, guessTime),
			guesses: throttle.New(guessesNumber, guessTime), guessesKnown: throttle.New(guessesNumber, guessTime),
			pairs: throttle.New(guessesPair, guessTime), guessesAddress: throttle.New(guessesAddress, guessTime),
		},
	}
}

// Start lets the desk work until ctx ends; Wait waits for that.
func (d *Desk) Start(ctx context.Context) {
	for range workers {
		d.done.Go(func() {
			for {
				select {
				case work := <-d.queue:
					work(ctx)
				case <-ctx.Done():
					return
				}
			}
		})
	}
}

// Wait returns when the desk has stopped.
func (d *Desk) Wait() { d.done.Wait() }

// later does something after the answer; false when there is too much to do.
func (d *Desk) later(work func(ctx context.Context)) bool {
	select {
	case d.queue <- work:
		return true
	default:
		return false
	}
}

// caller is who tries: a number of an org, from an address, perhaps by a telephone that is known.
type caller struct {
	org     org.ID
	phone   private.Phone
	number  string // keyed hash of the number
	known   bool
	address string
}

// caller reads who tries. An org that is not served has no numbers, and is answered like any other.
func (d *Desk) caller(ctx context.Context, o org.ID, p private.Phone, device string) (*caller, error) {
	if o == "" {
		o = org.Default
	}
	c := &caller{org: o, phone: p, address: auth.Address(ctx)}
	signing := o
	if !d.c.Serves(o) {
		signing = org.Default // only to take as long
	}
	var err error
	if c.number, err = d.c.Signer.Index(signing, "phone", p.Reveal()); err != nil {
		return nil, err
	}
	c.number = string(o) + "/" + c.number
	c.known, err = d.ownDevice(signing, c.number, device)
	return c, err
}

// mayAsk reports whether a caller may have a code sent, and whether one goes out if the number is somebody's.
func (d *Desk) mayAsk(c *caller, now time.Time) (sends bool, err error) {
	if !d.limits.codesAddress.Take(c.address, now) {
		return false, auth.ErrTooOften
	}
	l := d.limits.codes
	if c.known {
		l = d.limits.codesKnown
	}
	return l.Take(c.number, now), nil
}

// mayGuess counts a guess; good takes it back.
func (d *Desk) mayGuess(c *caller, now time.Time) (good func(), err error) {
	if !d.limits.guessesAddress.Take(c.address, now) {
		return nil, auth.ErrTooOften
	}
	pair, l := c.address+" "+c.number, d.limits.guesses
	if c.known {
		l = d.limits.guessesKnown
	} else if !d.limits.pairs.Take(pair, now) {
		return nil, auth.ErrTooOften
	}
	if !l.Take(c.number, now) {
		return nil, auth.ErrTooOften
	}
	return func() {
		l.Back(c.number)
		d.limits.guessesAddress.Back(c.address)
		if !c.known {
			d.limits.pairs.Back(pair)
		}
	}, nil
}
