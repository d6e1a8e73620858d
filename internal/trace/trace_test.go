package trace_test

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/internal/trace"
)

func TestSpansReachACollector(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got.WriteString(r.URL.Path)
		got.Write(body)
	}))
	defer collector.Close()
	const id = "0af7651916cd43dd8448eb211c80319c"
	for _, call := range []string{id, "chosen-by-the-caller"} {
		tr, err := trace.Open(t.Context(), collector.URL, func(context.Context) string { return call })
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := tr.Call(t.Context(), "/fettle.x.v1.S/M", "acme")
		began := time.Unix(1, 0)
		tr.Steps(ctx, began, began.Add(time.Millisecond), began.Add(2*time.Millisecond))
		end("Internal")
		if err := tr.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	raw, _ := hex.DecodeString(id)
	text := got.String()
	for _, want := range []string{"/v1/traces", "fettle.x.v1.S/M", "territory", "commit", "acme", "Internal"} {
		if strings.Count(text, want) < 2 {
			t.Errorf("%q is not sent for both calls", want)
		}
	}
	if n := strings.Count(text, string(raw)); n != 3 {
		t.Errorf("%d spans of the first call have its id, want 3", n)
	}
}

func TestWithoutACollector(t *testing.T) {
	t.Parallel()
	var off *trace.Tracer
	ctx, end := off.Call(t.Context(), "m", "o")
	off.Steps(ctx, time.Time{}, time.Time{}, time.Time{})
	end("OK")
	if err := off.Close(ctx); err != nil || ctx != t.Context() {
		t.Errorf("no tracer does something: %v", err)
	}
	for _, bad := range []string{"127.0.0.1:4318", "ftp://x", "http://", "http:// x"} {
		if _, err := trace.Open(t.Context(), bad, nil); err == nil || !strings.Contains(err.Error(), "--otlp") {
			t.Errorf("%q was taken: %v", bad, err)
		}
	}
}
