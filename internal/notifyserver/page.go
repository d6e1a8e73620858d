package notifyserver

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"fettle/internal/policy"
	"fettle/invalid"
	"fettle/ledger"
)

// pageSum is how many bytes of a hash guard a token against other filters and against chance.
const pageSum = 8

// list reads a page of records and tells each to f. It returns the token of the next page, "" for none.
func (s *Server) list(ctx context.Context, q *ledger.Query, size int32, token string, f func(*ledger.Record) error) (string, error) {
	c, err := s.call(ctx)
	if err != nil {
		return "", err
	}
	if err := after(token, q); err != nil {
		return "", err
	}
	n := policy.DefaultPageSize
	if size > 0 {
		n = min(int(size), policy.MaxPageSize)
	}
	p, err := s.c.Store.Records(ctx, c.org, *q, n)
	if err != nil {
		return "", err
	}
	for i := range p.Records {
		if err := f(&p.Records[i]); err != nil {
			return "", err
		}
	}
	if p.Next == (ledger.Place{}) {
		return "", nil
	}
	place, err := json.Marshal(p.Next)
	if err != nil {
		return "", fmt.Errorf("encode the place of the next page: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(sum(place, q), place...)), nil
}

// after moves a query to where a token says.
func after(token string, q *ledger.Query) error {
	if token == "" {
		return nil
	}
	wrong := &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before, with the same filter"}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= pageSum || string(b[:pageSum]) != string(sum(b[pageSum:], q)) {
		return wrong
	}
	if err := json.Unmarshal(b[pageSum:], &q.After); err != nil {
		return wrong
	}
	return nil
}

func sum(place []byte, q *ledger.Query) []byte {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s", place, q.Kind, q.Key, q.From, q.To))
	return h[:pageSum]
}
