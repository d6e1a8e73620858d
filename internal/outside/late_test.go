package outside

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// worker is a technician with a phone.
type worker struct{ id, token string }

// workers hires technicians and signs them in.
func workers(s *service, n int) []worker {
	s.t.Helper()
	out := make([]worker, n)
	for i, id := range hire(s, n) {
		var user struct{ ID string }
		s.must(request{method: http.MethodPost, path: "/v1/users", key: "user-" + id, body: encode(map[string]any{
			"displayName": "phone of " + id, "roles": []string{"TECHNICIAN"}, "technicianId": id,
		})}, &user)
		var key struct{ Secret string }
		s.must(request{method: http.MethodPost, path: "/v1/apiKeys", key: "phone-" + id, body: encode(map[string]any{
			"displayName": "phone of " + id, "userId": user.ID, "expireTime": time.Now().Add(24 * time.Hour),
		})}, &key)
		out[i] = worker{id, key.Secret}
	}
	return out
}

// by sends a request with the credential of a worker.
func (w *worker) by(r request) request {
	r.header = map[string]string{"Authorization": "Bearer " + w.token}
	return r
}

// tap is a verb that a phone sends, done some time ago.
func (w *worker) tap(id, name, key string, ago time.Duration) request {
	body := map[string]any{"tapTime": time.Now().Add(-ago)}
	if name == "pause" || name == "decline" {
		body["reason"] = "a part is missing"
	}
	return w.by(verb(id, name, key, body))
}

// step is one thing in the timeline of an order.
type step struct{ Type, State, TechnicianID, Verb, Conflict, TapTime string }

func (s *service) timeline(id string) []step {
	s.t.Helper()
	var list struct{ Entries []step }
	s.read("/v1/workOrders/"+id+"/timeline?pageSize=1000", &list)
	return list.Entries
}

// forgotten is an order that has gone on while the phone of its technician had no network.
type forgotten struct {
	*race
	phones map[string]worker
}

// moved takes an order away from who has it, in one of the ways in which that happens, and returns who had it.
func (f *forgotten) moved(way int) (order, worker) {
	f.t.Helper()
	o := f.assigned()
	had := f.phones[o.technician()]
	other := f.technicians[0]
	if other == had.id {
		other = f.technicians[1]
	}
	to := func(id string) {
		f.s.must(verb(o.ID, "reassign", f.key(), map[string]any{"technicianId": id, "reason": "the phone is silent"}), nil)
	}
	switch way % 4 {
	case 0:
		to(other)
	case 1:
		f.s.must(verb(o.ID, "cancel", f.key(), map[string]any{"reason": "mended"}), nil)
	case 2:
		to(other)
		for _, name := range []string{"accept", "depart", "arrive", "complete"} {
			f.s.must(verb(o.ID, name, f.key(), nil), nil)
		}
	case 3: // away and back: what was done before is of the earlier assignment
		to(other)
		to(had.id)
	}
	return f.now(o.ID), had
}

// place is where the service believes a technician to be.
func (f *forgotten) place(id string) (p struct{ Position struct{ Time time.Time } }) {
	f.t.Helper()
	f.s.read("/v1/technicians/"+id, &p)
	return p
}

// late uploads what a phone has kept for a while, and wants all of it in the history and nothing changed.
func (f *forgotten) late(n int) {
	o, had := f.moved(n)
	ago := []time.Duration{8 * time.Hour, 72 * time.Hour}[n/4%2]
	at := func(ago time.Duration, north float64) map[string]any {
		return map[string]any{"positions": []any{map[string]any{
			"technicianId": had.id, "location": map[string]any{"latitude": north, "longitude": 120.2}, "time": time.Now().Add(-ago),
		}}}
	}
	f.s.must(had.by(request{method: http.MethodPost, path: "/v1/positions:report", body: encode(at(0, 30.2))}), nil)
	was := f.place(had.id)
	f.s.must(had.by(request{method: http.MethodPost, path: "/v1/positions:report", body: encode(at(ago, 30.25))}), nil)
	if is := f.place(had.id); !is.Position.Time.Equal(was.Position.Time) {
		f.t.Errorf("MOVED: a position of %s ago is where %s is now", ago, had.id)
	}
	taps := []string{"accept", "depart", "arrive", "start", "pause", "complete"}[:1+f.rng.IntN(6)]
	for i, name := range taps {
		sent := had.tap(o.ID, name, f.key(), ago-time.Duration(i)*time.Minute)
		for range 1 + f.rng.IntN(2) { // the answer may not have come
			var told struct {
				LateTap *struct{ Verb, Conflict string }
			}
			if err := decode(f.s.send(sent), &told); err != nil || told.LateTap == nil || told.LateTap.Verb != name {
				f.t.Errorf("LOST: %s of %s ago of an order that is %s: %+v, %v", name, ago, o.State, told, err)
			}
		}
	}
	if is := f.now(o.ID); is.State != o.State || is.technician() != o.technician() {
		f.t.Errorf("REGRESSION: the order was %s of %q and is %s of %q", o.State, o.technician(), is.State, is.technician())
	}
	kept := 0
	for _, e := range f.s.timeline(o.ID) {
		if e.Type == "work_order.tapped_late" && e.TechnicianID == had.id && e.Conflict != "" && e.TapTime != "" && e.State == o.State {
			kept++
		}
	}
	if kept != len(taps) {
		f.t.Errorf("LOST: %d of %d taps are in the history", kept, len(taps))
	}
	f.shown(o.ID, len(taps))
	f.clear(o.ID)
}

// shown wants the conflict to be shown to the desk until somebody has looked at it.
func (f *forgotten) shown(id string, n int) {
	f.t.Helper()
	waiting := func() (n int) {
		var list struct {
			LateTaps []struct{ WorkOrderID string }
		}
		f.s.read("/v1/workOrders:lateTaps?pageSize=1000", &list)
		for _, tap := range list.LateTaps {
			if tap.WorkOrderID == id {
				n++
			}
		}
		return n
	}
	if got := waiting(); got != n {
		f.t.Errorf("NOT SHOWN: the desk sees %d of %d taps", got, n)
	}
	f.s.must(verb(id, "reviewTaps", f.key(), nil), nil)
	if got := waiting(); got != 0 {
		f.t.Errorf("NOT SHOWN: %d taps wait that were looked at", got)
	}
}

// TestLateUpload replays what a phone has kept for 8 hours or 3 days after its order was reassigned, closed, or taken away and
// given back (R-C5): all of it becomes history that the desk is shown, and nothing moves. A fresh tap is refused as ever.
func TestLateUpload(t *testing.T) {
	s := start(t, t.TempDir())
	f := &forgotten{race: &race{t: t, s: s, rng: rand.New(rand.NewPCG(seed(t), 5))}, phones: map[string]worker{}}
	for _, w := range workers(s, 6) {
		f.technicians, f.phones[w.id] = append(f.technicians, w.id), w
	}
	cases := count(60, 1000, "FETTLE_TORTURE_LATE")
	for n := range cases {
		f.late(n)
		if t.Failed() {
			t.Fatalf("case %d", n)
		}
	}
	o, had := f.moved(1)
	for _, sent := range []request{had.tap(o.ID, "accept", f.key(), time.Second), had.by(verb(o.ID, "accept", f.key(), nil))} {
		if a := s.send(sent); a.status != http.StatusConflict && a.status != http.StatusNotFound {
			t.Errorf("a fresh tap of an order that is canceled: %v, want 409 or 404", a)
		}
	}
	stranger := f.phones[f.technicians[0]]
	if stranger.id == had.id {
		stranger = f.phones[f.technicians[1]]
	}
	if a := s.send(stranger.tap(o.ID, "accept", f.key(), time.Hour)); a.status != http.StatusNotFound {
		t.Errorf("a late tap of somebody who never had the order: %v, want 404", a)
	}
	s.alive()
	t.Logf("%d cases", cases)
}

// lateSaboteurs break what TestLateUpload holds the service to.
func lateSaboteurs() []saboteur {
	return []saboteur{
		{
			"refuses what comes late",
			[]edit{{"dispatch/engine/work.go", `if c.Tapped.IsZero() || c.Technician == ""`, `if !c.Tapped.IsZero() || c.Technician == ""`}},
			"TestLateUpload", "LOST",
		},
		{
			"applies what was done for an earlier assignment",
			[]edit{{"dispatch/engine/work.go", "c.Tapped.Before(a.Offered) {", "c.Tapped.Before(time.Time{}) {"}},
			"TestLateUpload", "LOST|REGRESSION",
		},
		{
			"takes the place of yesterday for that of now",
			[]edit{
				{"internal/territory/desk.go", "if !p.At.After(who.at.At) ||", "if p.At.Before(time.Time{}) ||"},
				{"internal/territory/desk.go", "if jumped(who.at, p) &&", "if jumped(p, who.at) &&"},
			},
			"TestLateUpload", "MOVED",
		},
	}
}
