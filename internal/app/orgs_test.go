package app_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
)

func TestOrgsSideBySide(t *testing.T) {
	t.Run("file", func(t *testing.T) { sideBySide(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { sideBySide(t, server.Database(t, "")) })
}

// sideBySide serves two orgs: each has its own orders, log and due work, before and after a restart.
func sideBySide(t *testing.T, database string) {
	t.Helper()
	dir := t.TempDir()
	file, err := app.CreateOrg(dir, "riverside")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 7, 6, 9, 0, 0, 0, time.UTC))
	a := start(t, app.Config{Data: dir, Database: database, Clock: now})
	tokens := map[string]string{"default": a.Token(), "riverside": strings.TrimSpace(string(data))}
	ask := func(token, method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, a.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {"same"}, "Content-Type": {"application/json"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // read to its end
		out, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(out)
	}
	for name, token := range tokens { // with the same key: it is of the org
		if code, body := ask(token, "POST", "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"tap of `+name+`"}`); code != 201 {
			t.Fatalf("%s: %d %s", name, code, body)
		}
	}
	apart := func() {
		t.Helper()
		for name, token := range tokens {
			code, body := ask(token, "GET", "/v1/workOrders", "")
			if code != 200 || strings.Count(body, "tap of ") != 1 || !strings.Contains(body, "tap of "+name) {
				t.Errorf("%s sees %d %s", name, code, body)
			}
		}
	}
	apart()
	stop(t, a)
	a = start(t, app.Config{Data: dir, Database: database, Clock: now})
	apart()
	now.Advance(48 * time.Hour)
	late := time.After(patience)
	for name, token := range tokens { // promises are broken in both, each by its own sweeper
		for broken := false; !broken; {
			now.Advance(time.Minute)
			_, body := ask(token, "GET", "/v1/workOrders", "")
			broken = strings.Contains(body, `"escalationLevel"`)
			select {
			case <-late:
				t.Fatalf("%s: due work stands still: %s", name, body)
			default:
			}
		}
	}
	stop(t, a)
}

func TestOrgsThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := app.CreateOrg(dir, "riverside"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"riverside", "default", "", "Riverside", "../x", "a/b", "1st", strings.Repeat("x", 64)} {
		if _, err := app.CreateOrg(dir, name); err == nil {
			t.Errorf("org %q was made", name)
		}
	}
	if got, err := app.Orgs(dir); err != nil || len(got) != 2 || got[0] != "default" || got[1] != "riverside" {
		t.Errorf("got %v, %v", got, err)
	}
}
