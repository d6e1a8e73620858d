package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Deck says what slides are of.
type Deck struct {
	Server   string // address of the service
	Token    string
	Kind     string         // leases or workOrders
	Ask      map[string]any // the body of the :export, as {"language": "zh"}
	Interval time.Duration  // between two looks at how far it is
	Key      string         // the idempotency key of the request
}

// operation is how far the service is.
type operation struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Problem   string `json:"problem"`
	ItemsDone string `json:"itemsDone"`
	FileParts int    `json:"fileParts"`
}

// Slides has the service make slides, and writes them. It returns how many rows they are of.
func Slides(ctx context.Context, d *Deck, to io.Writer) (rows int64, err error) {
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	ask := map[string]any{"format": "PDF"}
	for name, value := range d.Ask {
		ask[name] = value
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return 0, fmt.Errorf("slides: %w", err)
	}
	var op operation
	if err = d.into(ctx, client, http.MethodPost, "/v1/"+d.Kind+":export", body, &op); err != nil {
		return 0, err
	}
	tick := time.NewTicker(max(d.Interval, 10*time.Millisecond))
	defer tick.Stop()
	at := "/v1/operations/" + url.PathEscape(op.ID)
	for op.State == "RUNNING" {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
		if err = d.into(ctx, client, http.MethodGet, at, nil, &op); err != nil {
			return 0, err
		}
	}
	if op.State != "SUCCEEDED" {
		return 0, fmt.Errorf("slides: %s: %s", op.State, op.Problem)
	}
	for part := range op.FileParts {
		file, err := d.call(ctx, client, http.MethodGet, at+"/file?purpose=slides&part="+strconv.Itoa(part), nil)
		if err != nil {
			return 0, err
		}
		if _, err := to.Write(file); err != nil {
			return 0, err
		}
	}
	rows, err = strconv.ParseInt("0"+op.ItemsDone, 10, 64)
	return rows, err
}

// into reads JSON.
func (d *Deck) into(ctx context.Context, c *http.Client, method, path string, body []byte, v any) error {
	data, err := d.call(ctx, c, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// maxPart is more than a part of a file has.
const maxPart = 16 << 20

// call sends one request; what is not 200 is an error with what the service says.
func (d *Deck) call(ctx context.Context, c *http.Client, method, path string, body []byte) (data []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(d.Server, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+d.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", d.Key)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	if data, err = io.ReadAll(io.LimitReader(res.Body, maxPart)); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: the service answered %s: %s", method, path, res.Status, saidBy(data))
	}
	return data, nil
}

// saidBy is the detail of a problem document, or the body where it is none.
func saidBy(data []byte) string {
	var p struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(data, &p) == nil && p.Detail != "" {
		return p.Detail
	}
	return string(data[:min(len(data), 500)])
}
