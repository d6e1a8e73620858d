// Package sms sends short messages through a provider that speaks JSON over HTTP, in the shape that providers in China share:
// a signature and templates that were approved beforehand, parameters instead of text, the id of the message as "outId", and a
// receipt later. docs/messages.md lays the shape down; a provider with other names needs a small relay.
package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"fettle/internal/adapter/call"
	"fettle/internal/notify/channel"
)

// Config is an account at a provider.
type Config struct {
	URL       string // where letters are posted
	Key       string // sent as a bearer token
	Signature string // the approved name of the sender
	// Idempotent says that the provider sends one letter for each outId, however often it is asked.
	Idempotent bool
	Cost       int64 // of a letter in millionths of the currency, when the provider does not say
	Parallel   int   // connections that are kept
}

// SMS is a channel of short messages.
type SMS struct {
	c      Config
	client *http.Client
}

// New makes one.
func New(c Config) *SMS { return &SMS{c: c, client: call.Client(c.Parallel)} }

// Capabilities implements channel.Channel.
func (s *SMS) Capabilities() channel.Capabilities {
	return channel.Capabilities{
		Idempotent: s.c.Idempotent, NeedsAddress: true, Telephone: true, NeedsApproval: true, Disturbs: true, Receipts: true, Cost: s.c.Cost,
	}
}

// request is what the provider gets.
type request struct {
	Signature string            `json:"signature"`
	Template  string            `json:"templateId"`
	Phone     string            `json:"phone"`
	Params    map[string]string `json:"params"`
	OutID     string            `json:"outId"`
}

// answer is what it says: code OK, or why not.
type answer struct {
	Code string `json:"code"`
	ID   string `json:"bizId"`
	Cost int64  `json:"costMicros"`
}

// busy are codes of letters that may be taken later.
var busy = []string{"LIMIT", "BUSY", "FLOW_CONTROL"}

// Send implements channel.Channel.
func (s *SMS) Send(ctx context.Context, l *channel.Letter) channel.Outcome {
	header := http.Header{"Authorization": {"Bearer " + s.c.Key}}
	a, left, err := call.Post(ctx, s.client, s.c.URL, header, request{
		Signature: s.c.Signature, Template: l.ProviderTemplate, Phone: l.Address, Params: l.Vars, OutID: l.Message.ID,
	})
	if err != nil {
		return call.Lost(left, err)
	}
	if o, ok := call.Judge(a); !ok {
		return o
	}
	said := answer{}
	if err := json.Unmarshal(a.Body, &said); err != nil || said.Code == "" {
		return channel.Outcome{Result: channel.Unknown, Err: fmt.Errorf("%w: the answer has no code", channel.ErrRefused)}
	}
	switch {
	case said.Code == "OK":
		return channel.Outcome{Result: channel.Sent, ProviderID: said.ID, Cost: said.Cost}
	case slices.Contains(busy, said.Code):
		return channel.Outcome{Result: channel.Retry, After: a.After, Err: fmt.Errorf("%w: code %.40q", channel.ErrBusy, said.Code)}
	}
	return channel.Outcome{Result: channel.Permanent, Err: fmt.Errorf("%w: code %.40q", channel.ErrRefused, said.Code)}
}

// receipt is what the provider tells later of one letter.
type receipt struct {
	OutID string    `json:"outId"`
	ID    string    `json:"bizId"`
	State string    `json:"state"` // DELIVERED or FAILED
	At    time.Time `json:"at"`
	Cost  int64     `json:"costMicros"`
	Code  string    `json:"code"`
}

// states are what a receipt may say; a letter is acknowledged when the recipient has answered it.
var states = []string{"DELIVERED", "ACKNOWLEDGED", "FAILED"}

// Receipts reads the body of a callback: {"receipts": [...]}. One that cannot be read refuses all.
func (*SMS) Receipts(body []byte) ([]channel.Receipt, error) {
	var in struct {
		Receipts []receipt `json:"receipts"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("receipts: want a JSON object with the list receipts: %w", err)
	}
	out := make([]channel.Receipt, len(in.Receipts))
	for i, r := range in.Receipts {
		if r.OutID == "" || !slices.Contains(states, r.State) {
			return nil, fmt.Errorf("receipts[%d]: outId is %q, state is %q; want an outId, and DELIVERED, ACKNOWLEDGED or FAILED", i, r.OutID, r.State)
		}
		out[i] = channel.Receipt{
			MessageID: r.OutID, ProviderID: r.ID, Delivered: r.State != "FAILED", Acknowledged: r.State == "ACKNOWLEDGED", At: r.At, Cost: r.Cost,
			Detail: r.Code,
		}
	}
	return out, nil
}

// Close implements channel.Channel.
func (s *SMS) Close() { s.client.CloseIdleConnections() }
