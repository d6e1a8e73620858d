package webhook

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Window is how far the time of a webhook may be from that of its receiver, either way.
const Window = 5 * time.Minute

// maxSignatures bounds the work that a header can cause.
const maxSignatures = 16

// Why a webhook is refused.
var (
	// ErrHeaders says that one of the three headers is missing or unreadable.
	ErrHeaders = errors.New("webhook headers missing or malformed")
	// ErrTime says that the webhook was signed more than Window ago, or in the future.
	ErrTime = errors.New("webhook outside the window of time")
	// ErrSignature says that no signature fits: another body, another id, another endpoint or another secret.
	ErrSignature = errors.New("webhook signature does not fit")
	// ErrBody says that the body was signed and is no event.
	ErrBody = errors.New("webhook body is no event")
	// ErrRepeated says that Receive has seen this webhook: it has had its effect, so answer 2xx.
	ErrRepeated = errors.New("webhook received before")
	// ErrUnderWay says that Receive is busy with the same webhook: answer 503, so that it comes again if that one fails.
	ErrUnderWay = errors.New("webhook is being received")
)

// Event is what a webhook tells. Data holds ids; ask the API for the rest.
type Event struct {
	ID   string          `json:"-"`    // of the header: the same for every attempt
	Type string          `json:"type"` // such as work_order.assigned
	Time time.Time       `json:"timestamp"`
	Data json.RawMessage `json:"data"`
}

// Verifier knows the secrets of one endpoint: the present one, and the one before while it is being replaced.
type Verifier struct{ secrets []Secret }

// NewVerifier makes one.
func NewVerifier(secrets ...Secret) *Verifier { return &Verifier{secrets: secrets} }

// Verify checks one webhook: its headers, its age at now, and its signature over the bytes of the body, in constant time. The
// error is ErrHeaders, ErrTime, ErrSignature or ErrBody.
func (v *Verifier) Verify(h http.Header, body []byte, now time.Time) (Event, error) {
	if err := v.VerifyBytes(h, body, now); err != nil {
		return Event{}, err
	}
	e := Event{}
	if err := json.Unmarshal(body, &e); err != nil || e.Type == "" {
		return Event{}, ErrBody
	}
	e.ID = h.Get(HeaderID)
	return e, nil
}

// VerifyBytes is Verify for a body of any kind: it is not read. The error is ErrHeaders, ErrTime or ErrSignature.
func (v *Verifier) VerifyBytes(h http.Header, body []byte, now time.Time) error {
	id, stamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || h.Get(HeaderSignature) == "" {
		return ErrHeaders
	}
	if at := time.Unix(seconds, 0); at.Before(now.Add(-Window)) || at.After(now.Add(Window)) {
		return fmt.Errorf("%w: signed at %s, received at %s", ErrTime, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	if !v.fits(id, stamp, body, h.Get(HeaderSignature)) {
		return ErrSignature
	}
	return nil
}

// fits compares each signature of version 1 with that of each secret. It goes through all of them whatever it finds.
func (v *Verifier) fits(id, stamp string, body []byte, header string) bool {
	found := false
	wanted := make([][]byte, len(v.secrets))
	for i, s := range v.secrets {
		wanted[i] = s.mac(id, stamp, body)
	}
	for i, text := range strings.Fields(header) {
		encoded, ok := strings.CutPrefix(text, version)
		if !ok || i >= maxSignatures {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, w := range wanted {
			if hmac.Equal(got, w) {
				found = true
			}
		}
	}
	return found
}

// Receiver gives each webhook one effect: it verifies, and remembers the ids that it has seen. Its memory is that of one
// process; where an effect is a row, write the id in the same transaction instead, under a unique key. Safe for concurrent
// use.
type Receiver struct {
	verifier *Verifier
	keep     time.Duration

	mu     sync.Mutex
	seen   map[string]time.Time // when it came last; zero while its effect is on its way
	pruned time.Time
}

// Keep is how long a Receiver remembers: longer than Fettle tries.
const Keep = 96 * time.Hour

// NewReceiver makes one that remembers ids for Keep.
func NewReceiver(v *Verifier) *Receiver {
	return &Receiver{verifier: v, keep: Keep, seen: make(map[string]time.Time)}
}

// Receive verifies a webhook and calls effect when it is the first with its id. A webhook whose effect fails is forgotten, so
// that the next attempt has it. The error is one of Verify, ErrRepeated, ErrUnderWay, or that of effect.
func (r *Receiver) Receive(h http.Header, body []byte, now time.Time, effect func(Event) error) error {
	e, err := r.verifier.Verify(h, body, now)
	if err != nil {
		return err
	}
	if err := r.claim(e.ID, now); err != nil {
		return err
	}
	done := false
	defer func() { r.settle(e.ID, now, done) }() // a panic of effect has had none
	if err := effect(e); err != nil {
		return err
	}
	done = true
	return nil
}

// claim takes an id that nobody has.
func (r *Receiver) claim(id string, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.pruned) > r.keep/64 {
		for id, at := range r.seen {
			if !at.IsZero() && now.Sub(at) > r.keep {
				delete(r.seen, id)
			}
		}
		r.pruned = now
	}
	if at, known := r.seen[id]; known {
		if at.IsZero() {
			return ErrUnderWay
		}
		return ErrRepeated
	}
	r.seen[id] = time.Time{}
	return nil
}

// settle keeps an id that had its effect, and forgets one that had none.
func (r *Receiver) settle(id string, now time.Time, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done {
		r.seen[id] = now
	} else {
		delete(r.seen, id)
	}
}
