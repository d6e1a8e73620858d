package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestMalformedBodies(t *testing.T) {
	e := newEdge(t)
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	tests := map[string]struct{ path, body, field string }{
		"not JSON":          {"workOrders", `{`, ""},
		"empty":             {"workOrders", ``, ""},
		"null":              {"workOrders", `null`, ""},
		"a list":            {"workOrders", `[]`, ""},
		"two values":        {"workOrders", leak + leak, ""},
		"unknown field":     {"workOrders", `{"colour":"red"}`, "colour"},
		"unknown deeper":    {"workOrders", `{"location":{"latitude":1,"longitude":1,"x":2}}`, "location.x"},
		"twice":             {"workOrders", `{"unitId":"a","unitId":"b"}`, "unitId"},
		"unknown enum":      {"workOrders", `{"urgency":"SOON","location":{"latitude":30,"longitude":120}}`, "urgency"},
		"number of no enum": {"workOrders", `{"urgency":9,"location":{"latitude":30,"longitude":120}}`, "urgency"},
		"NaN":               {"workOrders", `{"location":{"latitude":NaN,"longitude":120}}`, "location.latitude"},
		"NaN as text":       {"workOrders", `{"location":{"latitude":"NaN","longitude":120}}`, "location.latitude"},
		"infinite":          {"workOrders", `{"location":{"latitude":"Infinity","longitude":120}}`, "location.latitude"},
		"1e400":             {"workOrders", `{"location":{"latitude":1e400,"longitude":120}}`, "location.latitude"},
		"latitude 120":      {"workOrders", `{"location":{"latitude":120.2,"longitude":30.2}}`, "location.latitude"},
		"null island":       {"workOrders", `{"location":{}}`, "location"},
		"no place":          {"workOrders", `{}`, "location"},
		"bad UTF-8":         {"workOrders", "{\"unitId\":\"\xff\"}", ""},
		"deep":              {"workOrders", deep, ""},
		"deep struct":       {"plans:solve", `{"problem":` + deep + `}`, ""},
		"short work":        {"workOrders", `{"location":{"latitude":30,"longitude":120},"onSiteDuration":"1s"}`, "onSiteDuration"},
		"no duration":       {"workOrders", `{"location":{"latitude":30,"longitude":120},"onSiteDuration":"soon"}`, "onSiteDuration"},
		"window backwards": {
			"workOrders",
			`{"location":{"latitude":30,"longitude":120},"timeWindows":[{"startTime":"2026-03-09T10:00:00Z","endTime":"2026-03-09T09:00:00Z"}]}`,
			"timeWindows[0].endTime",
		},
		"year 9999":   {"workOrders", `{"location":{"latitude":30,"longitude":120},"timeWindows":[{"startTime":"9999-03-09T10:00:00Z","endTime":"9999-03-10T09:00:00Z"}]}`, "timeWindows[0].startTime"},
		"no time":     {"workOrders", `{"location":{"latitude":30,"longitude":120},"timeWindows":[{"startTime":"noon"}]}`, "timeWindows[0].startTime"},
		"zone":        {"technicians", `{"displayName":"a","home":{"latitude":30,"longitude":120},"timeZone":"Mars/Base"}`, "timeZone"},
		"clock time":  {"technicians", `{"displayName":"a","home":{"latitude":30,"longitude":120},"weeklyShifts":[{"days":["MON"],"start":"25:00","end":"26:00"}]}`, "weeklyShifts[0].start"},
		"skill twice": {"technicians", `{"displayName":"a","home":{"latitude":30,"longitude":120},"skills":[{"skill":"gas"},{"skill":"gas"}]}`, "skills[1].skill"},
		"no problem":  {"plans:solve", `{}`, "problem"},
		"bad problem": {"plans:solve", `{"problem":{"visits":7}}`, "problem.visits"},
		"bad VROOM":   {"compat/vroom", `{"vehicles":7}`, "vehicles"},
		"no time left": {
			"plans:solve", `{"problem":{},"timeLimit":"61s"}`, "timeLimit",
		},
		"no positions": {"positions:report", `{"positions":[]}`, "positions"},
		"NaN accuracy": {"positions:report", `{"positions":[{"technicianId":"a","accuracyMeters":"NaN","location":{"latitude":30,"longitude":120}}]}`, "positions[0].accuracyMeters"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, body := e.do("POST", "/v1/"+tt.path, strings.NewReader(tt.body), map[string]string{"Idempotency-Key": name})
			if r.StatusCode != http.StatusBadRequest || r.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("status %d %s: %.500s", r.StatusCode, r.Header.Get("Content-Type"), body)
			}
			if got := at(body, "errors.0.field"); tt.field != "" && got != tt.field {
				t.Errorf("field is %v, want %s: %.500s", got, tt.field, body)
			}
		})
	}
}

// unsized hides the length of a reader, so that the body goes out in chunks.
type unsized struct{ io.Reader }

func TestSizes(t *testing.T) {
	e := newEdge(t)
	const limit = 1 << 20
	body := func(n int) string {
		head, tail := `{"location":{"latitude":30,"longitude":120}`, `}`
		return head + strings.Repeat(" ", n-len(head)-len(tail)) + tail
	}
	for n, want := range map[int]int{limit - 1: 201, limit: 201, limit + 1: 413} {
		for _, chunked := range []bool{false, true} {
			var in io.Reader = strings.NewReader(body(n))
			if chunked {
				in = unsized{in}
			}
			r, got := e.do("POST", "/v1/workOrders", in, map[string]string{"Idempotency-Key": fmt.Sprint(n, chunked)})
			if r.StatusCode != want {
				t.Errorf("%d bytes, chunked %t: status %d, want %d: %.300s", n, chunked, r.StatusCode, want, got)
			}
		}
	}
	r, _ := e.do("POST", "/v1/plans:solve", strings.NewReader(strings.Repeat(" ", 2*limit)+`{}`), nil)
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("a plan of 2 MiB: status %d, want 400 for what is in it", r.StatusCode)
	}
	r, _ = e.do("GET", "/v1/workOrders", nil, map[string]string{"X-Long": strings.Repeat("x", 64<<10)})
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a head of 64 KiB: status %d", r.StatusCode)
	}
}

func TestWhatTheEdgeRefuses(t *testing.T) {
	e := newEdge(t)
	e.run([]call{
		{name: "no token", method: "GET", path: "/v1/workOrders", header: map[string]string{"Authorization": ""}, status: 401, want: map[string]any{"reason": "CREDENTIAL_MISSING"}, head: map[string]string{"WWW-Authenticate": `Bearer realm="fettle"`}},
		{name: "wrong token", method: "GET", path: "/v1/workOrders", header: map[string]string{"Authorization": "Bearer x"}, status: 401, want: map[string]any{"reason": "CREDENTIAL_UNKNOWN"}},
		{name: "basic", method: "GET", path: "/v1/workOrders", header: map[string]string{"Authorization": "Basic " + adminToken}, status: 401},
		{name: "token before body", method: "POST", path: "/v1/workOrders", body: "{", header: map[string]string{"Authorization": ""}, status: 401},
		{name: "role", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Authorization": "Bearer " + viewToken}, status: 403, want: map[string]any{"reason": "ROLE_MAY_NOT"}},
		{name: "role that may", method: "GET", path: "/v1/workOrders", header: map[string]string{"Authorization": "bearer " + viewToken}, status: 200},
		{name: "role on a stream", method: "GET", path: "/v1/events:stream", header: map[string]string{"Authorization": "Bearer " + viewToken}, status: 403},
		{name: "path", method: "GET", path: "/v1/nothing", status: 404, want: map[string]any{"reason": "NO_SUCH_PATH"}},
		{name: "verb", method: "POST", path: "/v1/workOrders/a:explode", status: 404},
		{name: "no id", method: "GET", path: "/v1/workOrders/", status: 404},
		{name: "method", method: "PUT", path: "/v1/workOrders", status: 405, head: map[string]string{"Allow": "GET, POST"}},
		{name: "override", method: "POST", path: "/v1/workOrders/x", header: map[string]string{"X-HTTP-Method-Override": "GET"}, status: 405},
		{name: "type", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Content-Type": "text/plain"}, status: 415},
		{name: "form", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415},
		{name: "charset", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Content-Type": "application/json; charset=gbk"}, status: 415},
		{name: "gzip", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Content-Encoding": "gzip"}, status: 415},
		{name: "long key", method: "POST", path: "/v1/workOrders", body: leak, header: map[string]string{"Idempotency-Key": strings.Repeat("k", 256)}, status: 400, want: map[string]any{"errors.0.field": "Idempotency-Key", "errors.0.pointer": nil}},
		{name: "two etags", method: "PATCH", path: "/v1/workOrders/x", body: `{}`, header: map[string]string{"If-Match": `"1", "2"`}, status: 400},
		{name: "nobody", method: "PATCH", path: "/v1/workOrders/x", body: `{}`, header: map[string]string{"If-Match": `"1"`}, status: 404},
		{name: "verb on nothing", method: "POST", path: "/v1/workOrders/x:accept", status: 404},
		{name: "own request id", method: "GET", path: "/v1/workOrders/x", header: map[string]string{"X-Request-Id": "me-1"}, status: 404, want: map[string]any{"traceId": "me-1"}, head: map[string]string{"X-Request-Id": "me-1"}},
		{name: "last event id", method: "GET", path: "/v1/events:stream?lastEventId=x", status: 400, want: map[string]any{"errors.0.field": "lastEventId"}},
	})
}

func TestPanicsAreAnswered(t *testing.T) {
	e := newEdge(t)
	e.desk.before = func() { panic("boom") }
	// The panic leaves the lock of the desk behind: one call is enough.
	r, body := e.do("POST", "/v1/workOrders", strings.NewReader(leak), map[string]string{"Idempotency-Key": "k"})
	if r.StatusCode != http.StatusInternalServerError || at(body, "reason") != "INTERNAL" || strings.Contains(string(body), "boom") {
		t.Errorf("status %d: %s", r.StatusCode, body)
	}
	if e.gate.Panics() != 1 {
		t.Errorf("panics = %d, want 1", e.gate.Panics())
	}
}
