package gateway

import "net/http"

// harden sets what keeps browsers from doing with an answer what it is not for. Handlers may set a policy of their own: the
// console does.
func harden(h http.Header, overTLS bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer") // links of tenants carry a token in their path
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if overTLS {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}
