package gateway_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/guard"
	"fettle/org"
)

// readings counts how often the guard reads an order.
type readings struct {
	guard.Store
	n *atomic.Int64
}

func (r readings) Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	r.n.Add(1)
	return r.Store.Order(ctx, o, id)
}

// TestTheGuardReadsOnce: an order that a call does not change is read once to find out whose it is, and again when the call has
// changed it: it may be gone.
func TestTheGuardReadsOnce(t *testing.T) {
	var n atomic.Int64
	e := sabotaged(t, saboteur{store: func(s guard.Store) guard.Store { return readings{s, &n} }})
	city := e.town()
	li := e.as(own(city)[0])
	order := "/v1/workOrders/" + city.mine[policyv1.Resource_WORK_ORDER]
	for _, c := range []struct {
		method, path, body string
		want               int64
	}{{"GET", order, "", 1}, {"POST", order + ":accept", "{}", 2}, {"GET", order, "", 1}, {"POST", order + ":depart", "{}", 2}} {
		n.Store(0)
		if status, body := e.whole(li, c.method, c.path, c.body, c.path); status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.path, status, body)
		}
		if got := n.Load(); got != c.want {
			t.Errorf("%s %s: %d reads, want %d", c.method, c.path, got, c.want)
		}
	}
}
