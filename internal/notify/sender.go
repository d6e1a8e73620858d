package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/due"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/catchup"
)

// sendLimit is how long the sink may take for one message.
const sendLimit = 10 * time.Second

// lateAfter is how long after its instant a message is late.
const lateAfter = time.Minute

// Store is what a Sender needs of a store.
type Store interface {
	SettleDue(ctx context.Context, o org.ID, w ledger.DueWork, out ledger.Outcome) error
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Sender sends messages to an HTTP sink, as POST of a Message. A 2xx means that the sink has it.
type Sender struct {
	url    string
	org    org.ID
	store  Store
	clock  clock.Clock
	client *http.Client
}

// NewSender makes one.
func NewSender(url string, o org.ID, store Store, c clock.Clock) *Sender {
	return &Sender{
		url: url, org: o, store: store, clock: c,
		client: &http.Client{Timeout: sendLimit, Transport: &http.Transport{MaxIdleConnsPerHost: Parallel}},
	}
}

// Send is a due.Handler: it sends one message and settles its row, or settles it unsent when a later message about the same
// order has taken its place. Whoever lost the claim of the row cannot settle it.
func (s *Sender) Send(ctx context.Context, w ledger.DueWork) error {
	var m Message
	if err := json.Unmarshal([]byte(w.Payload), &m); err != nil {
		return fmt.Errorf("read message %s: %w: %w", w.Key, due.ErrHopeless, err)
	}
	verdict, by, err := s.judge(ctx, &m)
	if err != nil {
		return fmt.Errorf("message %s: %w", w.Key, err)
	}
	out := ledger.Outcome{
		Kind: w.Kind, Key: w.Key, Due: w.At, Settled: s.clock.Now(), Attempt: w.Attempt, Fate: ledger.FateDone, Note: by,
	}
	switch verdict {
	case catchup.Superseded:
		out.Fate = ledger.FateSuperseded
	case catchup.SendLate:
		m.Late, out.Fate = true, ledger.FateLate
	case catchup.Waiting, catchup.Settled, catchup.Send:
	}
	if out.Fate != ledger.FateSuperseded {
		m.Attempt = w.Attempt
		body, err := json.Marshal(&m)
		if err != nil {
			return fmt.Errorf("encode message %s: %w", w.Key, err)
		}
		if err := s.post(ctx, body); err != nil {
			return err
		}
		out.Settled = s.clock.Now()
	}
	if err := s.store.SettleDue(context.WithoutCancel(ctx), s.org, w, out); err != nil {
		return fmt.Errorf("message %s was sent, and will be again: %w", w.Key, err)
	}
	return nil
}

// catchUp is how late messages are late, and for how long each is worth sending although a later one says what is so now.
var catchUp = catchup.Rule{Grace: lateAfter, Keep: 6 * time.Hour}

// laterEvents is how many events of an order are read to find what is said later.
const laterEvents = 100

// judge says what becomes of a message, and which later one takes its place.
func (s *Sender) judge(ctx context.Context, m *Message) (catchup.Fate, string, error) {
	series := []catchup.Stage{{Due: m.DueAt}}
	ids := []string{m.ID}
	now := s.clock.Now()
	if sequence, ok := m.sequence(); ok && now.Sub(m.DueAt) > catchUp.Keep {
		events, err := s.store.OrderEvents(ctx, s.org, dispatch.WorkOrderID(m.OrderID), sequence, laterEvents)
		if err != nil {
			return "", "", err
		}
		for i := range events {
			if t := templates[events[i].Type]; t != nil && t.to == m.To && !events[i].Time.Before(m.DueAt) {
				series = append(series, catchup.Stage{Due: events[i].Time})
				ids = append(ids, messageID(s.org, events[i].Sequence))
			}
		}
	}
	v := catchup.Judge(now, catchUp, series)[0]
	if v.By >= 0 {
		return v.Fate, "by " + ids[v.By], nil
	}
	return v.Fate, "", nil
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
	switch res.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity: // of this message
		return fmt.Errorf("send message: the sink answered %s: %w", res.Status, due.ErrHopeless)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("send message: the sink answered %s", res.Status)
	}
	return nil
}

// Close lets connections go.
func (s *Sender) Close() { s.client.CloseIdleConnections() }
