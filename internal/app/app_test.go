package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/pgtest"
)

// server is the PostgreSQL of all tests here.
var server = &pgtest.Server{}

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	if code == 0 {
		if err := goleak.Find(goleak.IgnoreTopFunction("fettle/internal/pgtest.launch.func1")); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

func start(t *testing.T, c app.Config) *app.App {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	a, err := app.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func stop(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func call(t *testing.T, a *app.App, method, path, body string) (int, map[string]any) {
	t.Helper()
	return callAs(t, a, a.Token(), method, path, body)
}

// callAs is call by the holder of a token.
func callAs(t *testing.T, a *app.App, token, method, path, body string) (int, map[string]any) {
	t.Helper()
	sum := sha256.Sum256([]byte(path + body)) // keys are kept as they are sent
	return with(a, token, hex.EncodeToString(sum[:])).call(t, method, path, body)
}

// credential is how a call is signed, and under which idempotency key.
type credential struct{ url, token, key string }

func with(a *app.App, token, key string) credential { return credential{a.URL(), token, key} }

func (c credential) call(t *testing.T, method, path, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Idempotency-Key", c.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(data, &out) // what is no JSON is nil
	return res.StatusCode, out
}

func TestServiceFromStartToRestart(t *testing.T) {
	t.Run("file", func(t *testing.T) { startToRestart(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { startToRestart(t, server.Database(t, "")) })
}

func startToRestart(t *testing.T, database string) {
	t.Helper()
	dir := t.TempDir()
	at := time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC)
	c := app.Config{Data: dir, Database: database, Clock: clock.NewFake(at), Admin: "127.0.0.1:0", GRPC: "127.0.0.1:0"}
	a := start(t, c)
	if code, _ := call(t, a, "GET", "/readyz", ""); code != http.StatusOK {
		t.Errorf("readyz says %d", code)
	}
	code, made := call(t, a, "POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"leak"}`)
	if code != http.StatusCreated || made["state"] != "NEW" {
		t.Fatalf("got %d %v, want an order that nobody can take yet", code, made)
	}
	token := a.Token()
	stop(t, a)

	if last, err := app.LastEvent(t.Context(), dir, app.Keys{}); database == "" && (err != nil || !last.Equal(at)) {
		t.Errorf("last event at %v, %v; want %v", last, err, at)
	}
	a = start(t, c)
	defer stop(t, a)
	if a.Token() != token {
		t.Error("the token has changed")
	}
	id, _ := made["id"].(string)
	if code, got := call(t, a, "GET", "/v1/workOrders/"+id, ""); code != http.StatusOK || got["etag"] != made["etag"] {
		t.Errorf("after a restart: %d %v, want %v", code, got, made)
	}
}

func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	a := start(t, app.Config{Data: dir})
	defer stop(t, a)
	for name, c := range map[string]struct {
		config app.Config
		want   string
	}{
		"a folder that is in use":      {app.Config{Data: dir, Listen: "127.0.0.1:0"}, "in use"},
		"an address that is taken":     {app.Config{Data: t.TempDir(), Listen: strings.TrimPrefix(a.URL(), "http://")}, "listen on"},
		"profiles for others":          {app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Admin: "0.0.0.0:0"}, "loopback"},
		"a database of another kind":   {app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Database: "mysql://x"}, "--db"},
		"a database that is not there": {app.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Database: "postgres://127.0.0.1:1/x"}, "open store"},
		"a folder that cannot be made": {app.Config{Data: filepath.Join(os.DevNull, "x"), Listen: "127.0.0.1:0"}, "data directory"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := app.Start(t.Context(), c.config); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, c.want)
			}
		})
	}
}
