// Package file writes messages as lines of JSON to a file or a terminal: for trials without an account, and for whoever reads
// files. It can stand in for another channel by taking its capabilities.
package file

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"

	"fettle/internal/notify/channel"
)

// File is a channel into a file.
type File struct {
	as channel.Capabilities

	mu    sync.Mutex
	to    io.Writer
	close func() error // nil for a writer of the caller
}

// Line is what is written of a letter.
type Line struct {
	ID               string            `json:"message_id"`
	Kind             string            `json:"kind"`
	To               channel.Role      `json:"to"`
	Address          string            `json:"address,omitempty"`
	Language         string            `json:"language"`
	Title            string            `json:"title,omitempty"`
	Text             string            `json:"text"`
	ProviderTemplate string            `json:"provider_template,omitempty"`
	Vars             map[string]string `json:"vars,omitempty"`
}

// Open appends to a file, which it makes readable for its owner alone.
func Open(path string, as channel.Capabilities) (*File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the file for messages: %w", err)
	}
	return &File{to: f, close: f.Close, as: as}, nil
}

// New writes to a writer of the caller, such as a terminal.
func New(to io.Writer, as channel.Capabilities) *File { return &File{to: to, as: as} }

// Capabilities implements channel.Channel.
func (f *File) Capabilities() channel.Capabilities { return f.as }

// Send implements channel.Channel: one line. A line that was written in part is of an unknown outcome.
func (f *File) Send(_ context.Context, l *channel.Letter) channel.Outcome {
	line, err := json.Marshal(Line{
		ID: l.Message.ID, Kind: l.Message.Kind, To: l.Message.To, Address: l.Address, Language: l.Language, Title: l.Title, Text: l.Text,
		ProviderTemplate: l.ProviderTemplate, Vars: l.Vars,
	})
	if err != nil {
		return channel.Outcome{Result: channel.Permanent, Err: fmt.Errorf("encode the line: %w", err)}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.to.Write(append(line, '\n'))
	switch {
	case err == nil:
		return channel.Outcome{Result: channel.Sent, ProviderID: l.Message.ID}
	case n == 0:
		return channel.Outcome{Result: channel.Retry, Err: fmt.Errorf("write the line: %w", err)}
	}
	return channel.Outcome{Result: channel.Unknown, Err: fmt.Errorf("write the line: %w", err)}
}

// Close implements channel.Channel.
func (f *File) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.close != nil {
		_ = f.close() // each line was written when it was sent
	}
}
