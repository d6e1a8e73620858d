package problem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

func TestReadPragmaticRefusesPlan(t *testing.T) {
	t.Parallel()
	const a = `"id": "a", "services"`
	place := func(s string) string { return `{"location": {"lat": 0, "lng": 0.01}, "duration": 300` + s + `}` }
	testFaults(t, "pragmatic/small.json", Pragmatic, []fault{
		{"unknown field", `"typeId"`, `"typeID2"`, "f:12: fleet.vehicles[0].typeID2: unknown field, want one of typeId, vehicleIds, profile, costs, shifts, capacity, skills, limits"},
		{"clustering", `"jobs": [`, `"clustering": {}, "jobs": [`, "f:3: plan.clustering: not supported"},
		{"areas", `"jobs": [`, `"areas": [], "jobs": [`, "f:3: plan.areas: not supported"},
		{"no job id", `"id": "a"`, `"id": ""`, "f:4: plan.jobs[0].id: missing"},
		{"reserved job id", `"id": "a"`, `"id": "break"`, `f:4: plan.jobs[0].id: is "break", which is reserved`},
		{"job id twice", `"id": "b"`, `"id": "a"`, `f:5: plan.jobs[1].id: is "a", want an id that no other job has`},
		{"group", a, `"id": "a", "group": "g", "services"`, "f:4: plan.jobs[0].group: not supported"},
		{"compatibility", a, `"id": "a", "compatibility": "g", "services"`, "f:4: plan.jobs[0].compatibility: not supported"},
		{"negative value", a, `"id": "a", "value": -1, "services"`, "f:4: plan.jobs[0].value: is -1, want between 0 and 1e6"},
		{"no task", a, `"id": "a"}, {"id": "d", "services"`, "f:4: plan.jobs[0]: has 0 tasks, not supported: want one task, or one pickup and one delivery"},
		{"two tasks of a kind", `"services": [`, `"services": [{}, `, "f:4: plan.jobs[0].services: has 2 tasks, not supported: want one task, or one pickup and one delivery"},
		{"mixed tasks", `"services": [`, `"pickups": [{}], "services": [`, "f:4: plan.jobs[0]: has 2 tasks, not supported: want one task, or one pickup and one delivery"},
		{"order", `"services": [{`, `"services": [{"order": 1, `, "f:4: plan.jobs[0].services[0].order: not supported"},
		{"demand of a service", `"services": [{`, `"services": [{"demand": [1], `, "f:4: plan.jobs[0].services[0].demand: given, but a service carries nothing"},
		{"alternatives", place(""), place("") + ", " + place(""), "f:4: plan.jobs[0].services[0].places: has 2 places, want one: alternatives are not supported"},
		{"negative duration", place(""), strings.Replace(place(""), "300", "-3", 1), "f:4: plan.jobs[0].services[0].places[0].duration: is -3, want between 0 and 268435455 seconds"},
		{"index", `{"lat": 0, "lng": 0.01}`, `{"index": 1000000000}`, "f:4: plan.jobs[0].services[0].places[0].location.index: not supported: there is no routing matrix in the file, want lat and lng"},
		{"unknown place of a job", `{"lat": 0, "lng": 0.01}`, `{"type": "unknown"}`, `f:4: plan.jobs[0].services[0].places[0].location.type: is "unknown", not supported here: want lat and lng`},
		{"half a place", `{"lat": 0, "lng": 0.01}`, `{"lat": 0}`, "f:4: plan.jobs[0].services[0].places[0].location: want lat and lng"},
		{"impossible place", `{"lat": 0, "lng": 0.01}`, `{"lat": 0, "lng": 181}`, "f:4: plan.jobs[0].services[0].places[0].location: lon is 181; want degrees in [-180, 180]"},
		{"not a time", place(""), place(`, "times": [["noon", "2024-05-06T09:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[0][0]: is "noon", want a time as 2019-07-04T09:00:00Z`},
		{"far away time", place(""), place(`, "times": [["2024-05-06T09:00:00Z", "2124-05-06T09:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[0][1]: is 2124-05-06T09:00:00Z, want a time within 268435455 seconds of the first shift's start`},
		{"half a window", place(""), place(`, "times": [["2024-05-06T09:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[0]: has 1 times, want [start, end]`},
		{"window backwards", place(""), place(`, "times": [["2024-05-06T09:00:00Z", "2024-05-06T08:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[0]: ends before it starts`},
		{"unsorted windows", place(""), place(`, "times": [["2024-05-06T09:00:00Z", "2024-05-06T10:00:00Z"], ["2024-05-06T07:00:00Z", "2024-05-06T08:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[1]: starts at 2024-05-06T07:00:00Z, want windows in order that do not overlap or touch`},
		{"overlapping windows", place(""), place(`, "times": [["2024-05-06T09:00:00Z", "2024-05-06T10:00:00Z"], ["2024-05-06T10:00:00Z", "2024-05-06T11:00:00Z"]]`), `f:4: plan.jobs[0].services[0].places[0].times[1]: starts at 2024-05-06T10:00:00Z, want windows in order that do not overlap or touch`},
		{"no demand", `, "demand": [1]`, "", "f:5: plan.jobs[1].pickups[0].demand: has 0 numbers, want 1 as fleet.vehicles[0].capacity has"},
		{"negative demand", `"demand": [1]`, `"demand": [-1]`, "f:5: plan.jobs[1].pickups[0].demand[0]: is -1, want a number that is not negative"},
		{"great demand", `"demand": [1]`, `"demand": [1073741825]`, "f:5: plan.jobs[1].pickups[0].demand[0]: makes the sum of all demands more than 1073741824"},
		{"other demand at the delivery", `"demand": [2]}]}`, `"demand": [3]}]}`, "f:6: plan.jobs[2].deliveries[0].demand: is [3], want [2] as the pickup has"},
		{"empty skill", a, `"id": "a", "skills": {"allOf": [""]}, "services"`, "f:4: plan.jobs[0].skills.allOf: has an empty name"},
	})
}

func TestReadPragmaticRefusesFleet(t *testing.T) {
	t.Parallel()
	const end = `"end": {"latest": "2024-05-06T17:00:00Z", `
	shift := func(s string) string { return s + ", " + end }
	limits := func(s string) string { return `"skills": ["drill"], "limits": {` + s + `}` }
	testFaults(t, "pragmatic/small.json", Pragmatic, []fault{
		{"vehicle id twice", `["v1", "v2"]`, `["v1", "v1"]`, `f:12: fleet.vehicles[0].vehicleIds[1]: is "v1", want an id that no other vehicle has`},
		{"no vehicle id", `["v1", "v2"]`, `[]`, `f:12: fleet.vehicles[0].vehicleIds: want at least one id`},
		{"profile", `{"matrix": "car"}`, `{"matrix": "cart"}`, `f:12: fleet.vehicles[0].profile.matrix: is "cart", want the name of one of fleet.profiles`},
		{"profile scale", `{"matrix": "car"}`, `{"matrix": "car", "scale": 0}`, `f:12: fleet.vehicles[0].profile.scale: is 0, want between 0.001 and 1000`},
		{"profile scale of a slow profile", `"profile": {"matrix": "bike"}`, `"profile": {"matrix": "bike", "scale": 1000}`, `f:19: fleet.vehicles[1].profile.scale: is 1000, which makes the speed 0.005: want between 0.01 and 10000 metres a second`},
		{"profile twice", `"name": "bike"`, `"name": "car"`, `f:23: fleet.profiles[1].name: is "car", want a name that no other profile has`},
		{"speed", `"speed": 5`, `"speed": 0`, `f:23: fleet.profiles[1].speed: is 0, want between 0.01 and 10000 metres a second`},
		{"negative cost", `"time": 0.01`, `"time": -1`, `f:13: fleet.vehicles[0].costs.time: is -1, want between 0 and 1e9`},
		{"tiny cost", `"time": 0.01`, `"time": 1e-9`, `f:13: fleet.vehicles[0].costs.time: is 1e-09, want 0 or at least a millionth`},
		{"no capacity", `"capacity": [5]`, `"capacity": []`, `f:13: fleet.vehicles[0].capacity: missing`},
		{"other capacity", `"capacity": [1]`, `"capacity": [1, 2]`, `f:19: fleet.vehicles[1].capacity: has 2 numbers, want 1 as fleet.vehicles[0].capacity has`},
		{"negative capacity", `"capacity": [5]`, `"capacity": [-5]`, `f:13: fleet.vehicles[0].capacity[0]: is -5, want a number that is not negative`},
		{"areas", `"skills": ["drill"]`, limits(`"areas": []`), `f:13: fleet.vehicles[0].limits.areas: not supported`},
		{"no duration", `"skills": ["drill"]`, limits(`"maxDuration": 0`), `f:13: fleet.vehicles[0].limits.maxDuration: is 0, want a length of time above 0`},
		{"old and new limit", `"skills": ["drill"]`, limits(`"maxDuration": 5, "shiftTime": 5`), `f:13: fleet.vehicles[0].limits.shiftTime: given beside maxDuration: it is the old name of it`},
		{"distance", `"skills": ["drill"]`, limits(`"maxDistance": 0`), `f:13: fleet.vehicles[0].limits.maxDistance: is 0, want between 1 and 1e15 metres`},
		{"tour size", `"skills": ["drill"]`, limits(`"tourSize": 0`), `f:13: fleet.vehicles[0].limits.tourSize: is 0, want more than the 0 breaks, which count too`},
		{"recharges", end, shift(`"recharges": {}`), `f:15: fleet.vehicles[0].shifts[0].recharges: not supported`},
		{"dispatch", end, shift(`"dispatch": []`), `f:15: fleet.vehicles[0].shifts[0].dispatch: not supported`},
		{"reserved end", end, end + `"earliest": "x", `, `f:15: fleet.vehicles[0].shifts[0].end.earliest: not supported`},
		{"shift backwards", `"2024-05-06T17:00:00Z"`, `"2024-05-06T07:00:00Z"`, `f:15: fleet.vehicles[0].shifts[0].end.latest: is 2024-05-06T07:00:00Z, want a time that is not before the start`},
		{"late start", `"2024-05-06T08:00:00Z", `, `"2024-05-06T08:00:00Z", "latest": "2024-05-06T18:00:00Z", `, `f:15: fleet.vehicles[0].shifts[0].start.latest: is 2024-05-06T18:00:00Z, want a time within the shift`},
		{"no start", `"earliest": "2024-05-06T08:00:00Z", "location"`, `"location"`, `f:15: fleet.vehicles[0].shifts[0].start.earliest: is "", want a time as 2019-07-04T09:00:00Z`},
		{"no start place", `"2024-05-06T08:00:00Z", "location": {"lat": 0, "lng": 0}`, `"2024-05-06T08:00:00Z"`, `f:15: fleet.vehicles[0].shifts[0].start.location: missing`},
		{"shared resource", end, shift(`"reloads": [{"location": {"lat": 0, "lng": 0}, "resourceId": "w"}]`), `f:15: fleet.vehicles[0].shifts[0].reloads[0].resourceId: not supported: a depot's stock is not shared`},
		{"tour size with reloads", `"skills": ["drill"],
        "shifts": [
          {`, limits(`"tourSize": 4`) + `, "shifts": [ {"reloads": [{"location": {"lat": 0, "lng": 0}}],`, `f:13: fleet.vehicles[0].limits.tourSize: not supported beside reloads or shifts with different numbers of breaks`},
		{"break policy", end, shift(`"breaks": [{"policy": "skip-if-arrival-before-end"}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].policy: is "skip-if-arrival-before-end", not supported: a tour takes its breaks`},
		{"break without time", end, shift(`"breaks": [{"places": [{"duration": 1}]}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].time: want [start, end], or earliest and latest of a required break`},
		{"break at a place", end, shift(`"breaks": [{"time": [1, 2], "places": [{"duration": 1, "location": {"lat": 0, "lng": 0}}]}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].places: want one place with a duration and no location or times: others are not supported`},
		{"break by offset", end, shift(`"breaks": [{"time": [1, 2], "places": [{"duration": 1}]}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].time: is an offset, which is not supported unless start.latest equals start.earliest`},
		{"break of null", end, shift(`"breaks": [{"time": [null, 2], "places": [{"duration": 1}]}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].time: holds null, want a time or a number of seconds`},
		{"break backwards", end, shift(`"breaks": [{"time": ["2024-05-06T09:00:00Z", "2024-05-06T08:00:00Z"], "places": [{"duration": 1}]}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].time: ends before it starts`},
		{"required break without duration", end, shift(`"breaks": [{"time": {"earliest": "2024-05-06T09:00:00Z", "latest": "2024-05-06T09:00:00Z"}}]`), `f:15: fleet.vehicles[0].shifts[0].breaks[0].duration: want a duration and no places in a required break`},
	})
}

func TestReadPragmaticRefusesRelationsAndObjectives(t *testing.T) {
	t.Parallel()
	relations := func(s string) string { return `"relations": [` + s + `], "jobs": [` }
	objectives := func(s string) string { return `"objectives": [` + s + `], "fleet": {` }
	testFaults(t, "pragmatic/small.json", Pragmatic, []fault{
		{"vehicle", `"jobs": [`, relations(`{"type": "any", "vehicleId": "x", "jobs": ["a"]}`), `f:3: plan.relations[0].vehicleId: is "x", want the id of a vehicle`},
		{"type", `"jobs": [`, relations(`{"type": "tour", "vehicleId": "v1", "jobs": ["a"]}`), `f:3: plan.relations[0].type: is "tour", want any, sequence or strict`},
		{"shift", `"jobs": [`, relations(`{"type": "any", "vehicleId": "v1", "shiftIndex": 1, "jobs": ["a"]}`), `f:3: plan.relations[0].shiftIndex: is 1, want less than 1`},
		{"job", `"jobs": [`, relations(`{"type": "any", "vehicleId": "v1", "jobs": ["a", "break"]}`), `f:3: plan.relations[0].jobs[1]: is "break", want the id of a job; departure may come first, arrival last unless strict, break and reload are not supported`},
		{"strict arrival", `"jobs": [`, relations(`{"type": "strict", "vehicleId": "v1", "jobs": ["a", "arrival"]}`), `f:3: plan.relations[0].jobs[1]: is "arrival", want the id of a job; departure may come first, arrival last unless strict, break and reload are not supported`},
		{"job in two relations", `"jobs": [`, relations(`{"type": "any", "vehicleId": "v1", "jobs": ["a"]}, {"type": "any", "vehicleId": "v2", "jobs": ["a"]}`), `f:3: plan.relations[1].jobs[0]: is "a", which an earlier relation has too`},
		{"job twice", `"jobs": [`, relations(`{"type": "any", "vehicleId": "v1", "jobs": ["a", "a"]}`), `f:3: plan.relations[0].jobs[1]: is "a" more often than the job has tasks`},
		{"half a job in order", `"jobs": [`, relations(`{"type": "sequence", "vehicleId": "v1", "jobs": ["a", "c"]}`), `f:3: plan.relations[0].jobs[1]: is "c" once, want it for the pickup and for the delivery`},
		{"two orders", `"jobs": [`, relations(`{"type": "sequence", "vehicleId": "v1", "jobs": ["a"]}, {"type": "strict", "vehicleId": "v1", "jobs": ["b"]}`), `f:3: plan.relations[1].type: is "strict", not supported beside plan.relations[0]: one order for a vehicle`},
		{"balance", `"fleet": {`, objectives(`{"type": "minimize-unassigned"}, {"type": "balance-max-load"}`), `f:9: objectives[1].type: is "balance-max-load", not supported: want minimize-unassigned, maximize-value, minimize-tours, and last minimize-cost, minimize-distance or minimize-duration`},
		{"cost first", `"fleet": {`, objectives(`{"type": "minimize-cost"}, {"type": "minimize-unassigned"}`), `f:9: objectives[0].type: is "minimize-cost", not supported before other objectives: want it last`},
		{"twice", `"fleet": {`, objectives(`{"type": "minimize-unassigned"}, {"type": "minimize-unassigned"}`), `f:9: objectives[1].type: is "minimize-unassigned" a second time`},
		{"settings", `"fleet": {`, objectives(`{"type": "minimize-unassigned", "options": {}}`), `f:9: objectives[0]: has settings that minimize-unassigned does not know`},
		{"no work", `"fleet": {`, objectives(`{"type": "minimize-cost"}`), `f:9: objectives: want minimize-unassigned among them: without it a plan without tours is best`},
	})
}

func TestReadPragmaticRefusesWhatContradicts(t *testing.T) {
	t.Parallel()
	const shift = `{"start": {"earliest": "2024-05-06T07:00:00+01:00", "latest": "2024-05-06T07:00:00+01:00", "location": {"lat": 0, "lng": 0}}`
	for _, tt := range []struct{ name, old1, new1, old2, new2, want string }{
		{
			"value without its objective", `"id": "b"`, `"id": "b", "value": 3`, `"fleet": {`, `"objectives": [{"type": "minimize-unassigned"}], "fleet": {`,
			"f:5: plan.jobs[1].value: given, but objectives has no maximize-value",
		},
		{
			"relation of a vehicle with two shifts", shift, shift + "}, " + shift, `"jobs": [`, `"relations": [{"type": "any", "vehicleId": "b1", "jobs": ["a"]}], "jobs": [`,
			"f:3: plan.relations[0].shiftIndex: not supported for a vehicle with several shifts: a pin names the technician, not the shift",
		},
		{
			"reloads of one shift only", shift, shift + "}, " + shift + `, "reloads": [{"location": {"lat": 0, "lng": 0}}]`, `"jobs": [`, `"jobs": [`,
			"f:20: fleet.vehicles[1].shifts[1].reloads: not supported: want the same reloads in every shift of a vehicle",
		},
		{"no shifts", "[" + shift + "}]", "[]", `"jobs": [`, `"jobs": [`, "f:20: fleet.vehicles[1].shifts: want at least one shift"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := readFixture(t, "pragmatic/small.json")
			if !strings.Contains(text, tt.old1) || !strings.Contains(text, tt.old2) {
				t.Fatal("the fixture does not hold what is to be replaced")
			}
			text = strings.Replace(strings.Replace(text, tt.old1, tt.new1, 1), tt.old2, tt.new2, 1)
			if _, err := readPragmatic("f", []byte(text)); message(err) != tt.want {
				t.Errorf("got  %s\nwant %s", message(err), tt.want)
			}
		})
	}
}

// pragWith reads small.json with replacements, old and new in turns.
func pragWith(t *testing.T, replacements ...string) *dispatch.Problem {
	t.Helper()
	text := readFixture(t, "pragmatic/small.json")
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(text, replacements[i]) {
			t.Fatalf("the fixture does not hold %q", replacements[i])
		}
		text = strings.Replace(text, replacements[i], replacements[i+1], 1)
	}
	d, err := readPragmatic("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d.Problem
}

func TestReadPragmaticFields(t *testing.T) {
	t.Parallel()
	p := pragWith(t)
	// The first shift starts at 07:00 +01:00 = 06:00 UTC: tick 0. 08:00 UTC is 7200, 17:00 is 39600. A thousandth is the
	// finest cost: 1000 parts a unit.
	if got := p.Origin.Format("15:04 MST"); got != "06:00 UTC" || p.Scale.CostPerUnit != 1000 {
		t.Errorf("origin %s, cost scale %d", got, p.Scale.CostPerUnit)
	}
	shift := dispatch.Shift{Start: 7200, End: 39600, LatestDeparture: dispatch.NoTick}
	skills := []dispatch.SkillLevel{{Skill: "drill", Level: 1}}
	// Every rate but the fixed one comes from costs; the fixed one also carries the weight of a tour, see below.
	want := []dispatch.Technician{
		{ID: "v1", Name: "v1", Kind: "van", Skills: skills, Capacity: []int32{5}, Rates: dispatch.Rates{Duty: 10, Distance: 1}, Shifts: []dispatch.Shift{shift}},
		{ID: "v2", Name: "v2", Kind: "van", Skills: skills, Capacity: []int32{5}, Rates: dispatch.Rates{Duty: 10, Distance: 1}, Shifts: []dispatch.Shift{shift}},
		{
			ID: "b1", Name: "b1", Kind: "bike", Travel: 1, Capacity: []int32{1}, Rates: dispatch.Rates{Duty: 5, Distance: 1},
			Shifts: []dispatch.Shift{{End: dispatch.Far / 4, EndPlace: dispatch.NoPlace}},
		},
	}
	got := append([]dispatch.Technician(nil), p.Technicians...)
	for i := range got {
		got[i].Rates.Fixed = 0
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("technicians (-want +got):\n%s", d)
	}
	// 0.01 degrees on the equator are 1,111.95 m: 111 s by car at 10 m/s, 222 s by bike at 5 m/s.
	if a, b, d := p.Travel[0].Time.At(0, 1), p.Travel[1].Time.At(0, 1), p.Travel[1].Distance.At(1, 0); a != 111 || b != 222 || d != 1112 {
		t.Errorf("travel %d s, %d s, %d m", a, b, d)
	}
	if d := cmp.Diff([]dispatch.Pair{{First: 2, Second: 3, Amount: []int32{2}}}, p.Pairs); d != "" {
		t.Errorf("pairs (-want +got):\n%s", d)
	}
	ids := []dispatch.VisitID{p.Visits[0].ID, p.Visits[1].ID, p.Visits[2].ID, p.Visits[3].ID}
	if d := cmp.Diff([]dispatch.VisitID{"a", "b", "c pickup", "c delivery"}, ids); d != "" || p.Visits[0].OnSite != 300 || p.Visits[1].Collect[0] != 1 || p.Visits[2].Collect != nil {
		t.Errorf("visits (-want +got):\n%s", d)
	}
}

func TestReadPragmaticObjectivesAreOrdered(t *testing.T) {
	t.Parallel()
	const fleet = `"fleet": {`
	p := pragWith(t, `"id": "a"`, `"id": "a", "value": 50`, `"id": "b"`, `"id": "b", "value": 0.5`)
	// Default order with values: value, jobs, tours, cost. Values 50, 0.5 and none are 100, 1 and 0 in whole numbers.
	fixed, unserved := p.Technicians[0].Rates.Fixed-10_000, p.Policy.Unserved
	if p.Visits[0].Priority != 100 || p.Visits[1].Priority != 1 || p.Visits[2].Priority != 0 {
		t.Errorf("priorities %d, %d, %d", p.Visits[0].Priority, p.Visits[1].Priority, p.Visits[2].Priority)
	}
	if p.Technicians[2].Rates.Fixed != fixed {
		t.Errorf("a tour weighs %d and %d", fixed, p.Technicians[2].Rates.Fixed)
	}
	// Each weighs more than the sum of all below: 3 tours, then 3 jobs.
	if unserved.PerVisit <= 3*fixed || unserved.PerPriority <= 3*unserved.PerVisit+3*fixed {
		t.Errorf("tour %d, job %d, value %d", fixed, unserved.PerVisit, unserved.PerPriority)
	}
	// The two visits of a job count as one job.
	if sum := p.Visits[2].Unserved + p.Visits[3].Unserved; sum != unserved.PerVisit {
		t.Errorf("a pair weighs %d, a job %d", sum, unserved.PerVisit)
	}
	if p = pragWith(t, fleet, `"objectives": [{"type": "minimize-unassigned"}, {"type": "minimize-duration"}], `+fleet); p.Technicians[0].Rates != (dispatch.Rates{Duty: 1000}) {
		t.Errorf("rates %+v", p.Technicians[0].Rates)
	}
	if p = pragWith(t, fleet, `"objectives": [{"type": "minimize-unassigned"}, {"type": "minimize-distance"}], `+fleet); p.Technicians[0].Rates != (dispatch.Rates{Distance: 1000}) {
		t.Errorf("rates %+v", p.Technicians[0].Rates)
	}
	if p = pragWith(t, fleet, `"objectives": [{"type": "minimize-unassigned"}], `+fleet); p.Technicians[0].Rates != (dispatch.Rates{}) || p.Policy.Unserved.PerVisit != 1 {
		t.Errorf("rates %+v, policy %+v", p.Technicians[0].Rates, p.Policy)
	}
}

func TestReadPragmaticSingleFields(t *testing.T) {
	t.Parallel()
	const end = `"end": {"latest": "2024-05-06T17:00:00Z", `
	const job = `"id": "a", `
	pins := func(p *dispatch.Problem) any {
		var out []any
		for i := range p.Visits {
			if v := &p.Visits[i]; v.Pin != nil {
				out = append(out, string(v.ID), *v.Pin)
			}
		}
		return out
	}
	pin := func(rank int32, adjacent bool) dispatch.Pin {
		return dispatch.Pin{Technician: "v1", Start: dispatch.NoTick, Rank: rank, Adjacent: adjacent}
	}
	rules := func(p *dispatch.Problem) any {
		return []any{p.Visits[0].Skills, p.Visits[0].Only, p.Visits[0].Excluded}
	}
	none, noSkill := []dispatch.TechnicianID(nil), []dispatch.SkillLevel(nil)
	tests := []struct {
		name, old, new string
		get            func(p *dispatch.Problem) any
		want           any
	}{
		{
			"window", `"duration": 300`, `"times": [["2024-05-06T06:00:00Z", "2024-05-06T06:01:00.5Z"], ["2024-05-06T06:01:01Z", "2024-05-06T06:01:01Z"]]`,
			func(p *dispatch.Problem) any { return p.Visits[0].Windows },
			[]dispatch.TimeWindow{{Start: 0, End: 61}, {Start: 61, End: 62}},
		},
		{"replacement", `"pickups": [`, `"replacements": [`, func(p *dispatch.Problem) any { return [][]int32{p.Visits[1].Deliver, p.Visits[1].Collect} }, [][]int32{{1}, {1}}},
		{"delivery", `"pickups": [`, `"deliveries": [`, func(p *dispatch.Problem) any { return [][]int32{p.Visits[1].Deliver, p.Visits[1].Collect} }, [][]int32{{1}, nil}},
		{"all skills", job, job + `"skills": {"allOf": ["drill", "saw"]}, `, rules, []any{[]dispatch.SkillLevel{{Skill: "drill", Level: 1}, {Skill: "saw", Level: 1}}, none, none}},
		{"one skill", job, job + `"skills": {"oneOf": ["saw", "drill"]}, `, rules, []any{noSkill, []dispatch.TechnicianID{"v1", "v2"}, none}},
		{"one skill that nobody has", job, job + `"skills": {"oneOf": ["saw", "axe"]}, `, rules, []any{[]dispatch.SkillLevel{{Skill: "one of saw, axe", Level: 1}}, none, none}},
		{"no skill", job, job + `"skills": {"noneOf": ["saw", "drill"]}, `, rules, []any{noSkill, none, []dispatch.TechnicianID{"v1", "v2"}}},
		{
			"any", `"jobs": [`, `"relations": [{"type": "any", "vehicleId": "v1", "jobs": ["c", "a"]}], "jobs": [`, pins,
			[]any{"a", pin(0, false), "c pickup", pin(0, false), "c delivery", pin(0, false)},
		},
		{
			"sequence", `"jobs": [`, `"relations": [{"type": "sequence", "vehicleId": "v1", "jobs": ["departure", "c", "a", "c", "arrival"]}], "jobs": [`, pins,
			[]any{"a", pin(2, false), "c pickup", pin(1, false), "c delivery", pin(3, false)},
		},
		{"strict", `"jobs": [`, `"relations": [{"type": "strict", "vehicleId": "v1", "jobs": ["b", "a"]}], "jobs": [`, pins, []any{"a", pin(2, true), "b", pin(1, false)}},
		{
			"strict from the start", `"jobs": [`, `"relations": [{"type": "strict", "vehicleId": "v1", "jobs": ["departure", "b", "a"]}], "jobs": [`, pins,
			[]any{"a", pin(2, true), "b", pin(1, true)},
		},
		{"limits", `"skills": ["drill"]`, `"limits": {"maxDistance": 5000.5, "tourSize": 4}`, func(p *dispatch.Problem) any {
			return []int64{p.Technicians[0].MaxDistance, int64(p.Technicians[0].MaxVisits)}
		}, []int64{5000, 4}},
		{"longest duration", `"capacity": [1]`, `"capacity": [1], "limits": {"maxDuration": 3600}`, func(p *dispatch.Problem) any { return p.Technicians[2].MaxDuty }, dispatch.Tick(3600)},
		{"scale", `{"matrix": "car"}`, `{"matrix": "car", "scale": 2}`, func(p *dispatch.Problem) any {
			return []any{p.Travel[0].Name, p.Travel[0].Time.At(0, 1)}
		}, []any{"car times 2", int32(222)}},
		{
			"break", end, `"breaks": [{"time": ["2024-05-06T12:00:00Z", "2024-05-06T13:00:00Z"], "places": [{"duration": 900}]}], ` + end, func(p *dispatch.Problem) any { return p.Technicians[1].Shifts[0].Breaks },
			[]dispatch.Break{{ID: "break", Duration: 900, Windows: []dispatch.TimeWindow{{Start: 21600, End: 25201}}}},
		},
		// An offset counts from the fixed departure at 07:00 +01:00, tick 0.
		{
			"required break by offset", `"latest": "2024-05-06T07:00:00+01:00", "location": {"lat": 0, "lng": 0}}`,
			`"latest": "2024-05-06T07:00:00+01:00", "location": {"lat": 0, "lng": 0}}, "breaks": [{"time": {"earliest": 7200, "latest": 7300}, "duration": 60}]`,
			func(p *dispatch.Problem) any { return p.Technicians[2].Shifts[0].Breaks },
			[]dispatch.Break{{ID: "break", Duration: 60, Windows: []dispatch.TimeWindow{{Start: 7200, End: 7301}}}},
		},
		{
			"reload", end, `"reloads": [{"location": {"lat": 0, "lng": 0.03}, "duration": 600, "times": [["2024-05-06T06:00:00Z", "2024-05-06T06:00:09Z"]]}], ` + end,
			func(p *dispatch.Problem) any { return p.Technicians[0].Depots },
			[]dispatch.Depot{{Place: 1, Duration: 600, MaxStops: 1, Windows: []dispatch.TimeWindow{{Start: 0, End: 10}}}},
		},
		{
			"unknown start", `"2024-05-06T08:00:00Z", "location": {"lat": 0, "lng": 0}`, `"2024-05-06T08:00:00Z", "location": {"type": "unknown"}`,
			func(p *dispatch.Problem) any { return p.Technicians[0].Shifts[0].StartPlace }, dispatch.NoPlace,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, tt.get(pragWith(t, tt.old, tt.new))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// pragDayPlan is worked out by hand for testdata/pragmatic/day.json. 0.01 degrees on the equator are 1,111.95 m: 1,112 m
// and 111 s, 2,224 m and 222 s, 3,336 m and 334 s for one, two and three. Tick 0 is 08:00.
//
// j1 opens at 09:00 = 3600, so the tour leaves at 3489. Work 300 until 3900; j2's pickup at the same place 60 until 3960;
// 111 s to its delivery at 4071, work 120 until 4191. The break opens at 09:10 = 4200 on the way back: 9 s of the 222 are
// driven before it, 213 after its end at 5100: reload at 5313, until 5913. 334 s to j3 at 6247, work 200 until 6447; home
// at 6781. Duration 3,292 s; distance 1112 + 1112 + 2224 + 3336 + 3336 = 11,120 m; cost 10 + 11.12 + 32.92 = 54.04.
func pragDayPlan(fixed int64) *dispatch.Plan {
	visit := func(v int32, s dispatch.Stop) dispatch.Stop {
		s.Kind, s.Visit, s.Break, s.Depot = dispatch.StopVisit, v, -1, -1
		return s
	}
	return &dispatch.Plan{
		Routes: []dispatch.Route{{
			Departure: 3489, End: 6781, EndTravel: 334, EndDistance: 3336,
			Cost: dispatch.Cost{dispatch.TermFixed: fixed, dispatch.TermDistance: 11120, dispatch.TermDuty: 32920},
			Stops: []dispatch.Stop{
				visit(0, dispatch.Stop{Travel: 111, Distance: 1112, Arrival: 3600, Start: 3600, End: 3900}),
				visit(1, dispatch.Stop{Arrival: 3900, Start: 3900, End: 3960}),
				visit(2, dispatch.Stop{Travel: 111, Distance: 1112, Arrival: 4071, Start: 4071, End: 4191}),
				{Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1, Travel: 9, Arrival: 4200, Start: 4200, End: 5100},
				{Kind: dispatch.StopDepot, Visit: -1, Break: -1, Depot: 0, Travel: 213, Distance: 2224, Arrival: 5313, Start: 5313, End: 5913},
				visit(3, dispatch.Stop{Travel: 334, Distance: 3336, Arrival: 6247, Start: 6247, End: 6447}),
			},
		}},
		Unassigned: []dispatch.Unassigned{{Visit: 4, Technician: -1, Reason: dispatch.ReasonSkillMissing}},
	}
}

func TestPragmaticPlanIsWrittenAsComputedByHand(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "pragmatic/day.json", Pragmatic)
	checkWritten(t, d, pragDayPlan(d.Problem.Technicians[0].Rates.Fixed), "pragmatic/day.solution.json")
}

func TestPragmaticPlanIsReadBack(t *testing.T) {
	t.Parallel()
	checkReadBack(t, mustRead(t, "pragmatic/day.json", Pragmatic), pragDayPlan(0))
}

func TestReadPragmaticPlanRefuses(t *testing.T) {
	t.Parallel()
	tour := func(activity string) string {
		return "{\"tours\":[{\"vehicleId\":\"van_1\",\n\"stops\":[{\"location\":{\"lat\":0,\"lng\":0},\"activities\":[" + activity + "]}]}]}"
	}
	testPlanFaults(t, mustRead(t, "pragmatic/day.json", Pragmatic), []struct{ name, text, want string }{
		{"no solution", "{}", "p:1: tours: missing: want a pragmatic solution"},
		{"vehicle", `{"tours":[{"vehicleId":"x"}]}`, `p:1: tours[0].vehicleId: is "x", want the id of a vehicle of the problem`},
		{"shift", `{"tours":[{"vehicleId":"van_1","shiftIndex":1}]}`, `p:1: tours[0].shiftIndex: is 1, want less than 1`},
		{"job", tour(`{"jobId":"j9","type":"service"}`), `p:2: tours[0].stops[0].activities[0]: is the service of job "j9", which the problem does not have`},
		{"kind of job", tour(`{"jobId":"j1","type":"pickup"}`), `p:2: tours[0].stops[0].activities[0]: is the pickup of job "j1", which the problem does not have`},
		{"breaks", tour(`{"type":"break"},{"type":"break"}`), `p:2: tours[0].stops[0].activities[1]: is break number 2 of the tour, the shift has 1`},
		{"reloads", tour(`{"type":"reload"},{"type":"reload"}`), `p:2: tours[0].stops[0].activities[1]: is a reload where the vehicle has none left`},
	})
}

func FuzzReadPragmatic(f *testing.F) {
	f.Add([]byte(readFixture(f, "pragmatic/day.json")))
	f.Add([]byte(readFixture(f, "pragmatic/small.json")))
	f.Fuzz(func(t *testing.T, data []byte) { checkAccepted(t, readPragmatic, data) })
}

func TestPragmaticPlanOfAnOpenTourEndsAtItsLastJob(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "pragmatic/small.json"), `+01:00", "location": {"lat": 0, "lng": 0}}`, `+01:00", "location": {"type": "unknown"}}`, 1)
	d, err := readPragmatic("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	// The bike starts nowhere, so it is at job a at its fixed departure at 06:00 UTC; 300 s of work cost 300 * 0.005 = 1.5.
	plan := &dispatch.Plan{
		Routes: []dispatch.Route{{Technician: 2, End: 300, Stops: []dispatch.Stop{
			{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: -1, End: 300},
		}}},
		Unassigned: []dispatch.Unassigned{
			{Visit: 1, Reason: dispatch.ReasonNotTried},
			{Visit: 2, Reason: dispatch.ReasonCapacity, Detail: "two do not fit on the bike"},
			{Visit: 3, Reason: dispatch.ReasonPair},
		},
	}
	want := `"stops":[{"location":{"type":"unknown"},"time":{"arrival":"2024-05-06T06:00:00Z","departure":"2024-05-06T06:00:00Z"},"distance":0,"load":[0],"activities":[{"jobId":"departure","type":"departure"}]},` +
		`{"location":{"lat":0,"lng":0.01},"time":{"arrival":"2024-05-06T06:00:00Z","departure":"2024-05-06T06:05:00Z"},"distance":0,"load":[0],"activities":[{"jobId":"a","type":"service"}]}],` +
		`"statistic":{"cost":1.5,"distance":0,"duration":300,"times":{"driving":0,"serving":300,"waiting":0,"break":0,"commuting":0,"parking":0}}}],` +
		`"unassigned":[{"jobId":"b","reasons":[{"code":"NO_REASON_FOUND","description":"unknown"}]},{"jobId":"c","reasons":[{"code":"CAPACITY_CONSTRAINT","description":"two do not fit on the bike"}]}]}`
	if got := writeNative(t, d, plan); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
}

func TestPragmaticReasons(t *testing.T) {
	t.Parallel()
	for reason, want := range map[dispatch.Reason]string{
		dispatch.ReasonSkillLevel: "SKILL_CONSTRAINT", dispatch.ReasonExcluded: "SKILL_CONSTRAINT", dispatch.ReasonWindowClosed: "TIME_WINDOW_CONSTRAINT",
		dispatch.ReasonOutOfShift: "TIME_WINDOW_CONSTRAINT", dispatch.ReasonUnreachable: "REACHABLE_CONSTRAINT", dispatch.ReasonMaxDistance: "MAX_DISTANCE_CONSTRAINT",
		dispatch.ReasonMaxVisits: "TOUR_SIZE_CONSTRAINT", dispatch.ReasonBreak: "BREAK_CONSTRAINT", dispatch.ReasonPinned: "LOCKING_CONSTRAINT",
		dispatch.ReasonDisplaced: "NO_REASON_FOUND", "": "NO_REASON_FOUND",
	} {
		if got := pragReasonOf(reason).Code; got != want {
			t.Errorf("%q is %s, want %s", reason, got, want)
		}
	}
}
