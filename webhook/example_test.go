package webhook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"fettle/webhook"
)

// A receiver gives each webhook one effect, however often it comes.
func ExampleReceiver() {
	secret, err := webhook.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		panic(err)
	}
	handle := func(e webhook.Event) error {
		fmt.Println(e.ID, e.Type, string(e.Data))
		return nil
	}
	receiver := webhook.NewReceiver(webhook.NewVerifier(secret))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 20_000))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		switch err := receiver.Receive(r.Header, body, time.Now(), handle); {
		case err == nil, errors.Is(err, webhook.ErrRepeated): // the effect is there
		case errors.Is(err, webhook.ErrSignature), errors.Is(err, webhook.ErrTime), errors.Is(err, webhook.ErrHeaders):
			http.Error(w, "not signed by Fettle, or not now", http.StatusUnauthorized)
		default: // the effect has failed, or is under way
			http.Error(w, "again, please", http.StatusServiceUnavailable)
		}
	})

	// What Fettle sends.
	body := []byte(`{"type":"work_order.assigned","timestamp":"2026-07-06T09:00:00Z","data":{"workOrderId":"w1"}}`)
	send := func(body []byte, sign ...webhook.Secret) {
		req := httptest.NewRequest(http.MethodPost, "/hook", bytes.NewReader(body))
		webhook.Sign(req.Header, "evt_default_7", time.Now(), body, sign...)
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, req)
		fmt.Println(answer.Code)
	}
	send(body, secret)
	send(body, secret)
	send(body)
	// Output:
	// evt_default_7 work_order.assigned {"workOrderId":"w1"}
	// 200
	// 200
	// 401
}
