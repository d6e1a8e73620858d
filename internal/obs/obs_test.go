package obs_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fettle/internal/obs"
)

func TestCountersAreServed(t *testing.T) {
	t.Parallel()
	m := obs.New()
	m.Request("/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder", "OK", false, 4*time.Millisecond)
	m.Request("/fettle.dispatch.v1.EventService/WatchEvents", "Canceled", true, time.Hour)
	m.Commit(3, time.Millisecond, nil)
	m.Commit(1, time.Millisecond, errors.New("full"))
	m.Swept(2, 1, 90*time.Second)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`fettle_requests_total{code="OK",method="/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder"} 1`,
		`fettle_request_seconds_bucket{method="/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder",le="0.005"} 1`,
		`fettle_requests_total{code="Canceled",method="/fettle.dispatch.v1.EventService/WatchEvents"} 1`,
		`fettle_commit_seconds_count{outcome="kept"} 1`, `fettle_commit_seconds_count{outcome="failed"} 1`,
		`fettle_commit_events_sum 4`, `fettle_due_work_total{outcome="done"} 2`, `fettle_oldest_overdue_seconds 90`, "go_goroutines",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%.3000s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), `fettle_request_seconds_count{method="/fettle.dispatch.v1.EventService/WatchEvents"}`) {
		t.Error("the time of a stream is counted")
	}
}
