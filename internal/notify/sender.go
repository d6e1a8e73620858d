package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/org"
)

// sendLimit is how long the sink may take for one message.
const sendLimit = 10 * time.Second

// lateAfter is how long after its instant a message is late.
const lateAfter = time.Minute

// Committer is what a Sender needs of a store.
type Committer interface {
	Commit(ctx context.Context, o org.ID, b *engine.Batch) error
}

// Sender sends messages to an HTTP sink, as POST of a Message. A 2xx means that the sink has it.
type Sender struct {
	url    string
	org    org.ID
	store  Committer
	clock  clock.Clock
	client *http.Client
}

// NewSender makes one.
func NewSender(url string, o org.ID, store Committer, c clock.Clock) *Sender {
	return &Sender{
		url: url, org: o, store: store, clock: c,
		client: &http.Client{Timeout: sendLimit, Transport: &http.Transport{MaxIdleConnsPerHost: Parallel}},
	}
}

// Send is a due.Handler: it sends one message and removes its row. When the sink does not take it the number of the attempt
// is kept, and the row stays.
func (s *Sender) Send(ctx context.Context, w engine.DueWork) error {
	var m Message
	if err := json.Unmarshal([]byte(w.Payload), &m); err != nil {
		return fmt.Errorf("read message %s: %w", w.Key, err)
	}
	m.Attempt++
	m.Late = s.clock.Now().Sub(m.DueAt) > lateAfter
	body, err := json.Marshal(&m)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", w.Key, err)
	}
	if err := s.post(ctx, body); err != nil {
		w.Payload = string(body)
		if kept := s.store.Commit(ctx, s.org, &engine.Batch{DueSet: []engine.DueWork{w}}); kept != nil {
			return fmt.Errorf("%w; its attempt was not kept: %w", err, kept)
		}
		return err
	}
	if err := s.store.Commit(ctx, s.org, &engine.Batch{DueDone: []engine.DueWork{w}}); err != nil {
		return fmt.Errorf("message %s was sent, and will be again: %w", w.Key, err)
	}
	return nil
}

func (s *Sender) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection can be used again
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send message: the sink answered %s", res.Status)
	}
	return nil
}

// Close lets connections go.
func (s *Sender) Close() { s.client.CloseIdleConnections() }
