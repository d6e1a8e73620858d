package outside

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver, for who holds the lock
)

// waitLimit is how long anybody may wait while others hold what they need.
const waitLimit = 5 * time.Second

// TestLocksHeld lets somebody else hold what the service wants to write, for longer than anybody waits, while 64 clients want
// to read and to write (R-C7): each is answered within 5 s, with what was done or a refusal that says when to come again, and
// soon after the locks are free the service works by itself.
func TestLocksHeld(t *testing.T) {
	dir := t.TempDir()
	locksHeld(t, start(t, dir), func() (free func()) {
		name := url.URL{Scheme: "file", Path: filepath.Join(dir, "fettle.db")}
		db, err := sql.Open("sqlite", name.String()+"?_txlock=immediate&_pragma=busy_timeout(20000)")
		if err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			_ = tx.Rollback() // nothing was written
			_ = db.Close()
		}
	})
}

// TestLocksHeldInPostgres is the same with the rows in PostgreSQL, where others hold the rows of all orders and technicians, and the
// head of the audit chain, which every change moves.
func TestLocksHeldInPostgres(t *testing.T) {
	database := postgres.Database(t, "")
	locksHeld(t, start(t, t.TempDir(), "--db", database), func() (free func()) {
		c, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"BEGIN", "SELECT 1 FROM technicians FOR UPDATE", "SELECT 1 FROM work_orders FOR UPDATE", "SELECT 1 FROM audit_heads FOR UPDATE"} {
			if _, err := c.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		return func() { _ = c.Close(t.Context()) }
	})
}

func locksHeld(t *testing.T, s *service, hold func() (free func())) {
	t.Helper()
	l := newLedger(t, hire(s, 16))
	for round := range count(1, 10, "FETTLE_TORTURE_CYCLES") {
		stop := l.run(s)
		time.Sleep(300 * time.Millisecond) // of load before the fault
		free := hold()
		answers := askFor(s, 64, 9*time.Second, fmt.Sprint("locked-", round))
		stop()
		free()
		freed := time.Now()
		rng := rand.New(rand.NewPCG(seed(t), 93))
		within(t, 10*time.Second, func() string {
			if a := s.send(newcomer(rng, fmt.Sprintf("free-%d-%d", round, time.Now().UnixNano()))); !a.ok() {
				return a.String()
			}
			return ""
		})
		back := time.Since(freed)
		longest, refused := time.Duration(0), 0
		fail, check := failures(t)
		for _, a := range answers {
			longest = max(longest, a.took)
			switch {
			case a.took > waitLimit:
				fail("TOO LATE: %s was answered after %v: %v", a.what, a.took.Round(time.Millisecond), a.answer)
			case a.answer.ok():
			case a.answer.err == nil && a.answer.status == http.StatusServiceUnavailable && a.answer.header.Get("Retry-After") != "":
				refused++
			default:
				fail("%s: %v, want an answer or 503 with Retry-After", a.what, a.answer)
			}
		}
		check()
		if refused == 0 {
			t.Errorf("of %d calls none was refused: nobody met the lock", len(answers))
		}
		t.Logf("%d calls, %d refused, the longest %v; back after %v", len(answers), refused, longest.Round(time.Millisecond), back.Round(time.Millisecond))
		if t.Failed() {
			t.FailNow()
		}
	}
	l.settle(s)
	l.audit(s, true)
}

// timed is a call with how long it took.
type timed struct {
	what   string
	took   time.Duration
	answer answer
}

// askFor lets clients read and write without a pause, and returns all calls.
func askFor(s *service, clients int, long time.Duration, name string) (all []timed) {
	var mu sync.Mutex
	var done sync.WaitGroup
	until := time.Now().Add(long)
	for c := range clients {
		rng := rand.New(rand.NewPCG(93, uint64(c)))
		done.Go(func() {
			for i := 0; time.Now().Before(until); i++ {
				key := fmt.Sprintf("%s-%d-%d", name, c, i)
				r := newcomer(rng, key)
				switch c % 4 {
				case 0:
					r = request{method: http.MethodPost, path: "/v1/workOrders", key: key, body: encode(newOrder(rng, key))}
				case 1:
					r = request{method: http.MethodGet, path: "/v1/workOrders?pageSize=5"}
				case 2:
					r = request{method: http.MethodPost, path: "/v1/properties", key: key, body: encode(map[string]any{
						"displayName": key, "location": place(rng),
					})}
				}
				asked := time.Now()
				a := s.send(r)
				mu.Lock()
				all = append(all, timed{r.method + " " + r.path, time.Since(asked), a})
				mu.Unlock()
				time.Sleep(20 * time.Millisecond) // who is refused does not come back at once
			}
		})
	}
	done.Wait()
	return all
}
