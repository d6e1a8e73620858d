package gateway_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/gateway"
	"fettle/internal/guard"
	"fettle/internal/identity"
	"fettle/internal/policy"
	"fettle/internal/server"
	"fettle/internal/signin"
	"fettle/internal/tenantserver"
	"fettle/org"
)

// methods are those of all services, from their descriptors.
func methods(t testing.TB) []protoreflect.MethodDescriptor {
	t.Helper()
	var out []protoreflect.MethodDescriptor
	for _, name := range append(server.Services(), identity.Service, signin.Service, tenantserver.Service) {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			t.Fatal(err)
		}
		s, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			t.Fatalf("%s is no service", name)
		}
		for i := range s.Methods().Len() {
			out = append(out, s.Methods().Get(i))
		}
	}
	return out
}

func fullName(m protoreflect.MethodDescriptor) string {
	return fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
}

// as adds a credential and returns its token.
func (e *edge) as(p auth.Principal) string {
	token := "token-of-" + string(p.Org) + "-" + p.Name
	e.keys.Add(token, p)
	return token
}

// invoke calls a method by gRPC with a request in JSON.
func (e *edge) invoke(conn *grpc.ClientConn, token string, m protoreflect.MethodDescriptor, in string) (*dynamicpb.Message, error) {
	e.t.Helper()
	req, resp := dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output())
	if err := protojson.Unmarshal([]byte(in), req); err != nil {
		e.t.Fatalf("%s: %v in %s", m.FullName(), err, in)
	}
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token, "idempotency-key", fmt.Sprint(e.key.Add(1))), time.Minute)
	defer cancel()
	if !m.IsStreamingClient() && !m.IsStreamingServer() {
		return resp, conn.Invoke(ctx, fullName(m), req, resp)
	}
	desc := &grpc.StreamDesc{ServerStreams: m.IsStreamingServer(), ClientStreams: m.IsStreamingClient()}
	s, err := conn.NewStream(ctx, desc, fullName(m))
	if err != nil {
		return resp, err
	}
	if err := s.SendMsg(req); err != nil && !strings.Contains(err.Error(), "EOF") {
		return resp, err
	}
	if err := s.CloseSend(); err != nil {
		return resp, err
	}
	return resp, s.RecvMsg(resp)
}

// admitted lists "method role" for what the roles of both orgs may call, by trying it by gRPC and, where there is a path, by
// REST. The two must agree.
func (e *edge) admitted() map[string]bool {
	e.t.Helper()
	conn := e.dial()
	out := map[string]bool{}
	for _, o := range []org.ID{org.Default, elsewhere} {
		for _, role := range auth.AllRoles() {
			token := e.as(auth.Principal{Name: "only-" + string(role), Org: o, Roles: []auth.Role{role}})
			for _, m := range methods(e.t) {
				in := "{}"
				if m.IsStreamingServer() {
					in = `{"afterSequence": "999999"}` // answered at once: no such place in the log
				}
				_, err := e.invoke(conn, token, m, in)
				code, reason := reasonOf(err)
				may := code != codes.PermissionDenied || reason != "ROLE_MAY_NOT"
				name := fmt.Sprintf("%s %s", m.FullName(), role)
				if o == elsewhere && out[name] != may {
					e.t.Errorf("%s: %t in one org, %t in the other", name, out[name], may)
				}
				if may {
					out[name] = true
				}
				e.sameByREST(token, m, may)
			}
		}
	}
	return out
}

func (e *edge) sameByREST(token string, m protoreflect.MethodDescriptor, may bool) {
	e.t.Helper()
	table, err := policy.Read(string(m.Parent().FullName()))
	if err != nil {
		e.t.Fatal(err)
	}
	p := table[fullName(m)]
	if p.Path == "" {
		return
	}
	path := p.Path
	for strings.Contains(path, "{") {
		path = path[:strings.Index(path, "{")] + "nothing" + path[strings.Index(path, "}")+1:]
	}
	for _, verb := range []string{p.HTTPMethod, "TRACE"} {
		r, body := e.do(verb, path, nil, map[string]string{"Authorization": "Bearer " + token, "X-HTTP-Method-Override": "GET"})
		if verb == p.HTTPMethod && (r.StatusCode == 403) == may {
			e.t.Errorf("%s %s: status %d by REST, admitted %t by gRPC: %s", verb, path, r.StatusCode, may, body)
		}
		if verb != p.HTTPMethod && r.StatusCode != 405 {
			e.t.Errorf("%s %s: status %d, want 405", verb, path, r.StatusCode)
		}
	}
}

// published lists "method role" as GET /v1/meta/methods tells.
func (e *edge) published() map[string]bool {
	e.t.Helper()
	_, body := e.do("GET", "/v1/meta/methods", nil, nil)
	var list struct {
		Methods []struct {
			Method string
			Roles  []string
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		e.t.Fatal(err)
	}
	out := map[string]bool{}
	for _, m := range list.Methods {
		for _, r := range m.Roles {
			out[fmt.Sprintf("%s %s", strings.ReplaceAll(m.Method, "/", "."), r)] = true
		}
	}
	return out
}

func differences(a, b map[string]bool) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if !b[k] {
			out = append(out, k)
		}
	}
	return out
}

// TestRolesAreThePublishedOnes is R-A2: what each role may do in each org equals what is published, both ways.
func TestRolesAreThePublishedOnes(t *testing.T) {
	e := newEdge(t)
	does, says := e.admitted(), e.published()
	if len(says) < 100 {
		t.Fatalf("only %d pairs of method and role are published", len(says))
	}
	for _, k := range differences(does, says) {
		t.Errorf("%s: admitted, not published", k)
	}
	for _, k := range differences(says, does) {
		t.Errorf("%s: published, not admitted", k)
	}
	t.Logf("%d pairs of method and role, %d methods", len(says), len(methods(t)))
}

// generous believes that everybody has every role.
type generous struct{ gateway.Authenticator }

func (g generous) Authenticate(ctx context.Context, token string) (*auth.Principal, error) {
	p, err := g.Authenticator.Authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	all := *p
	all.Roles = auth.AllRoles()
	return &all, nil
}

func TestSaboteurOfRolesIsSeen(t *testing.T) {
	e := sabotaged(t, saboteur{authenticator: func(a gateway.Authenticator) gateway.Authenticator { return generous{a} }})
	if len(differences(e.admitted(), e.published())) == 0 {
		t.Error("roles were not checked and nobody saw it")
	}
}

// town is a technician with an order and another one with another, here and elsewhere.
type town struct {
	mine, theirs, away, random, gone map[policyv1.Resource]string
}

func (e *edge) town() town {
	e.t.Helper()
	made := func(token, path, body, key string) string {
		r, data := e.do("POST", path, strings.NewReader(body), map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": key})
		if r.StatusCode != 201 {
			e.t.Fatalf("%s: %d %s", path, r.StatusCode, data)
		}
		return text(at(data, "id"))
	}
	afar := e.as(auth.Principal{Name: "admin", Org: elsewhere, Roles: auth.AllRoles()})
	person := func(token, key string) string {
		return made(token, "/v1/technicians", `{"displayName":"`+key+`","home":{"latitude":30.21,"longitude":120.21},"weeklyShifts":[{"days":["MON","TUE","WED","THU","FRI","SAT","SUN"],"start":"00:00","end":"23:59"}],"timeZone":"UTC"}`, key)
	}
	order := func(token, key, te, unit string) string {
		return made(token, "/v1/workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"the tap of `+key+`","unitId":"`+unit+`","onlyTechnicianIds":["`+te+`"]}`, "o"+key)
	}
	const w, p, u, c = policyv1.Resource_WORK_ORDER, policyv1.Resource_TECHNICIAN_RECORD, policyv1.Resource_UNIT, policyv1.Resource_ACCOUNT
	account := func(token, key string) string {
		return made(token, "/v1/users", `{"displayName":"`+key+`","roles":["DISPATCHER"]}`, "u"+key)
	}
	t := town{
		mine:   map[policyv1.Resource]string{c: account(adminToken, "li"), p: person(adminToken, "li"), u: "unit-1"},
		theirs: map[policyv1.Resource]string{p: person(adminToken, "wu"), u: "unit-2"},
		away:   map[policyv1.Resource]string{c: account(afar, "zu"), p: person(afar, "zu"), u: "unit-3"},
		gone:   map[policyv1.Resource]string{p: person(adminToken, "gu"), u: "unit-4"},
		random: map[policyv1.Resource]string{c: "us_nobody", p: "te_nobody", w: "wo_nothing", u: "unit-5"},
	}
	t.mine[w], t.theirs[w] = order(adminToken, "li", t.mine[p], "unit-1"), order(adminToken, "wu", t.theirs[p], "unit-2")
	t.away[w], t.gone[w] = order(afar, "zu", t.away[p], "unit-3"), order(adminToken, "gu", t.gone[p], "unit-4")
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/workOrders/" + t.gone[w] + ":cancel", `{"reason":"test"}`}, {"DELETE", "/v1/technicians/" + t.gone[p], ""},
	} {
		if r, data := e.do(c.method, c.path, strings.NewReader(c.body), map[string]string{"Idempotency-Key": c.path}); r.StatusCode != 200 {
			e.t.Fatalf("%s: %d %s", c.path, r.StatusCode, data)
		}
	}
	return t
}

// requests are the rest of what a method needs, by its name or by the type of its request.
var requests = map[string]string{
	"UpdateTechnicianRequest": `{"technician":{"displayName":"Mallory"},"etag":"*","updateMask":"displayName"}`,
	"UpdateWorkOrderRequest":  `{"workOrder":{"description":"Mallory"},"etag":"*","updateMask":"description"}`,
	"PauseWorkOrder":          `{"reason":"Mallory"}`,
	"CancelWorkOrder":         `{"reason":"Mallory"}`,
	"CreateWorkOrderRequest":  `{"workOrder":{"location":{"latitude":30.2,"longitude":120.2}}}`,
	"UpdateUserRequest":       `{"user":{"displayName":"Mallory"},"etag":"*","updateMask":"displayName"}`,
	"SuggestSlotsRequest":     `{"location":{"latitude":30.2,"longitude":120.2}}`,
	"ReportPositionsRequest":  `{"positions":[{"location":{"latitude":30.3,"longitude":120.3}}]}`,
}

// outcome is what a caller learns: the answer without the id that was asked for.
func (e *edge) outcome(conn *grpc.ClientConn, token string, m protoreflect.MethodDescriptor, ids map[string]string) string {
	e.t.Helper()
	in := cmp.Or(requests[string(m.Name())], requests[string(m.Input().Name())], "{}")
	req := dynamicpb.NewMessage(m.Input())
	if err := protojson.Unmarshal([]byte(in), req); err != nil {
		e.t.Fatal(err)
	}
	for field, id := range ids {
		put(req.ProtoReflect(), strings.Split(field, "."), id)
	}
	data, err := protojson.Marshal(req)
	if err != nil {
		e.t.Fatal(err)
	}
	resp, err := e.invoke(conn, token, m, string(data))
	code, reason := reasonOf(err)
	said := fmt.Sprintf("%s %s %s %s", code, reason, status.Convert(err).Message(), protojson.Format(resp))
	for _, id := range ids {
		said = strings.ReplaceAll(said, id, "ID")
	}
	return said
}

func put(m protoreflect.Message, path []string, id string) {
	fd := m.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	switch {
	case len(path) == 1:
		m.Set(fd, protoreflect.ValueOfString(id))
	case fd.IsList():
		put(m.Mutable(fd).List().Get(0).Message(), path[1:], id)
	default:
		put(m.Mutable(fd).Message(), path[1:], id)
	}
}

// leaks tries, for every field of every method that names a resource, what is somebody else's, here and elsewhere, and what is
// gone. It returns where the answer differs from that for an id which nobody ever had, and how many fields were tried.
func (e *edge) leaks(who auth.Principal, t town, foreign map[string]map[policyv1.Resource]string) (leaks []string, tried int) {
	e.t.Helper()
	conn := e.dial()
	token := e.as(who)
	for _, m := range methods(e.t) {
		table, err := policy.Read(string(m.Parent().FullName()))
		if err != nil {
			e.t.Fatal(err)
		}
		p := table[fullName(m)]
		if !p.Allows(&who) {
			continue
		}
		for i := range p.Targets {
			target := &p.Targets[i]
			if target.Resource == policyv1.Resource_UNIT && !p.Own(&who) {
				continue // any text is a unit to staff
			}
			tried++
			with := func(ids map[policyv1.Resource]string) string {
				all := map[string]string{}
				for j := range p.Targets {
					all[p.Targets[j].Field] = t.mine[p.Targets[j].Resource]
				}
				all[target.Field] = ids[target.Resource]
				return e.outcome(conn, token, m, all)
			}
			want := with(t.random)
			for _, name := range slices.Sorted(maps.Keys(foreign)) {
				if got := with(foreign[name]); got != want {
					leaks = append(leaks, fmt.Sprintf("%s %s of %s: %s; of nobody: %s", m.FullName(), target.Field, name, got, want))
				}
			}
		}
	}
	return leaks, tried
}

func staff() auth.Principal {
	return auth.Principal{Name: "all", Org: org.Default, Roles: auth.AllRoles()}
}

// TestNobodyReachesAnotherOrg is R-A1: whatever the id, what another org has looks like what nobody has.
func TestNobodyReachesAnotherOrg(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	leaks, tried := e.leaks(staff(), city, map[string]map[policyv1.Resource]string{"another org": city.away})
	if tried < 25 {
		t.Errorf("only %d ids were tried", tried)
	}
	for _, l := range leaks {
		t.Error(l)
	}
	t.Logf("%d ids tried", tried)
}

// TestNobodyReachesWhatIsAnothers is R-A1 within an org: technicians and tenants see what is theirs.
func TestNobodyReachesWhatIsAnothers(t *testing.T) {
	e := newEdge(t)
	city := e.town()
	foreign := map[string]map[policyv1.Resource]string{"another org": city.away, "another": city.theirs, "what is gone": city.gone}
	for _, who := range own(city) {
		leaks, tried := e.leaks(who, city, foreign)
		if tried == 0 {
			t.Errorf("%s: nothing was tried", who.Name)
		}
		for _, l := range leaks {
			t.Errorf("%s: %s", who.Name, l)
		}
		t.Logf("%s: %d ids tried", who.Name, tried)
	}
}

func own(city town) []auth.Principal {
	return []auth.Principal{
		{Name: "li", Org: org.Default, Roles: []auth.Role{auth.Technician}, Technician: city.mine[policyv1.Resource_TECHNICIAN_RECORD]},
		{Name: "order", Org: org.Default, Roles: []auth.Role{auth.Tenant}, Order: city.mine[policyv1.Resource_WORK_ORDER]},
		{Name: "door", Org: org.Default, Roles: []auth.Role{auth.Tenant}, Unit: "unit-1"},
		{Name: "nobody", Org: org.Default, Roles: []auth.Role{auth.Technician, auth.Tenant}},
	}
}

// displaced believes that everybody is of the default org.
type displaced struct{ gateway.Authenticator }

func (d displaced) Authenticate(ctx context.Context, token string) (*auth.Principal, error) {
	p, err := d.Authenticator.Authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	moved := *p
	moved.Org = org.Default
	return &moved, nil
}

// givesAway says of every order that it is the technician's who asks.
type givesAway struct {
	guard.Store
	to dispatch.TechnicianID
}

func (g *givesAway) Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	found, err := g.Store.Order(ctx, o, id)
	if err != nil || found.Assignment == nil {
		return found, err
	}
	given, assigned := *found, *found.Assignment
	assigned.Technician = g.to
	given.Assignment = &assigned
	return &given, nil
}

func TestSaboteursOfOwnershipAreSeen(t *testing.T) {
	t.Run("one org for all", func(t *testing.T) {
		e := sabotaged(t, saboteur{authenticator: func(a gateway.Authenticator) gateway.Authenticator { return displaced{a} }})
		city := e.town()
		if leaks, _ := e.leaks(staff(), city, map[string]map[policyv1.Resource]string{"another org": city.away}); len(leaks) == 0 {
			t.Error("orgs were mixed and nobody saw it")
		}
	})
	t.Run("every order is mine", func(t *testing.T) {
		thief := &givesAway{}
		e := sabotaged(t, saboteur{store: func(s guard.Store) guard.Store { thief.Store = s; return thief }})
		city := e.town()
		who := own(city)[0]
		thief.to = dispatch.TechnicianID(who.Technician)
		if leaks, _ := e.leaks(who, city, map[string]map[policyv1.Resource]string{"another": city.theirs}); len(leaks) == 0 {
			t.Error("ownership was not checked and nobody saw it")
		}
	})
}

// TestEveryIDIsATarget keeps the tests above whole: a field that names something is in the policy. What only narrows a list may
// stay out of it where all who may call reach the whole org; and each verb reads the fields that it needs and refuses others.
func TestEveryIDIsATarget(t *testing.T) {
	for _, m := range methods(t) {
		table, err := policy.Read(string(m.Parent().FullName()))
		if err != nil {
			t.Fatal(err)
		}
		p, known := table[fullName(m)], map[string]bool{"building_id": true}
		for _, target := range p.Targets {
			known[target.Field] = true
		}
		for i := range m.Input().Fields().Len() {
			fd := m.Input().Fields().Get(i)
			name := string(fd.Name())
			id := name == "id" || name == "into" && m.Name() == "MergeWorkOrder"
			if len(p.OwnRoles()) > 0 && m.Input().Name() != "WorkOrderVerbRequest" {
				id = id || strings.HasSuffix(name, "_id")
			}
			if fd.Kind() == protoreflect.StringKind && id && !known[name] {
				t.Errorf("%s: field %s is no target of its policy", m.FullName(), name)
			}
		}
	}
}
