package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNewNumberReachesWhoIsOnTheWay changes the telephone number of a tenant while a technician is on the way (R-C8): whoever asks
// next has the new number, and the technician's stream says that there is one.
func TestNewNumberReachesWhoIsOnTheWay(t *testing.T) {
	s := start(t, t.TempDir())
	rng := rand.New(rand.NewPCG(seed(t), 8))
	w := workers(s, 1)[0]
	var tenant struct{ ID, Etag string }
	phone := func(n int) string { return fmt.Sprintf("138%08d", n) }
	s.must(request{method: http.MethodPost, path: "/v1/tenants", key: "tenant", body: encode(map[string]any{"displayName": "Li Na", "phone": phone(0)})}, &tenant)
	now := time.Now()
	s.must(request{method: http.MethodPost, path: "/v1/leases?signed=true", key: "lease", body: encode(map[string]any{
		"tenantId": tenant.ID, "unitId": "flat", "startDate": now.AddDate(0, -1, 0).Format(time.DateOnly), "endDate": now.AddDate(0, 11, 0).Format(time.DateOnly),
	})}, nil)
	s.read("/v1/tenants/"+tenant.ID, &tenant)
	o := report(s, rng, "flat")
	for _, name := range []string{"accept", "depart"} {
		s.must(w.by(verb(o.ID, name, "way-"+name, nil)), nil)
	}
	stream := s.watch(w.by(request{method: http.MethodGet, path: "/v1/events:stream"}))
	defer stream.close()
	notes := make(chan string, 1000)
	go func() {
		for e := range stream.events(time.Minute) {
			if e.kind == "tenants.changed" {
				notes <- string(e.data)
			}
		}
		close(notes)
	}()
	var took []time.Duration
	for n := 1; n <= count(20, 200, "FETTLE_TORTURE_NUMBERS"); n++ {
		began := time.Now()
		s.must(request{method: http.MethodPatch, path: "/v1/tenants/" + tenant.ID, ifMatch: tenant.Etag, body: encode(map[string]any{"phone": phone(n)})}, &tenant)
		var told struct{ Contacts []struct{ Phone string } }
		s.must(w.by(verb(o.ID, "revealContacts", "", map[string]any{"purpose": "to be let in"})), &told)
		if len(told.Contacts) != 1 || !strings.HasSuffix(told.Contacts[0].Phone, phone(n)) {
			t.Fatalf("OLD NUMBER: after change %d the technician is told %+v, want %s", n, told.Contacts, phone(n))
		}
		took = append(took, heardOf(t, notes, tenant.ID, tenant.Etag).Sub(began))
	}
	slices.Sort(took)
	t.Logf("%d changes, heard of within %s, p99 %s", len(took), took[len(took)-1], took[len(took)*99/100])
}

// heardOf waits for the note of a version of a record.
func heardOf(t *testing.T, notes <-chan string, id, etag string) time.Time {
	t.Helper()
	patience := time.After(30 * time.Second)
	for {
		select {
		case note, open := <-notes:
			if !open {
				t.Fatal("NOT HEARD: the stream has ended")
			}
			if strings.Contains(note, id) && strings.Contains(note, fmt.Sprintf("%q", strings.Trim(etag, `"`))) || strings.Contains(note, id) && strings.Contains(note, strings.ReplaceAll(etag, `"`, `\"`)) {
				return time.Now()
			}
		case <-patience:
			t.Fatalf("NOT HEARD: nothing of version %s of tenant %s", etag, id)
		}
	}
}

// contactSaboteurs break what TestNewNumberReachesWhoIsOnTheWay holds the service to.
func contactSaboteurs() []saboteur {
	return []saboteur{{
		"tells nobody on the way of a new number",
		[]edit{{"internal/app/notes.go", "	return n.living(ctx, o, note.ID)\n", "	return nil, nil\n"}},
		"TestNewNumberReachesWhoIsOnTheWay", "NOT HEARD",
	}}
}
