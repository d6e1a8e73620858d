package call

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// maxWait is the longest that a call waits for a change.
const maxWait = 60 * time.Second

// Wait reads the header Prefer: wait=30 (RFC 7240): how long the caller would wait for a change. 0 means not at all.
func Wait(ctx context.Context) time.Duration {
	for part := range strings.SplitSeq(Header(ctx, "prefer"), ",") {
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
