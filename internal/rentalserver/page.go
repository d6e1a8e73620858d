package rentalserver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	"fettle/internal/policy"
	"fettle/invalid"
	"fettle/ledger"
)

// token is where a page of a list ended.
type token struct {
	Place  ledger.Place
	Filter [8]byte // hash of the request without its page: a token of another list is refused
}

// pageable is a request for a page.
type pageable interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// sizeOf is how many to list: the default for 0, the most for more.
func sizeOf(r pageable) int {
	if n := int(r.GetPageSize()); n > 0 {
		return min(n, policy.MaxPageSize)
	}
	return policy.DefaultPageSize
}

// filterOf is what a token is for: the request with neither size nor token.
func filterOf(r pageable) ([8]byte, error) {
	c := proto.Clone(r)
	for _, name := range []string{"page_size", "page_token"} {
		m := c.ProtoReflect()
		m.Clear(m.Descriptor().Fields().ByTextName(name))
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(c)
	if err != nil {
		return [8]byte{}, fmt.Errorf("encode the filter: %w", err)
	}
	sum := sha256.Sum256(body)
	return [8]byte(sum[:8]), nil
}

// after reads the token of a request.
func after(r pageable) (ledger.Place, error) {
	if r.GetPageToken() == "" {
		return ledger.Place{}, nil
	}
	filter, err := filterOf(r)
	if err != nil {
		return ledger.Place{}, err
	}
	var t token
	body, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
	if err == nil {
		err = json.Unmarshal(body, &t)
	}
	if err != nil || t.Filter != filter || t.Place == (ledger.Place{}) {
		return ledger.Place{}, &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before, with the same filter"}
	}
	return t.Place, nil
}

// next is the token of the page that follows, "" for none.
func next(r pageable, p ledger.Place) (string, error) {
	if p == (ledger.Place{}) {
		return "", nil
	}
	filter, err := filterOf(r)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(token{p, filter})
	return base64.RawURLEncoding.EncodeToString(body), err
}
