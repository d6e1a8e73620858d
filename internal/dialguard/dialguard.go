// Package dialguard connects to addresses that others have chosen, such as those of webhooks, without letting them choose
// what is inside: this machine, its network, the metadata service of its cloud. It looks at the address that is connected
// to, after names are resolved, so that a name which changes its mind in between gains nothing.
package dialguard

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Errors of a Guard.
var (
	// ErrAddress says that an address is not one of the public network, and not allowed by hand.
	ErrAddress = errors.New("address is not public")
	// ErrURL says that a URL cannot be one to send to.
	ErrURL = errors.New("URL not allowed")
)

// special are ranges that netip does not tell from public ones: of RFC 6890 and its registries.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", // reserved, and broadcast
	"2001::/23",   // Teredo and other protocols, which carry an IPv4 address inside
	"2001:db8::/32",
	"2002::/16", // 6to4: the same
	"3fff::/20",
)

// global is all of IPv6 that is given out to the public; what translates to IPv4 (64:ff9b::/96), local and mapped addresses
// are outside.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// Guard decides which addresses may be connected to.
type Guard struct{ allow []netip.Prefix }

// New makes a Guard that lets pass what is public, and the ranges of allow.
func New(allow []netip.Prefix) *Guard { return &Guard{allow: allow} }

// Address returns nil when an address may be connected to, else ErrAddress.
func (g *Guard) Address(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if g.allowed(a) {
		return nil
	}
	public := a.IsGlobalUnicast() && !a.IsPrivate() && (a.Is4() || global.Contains(a))
	for _, p := range special {
		public = public && !p.Contains(a)
	}
	if !public {
		return fmt.Errorf("%w: %s", ErrAddress, a)
	}
	return nil
}

func (g *Guard) allowed(a netip.Addr) bool {
	for _, p := range g.allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// URL reads an address to send to: https, or http to an IP address that is allowed by hand; no user, no fragment. Names are
// not resolved here, but when they are connected to. The error is ErrURL or ErrAddress.
func (g *Guard) URL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%w: want https://host/path without a user and a fragment", ErrURL)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	literal := err == nil
	if literal {
		if err := g.Address(ip); err != nil {
			return nil, err
		}
	}
	if u.Scheme == "https" || u.Scheme == "http" && literal && g.allowed(ip.Unmap().WithZone("")) {
		return u, nil
	}
	return nil, fmt.Errorf("%w: want https; http is for IP addresses that are allowed by hand", ErrURL)
}

// Client makes a client whose connections are guarded. It follows no redirect and asks no proxy. limit is the time for one
// request and its answer; perHost is how many connections to one host are kept.
func (g *Guard) Client(limit time.Duration, perHost int) *http.Client {
	dialer := &net.Dialer{Timeout: limit, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %s", ErrAddress, address)
		}
		return g.Address(at.Addr())
	}}
	return &http.Client{
		Timeout:       limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, MaxIdleConnsPerHost: perHost, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: limit, ResponseHeaderTimeout: limit, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
	}
}
