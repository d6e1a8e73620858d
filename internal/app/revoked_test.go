package app_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
)

// watching is an open event stream of a user.
type watching struct {
	user  string
	ended chan struct{} // closed when it ends
	heard chan string
}

// watch opens the event stream of a key. Lines of data go to heard, and when it ends, ended is closed.
func watch(t *testing.T, a *app.App, token, user string) *watching {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL()+"/v1/events:stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // closed where it is read
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("stream of %s: %v %v", user, res, err)
	}
	w := &watching{user: user, ended: make(chan struct{}), heard: make(chan string, 100)}
	go func() {
		defer res.Body.Close() //nolint:errcheck // read to its end
		defer close(w.ended)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				w.heard <- data
			}
		}
	}()
	return w
}

// TestFiftyStreamsEndWithTheRight is row R-A5: of 55 technicians with open streams 50 are disabled, given another role or made another
// technician. Their streams end, and nothing that happens afterwards is on them; the other five hear it. Those five are the saboteur: where
// every stream ended, or none, the test would fail.
func TestFiftyStreamsEndWithTheRight(t *testing.T) {
	a := start(t, app.Config{Data: t.TempDir()})
	defer stop(t, a)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	admin := &caller{t: t, a: a, token: a.Token()}
	streams := make([]*watching, 55)
	for i := range streams {
		user := admin.want("POST", "/v1/users", fmt.Sprintf(`{"displayName":"w%d","roles":["DISPATCHER"],"technicianId":"te_%d"}`, i, i), 201)
		id := fmt.Sprint(user["id"])
		key := admin.want("POST", "/v1/apiKeys", fmt.Sprintf(`{"displayName":"k","userId":%q}`, id), 201)
		streams[i] = watch(t, a, fmt.Sprint(key["secret"]), id)
	}
	begin := time.Now()
	for i, w := range streams[:50] {
		change := []string{`{"disabled":true}`, `{"roles":["FRONT_DESK"]}`, `{"technicianId":"te_other"}`}[i%3]
		admin.want("PATCH", "/v1/users/"+w.user+"?etag=*", change, 200)
	}
	for i, w := range streams[:50] {
		select {
		case <-w.ended:
		case <-ctx.Done():
			t.Fatalf("stream %d goes on", i)
		}
		for len(w.heard) > 0 {
			<-w.heard // what jobs of the service did before the end
		}
	}
	t.Logf("50 streams ended within %s of the first change", time.Since(begin).Round(10*time.Millisecond))
	admin.want("POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2}}`, 201)
	for i, w := range streams[50:] {
		select {
		case <-w.heard:
		case <-w.ended:
			t.Errorf("stream %d of somebody who may still has ended", 50+i)
		case <-ctx.Done():
			t.Errorf("stream %d of somebody who may still hears nothing", 50+i)
		}
	}
	for i, w := range streams[:50] {
		if len(w.heard) > 0 {
			t.Errorf("stream %d hears after its end: %s", i, <-w.heard)
		}
	}
}
