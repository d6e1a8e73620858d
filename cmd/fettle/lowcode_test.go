package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLowCode: the file goes out as the service makes it, a dry run says so and what would change by name, and what the service refuses is said
// with its place.
func TestLowCode(t *testing.T) {
	t.Parallel()
	const file = `{"fettleLowCode":1,"fields":[]}`
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprint(w, file)
			return
		}
		var in struct {
			Text   string
			DryRun bool
		}
		if json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("Idempotency-Key") == "" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		asked = append(asked, fmt.Sprint(in.DryRun, in.Text == file))
		if in.Text != file {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, `{"detail":"not so","errors":[{"field":"text.rules[0].when","detail":"no such field"}]}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"added":["field LEASES.pet"],"changed":["tile open"],"same":["rule old"]}`)
	}))
	t.Cleanup(s.Close)
	token, out := write(t, "token", "secret\n"), filepath.Join(t.TempDir(), "operator.json")
	flags := []string{"--server", s.URL, "--token-file", token}
	fettle(t, append([]string{"lowcode", "export", "-o", out}, flags...)...).wantStatus(t, exitDone)
	if got, err := os.ReadFile(out); err != nil || string(got) != file {
		t.Fatalf("%q, %v", got, err)
	}
	r := fettle(t, append([]string{"lowcode", "import", "--dry-run", out}, flags...)...).wantStatus(t, exitDone)
	if want := "+ field LEASES.pet\n~ tile open\n1 would be added, 1 changed; 1 are as they were\n"; r.stdout != want {
		t.Errorf("got %q, want %q", r.stdout, want)
	}
	fettle(t, append([]string{"lowcode", "import", out}, flags...)...).wantStatus(t, exitDone)
	r = fettle(t, append([]string{"lowcode", "import", write(t, "bad.json", "{}")}, flags...)...)
	if r.status == exitDone || !strings.Contains(r.stderr, "text.rules[0].when: no such field") {
		t.Errorf("status %d, %q", r.status, r.stderr)
	}
	if got := strings.Join(asked, ", "); got != "true true, false true, false false" {
		t.Error(got)
	}
	fettle(t, "lowcode", "export", "--token-file", "nowhere").wantStatus(t, exitUsage)
}
