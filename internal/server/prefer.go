package server

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"fettle/internal/call"
)

// message is any message of the API.
type message = proto.Message

// maxWait is the longest that a call waits for a change.
const maxWait = 60 * time.Second

// waitOf reads the header Prefer: wait=30 (RFC 7240): how long the caller would wait for a change. 0 means not at all.
func waitOf(ctx context.Context) time.Duration {
	for part := range strings.SplitSeq(call.Header(ctx, "prefer"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
		if err != nil || n < 0 {
			return 0
		}
		return min(time.Duration(n)*time.Second, maxWait)
	}
	return 0
}

// matches reports whether a header If-None-Match names an etag: a list, weak or strong, or *.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.Trim(strings.TrimPrefix(part, "W/"), `"`) == etag {
			return true
		}
	}
	return false
}
