package console

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// page is a built console in small: a page, a script in both forms, an image.
func page(t *testing.T) http.Handler {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, "let map"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return newHandler(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html>")},
		"favicon.svg":           {Data: []byte("<svg/>")},
		"t/index.html":          {Data: []byte("<!doctype html>technicians")},
		"t/app.webmanifest":     {Data: []byte("{}")},
		"r/index.html":          {Data: []byte("<!doctype html>tenants")},
		"assets/app-1a2b.js":    {Data: []byte("let map")},
		"assets/app-1a2b.js.gz": {Data: packed.Bytes()},
	})
}

func TestServe(t *testing.T) {
	t.Parallel()
	h := page(t)
	for _, tt := range []struct {
		name, method, path, accept string
		status                     int
		mediaType, cache, encoding string
	}{
		{"the root is the page", "GET", "/", "", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"the page has a name too", "GET", "/index.html", "gzip", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"a hashed file is kept forever", "GET", "/assets/app-1a2b.js", "", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"a packed file is sent to those who ask", "GET", "/assets/app-1a2b.js", "br, gzip;q=0.8", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "gzip"},
		{"weight zero means never", "GET", "/assets/app-1a2b.js", "gzip; q=0.0", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"technicians have a page", "GET", "/t/", "", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"which can be installed", "GET", "/t/app.webmanifest", "", 200, "application/manifest+json", "no-cache", ""},
		{"and is found without its slash", "GET", "/t", "", 308, "text/html; charset=utf-8", "", ""},
		{"a tenant's link is a page", "GET", "/r/fl_eyJvIjoiZGVmYXVsdCJ9.0a1b", "", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"a link has no folders", "GET", "/r/fl_a/b", "", 404, "text/plain; charset=utf-8", "", ""},
		{"an image outside assets is asked for again", "HEAD", "/favicon.svg", "", 200, "image/svg+xml", "no-cache", ""},
		{"packed files have no path of their own", "GET", "/assets/app-1a2b.js.gz", "", 404, "text/plain; charset=utf-8", "", ""},
		{"folders are not listed", "GET", "/assets/", "", 404, "text/plain; charset=utf-8", "", ""},
		{"what is not there is 404", "GET", "/v1/nothing", "", 404, "text/plain; charset=utf-8", "", ""},
		{"nothing can be posted", "POST", "/", "", 405, "text/plain; charset=utf-8", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := [3]string{w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"), w.Header().Get("Content-Encoding")}
			if want := [3]string{tt.mediaType, tt.cache, tt.encoding}; w.Code != tt.status || got != want {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.path, w.Code, got, tt.status, want)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
				t.Errorf("Content-Security-Policy = %q", csp)
			}
		})
	}
}

func TestServePackedBodyAndNotModified(t *testing.T) {
	t.Parallel()
	h := page(t)
	r := httptest.NewRequest("GET", "/assets/app-1a2b.js", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(unpacked); err != nil || string(body) != "let map" {
		t.Errorf("unpacked body = %q, %v, want %q", body, err, "let map")
	}

	etag := w.Header().Get("ETag")
	r.Header.Set("If-None-Match", etag)
	again := httptest.NewRecorder()
	h.ServeHTTP(again, r)
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("with its own ETag: %d and %d bytes, want 304 and none", again.Code, again.Body.Len())
	}

	r.Header.Del("Accept-Encoding") // the plain form is another representation
	plain := httptest.NewRecorder()
	h.ServeHTTP(plain, r)
	if plain.Code != http.StatusOK || plain.Header().Get("ETag") == etag {
		t.Errorf("plain form with the ETag of the packed one: %d %s, want 200 and another ETag", plain.Code, plain.Header().Get("ETag"))
	}
}

func TestPlaceholderServesUntilBuilt(t *testing.T) {
	t.Parallel()
	placeholder := fstest.MapFS{"dist/index.html": {Data: []byte("how to build")}}
	full := fstest.MapFS{"dist/index.html": {Data: []byte("how to build")}, "dist/built/index.html": {Data: []byte("map")}}
	for _, tt := range []struct {
		name string
		dir  fstest.MapFS
		want string
	}{{"without npm", placeholder, "how to build"}, {"after make console", full, "map"}} {
		w := httptest.NewRecorder()
		newHandler(built(tt.dir)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != http.StatusOK || w.Body.String() != tt.want {
			t.Errorf("%s: %d %q, want 200 %q", tt.name, w.Code, w.Body.String(), tt.want)
		}
	}
}

func TestHandlerServesWhatIsEmbedded(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Fettle") {
		t.Errorf("GET / = %d %q", w.Code, w.Body.String())
	}
	if named := strings.Contains(w.Body.String(), "/assets/"); named != Built() {
		t.Errorf("page names built files: %t, Built() = %t", named, Built())
	}
}
