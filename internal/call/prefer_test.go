package call_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	"fettle/internal/call"
)

func TestPreferWait(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"wait=30": 30 * time.Second, "respond-async, WAIT=5": 5 * time.Second, `wait="7"`: 7 * time.Second,
		"wait=600": time.Minute, "wait=-1": 0, "wait=x": 0, "": 0, "wait": 0,
	} {
		ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("prefer", in))
		if got := call.Wait(ctx); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
