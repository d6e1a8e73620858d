// Package call asks providers of messages over HTTP, and tells an attempt that cannot have arrived from one that may have.
package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"fettle/internal/notify/channel"
)

// Limits of one call.
const (
	// Limit is how long a provider may take.
	Limit   = 10 * time.Second
	maxBody = 1 << 16 // bytes of an answer
)

// Answer is what a provider said.
type Answer struct {
	Status int
	Body   []byte
	After  time.Duration // of Retry-After, in seconds; 0 when there is none
}

// Client makes a client for one provider with so many connections.
func Client(parallel int) *http.Client {
	return &http.Client{
		Timeout: Limit, Transport: &http.Transport{MaxIdleConnsPerHost: parallel},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Post sends body as JSON and returns the answer. Without an answer left says whether any of the request may have reached the
// provider; the error does not show the address, which may hold a credential.
func Post(ctx context.Context, c *http.Client, address string, header http.Header, body any) (a Answer, left bool, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return Answer{}, false, fmt.Errorf("encode the request to the provider: %w", err)
	}
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaderField: func(string, []string) { wrote.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		return Answer{}, false, errors.New("make the request to the provider: the address cannot be one")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return Answer{}, wrote.Load(), fmt.Errorf("ask the provider: %w", bare(err))
	}
	defer res.Body.Close() //nolint:errcheck // read to its end, or dropped
	a = Answer{Status: res.StatusCode}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.After = time.Duration(min(seconds, 86400)) * time.Second
	}
	if a.Body, err = io.ReadAll(io.LimitReader(res.Body, maxBody)); err != nil {
		return Answer{}, true, fmt.Errorf("read the answer of the provider: %w", bare(err))
	}
	return a, true, nil
}

// bare takes the address out of an error.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Lost is the outcome of a call without an answer.
func Lost(left bool, err error) channel.Outcome {
	if left {
		return channel.Outcome{Result: channel.Unknown, Err: err}
	}
	return channel.Outcome{Result: channel.Retry, Err: err}
}

// Judge is the outcome that a status says; ok means that it is a 2xx, whose body says more. A provider that is overloaded, or
// that asks for other credentials, has not taken the letter; of other failures inside it nobody knows.
func Judge(a Answer) (o channel.Outcome, ok bool) {
	said := fmt.Errorf("%w: it answered %d", channel.ErrRefused, a.Status)
	switch {
	case a.Status/100 == 2:
		return channel.Outcome{}, true
	case a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable:
		return channel.Outcome{Result: channel.Retry, After: a.After, Err: fmt.Errorf("%w: it answered %d", channel.ErrBusy, a.Status)}, false
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || a.Status == http.StatusRequestTimeout:
		return channel.Outcome{Result: channel.Retry, After: a.After, Err: said}, false
	case a.Status/100 == 5:
		return channel.Outcome{Result: channel.Unknown, Err: said}, false
	}
	return channel.Outcome{Result: channel.Permanent, Err: said}, false
}
