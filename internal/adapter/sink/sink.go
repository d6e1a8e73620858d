// Package sink posts messages to one address as they are: whoever listens there carries them on. A 2xx means that it has the
// message, a 400, 413 or 422 that it never takes it; whatever else happens it gets it again under the same id.
package sink

import (
	"context"
	"fmt"
	"net/http"

	"fettle/internal/adapter/call"
	"fettle/internal/notify/channel"
)

// Sink is a channel to an address.
type Sink struct {
	url    string
	client *http.Client
}

// New makes one with at most parallel connections that are kept.
func New(url string, parallel int) *Sink { return &Sink{url: url, client: call.Client(parallel)} }

// Capabilities implements channel.Channel: the receiver keeps one message of each id.
func (*Sink) Capabilities() channel.Capabilities { return channel.Capabilities{Idempotent: true} }

// Send implements channel.Channel: it posts Letter.Message.
func (s *Sink) Send(ctx context.Context, l *channel.Letter) channel.Outcome {
	a, _, err := call.Post(ctx, s.client, s.url, nil, l.Message)
	if err != nil {
		return channel.Outcome{Result: channel.Retry, Err: fmt.Errorf("send message: %w", err)}
	}
	result := channel.Retry
	switch a.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity: // of this message
		result = channel.Permanent
	}
	if a.Status/100 != 2 {
		return channel.Outcome{
			Result: result, After: a.After, Err: fmt.Errorf("send message: the sink answered %d %s", a.Status, http.StatusText(a.Status)),
		}
	}
	return channel.Outcome{Result: channel.Sent}
}

// Close implements channel.Channel.
func (s *Sink) Close() { s.client.CloseIdleConnections() }
