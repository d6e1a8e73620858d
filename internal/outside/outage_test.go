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

// reminders is a sink that counts what it takes, by message id.
type reminders struct {
	*httptest.Server
	mu    sync.Mutex
	taken map[string]int
	late  map[string]bool
}

func newReminders(t *testing.T) *reminders {
	t.Helper()
	r := &reminders{taken: map[string]int{}, late: map[string]bool{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		var m struct {
			ID    string `json:"message_id"`
			Lease string `json:"lease_id"`
			Late  bool   `json:"late"`
		}
		if err := json.NewDecoder(q.Body).Decode(&m); err != nil {
			t.Errorf("not a message: %v", err)
		}
		if m.Lease == "" {
			return // of the canary, or of work orders
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.taken[m.ID]++
		r.late[m.ID] = m.Late
	}))
	t.Cleanup(r.Close)
	return r
}

// snapshot is what was taken so far.
func (r *reminders) snapshot() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]int, len(r.taken))
	for id, n := range r.taken {
		out[id] = n
	}
	return out
}

// sign records leases that end on the days after a first one, some on each.
func sign(t *testing.T, s *service, n int, first time.Time) []contract {
	t.Helper()
	out := make([]contract, n)
	const lasts = 130 // days over which they end
	fail, check := failures(t)
	together(8, func(w int) {
		for i := w; i < n; i += 8 {
			end := time.Date(first.Year(), first.Month(), first.Day()+1+i%lasts, 0, 0, 0, 0, business)
			a := s.send(request{method: http.MethodPost, path: "/v1/leases?signed=true", key: fmt.Sprintf("lease-%d", i), body: encode(map[string]any{
				"tenantId": fmt.Sprintf("te_%d", i), "unitId": fmt.Sprintf("un_%d", i), "rentCents": 350_000,
				"startDate": end.AddDate(-1, 0, 1).Format(time.DateOnly), "endDate": end.Format(time.DateOnly),
			})})
			var l struct{ ID string }
			if err := decode(a, &l); err != nil {
				fail("lease %d: %v", i, err)
				return
			}
			out[i] = contract{l.ID, end}
		}
	})
	check()
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// certificate is the account of reminders.
type certificate struct {
	ZeroMissed                                            bool
	ExpectedCount, PendingCount, InTimeCount, LateCount   int
	SupersededCount, FutureCount, WaivedCount, LeaseCount int
	Missing                                               []struct{ ObligationID, Why string }
}

// settled waits until nothing is pending in the account of the days from one instant until another, and returns it.
func settled(t *testing.T, s *service, from, until time.Time, limit time.Duration) (c certificate, took time.Duration) {
	t.Helper()
	began := time.Now()
	path := fmt.Sprintf("/v1/obligations:reconcile?from=%s&to=%s", from.In(business).Format(time.DateOnly), until.In(business).AddDate(0, 0, 1).Format(time.DateOnly))
	for {
		c = certificate{}
		s.read(path, &c)
		if c.PendingCount == 0 && c.ZeroMissed {
			return c, time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("UNACCOUNTED: after %v %d reminders are pending and %d missing of %d, as %+v", limit, c.PendingCount, len(c.Missing), c.ExpectedCount,
				c.Missing[:min(len(c.Missing), 5)])
		}
		time.Sleep(100 * time.Millisecond) // reminders go out by themselves
	}
}

// TestOutage stops the service for an hour, a fortnight and 45 days, by its wall clock, while reminders of leases fall due (R-T1):
// afterwards the nearest rung of each lease has gone out once, the others are superseded with a record, none is unaccounted for.
// The machine is in another zone at each start, and the days stay those of the business (R-T4).
func TestOutage(t *testing.T) { outage(t) }

// TestOutageBesidePostgres is the same with the rows in PostgreSQL.
func TestOutageBesidePostgres(t *testing.T) { outage(t, "--db", postgres.Database(t, "")) }

func outage(t *testing.T, flags ...string) {
	t.Helper()
	first := nextAt(8, 30)
	w, k, dir := newWall(t, first), newReminders(t), t.TempDir()
	flags = append(flags, "--notify-url", k.URL)
	t.Setenv("TZ", "UTC")
	s := start(t, dir, flags...)
	all := sign(t, s, count(390, 10_000, "FETTLE_TORTURE_LEASES"), first)
	settled(t, s, first.AddDate(0, 0, -61), w.now(), time.Minute) // what was due before its terms were known
	for _, o := range []struct {
		lasts time.Duration
		zone  string
	}{{time.Hour, "America/New_York"}, {14 * 24 * time.Hour, "Australia/Lord_Howe"}, {45 * 24 * time.Hour, "Asia/Shanghai"}} {
		before, since := k.snapshot(), w.now()
		s.kill()
		w.jump(o.lasts)
		t.Setenv("TZ", o.zone)
		s = start(t, dir, flags...)
		until := w.now()
		c, took := settled(t, s, first, until, time.Minute)
		after, sent := k.snapshot(), 0
		for i := range all {
			id := all[i].owed(since, until)
			if id == "" {
				continue
			}
			sent++
			if before[id] > 0 || after[id] != 1 {
				t.Errorf("UNACCOUNTED: %s was sent %d times before and %d after an outage of %v", id, before[id], after[id], o.lasts)
			}
		}
		if got := len(after) - len(before); got != sent {
			t.Errorf("%d messages after an outage of %v, want %d: the nearest rung of each lease", got, o.lasts, sent)
		}
		t.Logf("an outage of %v: %d sent within %v; of %d due since the start %d in time, %d late, %d superseded", o.lasts, sent,
			took.Round(time.Millisecond), c.ExpectedCount-c.FutureCount, c.InTimeCount, c.LateCount, c.SupersededCount)
		if c.ExpectedCount != c.InTimeCount+c.LateCount+c.SupersededCount+c.FutureCount {
			t.Errorf("UNACCOUNTED: %+v", c)
		}
	}
}

// TestClockJumps sets the wall clock forwards and backwards while the service runs (R-T2): what is due is noticed by the next sweeps, in
// the long run within 30 s, no reminder is missing, none goes out twice.
func TestClockJumps(t *testing.T) { clockJumps(t) }

// TestClockJumpsBesidePostgres is the same with the rows in PostgreSQL.
func TestClockJumpsBesidePostgres(t *testing.T) { clockJumps(t, "--db", postgres.Database(t, "")) }

func clockJumps(t *testing.T, flags ...string) {
	t.Helper()
	const day = 24 * time.Hour
	first := nextAt(8, 30)
	w, k := newWall(t, first), newReminders(t)
	s := start(t, t.TempDir(), append(flags, "--notify-url", k.URL)...)
	sign(t, s, count(390, 5000, "FETTLE_TORTURE_LEASES"), first)
	limit := 2 * time.Minute // beside the other tests
	if full() {
		limit = 30 * time.Second
	}
	rng := rand.New(rand.NewPCG(seed(t), 92))
	steps := []time.Duration{time.Hour, -time.Hour, day, -day, -10 * time.Minute, 60 * day}
	furthest, slowest := w.now(), time.Duration(0)
	for n := range count(12, 50, "FETTLE_TORTURE_JUMPS") {
		step := steps[rng.IntN(len(steps))]
		if n == 2 {
			step = 60 * day
		} else if step == 60*day && n > 12 {
			step = day // else all leases have ended soon
		}
		w.jump(step)
		if now := w.now(); now.After(furthest) {
			furthest = now
		}
		_, took := settled(t, s, first.AddDate(0, 0, -61), w.now(), limit)
		slowest = max(slowest, took)
	}
	w.set(time.Until(furthest) + time.Hour)
	c, _ := settled(t, s, first.AddDate(0, 0, -61), w.now(), limit)
	for id, n := range k.snapshot() {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	t.Logf("%d reminders, %d in time, %d late, %d superseded; a jump is settled within %v", c.ExpectedCount, c.InTimeCount, c.LateCount,
		c.SupersededCount, slowest.Round(time.Millisecond))
}
