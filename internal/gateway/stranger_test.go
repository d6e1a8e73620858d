package gateway

import (
	"net/http"
	"net/netip"
	"testing"
)

// TestAddressOf: a caller cannot choose the address that its attempts are counted under (R-G7).
func TestAddressOf(t *testing.T) {
	t.Parallel()
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		remote, forwarded string
		proxies           []netip.Prefix
		want              string
	}{
		"the connection":            {"192.0.2.1:1000", "", ours, "192.0.2.1"},
		"no proxy of ours":          {"192.0.2.1:1000", "198.51.100.7", ours, "192.0.2.1"},
		"no proxies at all":         {"10.0.0.1:1000", "198.51.100.7", nil, "10.0.0.1"},
		"behind a proxy":            {"10.0.0.1:1000", "198.51.100.7", ours, "198.51.100.7"},
		"behind two":                {"10.0.0.1:1000", "198.51.100.7, 10.1.1.1", ours, "198.51.100.7"},
		"with a forged beginning":   {"10.0.0.1:1000", "203.0.113.9, 198.51.100.7", ours, "198.51.100.7"},
		"with a forged own address": {"10.0.0.1:1000", "10.9.9.9, 198.51.100.7", ours, "198.51.100.7"},
		"with rubbish":              {"10.0.0.1:1000", "198.51.100.7, unknown", ours, "10.0.0.1"},
		"without the header":        {"10.0.0.1:1000", "", ours, "10.0.0.1"},
		"mapped":                    {"[::ffff:192.0.2.1]:1000", "", ours, "192.0.2.1"},
		"a network of IPv6":         {"[2001:db8:1:2:3:4:5:6]:1000", "", ours, "2001:db8:1:2::/64"},
		"a zone":                    {"[fe80::1%eth0]:1000", "", nil, "fe80::/64"},
		"none":                      {"@", "", ours, ""},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := addressOf(r, c.proxies); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
