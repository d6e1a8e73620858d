package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// request is one call of the API; a request that is sent again is the same value.
type request struct {
	method, path string
	key          string // Idempotency-Key, "" for none
	ifMatch      string
	body         []byte // nil for none
	header       map[string]string
}

// answer is how a call ended. With err no answer came, or not all of it: the outcome is unknown.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// ok reports that the call was acknowledged.
func (a answer) ok() bool { return a.err == nil && a.status >= 200 && a.status < 300 }

// String implements fmt.Stringer.
func (a answer) String() string {
	if a.err != nil {
		return "no answer: " + a.err.Error()
	}
	return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body))
}

// send makes a call with the credential of the service.
func (s *service) send(r request) answer { return s.sendCtx(context.Background(), r) }

func (s *service) sendCtx(ctx context.Context, r request) answer {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, s.url+r.path, body)
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
	for name, value := range r.header {
		if value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	res, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	a := answer{status: res.StatusCode, header: res.Header}
	a.body, a.err = io.ReadAll(res.Body)
	return a
}

// read gets a resource and fails the test unless that is answered with 200.
func (s *service) read(path string, out any) {
	s.t.Helper()
	a := s.send(request{method: http.MethodGet, path: path})
	if a.err != nil || a.status != http.StatusOK {
		s.t.Fatalf("GET %s: %v", path, a)
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, a.body)
	}
}

// must fails the test unless a call is acknowledged, and decodes its answer.
func (s *service) must(r request, out any) {
	s.t.Helper()
	a := s.send(r)
	if !a.ok() {
		s.t.Fatalf("%s %s: %v", r.method, r.path, a)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		s.t.Fatalf("%s %s: %v in %s", r.method, r.path, err, a.body)
	}
}

// problem is an answer by RFC 9457.
type problem struct {
	Title  string
	Status int
	Reason string
	Detail string
	State  string
	Errors []struct{ Field, Pointer, Detail string }
}

// asProblem reads an answer that must be a problem; the error says in which way it is not.
func asProblem(a answer) (problem, error) {
	var p problem
	if a.err != nil {
		return p, a.err
	}
	if kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type")); err != nil || kind != "application/problem+json" {
		return p, fmt.Errorf("content type is %q: %v", a.header.Get("Content-Type"), a)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		return p, fmt.Errorf("%w in %s", err, a.body)
	}
	if p.Status != a.status || p.Reason == "" || p.Title == "" {
		return p, fmt.Errorf("problem without its status, title or reason: %v", a)
	}
	return p, nil
}

// order is what the tests read of a work order.
type order struct {
	ID, Etag, State     string
	UnitID, Description string
	Priority            int
	UpdateTime          time.Time
	Assignment          *struct{ TechnicianID string }
	Unassigned          *struct{ Reason string }
}

// technician is who has the order, "" when nobody has.
func (o *order) technician() string {
	if o.Assignment == nil {
		return ""
	}
	return o.Assignment.TechnicianID
}

// started reports whether somebody is on the way to an order or at work on it.
func started(state string) bool {
	return state == "EN_ROUTE" || state == "ON_SITE" || state == "WORKING"
}

// orders lists all orders, or those that a query asks for.
func (s *service) orders(query string) []order {
	s.t.Helper()
	var all []order
	for token := ""; ; {
		var page struct {
			WorkOrders    []order
			NextPageToken string
		}
		s.read("/v1/workOrders?pageSize=1000&"+query+"&pageToken="+url.QueryEscape(token), &page)
		all = append(all, page.WorkOrders...)
		if token = page.NextPageToken; token == "" {
			return all
		}
	}
}

// assigned is an order on the list of its technician.
type assigned struct{ WorkOrderID, State, Etag string }

func (s *service) assignments(technician string) []assigned {
	s.t.Helper()
	var list struct{ Assignments []assigned }
	s.read("/v1/technicians/"+technician+"/assignments", &list)
	return list.Assignments
}

// decode reads an answer that must be an acknowledgement.
func decode(a answer, out any) error {
	if !a.ok() {
		return fmt.Errorf("not acknowledged: %v", a)
	}
	return json.Unmarshal(a.body, out)
}

// encode writes JSON. What the tests send can be encoded.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// place is somewhere in a city of some 10 km.
func place(rng *rand.Rand) map[string]any {
	return map[string]any{"latitude": 30.15 + 0.1*rng.Float64(), "longitude": 120.15 + 0.1*rng.Float64()}
}

// newOrder is a valid report of a fault.
func newOrder(rng *rand.Rand, unit string) map[string]any {
	return map[string]any{
		"location": place(rng), "unitId": unit, "description": "tap drips", "channel": "APP", "urgency": "NORMAL",
		"requiredSkills": []any{map[string]any{"skill": "plumbing", "level": 1}}, "onSiteDuration": "900s",
	}
}

// hire creates technicians who work around the clock, and returns their ids.
func hire(s *service, n int) []string {
	s.t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	ids := make([]string, n)
	for i := range ids {
		var te struct{ ID string }
		s.must(request{method: http.MethodPost, path: "/v1/technicians", key: fmt.Sprintf("hire-%d", i), body: encode(map[string]any{
			"displayName": fmt.Sprintf("Technician %d", i), "home": place(rng), "timeZone": "Asia/Shanghai",
			"skills": []any{map[string]any{"skill": "plumbing", "level": 3}},
			"weeklyShifts": []any{map[string]any{
				"days": []string{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}, "start": "00:00", "end": "00:00",
			}},
		})}, &te)
		ids[i] = te.ID
	}
	return ids
}

// report posts an order and returns it.
func report(s *service, rng *rand.Rand, unit string) order {
	s.t.Helper()
	var o order
	s.must(request{method: http.MethodPost, path: "/v1/workOrders", key: "report-" + unit, body: encode(newOrder(rng, unit))}, &o)
	return o
}

// verb is the request of a verb on an order.
func verb(id, name, key string, body map[string]any) request {
	if body == nil {
		body = map[string]any{}
	}
	return request{method: http.MethodPost, path: "/v1/workOrders/" + id + ":" + name, key: key, body: encode(body)}
}

// failures collects what is wrong from many goroutines.
func failures(t testing.TB) (add func(format string, args ...any), check func()) {
	bad := make(chan string, 1000)
	add = func(format string, args ...any) {
		select {
		case bad <- fmt.Sprintf(format, args...):
		default:
		}
	}
	check = func() {
		t.Helper()
		for n := 0; ; n++ {
			select {
			case text := <-bad:
				if n < 20 {
					t.Error(text)
				}
			default:
				if n > 20 {
					t.Errorf("and %d more", n-20)
				}
				return
			}
		}
	}
	return add, check
}
