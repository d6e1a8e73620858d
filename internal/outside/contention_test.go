package outside

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
)

// clients is how many send at the same moment.
const clients = 32

// race is a territory that clients fight over.
type race struct {
	t           *testing.T
	s           *service
	technicians []string
	rng         *rand.Rand
	n           atomic.Int64
	attempts    int
	beaten      int // rounds that the planner won
}

func (r *race) key() string { return fmt.Sprintf("race-%d", r.n.Add(1)) }

// outcomes sends one request for each client at once and returns the answers: winners, and losers, who must have been told
// 409 or 412 in a problem.
func (r *race) outcomes(what string, of func(i int) request) (won []answer) {
	r.t.Helper()
	sent, answers := requests(clients, of), make([]answer, clients)
	together(clients, func(i int) { answers[i] = r.s.send(sent[i]) })
	r.attempts += clients
	for i, a := range answers {
		switch {
		case a.ok():
			won = append(won, a)
		case a.err == nil && (a.status == http.StatusConflict || a.status == http.StatusPreconditionFailed):
			p, err := asProblem(a)
			if err != nil || p.Reason == "ILLEGAL_STATE" && p.State == "" {
				r.t.Errorf("%s: %s %s: loser is not told the state: %v, %v", what, sent[i].method, sent[i].path, a, err)
			}
		default:
			r.t.Errorf("%s: %s %s: %v; want 200, 409 or 412", what, sent[i].method, sent[i].path, a)
		}
	}
	return won
}

func requests(n int, f func(i int) request) []request {
	out := make([]request, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// assigned reports an order that somebody has; it posts until one is.
func (r *race) assigned() order {
	r.t.Helper()
	for range 5 {
		if o := report(r.s, r.rng, r.key()); o.State == "ASSIGNED" {
			return o
		}
	}
	r.t.Fatal("orders are not assigned any more")
	return order{}
}

// accepted makes an order that a technician has accepted.
func (r *race) accepted(technician string) order {
	r.t.Helper()
	body := newOrder(r.rng, r.key())
	body["onlyTechnicianIds"] = []string{technician}
	var o order
	r.s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: r.key(), body: encode(body)}, &o)
	if o.technician() != technician {
		r.t.Fatalf("order for %s alone is %+v", technician, o)
	}
	r.s.must(verb(o.ID, "accept", r.key(), nil), &o)
	return o
}

func (r *race) now(id string) order {
	r.t.Helper()
	var o order
	r.s.read("/v1/workOrders/"+id, &o)
	return o
}

// clear takes an order out of the way.
func (r *race) clear(id string) {
	r.t.Helper()
	if o := r.now(id); o.State != "CANCELED" && o.State != "COMPLETED" {
		r.s.must(verb(id, "cancel", r.key(), map[string]any{"reason": "next round"}), nil)
	}
}

// TestRaces lets 32 clients want the same thing at the same moment (R-C1): one gets it, the others are told who they lost to,
// and nobody is ever in two places.
func TestRaces(t *testing.T) {
	s := start(t, t.TempDir())
	r := &race{t: t, s: s, technicians: hire(s, 8), rng: rand.New(rand.NewPCG(seed(t), 96))}
	kinds := []struct {
		name string
		run  func()
	}{
		{"reassign with the same etag", r.reassign},
		{"accept, decline, pin, cancel with the same etag", r.verbs},
		{"accept with no etag", r.accept},
		{"patch with the same etag", r.patch},
		{"depart to many orders of one technician", r.depart},
		{"post, accept, depart", r.rush},
	}
	rounds := count(210, 1000, "FETTLE_TORTURE_RACES")
	for n := range rounds {
		kind := kinds[n%len(kinds)]
		kind.run()
		if n%20 == 19 || n >= rounds-len(kinds) {
			consistent(s, r.technicians)
		}
		if t.Failed() {
			t.Fatalf("round %d: %s", n, kind.name)
		}
	}
	s.alive()
	if r.beaten > rounds/10 {
		t.Errorf("the planner was faster in %d of %d rounds: they show nothing", r.beaten, rounds)
	}
	t.Logf("%d rounds, %d attempts", rounds, r.attempts)
}

// one wants exactly one winner, whose answer is what the order then is. None has won when the planner was faster than all:
// then the etag that they hold is old.
func (r *race) one(what string, o order, won []answer) {
	r.t.Helper()
	if len(won) == 0 && r.now(o.ID).Etag != o.Etag {
		r.beaten++
		return
	}
	if len(won) != 1 {
		r.t.Errorf("%s: %d winners, want 1", what, len(won))
		return
	}
	var told order
	if err := json.Unmarshal(won[0].body, &told); err != nil {
		r.t.Errorf("%s: %v in %s", what, err, won[0].body)
	}
	if is := r.now(o.ID); is.Etag == told.Etag && (is.State != told.State || is.technician() != told.technician()) {
		r.t.Errorf("%s: winner was told %+v, the order is %+v", what, told, is)
	}
}

func (r *race) reassign() {
	o := r.assigned()
	others := slices.DeleteFunc(slices.Clone(r.technicians), func(id string) bool { return id == o.technician() })
	won := r.outcomes("reassign", func(i int) request {
		v := verb(o.ID, "reassign", r.key(), map[string]any{"technicianId": others[i%len(others)], "reason": "race"})
		v.ifMatch = o.Etag
		return v
	})
	r.one("reassign", o, won)
	r.clear(o.ID)
}

func (r *race) verbs() {
	o := r.assigned()
	won := r.outcomes("verbs", func(i int) request {
		name := []string{"accept", "decline", "pin", "cancel"}[i%4]
		body := map[string]any{}
		if name != "accept" && name != "pin" {
			body["reason"] = "race"
		}
		v := verb(o.ID, name, r.key(), body)
		v.ifMatch = o.Etag
		return v
	})
	r.one("verbs", o, won)
	r.clear(o.ID)
}

func (r *race) accept() {
	o := r.assigned()
	won := r.outcomes("accept", func(int) request { return verb(o.ID, "accept", r.key(), nil) })
	r.one("accept", o, won)
	r.clear(o.ID)
}

func (r *race) patch() {
	o := r.assigned()
	won := r.outcomes("patch", func(i int) request {
		return request{method: http.MethodPatch, path: "/v1/workOrders/" + o.ID, ifMatch: o.Etag, body: encode(map[string]any{"priority": 1 + i})}
	})
	r.one("patch", o, won)
	r.clear(o.ID)
}

// depart sends one technician to several orders at once.
func (r *race) depart() {
	who := r.technicians[r.rng.IntN(len(r.technicians))]
	mine := make([]order, 4)
	for i := range mine {
		mine[i] = r.accepted(who)
	}
	won := r.outcomes("depart", func(i int) request { return verb(mine[i%len(mine)].ID, "depart", r.key(), nil) })
	if len(won) != 1 {
		r.t.Errorf("depart: %d winners of %s, want 1", len(won), who)
	}
	under := 0
	for _, o := range mine {
		if started(r.now(o.ID).State) {
			under++
		}
	}
	if under != 1 {
		r.t.Errorf("DOUBLE ASSIGNMENT: %s is on the way to %d orders", who, under)
	}
	for _, o := range mine {
		r.clear(o.ID)
	}
}

// rush lets every client post an order, accept it and send whoever has it on the way.
func (r *race) rush() {
	ids := make([]string, clients)
	bodies := requests(clients, func(int) request {
		return request{method: http.MethodPost, path: "/v1/workOrders", key: r.key(), body: encode(newOrder(r.rng, r.key()))}
	})
	fail, check := failures(r.t)
	together(clients, func(i int) {
		a := r.s.send(bodies[i])
		var o order
		if err := json.Unmarshal(a.body, &o); err != nil || a.status != http.StatusCreated {
			fail("rush: %v", a)
			return
		}
		ids[i] = o.ID
		for _, name := range []string{"accept", "depart"} {
			if a := r.s.send(verb(o.ID, name, r.key(), nil)); !a.ok() && a.status != http.StatusConflict {
				fail("rush: %s: %v", name, a)
			}
		}
	})
	check()
	r.attempts += 3 * clients
	busy := map[string]int{}
	for _, o := range r.s.orders("open=true") {
		if started(o.State) {
			busy[o.technician()]++
		}
	}
	for who, n := range busy {
		if n > 1 {
			r.t.Errorf("DOUBLE ASSIGNMENT: %s is at %d orders", who, n)
		}
	}
	for _, id := range ids {
		if id != "" {
			r.clear(id)
		}
	}
}
