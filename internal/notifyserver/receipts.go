package notifyserver

import (
	"encoding/json"
	"io"
	"net/http"

	"fettle/internal/notify"
	"fettle/webhook"
)

// maxReceipts is the largest callback in bytes.
const maxReceipts = 1 << 20

// Provider is who may tell of messages of one channel.
type Provider struct {
	Secrets []webhook.Secret // that it signs with
	Read    func(body []byte) ([]notify.Receipt, error)
}

// Receipts is the handler of POST /v1/receipts/{provider}: it takes what the provider of a channel tells of messages, signed
// as a Standard Webhook. A callback that comes again has no second effect.
func (s *Server) Receipts(providers map[string]Provider) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("provider")
		p, ok := providers[name]
		if !ok {
			refuse(w, http.StatusNotFound, "there is no such provider, or it has no receiptSecretFile")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReceipts))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB, or was cut off")
			return
		}
		if err := webhook.NewVerifier(p.Secrets...).VerifyBytes(r.Header, body, s.c.Clock.Now()); err != nil {
			refuse(w, http.StatusUnauthorized, err.Error())
			return
		}
		receipts, err := p.Read(body)
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		taken := 0
		for _, h := range s.c.Houses() { // a provider serves all orgs: each looks for its own
			unknown, err := h.Desk.Receive(r.Context(), name, receipts)
			if err != nil {
				refuse(w, http.StatusServiceUnavailable, "the receipts were not kept: send them again")
				return
			}
			taken += len(receipts) - unknown
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]int{"taken": taken, "unknown": len(receipts) - taken}) // the caller may have gone
	})
}

// refuse answers with a problem of RFC 9457.
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}
