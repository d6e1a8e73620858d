package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"fettle/internal/auth"
	"fettle/internal/policy"
)

// strangersMost is how many calls without a credential one address may make in a minute: a thousand telephones behind one
// address refresh their sessions with that. What is guessed is counted again, and harder, by those who know what it is.
const strangersMost = 120

// admitStranger lets a call in that needs no credential. Whatever credential it has is not looked at.
func (g *gate) admitStranger(ctx context.Context, p *policy.Policy) (context.Context, error) {
	if !g.strangers.Take(auth.Address(ctx), g.clock.Now()) {
		return ctx, auth.ErrTooOften
	}
	ctx = auth.NewContext(ctx, auth.Stranger())
	ctx = context.WithValue(ctx, takenKey{}, taken{}) // of no org's share
	return context.WithValue(ctx, admitKey{}, p), nil
}

// addressOf is the address of who sends a request: of the connection, or, where that is a proxy of ours, the last one in
// X-Forwarded-For that is none. What a caller writes into the header before is not believed. Addresses of IPv6 are cut to the
// network of one customer.
func addressOf(r *http.Request, proxies []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	a := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(a, proxies); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = hop.Unmap()
	}
	if a.Is6() {
		if network, err := a.WithZone("").Prefix(customerBits); err == nil {
			return network.String()
		}
	}
	return a.String()
}

// customerBits is how long the prefix of a customer's network is in IPv6.
const customerBits = 64

func within(a netip.Addr, ranges []netip.Prefix) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
