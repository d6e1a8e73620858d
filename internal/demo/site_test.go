package demo

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func newSite(t *testing.T) *Site {
	t.Helper()
	s, err := NewSite(SiteConfig{City: town(), Clock: &manual{now: StartTime(monday())}, Speed: 60, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get sends a request as it arrives from a peer.
func get(s *Site, path, peer, host string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr, r.Host = peer, host
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestSessionIsForThisMachineOnly(t *testing.T) {
	s := newSite(t)
	const here = "127.0.0.1:50000"
	tests := []struct {
		name, peer, host string
		header           map[string]string
		want             int
	}{
		{"by address", here, "127.0.0.1:8080", nil, 200},
		{"by name", here, "localhost:8080", nil, 200},
		{"by name without port", here, "LOCALHOST", nil, 200},
		{"by IPv6", "[::1]:50000", "[::1]:8080", nil, 200},
		{"own page", here, "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"typed in", here, "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "none"}, 200},
		{"own origin", here, "127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:8080"}, 200},
		{"name that was rebound", here, "evil.example:8080", nil, 403},
		{"name that looks local", here, "localhost.evil.example", nil, 403},
		{"address that looks local", here, "127.0.0.1.evil.example:8080", nil, 403},
		{"no host", here, "", nil, 403},
		{"page of another site", here, "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"page of another port", here, "127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"origin of another port", here, "127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:9999"}, 403},
		{"null origin", here, "127.0.0.1:8080", map[string]string{"Origin": "null"}, 403},
		{"other machine that lies", "192.0.2.7:50000", "127.0.0.1:8080", nil, 403},
		{"through a proxy", here, "127.0.0.1:8080", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(s, "/demo/session", tt.peer, tt.host, tt.header)
			if w.Code != tt.want {
				t.Fatalf("status = %d, want %d", w.Code, tt.want)
			}
			var body struct {
				Token     string
				Simulated bool
				Speed     float64
				Note      string
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if tt.want != 200 && body.Token != "" {
				t.Error("a refused answer holds the token")
			}
			if tt.want == 200 && (body.Token != "secret" || !body.Simulated || body.Speed != 60 || body.Note == "") {
				t.Errorf("body = %+v", body)
			}
			if tt.want == 200 && w.Header().Get("Cache-Control") != "no-store" {
				t.Error("the session may be cached")
			}
		})
	}
}

func TestSessionIsReadOnly(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/demo/session", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1"
	w := httptest.NewRecorder()
	newSite(t).Handler().ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("status = %d, want 405", w.Code)
	}
}

func TestClockAnswer(t *testing.T) {
	w := get(newSite(t), "/demo/clock", "192.0.2.7:1", "example.org", nil)
	if got, want := w.Body.String(), `{"speed":60,"time":"2026-07-06T00:40:00Z"}`+"\n"; got != want {
		t.Errorf("clock = %s, want %s", got, want)
	}
}

func TestMapIsPackedAndTagged(t *testing.T) {
	s := newSite(t)
	plain := get(s, "/demo/map.geojson", "127.0.0.1:1", "localhost", nil)
	packed := get(s, "/demo/map.geojson", "127.0.0.1:1", "localhost", map[string]string{"Accept-Encoding": "br, gzip;q=0.5"})
	if plain.Code != 200 || packed.Code != 200 || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("status = %d, %d, encoding %q", plain.Code, packed.Code, packed.Header().Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != plain.Body.String() || !json.Valid(unpacked) {
		t.Error("packed map is not the plain map, or not JSON")
	}
	tag := packed.Header().Get("ETag")
	again := get(s, "/demo/map.geojson", "127.0.0.1:1", "localhost", map[string]string{"Accept-Encoding": "gzip", "If-None-Match": tag})
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("status with the tag %s = %d, %d bytes, want 304 and none", tag, again.Code, again.Body.Len())
	}
	if plain.Header().Get("ETag") == tag {
		t.Error("plain and packed share a tag")
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "xgzip": false} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", header, got, want)
		}
	}
}
