package hooks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/dialguard"
	"fettle/ledger"
	"fettle/org"
	"fettle/webhook"
)

// Limit is how long an endpoint may take to answer.
const Limit = 15 * time.Second

// Parallel is how many requests one endpoint gets at once.
const Parallel = 4

// maxPause is the longest that an endpoint can ask for by Retry-After.
const maxPause = time.Hour

// Store is what a Sender needs of a store.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Config says what a Sender works with. All must be given.
type Config struct {
	Org   org.ID
	Store Store
	Clock clock.Clock
	Guard *dialguard.Guard
	// Woken is called after work was written, with its kind and instant. It must not block.
	Woken func(kind string, at time.Time)
	// Agreed reports whether data may leave by a way, and which fields of it, none means all. nil means always, and all.
	Agreed func(ctx context.Context, way string) (fields []string, ok bool, err error)
}

// Way names the host of an address as agreements do.
func Way(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "webhook:"
	}
	return "webhook:" + strings.ToLower(u.Hostname())
}

// agreed is what of a delivery may leave for an endpoint; ok is false when nothing may.
func (s *Sender) agreed(ctx context.Context, e *Endpoint, d *Delivery) (sent *Delivery, ok bool, err error) {
	if s.c.Agreed == nil {
		return d, true, nil
	}
	fields, ok, err := s.c.Agreed(ctx, Way(e.URL))
	if err != nil || !ok || len(fields) == 0 {
		return d, ok, err
	}
	var body struct {
		Type string                     `json:"type"`
		Time json.RawMessage            `json:"timestamp"`
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal([]byte(d.Body), &body); err != nil {
		return nil, false, fmt.Errorf("read delivery %s: %w", d.ID, err)
	}
	for name := range body.Data {
		if !slices.Contains(fields, name) {
			delete(body.Data, name)
		}
	}
	less, err := json.Marshal(body)
	if err != nil {
		return nil, false, fmt.Errorf("write delivery %s: %w", d.ID, err)
	}
	copied := *d
	copied.Body = string(less)
	return &copied, true, nil
}

// Sender knows the endpoints of an org, makes the deliveries that events call for and carries them.
type Sender struct {
	c      Config
	client *http.Client

	mu        sync.RWMutex
	endpoints []*Endpoint          // by id
	paused    map[string]time.Time // by endpoint: until when
}

// Open makes a Sender of the endpoints in the store.
func Open(ctx context.Context, c Config) (*Sender, error) {
	s := &Sender{c: c, client: c.Guard.Client(Limit, Parallel), paused: map[string]time.Time{}}
	return s, s.Reload(ctx)
}

// Reload reads the endpoints again, after one was changed.
func (s *Sender) Reload(ctx context.Context) error {
	p, err := s.c.Store.Records(ctx, s.c.Org, ledger.All(EndpointKind), MaxEndpoints)
	if err != nil {
		return fmt.Errorf("read webhook endpoints: %w", err)
	}
	endpoints := make([]*Endpoint, len(p.Records))
	for i := range p.Records {
		if endpoints[i], err = DecodeEndpoint(&p.Records[i]); err != nil {
			return err
		}
	}
	slices.SortFunc(endpoints, func(a, b *Endpoint) int { return cmp.Compare(a.ID, b.ID) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = endpoints
	return nil
}

// Endpoints lists the ids of all endpoints.
func (s *Sender) Endpoints() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]string, len(s.endpoints))
	for i, e := range s.endpoints {
		out[i] = e.ID
	}
	return out
}

// Close lets connections go.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// now is the present instant as precise as it is stored.
func (s *Sender) now() time.Time { return s.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// payload is what an event says: ids and states. Whoever wants to know more asks the API, with a credential of its own.
type payload struct {
	Type string    `json:"type"`
	Time time.Time `json:"timestamp"`
	Data thin      `json:"data"`
}

type thin struct {
	Sequence   int64  `json:"sequence,omitempty"`
	Order      string `json:"workOrderId,omitempty"`
	Technician string `json:"technicianId,omitempty"`
	State      string `json:"state,omitempty"`
	Clock      string `json:"clock,omitempty"`
	Endpoint   string `json:"webhookEndpointId,omitempty"` // of a test
}

// Outbox makes the deliveries that a batch of events calls for.
func (s *Sender) Outbox(o org.ID, b *engine.Batch) ([]ledger.DueWork, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []ledger.DueWork
	for i := range b.Events {
		e := &b.Events[i]
		var body []byte
		for _, to := range s.endpoints {
			if !to.wants(string(e.Type)) {
				continue
			}
			if body == nil {
				var err error
				if body, err = json.Marshal(payload{string(e.Type), e.Time.UTC(), thin{
					Sequence: e.Sequence, Order: string(e.Order), Technician: string(e.Technician), State: string(e.State), Clock: string(e.Clock),
				}}); err != nil {
					return nil, fmt.Errorf("encode webhook: %w", err)
				}
			}
			d := newDelivery(to.ID, fmt.Sprintf("evt_%s_%d", o, e.Sequence), string(e.Type), body)
			w, err := d.Work(e.Time)
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
	}
	return out, nil
}

func newDelivery(endpoint, event, eventType string, body []byte) *Delivery {
	return &Delivery{ID: event + "." + endpoint, Endpoint: endpoint, Event: event, Type: eventType, Body: string(body)}
}

// Test is the due work of a delivery that tells nothing but that it came, and the id of that delivery.
func Test(endpoint, id string, at time.Time) (ledger.DueWork, string, error) {
	body, err := json.Marshal(payload{"webhook.test", at.UTC(), thin{Endpoint: endpoint}})
	if err != nil {
		return ledger.DueWork{}, "", fmt.Errorf("encode webhook: %w", err)
	}
	d := newDelivery(endpoint, "evt_"+id, "webhook.test", body)
	w, err := d.Work(at)
	return w, d.ID, err
}

// Deliver is a due.Handler for the kinds of WorkKind: it makes one attempt and keeps what became of it. A service that ends in
// between makes it again under the same webhook-id.
func (s *Sender) Deliver(ctx context.Context, w ledger.DueWork) error {
	d, err := s.delivery(ctx, &w)
	if err != nil {
		return err
	}
	l, err := s.c.Store.Record(ctx, s.c.Org, EndpointKind, d.Endpoint)
	if errors.Is(err, ledger.ErrNotFound) {
		return s.c.Store.Apply(ctx, s.c.Org, &ledger.Change{DueDone: []ledger.DueWork{w}}) // the endpoint is gone, and its events with it
	}
	if err != nil {
		return fmt.Errorf("read endpoint %s: %w", d.Endpoint, err)
	}
	e, err := DecodeEndpoint(l)
	if err != nil {
		return err
	}
	now := s.now()
	if e.State != Enabled {
		d.State, d.Next = Failed, time.Time{}
		d.noted(Attempt{At: now, Detail: "the endpoint is disabled"})
		return s.keep(ctx, d, nil, w)
	}
	if until := s.pause(e.ID); until.After(now) {
		w.At = until
		return s.c.Store.Apply(ctx, s.c.Org, &ledger.Change{DueSet: []ledger.DueWork{w}})
	}
	secrets, err := e.secrets(now)
	if err != nil {
		return err
	}
	sent, ok, err := s.agreed(ctx, e, d)
	if err != nil {
		return err
	}
	if !ok {
		return s.settle(ctx, e, d, Attempt{At: now, Detail: "no processing agreement opens " + Way(e.URL)}, 0, w)
	}
	a, after := s.attempt(ctx, e.URL, sent, secrets)
	if ctx.Err() != nil && a.Status == 0 {
		return ctx.Err() // the service ends: not the endpoint's fault
	}
	return s.settle(context.WithoutCancel(ctx), e, d, a, after, w)
}

// delivery reads what is known of a delivery, or makes it.
func (s *Sender) delivery(ctx context.Context, w *ledger.DueWork) (*Delivery, error) {
	l, err := s.c.Store.Record(ctx, s.c.Org, DeliveryKind, w.Key)
	if err == nil {
		return DecodeDelivery(l)
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return nil, fmt.Errorf("read delivery %s: %w", w.Key, err)
	}
	var j job
	if err := json.Unmarshal([]byte(w.Payload), &j); err != nil {
		return nil, fmt.Errorf("read delivery %s: %w", w.Key, err)
	}
	return &Delivery{
		ID: w.Key, State: Pending, Created: s.now(), Endpoint: j.Endpoint, Event: j.Event, Type: j.Type, Body: j.Body,
	}, nil
}

func (s *Sender) pause(endpoint string) time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.paused[endpoint]
}

// attempt makes one request. after is how long the endpoint wants to be left alone.
func (s *Sender) attempt(ctx context.Context, url string, d *Delivery, secrets []webhook.Secret) (a Attempt, after time.Duration) {
	a.At = s.now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(d.Body)))
	if err != nil {
		a.Detail = "the address cannot be one"
		return a, 0
	}
	webhook.Sign(req.Header, d.Event, a.At, []byte(d.Body), secrets...)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "fettle-webhook/1")
	began := machine.Now()
	res, err := s.client.Do(req)
	a.Took = machine.Now().Sub(began)
	if err != nil {
		a.Detail = detail(err)
		return a, 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
	_ = res.Body.Close()
	a.Status = res.StatusCode
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		after = min(time.Duration(min(seconds, 1<<20))*time.Second, maxPause)
	}
	if throttles(a.Status) {
		after = max(after, minPause)
	}
	return a, after
}

// minPause is how long an endpoint that has too much to do is left alone.
const minPause = 5 * time.Second

// throttles reports whether an answer asks for fewer requests.
func throttles(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// machine is the clock by which requests are measured, whatever time the service has.
var machine = clock.System()

// detail says why there was no answer, without what an address may hold beside its host.
func detail(err error) string {
	if errors.Is(err, dialguard.ErrAddress) {
		return dialguard.ErrAddress.Error()
	}
	text := err.Error()
	if i := strings.LastIndex(text, `": `); i >= 0 { // Post "https://...": why
		text = text[i+3:]
	}
	return text[:min(len(text), maxText)]
}

func (d *Delivery) noted(a Attempt) {
	if d.Attempts = append(d.Attempts, a); len(d.Attempts) > maxAttempts {
		d.Attempts = d.Attempts[1:]
	}
}

// settle keeps what became of an attempt.
func (s *Sender) settle(ctx context.Context, e *Endpoint, d *Delivery, a Attempt, after time.Duration, w ledger.DueWork) error {
	d.noted(a)
	d.Tries++
	d.Next = time.Time{}
	now := s.now()
	switch {
	case a.Status/100 == 2:
		d.State = Delivered
		return s.keep(ctx, d, nil, w)
	case a.Status == http.StatusGone:
		d.State = Failed
		e.State, e.Reason = Disabled, ReasonGone
		return s.keep(ctx, d, e, w)
	}
	if after > 0 {
		s.mu.Lock()
		s.paused[e.ID] = now.Add(after)
		s.mu.Unlock()
	}
	wait, again := Wait(d.ID, d.Tries)
	if !again {
		d.State = Failed
		return s.keep(ctx, d, nil, w)
	}
	d.Next = now.Add(max(wait, after))
	return s.keep(ctx, d, nil, w)
}

// keep writes a delivery, and an endpoint that has changed with it, and its next attempt when there is one.
func (s *Sender) keep(ctx context.Context, d *Delivery, e *Endpoint, w ledger.DueWork) error {
	d.Version++
	d.Updated = s.now()
	record, err := d.Encode()
	if err != nil {
		return err
	}
	c := &ledger.Change{Records: []ledger.Record{record}}
	if d.Next.IsZero() {
		c.DueDone = []ledger.DueWork{w}
	} else {
		w.At = d.Next
		c.DueSet = []ledger.DueWork{w}
	}
	if e != nil {
		e.Version++
		e.Updated = d.Updated
		record, err := e.Encode()
		if err != nil {
			return err
		}
		c.Records = append(c.Records, record)
		c.Audit = []ledger.Entry{{
			Time: d.Updated, Actor: "service", Method: "webhook endpoint answered 410", Kind: EndpointKind, ID: e.ID, Result: ledger.OK, Fields: []string{"state"},
		}}
	}
	if err := s.c.Store.Apply(ctx, s.c.Org, c); err != nil {
		return fmt.Errorf("keep delivery %s: %w", d.ID, err)
	}
	if e != nil {
		return s.Reload(ctx)
	}
	if !d.Next.IsZero() {
		s.c.Woken(w.Kind, d.Next)
	}
	return nil
}

// Replay makes a delivery be tried again from the start of the schedule, under the same webhook-id. It changes d; whoever calls
// writes it.
func (d *Delivery) Replay(now time.Time) (ledger.DueWork, error) {
	d.State, d.Tries, d.Next = Pending, 0, now
	return d.Work(now)
}
