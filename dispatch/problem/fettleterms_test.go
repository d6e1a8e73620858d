package problem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

// wishes is a day with everything that continuity, promises and expressions need.
const wishes = `{"technicians":[{"id":"ann","shifts":[{"start":0,"end":900}],"attributes":{"grade":"junior"}},{"id":"bo","shifts":[{"start":0,"end":900}]}],
"places":[{"latitude":30,"longitude":120}],
"buildings":[{"name":"tower","usual":"ann"}],
"visits":[{"id":"v1","place":{"index":0},"building":"tower","attributes":{"vip":"yes"},"promise":{"technician":"bo","window":{"start":60,"end":120}}},
{"id":"v2","place":{"index":0},"building":"tower","usual":"bo","promise":{"technician":"ann"}},
{"id":"v3","place":{"index":0},"building":"shed"}],
"policy":{"continuity":5,"stability":{"technician":6,"moved":7,"perSecond":8},
"terms":[{"name":"vip","expression":"visit.attributes[?\"vip\"].orValue(\"no\") == \"yes\" ? 1.5 : 0.0","weight":100},{"name":"far","expression":"travel"}],
"eligibility":[{"name":"juniors","expression":"!(\"vip\" in visit.attributes) || !(\"grade\" in technician.attributes)"}]}}`

func TestFettleWishes(t *testing.T) {
	t.Parallel()
	d, err := Read("f", []byte(wishes), Fettle)
	if err != nil {
		t.Fatal(err)
	}
	p := d.Problem
	window := dispatch.TimeWindow{Start: 60, End: 120}
	for i, want := range []struct {
		usual   dispatch.TechnicianID
		promise *dispatch.Promise
	}{{"ann", &dispatch.Promise{Technician: "bo", Window: window}}, {"bo", &dispatch.Promise{Technician: "ann"}}, {"", nil}} {
		if v := &p.Visits[i]; v.Usual != want.usual || cmp.Diff(v.Promise, want.promise) != "" {
			t.Errorf("%s: usual %q, promise %+v", v.ID, v.Usual, v.Promise)
		}
	}
	q := &p.Policy
	if q.Continuity != 5 || q.Stability != (dispatch.StabilityPolicy{Technician: 6, Moved: 7, PerTick: 8}) || q.Terms[0].Weight != 100 || q.Terms[1].Weight != 1 {
		t.Errorf("policy %+v", q)
	}
	tables, err := p.Rules.Tables()
	if err != nil {
		t.Fatal(err)
	}
	// Ann is a junior: not for the VIP. 1.5 x 100 for him, whoever goes.
	if tables.Terms[0].At(0, 0) != 150 || tables.Terms[0].At(1, 0) != 0 || tables.Forbids(0, 0) != 0 || tables.Forbids(0, 1) != -1 || tables.Forbids(1, 0) != -1 {
		t.Errorf("tables %+v", tables)
	}
}

func TestFettleWishFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []fault{
		{"unknown field of an expression", `"expression":"travel"`, `"expression":"travl"`, `f:8: policy.terms[1].expression: is "travl", want an expression that compiles: column 1: there is no "travl", want a field of`},
		{"unknown field of a visit", `visit.attributes[?`, `visit.facts[?`, `f:8: policy.terms[0].expression: is "visit.facts[?\"vip\"].orValue(\"no\") == \"yes\" ? 1.5 : 0.0", want an expression that compiles: column 1: visit has no field "facts", there are attributes, building`},
		{"name of a term of Fettle's own", `"name":"vip"`, `"name":"travel"`, `f:8: policy.terms[0].name: is "travel", want a name of letters`},
		{"name twice", `"name":"far"`, `"name":"vip"`, `f:8: policy.terms[1].name: is "vip", want a name of letters`},
		{"negative weight", `"weight":100`, `"weight":-1`, `f:8: policy.terms[0].weight: is -1, want a whole number from 0 to 10^12`},
		{"negative price of a promise", `"moved":7`, `"moved":-7`, `f:7: policy.stability.moved: is -7, want a whole number from 0 to 10^12`},
		{"building twice", `[{"name":"tower","usual":"ann"}]`, `[{"name":"tower","usual":"ann"},{"name":"tower","usual":"ann"}]`, `f:3: buildings[1].name: is "tower", want a name that no other building has`},
		{"usual technician unknown", `"usual":"ann"`, `"usual":"cy"`, `f:3: buildings[0].usual: is "cy", want the id of a technician of this file`},
		{"usual of a visit unknown", `"usual":"bo"`, `"usual":"cy"`, `f:5: visits[1].usual: is "cy", want the id of a technician of this file`},
		{"promised technician unknown", `{"technician":"bo"`, `{"technician":"cy"`, `f:4: visits[0].promise.technician: is "cy", want the id of a technician of this file`},
		{"promise that ends before it starts", `"end":120`, `"end":60`, `f:4: visits[0].promise.window: ends at 60, want an end after the start 60`},
		{"attribute that is no text", `{"vip":"yes"}`, `{"vip":1}`, `f:4: visits[0].attributes.vip: is 1, want`},
	} {
		if !strings.Contains(wishes, tt.old) {
			t.Fatalf("%s: the file does not hold %q", tt.name, tt.old)
		}
		_, err := Read("f", []byte(strings.Replace(wishes, tt.old, tt.new, 1)), Fettle)
		if got := message(err); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestFettleRelaxesPins(t *testing.T) {
	t.Parallel()
	const pinned = `{"technicians":[{"id":"ann","shifts":[{"start":0,"end":900}]}],"places":[{"latitude":30,"longitude":120}],
"visits":[{"id":"a","place":{"index":0},"pin":{"technician":"ann","start":60,"rank":1}},{"id":"b","place":{"index":0},"pin":{"technician":"ann","start":300,"rank":2}},
{"id":"c","place":{"index":0},"pin":{"technician":"ann","start":400,"started":true}}]RELAX}`
	pin := func(start dispatch.Tick, rank int32) *dispatch.Pin {
		return &dispatch.Pin{Technician: "ann", Start: start, Rank: rank}
	}
	started := &dispatch.Pin{Technician: "ann", Start: 400, Started: true}
	for _, tt := range []struct {
		name, relax string
		want        []*dispatch.Pin
	}{
		{"not at all", ``, []*dispatch.Pin{pin(60, 1), pin(300, 2), started}},
		{"nothing", `,"relaxPins":{"level":"NOTHING"}`, []*dispatch.Pin{pin(60, 1), pin(300, 2), started}},
		{"times", `,"relaxPins":{"level":"TIMES"}`, []*dispatch.Pin{pin(dispatch.NoTick, 1), pin(dispatch.NoTick, 2), started}},
		{"times and order later on", `,"relaxPins":{"level":"TIMES_AND_ORDER","from":300}`, []*dispatch.Pin{pin(60, 1), pin(dispatch.NoTick, 0), started}},
		{"all", `,"relaxPins":{"level":"ALL"}`, []*dispatch.Pin{nil, nil, started}},
	} {
		d, err := Read("f", []byte(strings.Replace(pinned, "RELAX", tt.relax, 1)), Fettle)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tt.want {
			if diff := cmp.Diff(want, d.Problem.Visits[i].Pin); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	}
	_, err := Read("f", []byte(strings.Replace(pinned, "RELAX", `,"relaxPins":{"level":"SOME"}`, 1)), Fettle)
	if got := message(err); got != `f:3: relaxPins.level: is "SOME", want NOTHING, TIMES, TIMES_AND_ORDER or ALL` {
		t.Errorf("got %s", got)
	}
}
