package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
	"fettle/internal/gateway"
	"fettle/org"
)

// whole is a request by REST with a token; it returns the status and the answer.
func (e *edge) whole(token, method, path, body, key string) (int, []byte) {
	e.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, data := e.do(method, path, in, map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": key})
	return r.StatusCode, data
}

// TestATechniciansDay is what a technician sees and does of the town.
func TestATechniciansDay(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w, p = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD
	li := e.as(own(city)[0])
	mine, theirs := "/v1/workOrders/"+city.mine[w], "/v1/workOrders/"+city.theirs[w]
	tests := []struct {
		method, path, body string
		status             int
		want, absent       string
	}{
		{"GET", mine, "", 200, "the tap of li", "cost"},
		{"GET", theirs, "", 404, "", "the tap"},
		{"GET", mine + ":explain", "", 200, "chosen", "sentences"},
		{"GET", "/v1/technicians/" + city.mine[p] + "/assignments", "", 200, "the tap of li", "the tap of wu"},
		{"GET", "/v1/technicians/" + city.theirs[p] + "/assignments", "", 404, "", "the tap"},
		{"GET", "/v1/technicians/" + city.theirs[p] + "/route", "", 404, "", "workOrderId"},
		{"POST", theirs + ":accept", "{}", 404, "", "the tap"},
		{"POST", mine + ":accept", `{"technicianId":"` + city.theirs[p] + `"}`, 404, "", "the tap"},
		{"POST", mine + ":accept", "{}", 200, "ACCEPTED", ""},
		{"POST", mine + ":depart", "{}", 200, "EN_ROUTE", ""},
		{"POST", mine + ":arrive", "{}", 200, "ON_SITE", ""},
		{"POST", mine + ":complete", "{}", 200, "COMPLETED", "the tap of li"},
		{"POST", mine + ":complete", "{}", 200, "COMPLETED", "the tap of li"}, // the same key: the same answer
		{"GET", mine, "", 404, "", "the tap of li"},
		{"GET", "/v1/workOrders", "", 403, "", "the tap"},
	}
	for _, tt := range tests {
		status, body := e.whole(li, tt.method, tt.path, tt.body, "li"+tt.path+tt.body)
		if status != tt.status || !strings.Contains(string(body), tt.want) || tt.absent != "" && strings.Contains(string(body), tt.absent) {
			t.Errorf("%s %s %s: %d %s; want %d with %q and without %q", tt.method, tt.path, tt.body, status, body, tt.status, tt.want, tt.absent)
		}
	}
	if status, body := e.whole(adminToken, "POST", mine+":complete", "{}", "li"+mine+":complete{}"); status != 422 {
		t.Errorf("the key of another: %d %s", status, body)
	}
}

// TestFieldsByRole is R-A3: fields that a role may not see are in no answer, those that it may not write are refused.
func TestFieldsByRole(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w, p = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD
	token := map[auth.Role]string{}
	for _, r := range auth.AllRoles() {
		token[r] = e.as(auth.Principal{Name: "just-" + string(r), Org: org.Default, Roles: []auth.Role{r}, Order: city.mine[w], Unit: "unit-1"})
	}
	e.whole(adminToken, "POST", "/v1/positions:report", `{"positions":[{"technicianId":"`+city.mine[p]+`","location":{"latitude":30.21234,"longitude":120.21234}}]}`, "")
	order, person := "/v1/workOrders/"+city.mine[w], "/v1/technicians/"+city.mine[p]
	const place = `"location":{"latitude":30.2,"longitude":120.2}`
	tests := []struct {
		role         auth.Role
		method, path string
		body         string
		status       int
		want, absent string
	}{
		{auth.Dispatcher, "GET", person, "", 200, "30.21234", ""},
		{auth.Planner, "GET", person, "", 200, `"latitude":30.21,`, "30.21234"},
		{auth.FrontDesk, "GET", person, "", 200, "position", `"home"`},
		{auth.Planner, "GET", order, "", 200, `"cost"`, "the tap of li"},
		{auth.Auditor, "GET", "/v1/workOrders", "", 200, `"state"`, "the tap of"},
		{auth.FrontDesk, "GET", order, "", 200, "the tap of li", `"cost"`},
		{auth.Tenant, "GET", order, "", 200, `"technicianName":"li"`, `"technicianId"`},
		{auth.Tenant, "POST", "/v1/workOrders:suggestSlots", "{" + place + "}", 200, `"window"`, `"technicianId"`},
		{auth.Tenant, "POST", "/v1/workOrders", "{" + place + `,"priority":100}`, 403, "FIELD_NOT_WRITABLE", ""},
		{auth.Tenant, "POST", "/v1/workOrders", "{" + place + `,"onlyTechnicianIds":["` + city.mine[p] + `"]}`, 403, `"field":"onlyTechnicianIds"`, ""},
		{auth.Tenant, "POST", "/v1/workOrders:suggestSlots", "{" + place + `,"excludedTechnicianIds":["x"]}`, 403, "FIELD_NOT_WRITABLE", ""},
		{auth.Tenant, "POST", "/v1/workOrders", "{" + place + `,"unitId":"unit-2"}`, 404, "NOT_FOUND", ""},
		{auth.Tenant, "POST", "/v1/workOrders", "{" + place + "}", 201, `"unitId":"unit-1"`, `"cost"`},
		{auth.Dispatcher, "POST", "/v1/workOrders", "{" + place + `,"state":"VERIFIED"}`, 400, `"field":"state"`, ""},
		{auth.Dispatcher, "POST", "/v1/workOrders", "{" + place + `,"createTime":"2026-03-09T04:00:00Z"}`, 400, `"field":"createTime"`, ""},
		{auth.Dispatcher, "POST", "/v1/workOrders", "{" + place + `,"orgId":"elsewhere"}`, 400, "orgId", ""},
		{auth.Dispatcher, "POST", "/v1/technicians", `{"displayName":"x","home":{},"roles":["ORG_ADMIN"]}`, 400, "roles", ""},
		{auth.Dispatcher, "POST", "/v1/technicians", `{"displayName":"x","home":{},"position":{"cell":"8928308280fffff"}}`, 400, `"field":"position"`, ""},
		{auth.Dispatcher, "PATCH", order + "?updateMask=rating", `{}`, 400, "rating", ""},
		{auth.Dispatcher, "PATCH", order + "?updateMask=dueTimes.accept", `{}`, 400, "dueTimes", ""},
	}
	for i, tt := range tests {
		r, body := e.do(tt.method, tt.path, strings.NewReader(tt.body), map[string]string{
			"Authorization": "Bearer " + token[tt.role], "Idempotency-Key": "field-" + string(rune('a'+i)), "If-Match": map[bool]string{true: "*"}[tt.method == "PATCH"],
		})
		if r.StatusCode != tt.status || !strings.Contains(string(body), tt.want) || tt.absent != "" && strings.Contains(string(body), tt.absent) {
			t.Errorf("%s %s %s %s: %d %s; want %d with %q and without %q", tt.role, tt.method, tt.path, tt.body, r.StatusCode, body, tt.status, tt.want, tt.absent)
		}
	}
}

// watchAs opens an event stream with a token.
func (e *edge) watchAs(token, query string) *sse {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.url+"/v1/events:stream"+query, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return e.open(req)
}

// TestStreamsTellOfWhatIsTheirs opens the streams of a technician, of a tenant and of a planner, and lets something happen to the
// orders of two technicians.
func TestStreamsTellOfWhatIsTheirs(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	const w, p = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD
	who := own(city)
	li, tenant := e.watchAs(e.as(who[0]), "?positions=true"), e.watchAs(e.as(who[1]), "?positions=true")
	planner := e.watchAs(e.as(auth.Principal{Name: "planner", Org: org.Default, Roles: []auth.Role{auth.Planner}}), "")
	change := func(id, verb, body string) {
		if status, data := e.whole(adminToken, "POST", "/v1/workOrders/"+id+":"+verb, body, verb+id); status != 200 {
			t.Fatalf("%s: %d %s", verb, status, data)
		}
	}
	change(city.theirs[w], "accept", "{}")
	change(city.mine[w], "accept", "{}")
	change(city.mine[w], "cancel", `{"reason":"a secret of the tenant"}`)
	e.whole(adminToken, "POST", "/v1/positions:report", `{"positions":[{"technicianId":"`+city.theirs[p]+`","location":{"latitude":30.3,"longitude":120.3}},{"technicianId":"`+city.mine[p]+`","location":{"latitude":30.3,"longitude":120.3}}]}`, "")
	for name, tt := range map[string]struct {
		stream *sse
		want   []string // by event
		absent []string
	}{
		"technician": {li, []string{"work_order.accepted", "work_order.canceled", "technician.position"}, []string{city.theirs[w], city.theirs[p], "a secret"}},
		"tenant":     {tenant, []string{"work_order.accepted", "work_order.canceled"}, []string{city.theirs[w], city.theirs[p], city.mine[p]}},
		"planner":    {planner, []string{"work_order.accepted", "work_order.accepted", "work_order.canceled"}, []string{"the tap", `"actor"`}},
	} {
		for _, want := range tt.want {
			m, ok := tt.stream.next()
			if !ok || m.event != want {
				t.Errorf("%s: heard %+v, want %s", name, m, want)
			}
			for _, absent := range tt.absent {
				if strings.Contains(m.data, absent) {
					t.Errorf("%s: %s is in %s", name, absent, m.data)
				}
			}
		}
	}
}

// believing is an authenticator that goes on believing what it has believed once: the saboteur of R-A5.
type believing struct {
	gateway.Authenticator
	seen  sync.Map
	asked chan struct{} // hears of each question about somebody who is believed
}

func (b *believing) Authenticate(ctx context.Context, token string) (*auth.Principal, error) {
	if p, ok := b.seen.Load(token); ok {
		who, _ := p.(*auth.Principal)
		select {
		case b.asked <- struct{}{}:
		default:
		}
		return who, nil
	}
	p, err := b.Authenticator.Authenticate(ctx, token)
	if err == nil {
		b.seen.Store(token, p)
	}
	return p, err
}

// TestRevokedStreamsGoOnWhereNobodyAsks is the saboteur of TestRevokedStreamsEnd.
func TestRevokedStreamsGoOnWhereNobodyAsks(t *testing.T) {
	asked := make(chan struct{}, 1)
	e := sabotaged(t, saboteur{authenticator: func(a gateway.Authenticator) gateway.Authenticator { return &believing{Authenticator: a, asked: asked} }})
	token := e.as(auth.Principal{Name: "removed", Org: org.Default, Roles: []auth.Role{auth.Dispatcher}})
	s := e.watchAs(token, "")
	e.keys.Remove(token)
	for range 3 { // it was asked since
		<-asked
	}
	if status, body := e.whole(adminToken, "POST", "/v1/workOrders", leak, "k"); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if m, more := s.next(); !more || !strings.HasPrefix(m.event, "work_order") {
		t.Errorf("the stream has ended though nobody asks: %+v %t", m, more)
	}
}

// TestRevokedStreamsEnd is R-A5 for open streams: who is removed, or may do something else now, is no longer told.
func TestRevokedStreamsEnd(t *testing.T) {
	e := newEdge(t)
	for name, change := range map[string]func(token string, p auth.Principal){
		"removed": func(token string, _ auth.Principal) { e.keys.Remove(token) },
		"moved": func(token string, p auth.Principal) {
			p.Technician = "te_2"
			e.keys.Remove(token)
			e.keys.Add(token, p)
		},
	} {
		p := auth.Principal{Name: name, Org: org.Default, Roles: []auth.Role{auth.Technician}, Technician: "te_1"}
		token := e.as(p)
		s := e.watchAs(token, "")
		if s.status != 200 {
			t.Fatalf("%s: status %d", name, s.status)
		}
		change(token, p)
		done := make(chan bool)
		go func() { _, more := s.next(); done <- more }()
		select {
		case more := <-done:
			if more {
				t.Errorf("%s: still told", name)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: the stream goes on", name)
		}
	}
}

// BenchmarkAuthority is the share of policy, ownership and masks in a call: the same read by the admin, for whom nothing is
// hidden, and by a technician, for whom ownership is asked and fields are taken out.
func BenchmarkAuthority(b *testing.B) {
	e := unlimited(b)
	city := e.town()
	path := "/v1/workOrders/" + city.mine[policyv1.Resource_WORK_ORDER]
	for name, token := range map[string]string{"admin": adminToken, "technician": e.as(own(city)[0])} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if status := e.direct(token, path); status != http.StatusOK {
					b.Fatal(status)
				}
			}
		})
	}
}
