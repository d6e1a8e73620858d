package dialguard_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fettle/internal/dialguard"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	g := dialguard.New([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")})
	for _, inside := range []string{
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
		"2002:7f00:1::", "2001:0:a9fe:a9fe::", "2001:db8::1", "3fff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254",
		"ff02::1", "100::1", "5f00::1",
	} {
		if err := g.Address(netip.MustParseAddr(inside)); !errors.Is(err, dialguard.ErrAddress) {
			t.Errorf("%s: got %v, want it refused", inside, err)
		}
	}
	for _, outside := range []string{"8.8.8.8", "114.114.114.114", "2606:4700::1", "2400:3200::1", "::ffff:8.8.8.8", "10.1.2.3", "::ffff:10.1.2.3", "fd12::1"} {
		if err := g.Address(netip.MustParseAddr(outside)); err != nil {
			t.Errorf("%s: got %v", outside, err)
		}
	}
	if err := g.Address(netip.Addr{}); err == nil {
		t.Error("no address passed")
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	g := dialguard.New([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	for text, want := range map[string]error{
		"https://hooks.example.com/a?b=c": nil, "https://8.8.8.8:8443/": nil, "http://10.1.2.3/x": nil, "https://10.1.2.3/x": nil,
		"http://hooks.example.com/": dialguard.ErrURL, "http://8.8.8.8/": dialguard.ErrURL, "ftp://10.1.2.3/": dialguard.ErrURL,
		"https://user:secret@example.com/": dialguard.ErrURL, "https://example.com/#x": dialguard.ErrURL, "https://": dialguard.ErrURL,
		"https://:443/": dialguard.ErrURL, "example.com": dialguard.ErrURL, "": dialguard.ErrURL, "https://%zz/": dialguard.ErrURL,
		"https://127.0.0.1/": dialguard.ErrAddress, "https://[::1]/": dialguard.ErrAddress, "https://[::ffff:169.254.169.254]/": dialguard.ErrAddress,
	} {
		if _, err := g.URL(text); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

// TestClient connects by a name and by an address to a server inside, which is reached only when it is allowed, and never by
// a redirect.
func TestClient(t *testing.T) {
	t.Parallel()
	reached := 0
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/here", http.StatusTemporaryRedirect)
		}
	}))
	defer inside.Close()
	get := func(g *dialguard.Guard, url string) (int, error) {
		c := g.Client(5*time.Second, 1)
		defer c.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	for _, url := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)} {
		if code, err := get(dialguard.New(nil), url); !errors.Is(err, dialguard.ErrAddress) || reached != 0 {
			t.Errorf("%s: got %d, %v, want it refused", url, code, err)
		}
	}
	loopback := dialguard.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	if code, err := get(loopback, inside.URL+"/away"); err != nil || code != http.StatusTemporaryRedirect || reached != 1 {
		t.Errorf("got %d, %v and %d requests, want the redirect itself", code, err, reached)
	}
}
