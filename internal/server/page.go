package server

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"fettle/dispatch"
	"fettle/internal/policy"
)

// tokenVersion is the first byte of a page token; others are refused.
const tokenVersion = 1

// tokenSum is how many bytes of a hash guard a token against other filters and against chance.
const tokenSum = 8

// pageSize is how many to list: the default for 0, the most for more.
func pageSize(n int32) int {
	if n <= 0 {
		return policy.DefaultPageSize
	}
	return min(int(n), policy.MaxPageSize)
}

// pageToken makes a token that goes on after a place in a list with a filter.
func pageToken(after, filter string) string {
	b := append([]byte{tokenVersion}, pageSum(after, filter)...)
	return base64.RawURLEncoding.EncodeToString(append(b, after...))
}

// pageAfter reads a token: the place to go on after, "" for the first page.
func pageAfter(token, filter string) (string, error) {
	if token == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= 1+tokenSum || b[0] != tokenVersion {
		return "", &dispatch.InvalidError{Field: "pageToken", Want: "the nextPageToken of the page before"}
	}
	after := string(b[1+tokenSum:])
	if string(b[1:1+tokenSum]) != string(pageSum(after, filter)) {
		return "", &dispatch.InvalidError{Field: "pageToken", Want: "the nextPageToken of the page before, with the same filter"}
	}
	return after, nil
}

func pageSum(after, filter string) []byte {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d\x00%s\x00%s", tokenVersion, after, filter)))
	return sum[:tokenSum]
}

// filterKey spells a filter so that equal filters are spelled the same.
func filterKey(method string, parts ...any) string {
	var b strings.Builder
	b.WriteString(method)
	for _, p := range parts {
		fmt.Fprintf(&b, "\x00%v", p)
	}
	return b.String()
}
