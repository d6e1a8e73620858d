package call

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"fettle/internal/policy"
	"fettle/invalid"
)

// tokenVersion is the first byte of a page token; others are refused.
const tokenVersion = 1

// tokenSum is how many bytes of a hash guard a token against other filters and against chance.
const tokenSum = 8

// PageSize is how many to list: the default for 0, the most for more.
func PageSize(n int32) int {
	if n <= 0 {
		return policy.DefaultPageSize
	}
	return min(int(n), policy.MaxPageSize)
}

// PageToken makes a token that goes on after a place in a list with a filter.
func PageToken(after, filter string) string {
	b := append([]byte{tokenVersion}, pageSum(after, filter)...)
	return base64.RawURLEncoding.EncodeToString(append(b, after...))
}

// PageAfter reads a token: the place to go on after, "" for the first page.
func PageAfter(token, filter string) (string, error) {
	if token == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= 1+tokenSum || b[0] != tokenVersion {
		return "", &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before"}
	}
	after := string(b[1+tokenSum:])
	if string(b[1:1+tokenSum]) != string(pageSum(after, filter)) {
		return "", &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before, with the same filter"}
	}
	return after, nil
}

func pageSum(after, filter string) []byte {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d\x00%s\x00%s", tokenVersion, after, filter)))
	return sum[:tokenSum]
}

// Filter spells a filter so that equal filters are spelled the same.
func Filter(method string, parts ...any) string {
	var b strings.Builder
	b.WriteString(method)
	for _, p := range parts {
		fmt.Fprintf(&b, "\x00%v", p)
	}
	return b.String()
}
