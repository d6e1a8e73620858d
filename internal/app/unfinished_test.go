package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fettle/internal/app"
)

// A webhook that no agreement covers is named by the doctor and at each start, until one covers it.
func TestWaysWithoutAgreementAreNamed(t *testing.T) {
	t.Parallel()
	log := &codes{}
	channels := filepath.Join(t.TempDir(), "channels.json")
	if err := os.WriteFile(channels, []byte(`{"channels":{"paper":{"kind":"file","path":"out"}},"routes":{"TENANT":["paper"]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := app.Config{Channels: channels, Data: filepath.Join(t.TempDir(), "data"), Log: slog.New(slog.NewTextHandler(log, nil))}
	a := start(t, c)
	admin := &caller{t: t, a: a, token: a.Token()}
	admin.want("POST", "/v1/webhookEndpoints", `{"url":"https://hooks.example.org/x"}`, 201)
	for _, named := range []bool{true, false} {
		stop(t, a)
		notes, err := app.Check(t.Context(), c.Data, "", app.Keys{})
		if got := strings.Contains(strings.Join(notes, "\n"), "webhook:hooks.example.org"); err != nil || got != named {
			t.Errorf("the doctor names the webhook: %t, want %t: %q, %v", got, named, notes, err)
		}
		before := len(log.text())
		a = start(t, c)
		if got := strings.Contains(log.text()[before:], "webhook:hooks.example.org"); got != named {
			t.Errorf("the start names the webhook: %t, want %t", got, named)
		}
		if strings.Contains(log.text(), "channel:paper") {
			t.Error("a file of this machine is no way to others")
		}
		admin = &caller{t: t, a: a, token: a.Token(), sent: 100}
		if named {
			admin.want("POST", "/v1/processingAgreements", `{"party":"Hooks Ltd","purpose":"to tell them","version":"1","integrations":["webhook:hooks.example.org"],"signedDate":"2026-01-01","expireDate":"2099-12-31"}`, 201)
		}
	}
	stop(t, a)
}
