package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/org"
)

// sse is an open event stream.
type sse struct {
	t      testing.TB
	body   io.ReadCloser
	lines  *bufio.Scanner
	status int
}

func (e *edge) watch(query, last string) *sse {
	e.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, e.url+"/v1/events:stream"+query, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	return e.open(req)
}

func (e *edge) open(req *http.Request) *sse {
	e.t.Helper()
	r, err := e.http.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = r.Body.Close() })
	return &sse{t: e.t, body: r.Body, lines: bufio.NewScanner(r.Body), status: r.StatusCode}
}

// message is one event of a stream.
type message struct{ id, event, data string }

// next reads the next event; false at the end.
func (s *sse) next() (message, bool) {
	s.t.Helper()
	var m message
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			m.id = value
		case "event":
			m.event = value
		case "data":
			m.data = value
		case "":
			if m.event != "" {
				return m, true
			}
		}
	}
	return m, false
}

func (s *sse) want(id int, event string) message {
	s.t.Helper()
	m, ok := s.next()
	if !ok || m.event != event || id > 0 && m.id != strconv.Itoa(id) {
		s.t.Fatalf("got %+v %t, want %d %s", m, ok, id, event)
	}
	return m
}

func TestWatchersSeeEverythingOnce(t *testing.T) {
	e := newEdge(t)
	live := e.watch("", "")
	e.run([]call{
		{method: "POST", path: "/v1/technicians", body: plumber, status: 201, save: map[string]string{"te": "id"}},
		{method: "POST", path: "/v1/workOrders", body: leak, status: 201, save: map[string]string{"order": "id"}},
		{method: "POST", path: "/v1/workOrders/{order}:accept", status: 200},
	})
	kinds := []string{"technician.created", "work_order.created", "work_order.assigned", "work_order.accepted"}
	for i, kind := range kinds {
		m := live.want(i+1, kind)
		if kind == "work_order.accepted" && at([]byte(m.data), "workOrder.state") != "ACCEPTED" {
			t.Errorf("data = %s", m.data)
		}
	}
	behind := e.watch("?lastEventId=2", "")
	behind.want(3, kinds[2])
	behind.want(4, kinds[3])
	again := e.watch("?types=work_order.accepted", "1")
	again.want(4, kinds[3])
	if s := e.watch("", ""); s.status != http.StatusTooManyRequests {
		t.Errorf("a fourth stream: status %d", s.status)
	}
	if err := again.body.Close(); err != nil {
		t.Error(err)
	}
	e.gate.Drain()
	if m, ok := live.next(); ok {
		t.Errorf("after the end: %+v", m)
	}
}

func TestStreamsSayWhenTheLogIsLost(t *testing.T) {
	e := newEdge(t)
	e.run([]call{{method: "POST", path: "/v1/technicians", body: plumber, status: 201}})
	s := e.watch("", "99")
	s.want(1, "resync")
	e.run([]call{{method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Idempotency-Key": "x"}, status: 201}})
	s.want(2, "work_order.created")
}

func TestPositionsReachWatchers(t *testing.T) {
	e := newEdge(t)
	s := e.watch("?positions=true", "")
	e.feed.PublishPositions(org.Default, []engine.Position{{Technician: "te_1", Point: geo.Point{Lat: 30, Lon: 120}, At: noon}})
	m := s.want(0, "technician.position")
	if m.id != "" || at([]byte(m.data), "technicianId") != "te_1" || text(at([]byte(m.data), "location.latitude")) != "30" {
		t.Errorf("got %+v", m)
	}
}

func TestAssignmentsAreWaitedFor(t *testing.T) {
	e := newEdge(t)
	e.run([]call{{method: "POST", path: "/v1/technicians", body: plumber, status: 201}})
	var te string
	for _, tech := range e.desk.engine.Technicians() {
		te = string(tech.ID)
	}
	path := "/v1/technicians/" + te + "/assignments"
	r, _ := e.do("GET", path, nil, nil)
	tag := r.Header.Get("ETag")
	got := make(chan int, 1)
	go func() {
		r, _ := e.do("GET", path, nil, map[string]string{"If-None-Match": tag, "Prefer": "wait=30"})
		got <- r.StatusCode
	}()
	e.run([]call{{method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Idempotency-Key": "x"}, status: 201, want: map[string]any{"state": "ASSIGNED"}}})
	select {
	case status := <-got:
		if status != http.StatusOK {
			t.Errorf("status %d, want 200", status)
		}
	case <-time.After(time.Minute):
		t.Fatal("the change did not end the wait")
	}
	r, _ = e.do("GET", path, nil, nil)
	tag = r.Header.Get("ETag")
	if r, _ = e.do("GET", path, nil, map[string]string{"If-None-Match": tag}); r.StatusCode != http.StatusNotModified {
		t.Errorf("without a wait: status %d, want 304", r.StatusCode)
	}
	if r, _ = e.do("GET", path, nil, map[string]string{"If-None-Match": tag, "Prefer": "wait=1"}); r.StatusCode != http.StatusNotModified {
		t.Errorf("without a change: status %d, want 304", r.StatusCode)
	}
}
