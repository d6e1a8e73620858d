package outside

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
)

// TestOneKeyOneOrder sends the same request under the same key 2 to 20 times at once, later, and after a crash (R-C2): one
// order, and one answer to all.
func TestOneKeyOneOrder(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	hire(s, 4)
	keys := count(300, 10_000, "FETTLE_TORTURE_KEYS")
	rng := rand.New(rand.NewPCG(seed(t), 97))
	var kept []done
	for k := range keys {
		d := duplicates(t, s, rng, k)
		if d.ok() {
			cancelSome(s, rng, k, d)
			kept = append(kept, d)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	again := func(what string) {
		for i := 0; i < len(kept); i += max(1, len(kept)/200) {
			a := s.send(kept[i].request)
			if diff := differs(kept[i].answer, a); diff != "" {
				t.Fatalf("key %s sent again %s: %s", kept[i].key, what, diff)
			}
		}
	}
	again("later")
	s.kill()
	s = start(t, dir)
	again("after a crash")
	rows := map[string]int{}
	for _, o := range s.orders("") {
		rows[o.UnitID]++
	}
	for unit, n := range rows {
		if n != 1 {
			t.Errorf("DOUBLED: unit %s has %d orders", unit, n)
		}
	}
	if len(rows) != keys {
		t.Errorf("%d keys made %d orders", keys, len(rows))
	}
}

// duplicates sends one request several times at once and returns it with the answer that all got.
func duplicates(t *testing.T, s *service, rng *rand.Rand, k int) done {
	t.Helper()
	r := request{method: http.MethodPost, path: "/v1/workOrders", key: fmt.Sprintf("key-%d", k), body: encode(newOrder(rng, fmt.Sprintf("key-unit-%d", k)))}
	answers := make([]answer, 2+rng.IntN(19))
	together(len(answers), func(i int) { answers[i] = s.send(r) })
	var first *answer
	for i := range answers {
		a := &answers[i]
		switch {
		case a.err == nil && a.status == http.StatusConflict: // the first is still in flight
		case a.err != nil || a.status != http.StatusCreated:
			t.Errorf("key %s: %v", r.key, a)
		case first == nil:
			first = a
		default:
			if diff := differs(*first, *a); diff != "" {
				t.Errorf("key %s: %s", r.key, diff)
			}
		}
	}
	if first == nil {
		t.Errorf("key %s: nobody was answered", r.key)
		return done{}
	}
	return done{r, *first}
}

// cancelSome closes most of the orders, so that the routes stay short; and the answer kept under the key stays as it was.
func cancelSome(s *service, rng *rand.Rand, k int, d done) {
	s.t.Helper()
	if rng.IntN(10) == 0 {
		return
	}
	var o order
	s.must(d.request, &o)
	s.must(verb(o.ID, "cancel", fmt.Sprintf("cancel-%d", k), map[string]any{"reason": "test"}), nil)
}

// together runs f n times at once, all beginning at the same moment.
func together(n int, f func(i int)) {
	var ready, wg sync.WaitGroup
	ready.Add(n)
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			ready.Done()
			<-begin
			f(i)
		})
	}
	ready.Wait()
	close(begin)
	wg.Wait()
}

// TestKeyBelongsToItsRequest uses a key for something else, or none.
func TestKeyBelongsToItsRequest(t *testing.T) {
	s := start(t, t.TempDir())
	hire(s, 2)
	rng := rand.New(rand.NewPCG(1, 1))
	body := newOrder(rng, "mine")
	first := request{method: http.MethodPost, path: "/v1/workOrders", key: "used", body: encode(body)}
	var o order
	s.must(first, &o)
	body["description"] = "another tap drips"
	other := encode(body)
	for _, c := range []struct {
		name   string
		r      request
		status int
		reason string
	}{
		{"other body", request{method: http.MethodPost, path: "/v1/workOrders", key: "used", body: other}, 422, "IDEMPOTENCY_KEY_REUSED"},
		{"other method", verb(o.ID, "cancel", "used", map[string]any{"reason": "x"}), 422, "IDEMPOTENCY_KEY_REUSED"},
		{"other resource", request{method: http.MethodPost, path: "/v1/technicians", key: "used", body: encode(map[string]any{
			"displayName": "x", "home": place(rng),
		})}, 422, "IDEMPOTENCY_KEY_REUSED"},
		{"no key for an order", request{method: http.MethodPost, path: "/v1/workOrders", body: other}, 400, "IDEMPOTENCY_KEY_REQUIRED"},
		{"no key for a verb", verb(o.ID, "cancel", "", map[string]any{"reason": "x"}), 400, "IDEMPOTENCY_KEY_REQUIRED"},
		{"no key for a technician", request{method: http.MethodPost, path: "/v1/technicians", body: encode(map[string]any{
			"displayName": "x", "home": place(rng),
		})}, 400, "IDEMPOTENCY_KEY_REQUIRED"},
		{"a key that is too long", request{method: http.MethodPost, path: "/v1/workOrders", key: string(make300()), body: other}, 400, "INVALID_ARGUMENT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.send(c.r)
			p, err := asProblem(a)
			if err != nil || a.status != c.status || p.Reason != c.reason {
				t.Errorf("%v, %v; want %d %s", a, err, c.status, c.reason)
			}
		})
	}
	if rows := s.orders(""); len(rows) != 1 || rows[0].Etag != o.Etag {
		t.Errorf("orders are %+v, want the first alone, as it was", rows)
	}
	t.Run("no key where it is safe to repeat", func(t *testing.T) {
		s.must(request{method: http.MethodPost, path: "/v1/positions:report", body: encode(map[string]any{"positions": []any{map[string]any{
			"technicianId": "nobody", "location": place(rng),
		}}})}, nil)
	})
	t.Run("a refused request leaves its key free", func(t *testing.T) {
		bad := request{method: http.MethodPost, path: "/v1/workOrders", key: "free", body: []byte(`{"location":{"latitude":120,"longitude":30}}`)}
		if a := s.send(bad); a.status != http.StatusBadRequest {
			t.Fatalf("%v; want 400", a)
		}
		s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: "free", body: other}, nil)
	})
}

func make300() []byte {
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'k'
	}
	return long
}
