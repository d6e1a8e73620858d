package gateway

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/fair"
	"fettle/internal/feed"
	"fettle/internal/guard"
	"fettle/org"
)

// till takes orders as long as nobody holds it up.
type till struct {
	dispatchv1.UnimplementedWorkOrderServiceServer
	hold chan struct{} // nil: it does not wait
	mu   sync.Mutex
	took int
}

// CreateWorkOrder implements the method of the same name.
func (c *till) CreateWorkOrder(ctx context.Context, _ *dispatchv1.CreateWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	c.mu.Lock()
	c.took++
	c.mu.Unlock()
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
		}
	}
	return &dispatchv1.WorkOrder{Id: "w"}, nil
}

// AcceptWorkOrder implements the method of the same name.
func (c *till) AcceptWorkOrder(context.Context, *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return &dispatchv1.WorkOrder{Id: "w"}, nil
}

// emptyStore holds nothing.
type emptyStore struct{}

// Order implements guard.Store.
func (emptyStore) Order(context.Context, org.ID, dispatch.WorkOrderID) (*engine.Order, error) {
	return &engine.Order{ID: "w"}, nil
}

// OrderEvents implements guard.Store.
func (emptyStore) OrderEvents(context.Context, org.ID, dispatch.WorkOrderID, int64, int) ([]engine.Event, error) {
	return nil, nil
}

// Key implements guard.Store.
func (emptyStore) Key(context.Context, org.ID, string) (engine.IdempotencyRecord, error) {
	return engine.IdempotencyRecord{}, engine.ErrNotFound
}

// newTill makes an edge in front of a till, for two orgs with a token each: "small" and "flood".
func newTill(t *testing.T, c *till, limits fair.Config, now Clock) *Gateway {
	t.Helper()
	tokens := &auth.Tokens{}
	tokens.Add("small", auth.Principal{Name: "s", Org: "small", Roles: auth.AllRoles()})
	tokens.Add("flood", auth.Principal{Name: "f", Org: "flood", Roles: auth.AllRoles()})
	e, err := New(t.Context(), Config{
		Register: func(r grpc.ServiceRegistrar) { dispatchv1.RegisterWorkOrderServiceServer(r, c) },
		Auth:     tokens, Guard: guard.New(emptyStore{}), Feed: feed.New(feed.Config{}), Clock: now, Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ask sends one request without a socket.
func ask(t *testing.T, e *Gateway, token, path, body string, head ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "k")
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

const (
	leak  = `{"location":{"latitude":30.2,"longitude":120.2}}`
	blaze = `{"location":{"latitude":30.2,"longitude":120.2},"urgency":"EMERGENCY"}`
)

// TestFloodsAreShed is rows R-L4 and R-L5 without the noise of a machine: ten times too many orders of one org are refused
// before they are decoded, its emergencies and what its technicians report still pass, other orgs notice nothing, and no
// header makes a caller somebody else. The saboteur is a limit of a million: then nothing is refused.
func TestFloodsAreShed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rate float64
		shed int
	}{"limited": {20, 360}, "saboteur: no limit": {1e6, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk, now := &till{}, clock.NewFake(time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC))
			e := newTill(t, desk, fair.Config{Rate: tt.rate}, now)
			shed := 0
			for i := range 400 { // 40 may be made at once
				w := ask(t, e, "flood", "/v1/workOrders", leak, "X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i%250), "X-Real-Ip", fmt.Sprint(i))
				switch w.Code {
				case http.StatusCreated:
				case http.StatusTooManyRequests:
					shed++
					if w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"RATE_LIMITED"`) {
						t.Fatalf("refused with %v %s", w.Header(), w.Body)
					}
				default:
					t.Fatalf("order %d: %d %s", i, w.Code, w.Body)
				}
				if w := ask(t, e, "small", "/v1/workOrders", leak); i < 30 && (w.Code != http.StatusCreated || w.Header().Get("RateLimit-Remaining") == "") {
					t.Fatalf("another org, order %d: %d %v %s", i, w.Code, w.Header(), w.Body)
				}
			}
			if shed != tt.shed {
				t.Errorf("%d of 400 orders were shed, want %d", shed, tt.shed)
			}
			for i := range 15 {
				if w := ask(t, e, "flood", "/v1/workOrders", blaze); w.Code != http.StatusCreated {
					t.Errorf("emergency %d: %d %s", i, w.Code, w.Body)
				}
				if w := ask(t, e, "flood", "/v1/workOrders/w:accept", `{"technicianId":"t"}`, "If-Match", `"1"`); w.Code != http.StatusOK {
					t.Errorf("report %d of a technician: %d %s", i, w.Code, w.Body)
				}
			}
			now.Advance(time.Second)
			if w := ask(t, e, "flood", "/v1/workOrders", leak); w.Code != http.StatusCreated {
				t.Errorf("a second later: %d %s", w.Code, w.Body)
			}
		})
	}
}

// TestPlacesAreShared lets one org fill all places, and another still begin.
func TestPlacesAreShared(t *testing.T) {
	t.Parallel()
	desk := &till{hold: make(chan struct{})}
	e := newTill(t, desk, fair.Config{Changes: 8}, clock.System())
	var begun sync.WaitGroup
	answers := make(chan int, 100)
	send := func(token, body string, n int) {
		for range n {
			begun.Go(func() { answers <- ask(t, e, token, "/v1/workOrders", body).Code })
		}
	}
	wait := func(n int) {
		t.Helper()
		for range 12_000 { // a minute on a busy machine
			desk.mu.Lock()
			took := desk.took
			desk.mu.Unlock()
			if took == n {
				return
			}
			<-time.After(5 * time.Millisecond)
		}
		t.Fatalf("%d orders have not begun", n)
	}
	send("flood", leak, 20)
	wait(8)
	for range 12 {
		if code := <-answers; code != http.StatusTooManyRequests {
			t.Errorf("an order beyond the places: %d", code)
		}
	}
	send("small", leak, 4)
	send("flood", blaze, 2)
	wait(14)
	close(desk.hold)
	begun.Wait()
	for range 14 {
		if code := <-answers; code != http.StatusCreated {
			t.Errorf("an order that had begun: %d", code)
		}
	}
}
