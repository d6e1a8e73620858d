package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client calls the public contract for commands.
type Client struct {
	Server string // address of the service
	Token  string
	Key    string // the idempotency key of what changes something
}

// patience is how long one call may take.
const patience = 2 * time.Minute

// maxAnswer is more than an answer has: a part of a file is 8 MiB.
const maxAnswer = 16 << 20

// Call sends one request, with a body of JSON unless it is nil. What is not 200 is an error with what the service says.
func (c *Client) Call(ctx context.Context, method, path string, body any) (data []byte, err error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body == nil {
		sent = nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(sent))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", c.Key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if data, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: the service answered %s: %s", method, path, res.Status, saidBy(data))
	}
	return data, nil
}

// Into calls and reads the answer as JSON.
func (c *Client) Into(ctx context.Context, method, path string, body, answer any) error {
	data, err := c.Call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// saidBy is what a problem document says, with the fields that it names; the body where it is none.
func saidBy(data []byte) string {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Field  string `json:"field"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &p) != nil || p.Detail == "" && len(p.Errors) == 0 {
		return string(data[:min(len(data), 500)])
	}
	text := p.Detail
	for _, e := range p.Errors {
		text += "; " + e.Field + ": " + e.Detail
	}
	return strings.TrimPrefix(text, "; ")
}
