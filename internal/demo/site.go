package demo

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"fettle/simulate/city"
)

// SiteConfig says what a Site shows. All fields must be given.
type SiteConfig struct {
	City  *city.City
	Clock Clock
	// Speed is how many simulated seconds pass in one.
	Speed float64
	// Token is a bearer token of the service, handed to pages of this machine only.
	Token string
}

// Site serves what the web page needs beside the contract when the city is simulated.
type Site struct {
	cfg     SiteConfig
	plain   []byte // the map
	packed  []byte // the same, gzip
	version string // entity tag of the map
}

// NewSite prepares the answers. It draws and packs the map, which takes some 100 ms.
func NewSite(c SiteConfig) (*Site, error) {
	s := &Site{cfg: c, plain: c.City.GeoJSON()}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(s.plain); err != nil {
		return nil, fmt.Errorf("pack map: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack map: %w", err)
	}
	sum := sha256.Sum256(s.plain)
	s.packed, s.version = packed.Bytes(), `"`+hex.EncodeToString(sum[:8])+`"`
	return s, nil
}

// Handler serves GET /demo/session, /demo/clock and /demo/map.geojson.
//
// The session holds a credential and is given only to a browser on this machine that shows a page of this service: the peer
// and the Host must be loopback, which defeats DNS rebinding, and the browser must not say that another site asks.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/session", s.session)
	mux.HandleFunc("GET /demo/clock", s.clock)
	mux.HandleFunc("GET /demo/map.geojson", s.geoJSON)
	return mux
}

func (s *Site) session(w http.ResponseWriter, r *http.Request) {
	if !own(r) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"status":403,"title":"Forbidden","reason":"NOT_LOCAL",` +
			`"detail":"the session of the demo is for pages opened on the machine itself, by 127.0.0.1 or localhost"}` + "\n"))
		return
	}
	answer(w, map[string]any{
		"token": s.cfg.Token, "simulated": true, "speed": s.cfg.Speed,
		"note": "A simulated operator in an invented city: no person, place or report is real.",
	})
}

func (s *Site) clock(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"time": s.cfg.Clock.Now().UTC().Format(time.RFC3339Nano), "speed": s.cfg.Speed})
}

// answer writes JSON that nobody keeps.
func answer(w http.ResponseWriter, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(body) // the reader has gone: nobody is left to tell
}

func (s *Site) geoJSON(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/geo+json")
	h.Set("Cache-Control", "no-cache") // may be kept, asked for again by its tag
	h.Set("Vary", "Accept-Encoding")
	body := s.plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = s.packed
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", strings.TrimSuffix(s.version, `"`)+`-gzip"`)
	} else {
		h.Set("ETag", s.version)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip says that an Accept-Encoding header allows gzip (RFC 9110, 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(weight, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// own says that a request comes from this machine, to a name of this machine, and not from another site's page.
func own(r *http.Request) bool {
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host"} {
		if r.Header.Get(h) != "" {
			return false // a proxy stands in between: who asks is somebody else
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return loopbackHost(r.Host)
}

// loopbackHost says that a Host header names the machine itself.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}
