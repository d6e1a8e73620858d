package outside

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// message is what the sink receives.
type message struct {
	ID      string `json:"message_id"`
	Kind    string `json:"kind"`
	OrderID string `json:"order_id"`
	LeaseID string `json:"lease_id"`
	Stage   string `json:"stage"`
	Attempt int    `json:"attempt"`
}

// sink keeps the messages of a service. It answers some of them late, and fails some, as real ones do.
type sink struct {
	*httptest.Server
	mu  sync.Mutex
	rng *rand.Rand
	// by order and kind, the ids that were seen; by id, how often it was taken.
	ids   map[string]map[string]bool
	taken map[string]int
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{rng: rand.New(rand.NewPCG(seed(t), 97)), ids: map[string]map[string]bool{}, taken: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.ID == "" || m.Attempt < 1 {
			t.Errorf("not a message: %+v, %v", m, err)
		}
		s.mu.Lock()
		wait, fails := time.Duration(s.rng.IntN(50))*time.Millisecond, s.rng.IntN(20) == 0
		s.mu.Unlock()
		time.Sleep(wait) // the sink's own slowness
		if fails {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		about := m.OrderID + m.LeaseID + " " + m.Kind
		if s.ids[about] == nil {
			s.ids[about] = map[string]bool{}
		}
		s.ids[about][m.ID] = true
		s.taken[m.ID]++
	}))
	t.Cleanup(s.Close)
	return s
}

// has reports whether a message of a kind has come for each order.
func (s *sink) missing(kind string, orders []string) (missing []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range orders {
		if len(s.ids[o+" "+kind]) == 0 {
			missing = append(missing, o)
		}
	}
	return missing
}

// TestMessagesSurviveKills ends the service by kill -9 while it tells tenants of their reports: each is told, and told again
// only under the same id, no more of them than were on their way (R-D2).
func TestMessagesSurviveKills(t *testing.T) {
	messagesSurviveKills(t)
}

// TestMessagesSurviveKillsBesidePostgres is the same with the rows in PostgreSQL.
func TestMessagesSurviveKillsBesidePostgres(t *testing.T) {
	messagesSurviveKills(t, "--db", postgres.Database(t, ""))
}

func messagesSurviveKills(t *testing.T, flags ...string) {
	t.Helper()
	const inFlight = 16
	k, dir := newSink(t), t.TempDir()
	flags = append(flags, "--notify-url", k.URL)
	kills, perKill := count(5, 200, "FETTLE_TORTURE_CYCLES"), 40
	rng := rand.New(rand.NewPCG(seed(t), 96))
	s := start(t, dir, flags...)
	var orders []string
	for c := range kills {
		for i := range perKill {
			a := s.send(request{
				method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("m-%d-%d", c, i),
				body: []byte(`{"location":{"latitude":30.2,"longitude":120.2},"channel":"APP"}`),
			})
			var o order
			if a.err != nil || a.status != http.StatusCreated || json.Unmarshal(a.body, &o) != nil {
				t.Fatalf("report %d: %v", i, a)
			}
			orders = append(orders, o.ID)
		}
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond) // the moment of the fault: nothing waits for it
		s.kill()
		s = start(t, dir, flags...)
	}
	deadline := time.Now().Add(time.Minute)
	for len(k.missing("work_order.acknowledged", orders)) > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond) // messages come by themselves
	}
	if missing := k.missing("work_order.acknowledged", orders); len(missing) > 0 {
		t.Errorf("%d of %d tenants were not told, such as of %s", len(missing), len(orders), missing[0])
	}
	again := k.judge(t, kills)
	if again > kills*inFlight {
		t.Errorf("%d messages were sent again after %d kills, want at most %d a kill", again, kills, inFlight)
	}
	t.Logf("%d kills, %d tenants told, %d sent again under their ids", kills, len(orders), again)
}

// judge fails the test for what was told under two ids, or more often than the service was ended, and counts what was sent again.
func (s *sink) judge(t *testing.T, kills int) (again int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range s.taken {
		again += n - 1
		if n > kills+1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	for about, ids := range s.ids {
		if len(ids) != 1 {
			t.Errorf("%s was told under %d ids", about, len(ids))
		}
	}
	return again
}
