package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// direct makes a GET without a socket and returns its status.
func (e *edge) direct(token, path string) int {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	e.gate.ServeHTTP(w, r)
	return w.Code
}

// BenchmarkGet is a call over REST without a socket: the gate, the method, one row and its JSON.
func BenchmarkGet(b *testing.B) {
	e := unlimited(b)
	_, body := e.do("POST", "/v1/workOrders", strings.NewReader(leak), map[string]string{"Idempotency-Key": "k"})
	path := "/v1/workOrders/" + text(at(body, "id"))
	for b.Loop() {
		if status := e.direct(adminToken, path); status != http.StatusOK {
			b.Fatal(status)
		}
	}
}
