package problem

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

// timedPlan is a plan for tiny-fettle.json with every kind of stop.
func timedPlan() *dispatch.Plan {
	cost := dispatch.Cost{dispatch.TermTravel: 1200, dispatch.TermFixed: 100}
	return &dispatch.Plan{
		Status: dispatch.StatusComplete, Seed: 18446744073709551615, Iterations: 5000, Policy: "day", PolicyVersion: 2, Cost: cost,
		Routes: []dispatch.Route{{
			Departure: eight, End: 50000, EndTravel: 600, EndDistance: 3000, Cost: cost,
			Stops: []dispatch.Stop{
				{Kind: dispatch.StopDepot, Visit: -1, Break: -1, Depot: 0, Travel: 300, Distance: 1500, Arrival: eight + 300, Start: eight + 300, End: eight + 600},
				{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: -1, Travel: 300, Arrival: 35900, Start: 36000, Entry: 120, End: 37920, Late: 60},
				{Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1, Arrival: 37920, Start: 41400, End: 44100},
			},
		}},
		Unassigned: []dispatch.Unassigned{
			{Visit: 1, Technician: 0, Reason: dispatch.ReasonPair, Detail: "v3 < v2 & more", Short: 3},
			{Visit: 2, Technician: -1, Reason: dispatch.ReasonNoTechnician},
		},
	}
}

const timedPlanJSON = `{
 "format": "fettle-plan",
 "problem": "every field once",
 "status": "COMPLETE",
 "seed": 18446744073709551615,
 "iterations": 5000,
 "policy": "day",
 "policyVersion": 2,
 "summary": {
  "visits": 3,
  "served": 1,
  "unassigned": 2,
  "routes": 1,
  "travel": 1200,
  "distance": 4500,
  "waiting": 100,
  "onSite": 1920,
  "late": 60,
  "duty": 21200
 },
 "cost": {
  "total": 1300,
  "terms": {
   "travel": 1200,
   "fixed": 100
  }
 },
 "costPerUnit": 1,
 "routes": [
  {
   "technicianId": "ann",
   "shift": 0,
   "departure": "2026-06-15T08:00:00+08:00",
   "end": "2026-06-15T13:53:20+08:00",
   "endTravel": 600,
   "stops": [
    {
     "kind": "depot",
     "depot": 0,
     "travel": 300,
     "distance": 1500,
     "arrival": "2026-06-15T08:05:00+08:00",
     "start": "2026-06-15T08:05:00+08:00",
     "end": "2026-06-15T08:10:00+08:00"
    },
    {
     "kind": "visit",
     "visitId": "v1",
     "travel": 300,
     "arrival": "2026-06-15T09:58:20+08:00",
     "start": "2026-06-15T10:00:00+08:00",
     "entry": 120,
     "end": "2026-06-15T10:32:00+08:00",
     "late": 60
    },
    {
     "kind": "break",
     "break": 0,
     "breakId": "lunch",
     "travel": 0,
     "arrival": "2026-06-15T10:32:00+08:00",
     "start": "2026-06-15T11:30:00+08:00",
     "end": "2026-06-15T12:15:00+08:00"
    }
   ],
   "cost": {
    "total": 1300,
    "terms": {
     "travel": 1200,
     "fixed": 100
    }
   }
  }
 ],
 "unassigned": [
  {
   "visitId": "v2",
   "reason": "PAIR",
   "detail": "v3 < v2 & more",
   "technicianId": "ann",
   "short": 3
  },
  {
   "visitId": "v3",
   "reason": "NO_TECHNICIAN"
  }
 ]
}
`

func TestWritePlanJSON(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-fettle.json", Fettle)
	var b bytes.Buffer
	if err := WritePlanJSON(&b, d, timedPlan()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(timedPlanJSON, b.String()); diff != "" {
		t.Error(diff)
	}
	if native := writeNative(t, d, timedPlan()); native != timedPlanJSON {
		t.Error("the native plan of a fettle file is not its plan JSON")
	}
}

func TestPlanJSONIsReadBackForEveryFormat(t *testing.T) {
	t.Parallel()
	for _, fixture := range []string{"tiny-solomon.txt", "tiny-cvrp.vrp", "tiny-vrptw.vrp", "tiny-trsp.txt", "tiny-dispatch.json", "tiny-fettle.json"} {
		d := mustRead(t, fixture, Auto)
		plan := onRoutes(map[int32][]int32{0: {1}, 1: {0}}, 2)
		var b bytes.Buffer
		if err := WritePlanJSON(&b, d, plan); err != nil {
			t.Fatal(err)
		}
		back, err := d.ReadPlan("p", b.Bytes())
		if err != nil {
			t.Errorf("%s: %v", fixture, err)
			continue
		}
		if diff := cmp.Diff(plan.Routes, back.Routes); diff != "" {
			t.Errorf("%s: %s", fixture, diff)
		}
		if len(back.Unassigned) != len(d.Problem.Visits)-2 {
			t.Errorf("%s: %d unassigned, want the rest of %d", fixture, len(back.Unassigned), len(d.Problem.Visits))
		}
	}
}

func TestReadPlanJSONDropsWhatACheckerComputes(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-fettle.json", Fettle)
	plan, err := d.ReadPlan("p", []byte(timedPlanJSON))
	if err != nil {
		t.Fatal(err)
	}
	want := &dispatch.Plan{
		Status: dispatch.StatusComplete, Seed: 18446744073709551615, Iterations: 5000, Policy: "day", PolicyVersion: 2,
		Routes: []dispatch.Route{{Stops: []dispatch.Stop{
			depotStop(0), visitStop(0), {Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1},
		}}},
		Unassigned: []dispatch.Unassigned{{Visit: 1, Technician: -1}, {Visit: 2, Technician: -1}},
	}
	if diff := cmp.Diff(want, plan); diff != "" {
		t.Error(diff)
	}
}

func TestPlanJSONWithoutOriginIsInSourceUnits(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-solomon.txt", Solomon)
	plan := onRoutes(map[int32][]int32{0: {2}}, 1)
	r := &plan.Routes[0]
	r.End, r.EndTravel = 215, 100
	s := &r.Stops[0]
	s.Travel, s.Arrival, s.Start, s.End = 100, 100, 100, 115
	text := writeJSON(t, d, plan)
	for _, want := range []string{`"departure": 0,`, `"end": 21.5,`, `"arrival": 10,`, `"end": 11.5`, `"costPerUnit": 10,`, `"onSite": 1.5,`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	plan.Routes[0].Departure = dispatch.NoTick
	if !strings.Contains(writeJSON(t, d, plan), `"departure": null,`) {
		t.Error("an instant that is not set is not null")
	}
}

func writeJSON(t *testing.T, d *Document, plan *dispatch.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := WritePlanJSON(&b, d, plan); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlanJSONFaults(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-fettle.json", Fettle)
	for _, tt := range []fault{
		{"unknown technician", `"technicianId": "ann",` + "\n   \"shift\"", `"technicianId": "cy",` + "\n   \"shift\"", `p:31: routes[0].technicianId: is "cy", which is no technician of the problem`},
		{"unknown shift", `"shift": 0`, `"shift": 2`, `p:32: routes[0].shift: is 2, want an index below 2`},
		{"unknown visit", `"visitId": "v1"`, `"visitId": "v9"`, `p:48: routes[0].stops[1].visitId: is "v9", which is no visit of the problem`},
		{"unknown kind", `"kind": "visit"`, `"kind": "rest"`, `p:47: routes[0].stops[1].kind: is "rest", want visit, break or depot`},
		{"unknown break", `"break": 0`, `"break": 1`, `p:58: routes[0].stops[2].break: want the index of a break of the shift, below 1`},
		{"unknown depot", `"depot": 0`, `"depot": -1`, `p:39: routes[0].stops[0].depot: want the index of a depot of the technician, below 1`},
		{"unknown unassigned visit", `"visitId": "v3"`, `"visitId": "v9"`, `p:84: unassigned[1].visitId: is "v9", which is no visit of the problem`},
		{"unknown field", `"iterations"`, `"rounds"`, `p:6: rounds: unknown field, want one of format, problem, status, seed, iterations, policy, policyVersion, summary, cost, costPerUnit, bound, routes, unassigned, explanations`},
		{"negative seed", `18446744073709551615`, `-1`, `p:5: seed: is -1, want a whole number that is not negative`},
		{"cost is text", `"fixed": 100`, `"fixed": "much"`, `p:25: cost.terms.fixed: is "much", want a whole number of 64 bits`},
	} {
		if !strings.Contains(timedPlanJSON, tt.old) {
			t.Errorf("%s: the plan does not hold %q", tt.name, tt.old)
		}
		_, err := d.ReadPlan("p", []byte(strings.Replace(timedPlanJSON, tt.old, tt.new, 1)))
		if got := message(err); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestPlanJSONHasEveryTerm(t *testing.T) {
	t.Parallel()
	p := &dispatch.Problem{Policy: dispatch.Policy{Terms: []dispatch.UserTerm{{Name: "vip"}, {Name: "far-away"}}}}
	var cost dispatch.Cost
	for term := range dispatch.TermUser + 2 {
		cost[term] = int64(term) + 1
	}
	cost[dispatch.TermDuty] = 0
	want := `{"unserved":1,"lateness":2,"travel":3,"distance":4,"onSite":6,"overtime":7,"fixed":8,"skillSurplus":9,"preference":10,` +
		`"fairness":11,"continuity":12,"stability":13,"cover":14,"maxLateness":15,"far-away":17,"vip":16}`
	for _, tt := range []struct {
		cost dispatch.Cost
		want string
	}{{cost, want}, {dispatch.Cost{}, "{}"}} {
		got, err := json.Marshal(costOf(p, tt.cost).Terms)
		if err != nil || string(got) != tt.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
		}
	}
}

func TestIsPlanJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		timedPlanJSON: true, `{"routes":[],"format":"fettle-plan"}`: true, `{"format":"fettle"}`: false, `{"routes":{}}`: false,
		`{"x":{"format":"fettle-plan"}}`: false, "": false, "[]": false, "{": false, `{"a":`: false, "Route #1: 1": false,
	} {
		if got := isPlanJSON([]byte(text)); got != want {
			t.Errorf("%.40q: %v, want %v", text, got, want)
		}
	}
}

func FuzzPlanJSON(f *testing.F) {
	f.Add([]byte(timedPlanJSON))
	f.Add([]byte(`{"format":"fettle-plan","routes":[{"technicianId":"bo","stops":[{"kind":"visit","visitId":"v2"}]}]}`))
	d := mustRead(f, "tiny-fettle.json", Fettle)
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := readPlanJSON("p", data, d.Problem)
		if err != nil {
			return
		}
		written := writeJSON(t, d, plan)
		again, err := d.ReadPlan("p", []byte(written))
		if err != nil {
			t.Fatalf("written plan is refused: %v", err)
		}
		if diff := cmp.Diff(plan.Routes, again.Routes); diff != "" {
			t.Error(diff)
		}
	})
}
