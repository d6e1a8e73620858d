package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// told is a message as the service lists it.
type told struct{ ID, State, LeaseID, WorkOrderID string }

// toldOf lists all messages of the service by id.
func (s *service) toldOf() map[string]told {
	s.t.Helper()
	out := map[string]told{}
	for next := ""; ; {
		var p struct {
			Messages      []told
			NextPageToken string
		}
		s.read("/v1/messages?pageSize=500&pageToken="+next, &p)
		for _, m := range p.Messages {
			out[m.ID] = m
		}
		if next = p.NextPageToken; next == "" {
			return out
		}
	}
}

// TestOldMessagesGo lets 400 days pass by the wall clock: messages of orders and of a lease that is over go with the audit of their time,
// and so do deliveries of webhooks. What keeps a lease that goes on from being told twice stays, nothing is sent again, and the
// certificate of the old days says what it said.
func TestOldMessagesGo(t *testing.T) { oldMessagesGo(t) }

// TestOldMessagesGoBesidePostgres is the same with the rows in PostgreSQL.
func TestOldMessagesGoBesidePostgres(t *testing.T) {
	oldMessagesGo(t, "--db", postgres.Database(t, ""))
}

func oldMessagesGo(t *testing.T, flags ...string) {
	t.Helper()
	first := nextAt(10, 0)
	w, k, dir := newWall(t, first), newReminders(t), t.TempDir()
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer hook.Close()
	flags = append(flags, "--notify-url", k.URL, "--webhook-allow", "127.0.0.0/8")
	s := start(t, dir, flags...)
	var endpoint struct{ ID string }
	s.must(request{method: http.MethodPost, path: "/v1/webhookEndpoints", key: "hook", body: encode(map[string]any{"url": hook.URL})}, &endpoint)
	var o order
	s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: "order", body: encode(newOrder(rand.New(rand.NewPCG(8, 8)), "old"))}, &o)
	leases := make([]struct{ ID string }, 2) // the first is over when the days pass
	for i := range leases {
		s.must(request{method: http.MethodPost, path: "/v1/leases?signed=true", key: fmt.Sprintf("lease-%d", i), body: encode(map[string]any{
			"tenantId": "te_1", "unitId": fmt.Sprintf("un_%d", i), "startDate": first.AddDate(-1, 0, 0).Format(time.DateOnly),
			"endDate": first.AddDate(0, 0, 50).Format(time.DateOnly),
		})}, &leases[i])
	}
	over, lives := leases[0].ID+".v1.60", leases[1].ID+".v1.60"
	deliveries := func() (n, open int) {
		var p struct{ Deliveries []struct{ State string } }
		s.read("/v1/webhookEndpoints/"+endpoint.ID+"/deliveries", &p)
		for _, d := range p.Deliveries {
			if d.State != "DELIVERED" {
				open++
			}
		}
		return len(p.Deliveries), open
	}
	eventually(t, time.Minute, "all is told", func() bool {
		m := s.toldOf()
		n, open := deliveries()
		for _, one := range m {
			if one.State != "SENT" {
				return false
			}
		}
		return m[over].ID != "" && m[lives].ID != "" && len(m) > 2 && n > 0 && open == 0
	})
	from, until := first.AddDate(0, 0, -20), first.AddDate(0, 0, 1)
	before, _ := settled(t, s, from, until, time.Minute)
	s.must(request{
		method: http.MethodPost, path: "/v1/leases/" + leases[0].ID + ":terminate", key: "end", body: encode(map[string]any{"reason": "moved out"}),
	}, nil)
	old, sent := s.toldOf(), k.snapshot()
	s.kill()
	w.jump(400 * 24 * time.Hour)
	s = start(t, dir, flags...)
	eventually(t, time.Minute, "what is old and over is gone: PRUNED", func() bool {
		m := s.toldOf()
		for id := range old {
			if id != lives && m[id].ID != "" {
				return false
			}
		}
		n, _ := deliveries() // those of what happens now
		return n == 0 || metric(s, "fettle_messages_forgotten_total") >= float64(len(old)-1)
	})
	if m := s.toldOf(); m[lives].ID == "" {
		t.Error("FORGOTTEN: the message of a lease that goes on is gone")
	}
	if after, _ := settled(t, s, from, until, time.Minute); after.ExpectedCount != before.ExpectedCount || after.InTimeCount != before.InTimeCount ||
		after.LateCount != before.LateCount {
		t.Errorf("UNACCOUNTED: the certificate of old days said %+v, and now %+v", before, after)
	}
	for id, n := range sent {
		if now := k.snapshot()[id]; now != n {
			t.Errorf("SENT AGAIN: %s %d times, and before the days passed %d", id, now, n)
		}
	}
}
