package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"fettle/internal/app"
	"fettle/internal/clock"
	"fettle/internal/export"
)

// seed is a resource of each kind that paths name, with a canary where it takes text: {KIND} stands for the id of one that was
// planted before, CANARY for a word of its org. KIND:verb is done to one. A kind without a body is made by those before, and found
// in its list. KIND/path, with a body, is sent there, and what it makes is found in the list of the kind where the answer has no id.
// KIND=other has the ids of another kind.
type seed struct{ kind, body string }

// plants are in the order in which they are made. A method with a path of a kind that is not here fails the tests below: add it.
var plants = []seed{
	{"properties", `{"displayName":"CANARY","location":{"latitude":30.2,"longitude":120.2}}`},
	{"units", `{"propertyId":"{properties}","number":"1","attributes":{"note":"CANARY"}}`},
	{"technicians", `{"displayName":"CANARY","home":{"latitude":30.21,"longitude":120.21},"timeZone":"UTC","weeklyShifts":[{"days":["MON","TUE","WED","THU","FRI","SAT","SUN"],"start":"00:00","end":"23:59"}]}`},
	{"workOrders", `{"location":{"latitude":30.2,"longitude":120.2},"description":"CANARY","unitId":"{units}"}`},
	{"notes/workOrders/{workOrders}/notes", `{"text":"CANARY"}`},
	{"incidents", `{"displayName":"CANARY","propertyId":"{properties}","workOrderId":"{workOrders}"}`},
	{"tasks", `{"kind":"OTHER","unitId":"{units}","description":"CANARY"}`},
	{"users", `{"displayName":"CANARY","roles":["TECHNICIAN"],"technicianId":"{technicians}","phone":"13800138000"}`},
	{"apiKeys", `{"displayName":"CANARY","userId":"{users}"}`},
	{"recipients", `{"id":"unit.{units}","language":"en","addresses":{"note":"CANARY@example.org"}}`},
	{"messageTemplates", `{"id":"own.CANARY","event":"work_order.accepted","kind":"own","to":"TENANT","variables":["order"],"texts":{"en":{"text":"CANARY {order}"}}}`},
	{"webhookEndpoints", `{"url":"https://127.0.0.1:9/CANARY"}`},
	{"tenants", `{"displayName":"CANARY","note":"CANARY","nationalId":"11010519491231002X"}`},
	{"leases", `{"tenantId":"CANARY","unitId":"{units}","startDate":"2026-01-01","endDate":"2026-12-31","rentCents":"300000","paymentCycle":"MONTHLY"}`},
	{"leases:sign", "{}"},
	{"leases:activate", "{}"},
	{"surveys:mood", `{"leaseId":"{leases}","mood":"BAD","month":"2026-07"}`},
	{"obligations", ""},
	{"messages", ""},
	{"offers", `{"displayName":"CANARY","kind":"FREE_DAYS","maxFreeDays":30,"stock":5,"startDate":"2026-01-01","endDate":"2026-12-31"}`},
	{"renewals", `{"leaseId":"{leases}","prices":[{"months":12,"rentCents":"300000"}],"offerIds":["{offers}"],"budgetCents":"300000"}`},
	{"drafts/leases", `{"tenantId":"{tenants}","unitId":"{units}","startDate":"2027-01-01","endDate":"2027-12-31","rentCents":"300000","paymentCycle":"MONTHLY"}`},
	{"signatures", `{"leaseId":"{drafts}"}`},
	{"customFields", `{"kind":"UNITS","name":"canary","displayName":"CANARY","type":"TEXT"}`},
	{"customValues/customValues:set", `{"kind":"UNITS","recordId":"{units}","values":{"canary":"CANARY"}}`},
	{"automations", `{"displayName":"CANARY","kind":"UNITS","when":"false","text":"CANARY"}`},
	{"tiles", `{"displayName":"CANARY","kind":"UNITS","measure":"COUNT"}`},
	{"touchPoints", `{"displayName":"CANARY","kind":"PAYMENT_PAGE","text":"CANARY"}`},
	{"experiments", `{"displayName":"CANARY","variants":[{"name":"old","text":"for those who stay"},{"name":"new","text":"your neighbours stay"}]}`},
	{"surveys", `{"displayName":"CANARY","quarter":"2026-Q3"}`},
	{"renewalModels", renewalModel()},
	{"careTasks", ""},
	{"campaigns", `{"displayName":"CANARY","benefit":"CANARY","couponLimit":5,"startDate":"2026-01-01","endDate":"2026-12-31"}`},
	{"policies", `{"displayName":"CANARY"}`},
	{"ideas", `{"title":"CANARY","text":"CANARY"}`},
	{"profiles=leases", ""},
	{"profiles/profiles:import", `{"source":"APP","content":"lease_id,date,consent_date,gym_visits\n{leases},2026-06-28,2026-01-01,20\n"}`},
	{"roadMaps=leases", ""},
	{"entitlements", ""},
	{"payments", `{"leaseId":"{leases}","amountMinor":300000,"dueDate":"2026-02-01","paidDate":"2026-02-01","reference":"CANARY","note":"CANARY"}`},
	{"deposits", `{"leaseId":"{leases}","moveOutDate":"2026-07-05","deductions":[{"id":"door","what":"CANARY","amountCents":1,"evidence":["CANARY.jpg"]}]}`},
	{"meters", `{"unitId":"{units}","utility":"WATER","serial":"CANARY","measure":"l"}`},
	{"meterFindings/meters:importReadings", `{"csv":"serial,time,used\nCANARY,2026-07-06 09:00:00,-3\n"}`},
	{"coupons", `{"campaignId":"{campaigns}","tenantId":"CANARY"}`},
	{"operations/workOrders:export", `{"format":"CSV"}`},
	{"importConflicts", ""},
	{"recurringOrders", `{"displayName":"CANARY","rrule":"FREQ=DAILY;COUNT=8","start":"2026-08-01T09:00","lead":"0s","workOrder":{"location":{"latitude":30.2,"longitude":120.2},"unitId":"{units}","description":"CANARY"}}`},
	{"triggers", `{"displayName":"CANARY","enabled":true,"fromDays":45,"text":"CANARY"}`},
	{"idImages", `{"tenantId":"{tenants}","side":"FRONT","content":"` + dot + `"}`},
	{"processingAgreements", `{"party":"CANARY","purpose":"CANARY","version":"1","integrations":["channel:sms"],"signedDate":"2026-01-01","expireDate":"2026-12-31"}`},
	{"cleaningFindings:run", `{}`},
	{"cleaningFindings", ""},
	{"improvementPlans", `{"displayName":"CANARY","kpi":"SLA_ACCEPT","target":0.95,"owner":"CANARY","deadlineDate":"2027-06-30"}`},
	{"pilots", `{"displayName":"CANARY","policyId":"{policies}","improvementPlanId":"{improvementPlans}","kpi":"SLA_ACCEPT","effect":0.1,"kind":"BUILDINGS","buildingIds":["b1","b2","b3","b4"]}`},
}

// dot is a picture of one pixel.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// bodies are what a method wants beside the id in its path before it looks for it, by method.
var bodies = map[string]string{
	"GrantCredits":          `{"channel":"wechat","templateId":"x","count":1}`,
	"ResolveMessage":        `{"outcome":"DROP"}`,
	"ExposeExperiment":      `{"householdId":"h"}`,
	"KillExperiment":        `{"reason":"x"}`,
	"RecordExperiment":      `{"householdId":"h","metric":"CLICK"}`,
	"ReleaseExperiment":     `{"percent":50}`,
	"UpdateOffer":           `{"displayName":"x","kind":"FREE_DAYS","maxFreeDays":3,"stock":5,"startDate":"2026-01-01","endDate":"2026-12-31"}`,
	"IdentifySigner":        `{"answer":"002X"}`,
	"SignSignature":         `{"name":"x","agreed":true,"documentSha256":"` + strings.Repeat("0", 64) + `"}`,
	"UpdateTouchPoint":      `{"displayName":"x","kind":"OTHER","text":"x"}`,
	"UpdateCustomField":     `{"kind":"UNITS","name":"x","displayName":"x","type":"TEXT"}`,
	"UpdateAutomation":      `{"displayName":"x","kind":"UNITS","when":"true","text":"x"}`,
	"UpdateTile":            `{"displayName":"x","kind":"UNITS","measure":"COUNT"}`,
	"EstimateRenewal":       `{"householdId":"h","values":[1],"purpose":"CARE"}`,
	"AcceptRenewal":         `{"choice":{"months":12}}`,
	"QuoteRenewal":          `{"choice":{"months":12}}`,
	"CloseCareTask":         `{"outcome":"x"}`,
	"TerminateLease":        `{"reason":"x"}`,
	"DecideIdea":            `{"state":"ACCEPTED","reason":"x"}`,
	"RevealOrderContacts":   `{"purpose":"test"}`,
	"EraseSubject":          `{"reason":"test"}`,
	"ExportSubject":         `{"purpose":"test"}`,
	"HoldSubject":           `{"reason":"test","untilDate":"2027-01-01"}`,
	"ReleaseSubject":        `{"reason":"test"}`,
	"RevealRecipient":       `{"purpose":"test"}`,
	"RevealUser":            `{"purpose":"test"}`,
	"RevealTenant":          `{"purpose":"test"}`,
	"IssueCoupons":          `{"tenantIds":["x"]}`,
	"WithdrawConsent":       `{"source":"APP"}`,
	"RedeemEntitlement":     `{"note":"x"}`,
	"ScheduleEntitlement":   `{"window":{"startTime":"2026-11-05T02:00:00Z","endTime":"2026-11-05T08:00:00Z"}}`,
	"UpdateTrigger":         `{"displayName":"x","fromDays":45,"text":"x"}`,
	"ResolveImportConflict": `{"take":"FILE"}`,
	"CloseImprovementPlan":  `{"outcome":"x"}`,
	"DecidePilot":           `{"decision":"ADOPT"}`,
	"AddReadings":           `{"readings":[{"time":"2026-07-06T01:00:00Z","used":1}]}`,
	"DismissFinding":        `{"reason":"x"}`,
	"ReversePayment":        `{"reason":"x"}`,
	"ProposeTask":           `{"tenantId":"x"}`,
	"UpdateIncident":        `{"displayName":"x"}`,
	"GroupIncident":         `{"workOrderIds":["x"]}`,
	"UngroupIncident":       `{"workOrderIds":["x"]}`,
	"NotifyIncident":        `{"text":"x"}`,
	"CloseIncident":         `{"outcome":"x"}`,
	"CreateNote":            `{"text":"x"}`,
	"CreateUpload":          `{"sizeBytes":"10","sha256":"` + strings.Repeat("0", 64) + `"}`,

	// what the law asks
	"EndProcessingAgreement": `{"reason":"x"}`,
	"ResolveCleaningFinding": `{"outcome":"FIXED"}`,
	"RevealIdentityImage":    `{"purpose":"test"}`,
	"ReadIdentityImage":      `{"purpose":"test"}`,
}

// queries are what a method wants in its query.
var queries = map[string]string{"GetTrace": "?purpose=test"}

// words are kinds whose ids are words of the contract, the same in each org, or places of a map: TestWordsOfOneOrg is about them.
var words = []string{"profileSources", "tiles"}

// renewalModel describes a model that can be fitted.
func renewalModel() string {
	leases := make([]string, 60)
	for i := range leases {
		leases[i] = fmt.Sprintf(`{"values":[%d],"renewed":%v}`, i%13, (i*7)%13 > i%13-4)
	}
	return `{"displayName":"CANARY","features":[{"name":"serviceHours","source":"WORK_ORDERS"}],"leases":[` + strings.Join(leases, ",") + `]}`
}

// method is what the service publishes of one.
type method struct {
	Method, HTTPMethod, Path string
	Roles                    []string
	Open                     bool
}

func (m *method) name() string { return m.Method[strings.LastIndexByte(m.Method, '/')+1:] }

// kind is what stands before the first parameter of the path, "" when there is none.
func (m *method) kind() string {
	before, _, ok := strings.Cut(m.Path, "/{")
	if !ok {
		return ""
	}
	return before[strings.LastIndexByte(before, '/')+1:]
}

// at is the path with an id in the place of its parameter.
func (m *method) at(id string) string {
	before, rest, ok := strings.Cut(m.Path, "{")
	if !ok {
		return m.Path
	}
	_, after, _ := strings.Cut(rest, "}")
	return before + id + after + queries[m.name()]
}

// side is one of two orgs.
type side struct {
	canary, token string
	ids           map[string]string
	roles         map[string]string // a token for each role
}

// city is a service with two orgs, seen from outside.
type city struct {
	t          *testing.T
	dir        string // where its data are
	a          *app.App
	now        *clock.Fake
	key        int
	here, away *side
	methods    []method
}

func newCity(t *testing.T) *city {
	t.Helper()
	dir := t.TempDir()
	c := &city{t: t, dir: dir}
	file, err := app.CreateOrg(dir, "away")
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC))
	c.now, c.a = now, start(t, app.Config{Data: dir, Clock: now, Notify: "http://127.0.0.1:9/", WebhookAllow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	t.Cleanup(func() { stop(t, c.a) })
	c.here = &side{canary: "canary4here", token: c.a.Token(), ids: map[string]string{}, roles: map[string]string{}}
	c.away = &side{canary: "canary4away", token: strings.TrimSpace(string(token)), ids: map[string]string{}, roles: map[string]string{}}
	_, body := c.ask(c.here.token, "GET", "/v1/meta/methods", "")
	var list struct{ Methods []method }
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	for _, m := range list.Methods {
		if m.Path != "" {
			c.methods = append(c.methods, m)
		}
	}
	return c
}

// ask makes a call.
func (c *city) ask(token, verb, path, body string) (int, []byte) {
	c.t.Helper()
	c.key++
	req, err := http.NewRequestWithContext(c.t.Context(), verb, c.a.URL()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = http.Header{
		"Authorization": {"Bearer " + token}, "Idempotency-Key": {fmt.Sprint("k", c.key)}, "Content-Type": {"application/json"}, "If-Match": {"*"},
	}
	if verb == "POST" && strings.Count(path, "/") == 2 || verb == "GET" {
		req.Header.Del("If-Match")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, data
}

// fill puts what was planted into a body.
func fill(body, canary string, ids map[string]string) string {
	body = strings.ReplaceAll(body, "CANARY", canary)
	for kind, id := range ids {
		body = strings.ReplaceAll(body, "{"+kind+"}", id)
	}
	return body
}

// plant makes a resource of each kind in an org.
func (c *city) plant(s *side) {
	c.t.Helper()
	for _, p := range plants {
		if kind, other, same := strings.Cut(p.kind, "="); same {
			s.ids[kind] = s.ids[other]
		}
		if p.body == "" {
			continue
		}
		path := "/v1/" + p.kind
		kind, verb, isVerb := strings.Cut(p.kind, ":")
		if id := s.ids[kind]; isVerb && id != "" {
			path = "/v1/" + kind + "/" + id + ":" + verb
		}
		kind, own, elsewhere := strings.Cut(p.kind, "/")
		if elsewhere {
			path = "/v1/" + fill(own, s.canary, s.ids)
		}
		status, data := c.ask(s.token, "POST", path, fill(p.body, s.canary, s.ids))
		if isVerb && !elsewhere && status == http.StatusOK {
			continue
		}
		var made struct{ ID string }
		if err := json.Unmarshal(data, &made); status/100 != 2 || err != nil || made.ID == "" && !elsewhere {
			c.t.Fatalf("plant %s: %d %s", p.kind, status, data)
		}
		if made.ID != "" {
			s.ids[kind] = made.ID
		}
	}
	c.conflict(s)
	c.found(s)
}

// conflict edits a lease in a file and in the service.
func (c *city) conflict(s *side) {
	c.t.Helper()
	var sheet bytes.Buffer
	if _, err := export.Leases(c.t.Context(), export.Config{Server: c.a.URL(), Token: s.token}, &sheet); err != nil {
		c.t.Fatal(err)
	}
	id := s.ids["leases"]
	if status, data := c.ask(s.token, "PATCH", "/v1/leases/"+id, `{"note":"`+s.canary+`"}`); status != http.StatusOK {
		c.t.Fatalf("note of a lease: %d %s", status, data)
	}
	file := edited(c.t, sheet.Bytes(), func(set func(id, column, value string), _ func(map[string]string)) { set(id, "note", "other") })
	body := fmt.Sprintf(`{"content":%q,"fileName":"%s.xlsx"}`, base64.StdEncoding.EncodeToString(file), s.canary)
	if status, data := c.ask(s.token, "POST", "/v1/leases:import", body); status != http.StatusOK {
		c.t.Fatalf("import: %d %s", status, data)
	}
}

// found looks for what others have made, or time.
func (c *city) found(s *side) {
	c.t.Helper()
	for _, p := range plants {
		kind, _, _ := strings.Cut(p.kind, "/")
		if s.ids[kind] != "" || strings.ContainsAny(kind, ":=") {
			continue
		}
		if !c.comes(func() bool {
			_, data := c.ask(s.token, "GET", "/v1/"+kind, "")
			var page map[string]json.RawMessage
			if json.Unmarshal(data, &page) != nil {
				return false
			}
			for _, list := range page {
				var items []struct{ ID string }
				if json.Unmarshal(list, &items) == nil && len(items) > 0 {
					s.ids[kind] = items[0].ID
				}
			}
			return s.ids[kind] != ""
		}) {
			c.t.Fatalf("nothing of kind %s is there", kind)
		}
	}
}

// comes waits for something while the hours of the service pass.
func (c *city) comes(holds func() bool) bool {
	return comes(c.now, 300, 10*time.Minute, holds)
}

// enlist makes a credential for each role in an org.
func (c *city) enlist(s *side) {
	c.t.Helper()
	made := func(path, body, field string) string {
		status, data := c.ask(s.token, "POST", path, body)
		var m map[string]any
		if err := json.Unmarshal(data, &m); status != http.StatusCreated || err != nil {
			c.t.Fatalf("%s: %d %s", path, status, data)
		}
		return fmt.Sprint(m[field])
	}
	for _, role := range []string{"ORG_ADMIN", "DISPATCHER", "SUPERVISOR", "FINANCE", "FRONT_DESK", "PLANNER", "AUDITOR"} {
		s.roles[role] = made("/v1/apiKeys", `{"displayName":"`+role+`","roles":["`+role+`"]}`, "secret")
	}
	user := made("/v1/users", `{"displayName":"only a technician","roles":["TECHNICIAN"],"technicianId":"te_x"}`, "id")
	s.roles["TECHNICIAN"] = made("/v1/apiKeys", `{"displayName":"technician","userId":"`+user+`"}`, "secret")
	s.roles["TENANT"] = made("/v1/links", `{"unitId":"unit-1"}`, "token")
}

// admitted lists "method role" for what a credential of each role may call, in both orgs.
func (c *city) admitted() map[string]bool {
	out := map[string]bool{}
	for _, s := range []*side{c.here, c.away} {
		for i := range c.methods {
			m := &c.methods[i]
			for role, token := range s.roles {
				status, body := c.ask(token, m.HTTPMethod, m.at("nothing"), "{}")
				may := status != http.StatusForbidden || !strings.Contains(string(body), `"ROLE_MAY_NOT"`)
				name := m.Method + " " + role
				if s == c.away && out[name] != may {
					c.t.Errorf("%s: %t in one org, %t in the other", name, out[name], may)
				}
				out[name] = out[name] || may
			}
		}
	}
	return out
}

// against compares what is admitted with what is published, both ways.
func (c *city) against(admitted map[string]bool) (wrong []string) {
	for i := range c.methods {
		for role := range c.here.roles {
			name := c.methods[i].Method + " " + role
			if says := c.methods[i].Open || slices.Contains(c.methods[i].Roles, role); says != admitted[name] {
				wrong = append(wrong, fmt.Sprintf("%s: published %t, admitted %t", name, says, admitted[name]))
			}
		}
	}
	return wrong
}

// TestEveryRoleInEveryOrg is row R-A2 over all services: what each role may call in each org is what is published, both ways. The
// saboteur is an auditor with the credential of a dispatcher.
func TestEveryRoleInEveryOrg(t *testing.T) {
	c := newCity(t)
	c.enlist(c.here)
	c.enlist(c.away)
	for _, w := range c.against(c.admitted()) {
		t.Error(w)
	}
	t.Logf("%d methods, %d roles, 2 orgs", len(c.methods), len(c.here.roles))
	for _, s := range []*side{c.here, c.away} {
		s.roles = map[string]string{"AUDITOR": s.roles["DISPATCHER"]}
	}
	if len(c.against(c.admitted())) == 0 {
		t.Error("an auditor may what a dispatcher may, and nobody saw it")
	}
}

// outcome is what a caller learns of an id: status and body without the id and what differs from call to call.
func (c *city) outcome(token string, m *method, id string) (int, string) {
	status, body := c.ask(token, m.HTTPMethod, m.at(id), bodies[m.name()])
	var p map[string]any
	if json.Unmarshal(body, &p) == nil {
		delete(p, "traceId")
		body, _ = json.Marshal(p)
	}
	return status, fmt.Sprint(status, " ", strings.ReplaceAll(string(body), id, "ID"))
}

// leaks tries every path with the id of another org, and references in bodies; it tells where the answer is another than for an id
// that nobody has, and what could not be tried.
func (c *city) leaks(foreign map[string]string) (leaks []string, tried int) {
	for i := range c.methods {
		m := &c.methods[i]
		kind := m.kind()
		if kind == "" || slices.Contains(words, kind) {
			continue
		}
		if foreign[kind] == "" {
			leaks = append(leaks, fmt.Sprintf("%s: nothing of kind %q is planted: add it to plants in matrix_test.go", m.name(), kind))
			continue
		}
		if bodies[m.name()] == "" && m.HTTPMethod != "GET" && m.HTTPMethod != "DELETE" {
			bodies[m.name()] = "{}"
		}
		status, nobody := c.outcome(c.here.token, m, "xx_nobody")
		if status != http.StatusNotFound {
			leaks = append(leaks, fmt.Sprintf("%s: an id that nobody has: %s, want 404: add a body to bodies in matrix_test.go", m.name(), nobody))
			continue
		}
		tried++
		if _, got := c.outcome(c.here.token, m, foreign[kind]); got != nobody {
			leaks = append(leaks, fmt.Sprintf("%s: of another org: %s; of nobody: %s", m.name(), got, nobody))
		}
	}
	for _, p := range plants {
		if strings.ContainsAny(p.kind, ":=") || fill(p.body, "", foreign) == fill(p.body, "", nil) {
			continue
		}
		nobody := map[string]string{}
		for kind := range foreign {
			nobody[kind] = "xx_nobody"
		}
		_, want := c.ask(c.here.token, "POST", "/v1/"+p.kind, fill(p.body, "x", nobody))
		tried++
		status, got := c.ask(c.here.token, "POST", "/v1/"+p.kind, fill(p.body, "x", foreign))
		for _, id := range foreign {
			got = []byte(strings.ReplaceAll(string(got), id, "xx_nobody"))
		}
		if plain(got) != plain(want) && status != http.StatusCreated {
			leaks = append(leaks, fmt.Sprintf("%s with what is another org's: %s; with what is nobody's: %s", p.kind, got, want))
		}
	}
	return leaks, tried
}

// plain is a problem without what differs from call to call.
func plain(body []byte) string {
	var p map[string]any
	if json.Unmarshal(body, &p) != nil {
		return string(body)
	}
	delete(p, "traceId")
	out, _ := json.Marshal(p)
	return string(out)
}

// TestEveryIDOfAnotherOrgIsNobodys is row R-A1 over all services: each method of the contract whose path names something is tried
// with what another org has, and answers as for what nobody has. The saboteur is an id of the own org.
func TestEveryIDOfAnotherOrgIsNobodys(t *testing.T) {
	c := newCity(t)
	c.plant(c.here)
	c.plant(c.away)
	leaks, tried := c.leaks(c.away.ids)
	for _, l := range leaks {
		t.Error(l)
	}
	if tried < 100 {
		t.Errorf("only %d ids were tried", tried)
	}
	t.Logf("%d ids tried", tried)
	if own, _ := c.leaks(c.here.ids); len(own) < tried/2 {
		t.Errorf("of %d own ids %d were seen: the test would not see a leak", tried, len(own))
	}
}

// harvest is all that a credential can read of what was planted, and of what happens.
func (c *city) harvest(token string, ids map[string]string) string {
	var b strings.Builder
	for i := range c.methods {
		if m := &c.methods[i]; m.HTTPMethod == http.MethodGet {
			_, body := c.ask(token, m.HTTPMethod, m.at(ids[m.kind()]), "")
			b.Write(body)
		}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.a.URL()+"/v1/events:stream?positions=true&lastEventId=1", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // cut off
	lines := bufio.NewScanner(res.Body)
	for events := 0; events < 2 && lines.Scan(); {
		b.WriteString(lines.Text())
		if strings.HasPrefix(lines.Text(), "data:") {
			events++
		}
	}
	return b.String()
}

// TestNoWordOfAnotherOrg is row R-A1 for what is read: no list, page, export, error or stream of an org holds a word or an id that
// was planted in another. The saboteur reads as the other org.
func TestNoWordOfAnotherOrg(t *testing.T) {
	c := newCity(t)
	c.plant(c.here)
	c.plant(c.away)
	count := func(text string) (n int) {
		for kind, id := range c.away.ids {
			if kind != "messageTemplates" { // it has the canary in its id
				n += strings.Count(text, id)
			}
		}
		return n + strings.Count(text, c.away.canary)
	}
	if n := count(c.harvest(c.here.token, c.here.ids)); n > 0 {
		t.Errorf("%d words of another org", n)
	}
	if n := count(c.harvest(c.away.token, c.away.ids)); n < 100 {
		t.Errorf("the other org reads %d of its words: the test would not see a leak", n)
	}
}

// TestWordsOfOneOrg is row R-A1 for what has the same id everywhere: to switch a source off in one org leaves it on in the other, and
// where one has reports the other has an empty map. The saboteurs look at the org that has switched it, and that has reports.
func TestWordsOfOneOrg(t *testing.T) {
	c := newCity(t)
	c.plant(c.away)
	earth := func(s *side) int {
		_, tile := c.ask(s.token, http.MethodGet, "/v1/forecasts/tiles/0/0/0?live=true&resolution=2", "")
		return len(tile)
	}
	if here, away := earth(c.here), earth(c.away); here > 0 || away == 0 {
		t.Errorf("tiles of %d bytes where nothing was reported and of %d where something was", here, away)
	}
	off := func(s *side) bool {
		_, body := c.ask(s.token, "GET", "/v1/profileSources", "")
		var page struct {
			Sources []struct {
				Source  string
				Enabled bool
			}
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Sources {
			if one.Source == "APP" {
				return !one.Enabled
			}
		}
		t.Fatalf("no source APP: %s", body)
		return false
	}
	if status, body := c.ask(c.here.token, "POST", "/v1/profileSources/APP:switch", `{"enabled":false}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if off(c.away) || !off(c.here) {
		t.Errorf("off here: %t, off in the other org: %t", off(c.here), off(c.away))
	}
}
