package problem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

// vroomText is a file with one vehicle (line 2), one job (line 3) and a matrix of two places (line 4); the parts are put
// into the vehicle, the job and the top.
func vroomText(vehicle, job, top string) string {
	return fmt.Sprintf("{\n\"vehicles\":[{\"id\":1,\"start_index\":0%s}],\n\"jobs\":[{\"id\":2,\"location_index\":1%s}],\n"+
		"\"matrices\":{\"car\":{\"durations\":[[0,5],[7,0]]}}%s}", vehicle, job, top)
}

// onGlobe is a file without matrices: the job is on line 3.
func onGlobe(location string) string {
	return "{\n\"vehicles\":[{\"id\":1,\"start\":[120.2,30.2]}],\n\"jobs\":[{\"id\":2" + location + "}]}"
}

func TestReadVROOMRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"steps", vroomText(`,"steps":[]`, "", ""), "f:2: vehicles[0].steps: not supported: a given route is neither a start nor a rule here"},
		{"break load", vroomText(`,"breaks":[{"id":1,"max_load":[1]}]`, "", ""), "f:2: vehicles[0].breaks[0].max_load: not supported: a break is allowed at any load"},
		{"cost matrix", strings.Replace(vroomText("", "", ""), `"car":{`, `"car":{"costs":[[0]],`, 1), "f:4: matrices.car.costs: not supported: cost follows durations and distances"},
		{"unknown field", vroomText(`,"colour":1`, "", ""), "f:2: vehicles[0].colour: unknown field, want one of id, profile, description, start, start_index, end, end_index, capacity, costs, skills, type, time_window, breaks, speed_factor, max_tasks, max_travel_time, max_distance, steps"},
		{"no vehicles", `{"jobs":[]}`, "f:1: vehicles: want at least one vehicle"},
		{"no vehicle id", strings.Replace(vroomText("", "", ""), `"id":1,`, "", 1), "f:2: vehicles[0].id: missing"},
		{"vehicle id twice", strings.Replace(vroomText("", "", ""), `"start_index":0}`, `"start_index":0},{"id":1,"start_index":0}`, 1), "f:2: vehicles[1].id: is 1, want an id that no other vehicle has"},
		{"neither start nor end", strings.Replace(vroomText("", "", ""), `,"start_index":0`, "", 1), "f:2: vehicles[0]: has neither start nor end, want at least one of them"},
		{"no job id", strings.Replace(vroomText("", "", ""), `"id":2,`, "", 1), "f:3: jobs[0].id: missing"},
		{"job id twice", strings.Replace(vroomText("", "", ""), `"location_index":1}`, `"location_index":1},{"id":2,"location_index":0}`, 1), "f:3: jobs[1].id: is 2, want an id that no other job has"},
		{"fraction", vroomText("", `,"service":1.5`, ""), "f:3: jobs[0].service: is 1.5, want a whole number that is not negative"},
		{"negative", vroomText("", `,"setup":-1`, ""), "f:3: jobs[0].setup: is -1, want a whole number that is not negative"},
		{"too long", vroomText("", `,"service":300000000`, ""), "f:3: jobs[0].service: is 300000000, want at most 268435455 seconds"},
		{"too long by type", vroomText("", `,"setup_per_type":{"a":300000000}`, ""), "f:3: jobs[0].setup_per_type.a: is 300000000, want at most 268435455 seconds"},
		{"empty type", vroomText("", `,"service_per_type":{"":3}`, ""), "f:3: jobs[0].service_per_type: has an empty vehicle type"},
		{"priority", vroomText("", `,"priority":101`, ""), "f:3: jobs[0].priority: is 101, want between 0 and 100"},
		{"unsorted windows", vroomText("", `,"time_windows":[[50,60],[10,20]]`, ""), "f:3: jobs[0].time_windows[1]: starts at 10, want windows in order that do not overlap or touch: the one before ends at 60"},
		{"overlapping windows", vroomText("", `,"time_windows":[[10,20],[15,30]]`, ""), "f:3: jobs[0].time_windows[1]: starts at 15, want windows in order that do not overlap or touch: the one before ends at 20"},
		{"touching windows", vroomText("", `,"time_windows":[[10,20],[20,30]]`, ""), "f:3: jobs[0].time_windows[1]: starts at 20, want windows in order that do not overlap or touch: the one before ends at 20"},
		{"no windows in the list", vroomText("", `,"time_windows":[]`, ""), "f:3: jobs[0].time_windows: is empty, want at least one window or no such field"},
		{"window of three", vroomText("", `,"time_windows":[[1,2,3]]`, ""), "f:3: jobs[0].time_windows[0]: has 3 numbers, want [start, end]"},
		{"window backwards", vroomText(`,"time_window":[9,8]`, "", ""), "f:2: vehicles[0].time_window: is [9, 8], want a start that is not after the end"},
		{"timestamps far apart", vroomText(`,"time_window":[5000000000,5000000001]`, `,"time_windows":[[1700000000,1700000001]]`, ""), "f:2: vehicles[0].time_window: is [5000000000, 5000000001], want a time between 1699395200 and 1967830655 as the other windows have"},
		{"break without id", vroomText(`,"breaks":[{}]`, "", ""), "f:2: vehicles[0].breaks[0].id: missing"},
		{"break id twice", vroomText(`,"breaks":[{"id":1},{"id":1}]`, "", ""), "f:2: vehicles[0].breaks[1].id: is 1, want an id that no other break of the vehicle has"},
		{"speed", vroomText(`,"speed_factor":0`, "", ""), "f:2: vehicles[0].speed_factor: is 0, want more than 0 (from 0.01 on) and at most 5"},
		{"speed too high", vroomText(`,"speed_factor":5.001`, "", ""), "f:2: vehicles[0].speed_factor: is 5.001, want more than 0 (from 0.01 on) and at most 5"},
		{"no tasks", vroomText(`,"max_tasks":0`, "", ""), "f:2: vehicles[0].max_tasks: is 0, want at least 1; leave out a vehicle that must not be used"},
		{"distance limit without distances", vroomText(`,"max_distance":5`, "", ""), "f:2: vehicles[0].max_distance: needs matrices.car.distances"},
		{"cost of distance without distances", vroomText(`,"costs":{"per_km":5}`, "", ""), "f:2: vehicles[0].costs.per_km: needs matrices.car.distances"},
		{"cost too high", vroomText(`,"costs":{"fixed":1000000001}`, "", ""), "f:2: vehicles[0].costs.fixed: is 1000000001, want at most 1000000000"},
		{"amounts without capacity", vroomText("", `,"delivery":[1]`, ""), "f:3: jobs[0].delivery: has 1 numbers, want none: no vehicle has a capacity"},
		{"amounts of another length", vroomText(`,"capacity":[5]`, `,"pickup":[1,2]`, ""), "f:3: jobs[0].pickup: has 2 numbers, want 1 as vehicles[0].capacity has"},
		{"amount too large", vroomText(`,"capacity":[5]`, `,"pickup":[2000000000]`, ""), "f:3: jobs[0].pickup[0]: makes the sum of all amounts more than 1073741824"},
		{"old and new amount", vroomText(`,"capacity":[5]`, `,"amount":[1],"pickup":[2]`, ""), "f:3: jobs[0].amount: given beside delivery or pickup: it is the old name of delivery"},
		{"profile", vroomText(`,"profile":"bike"`, "", ""), "f:2: vehicles[0].profile: is \"bike\", want one of matrices: [\"car\"]"},
		{"index beyond the matrix", strings.Replace(vroomText("", "", ""), `"location_index":1`, `"location_index":1000000000`, 1), "f:3: jobs[0].location_index: is 1000000000, want less than 2, the size of the matrix"},
		{"no index", strings.Replace(vroomText("", "", ""), `,"location_index":1`, `,"location":[1,2]`, 1), "f:3: jobs[0].location_index: missing: with matrices every place needs its index"},
		{"matrix not square", strings.Replace(vroomText("", "", ""), `[7,0]`, `[7]`, 1), "f:4: matrices.car.durations[1]: has 1 numbers, want 2: the matrix must be square"},
		{"negative travel", strings.Replace(vroomText("", "", ""), `[7,0]`, `[-7,0]`, 1), "f:4: matrices.car.durations[1][0]: is -7, want a whole number that is not negative"},
		{"no durations", strings.Replace(vroomText("", "", ""), `[[0,5],[7,0]]`, `[]`, 1), "f:4: matrices.car: has no durations"},
		{"distances of another size", strings.Replace(vroomText("", "", ""), `"car":{`, `"car":{"distances":[[0]],`, 1), "f:4: matrices.car.distances: has 1 rows, want 2 as the first matrix has"},
		{"matrix and matrices", vroomText("", "", `,"matrix":[[0]]`), "f:4: matrix: given beside matrices: want one of them"},
		{"shipment without delivery", vroomText("", "", `,"shipments":[{"pickup":{"id":1,"location_index":0}}]`), "f:4: shipments[0].delivery: missing"},
		{"shipment priority", vroomText("", "", `,"shipments":[{"priority":500}]`), "f:4: shipments[0].priority: is 500, want between 0 and 100"},
		{"no coordinates", onGlobe(""), "f:3: jobs[0].location: missing: without matrices every place needs coordinates"},
		{"one coordinate", onGlobe(`,"location":[5]`), "f:3: jobs[0].location: has 1 numbers, want [lon, lat]"},
		{"number beyond float64", onGlobe(`,"location":[1e999,5]`), "f:3: jobs[0].location[0]: is 1e999, want a number"},
		{"swapped coordinates", onGlobe(`,"location":[30.2,120.2]`), "f:3: jobs[0].location: want [lon, lat]: lat is 120.2; want degrees in [-90, 90]; latitude and longitude look swapped: lat 30.2, lon 120.2 would be valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readVROOM("f", []byte(tt.text))
			if got := message(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReadVROOMFields(t *testing.T) {
	t.Parallel()
	p := mustRead(t, "vroom/day.json", VROOM).Problem
	// Costs per second, metre and second of work are 1.5, 0.5 and 0.5: halves of a unit, so 2 parts a unit. The second
	// vehicle has VROOM's default of 1 a second.
	if p.Scale.CostPerUnit != 2 {
		t.Fatalf("cost scale %d, want 2", p.Scale.CostPerUnit)
	}
	want := []dispatch.Technician{
		{ID: "7", Name: "van", Capacity: []int32{10}, Rates: dispatch.Rates{Fixed: 100, Travel: 3, Distance: 1, OnSite: 1}, Shifts: []dispatch.Shift{{
			Start: 1000, End: 5000, LatestDeparture: dispatch.NoTick,
			Breaks: []dispatch.Break{{ID: "1", Windows: []dispatch.TimeWindow{{Start: 1500, End: 1601}}, Duration: 300}},
		}}},
		{ID: "8", Capacity: []int32{1}, Rates: dispatch.Rates{Travel: 2}, Shifts: []dispatch.Shift{{
			End: dispatch.Far / 4, LatestDeparture: dispatch.NoTick, StartPlace: 3, EndPlace: dispatch.NoPlace,
		}}},
	}
	if d := cmp.Diff(want, p.Technicians); d != "" {
		t.Errorf("technicians (-want +got):\n%s", d)
	}
	visits := []dispatch.Visit{
		{ID: "11", Place: 1, Windows: []dispatch.TimeWindow{{Start: 1300, End: 1401}, {Start: 1500, End: 1601}}, OnSite: 200, Entry: 60, Building: "1", Deliver: []int32{2}},
		{ID: "12", Place: 1, OnSite: 100, Entry: 60, Building: "1", Collect: []int32{1}, Priority: 10},
		{ID: "13", Place: 3, Building: "3", Skills: []dispatch.SkillLevel{{Skill: "9", Level: 1}}},
		{ID: "pickup 21", Place: 2, OnSite: 30, Building: "2", Priority: 5},
		{ID: "delivery 21", Place: 3, OnSite: 40, Building: "3", Priority: 5},
	}
	for i := range visits {
		visits[i].Due, visits[i].Urgency = dispatch.NoTick, dispatch.UrgencyNormal
	}
	if d := cmp.Diff(visits, p.Visits); d != "" {
		t.Errorf("visits (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]dispatch.Pair{{First: 3, Second: 4, Amount: []int32{3}}}, p.Pairs); d != "" {
		t.Errorf("pairs (-want +got):\n%s", d)
	}
	if !p.Policy.Unserved.Lexicographic || !p.Places[3].OnGlobe || p.Places[3].Point.Lon != 120.2 || p.Travel[0].Distance.At(0, 3) != 3000 {
		t.Errorf("policy %+v, place %+v", p.Policy, p.Places[3])
	}
}

func TestReadVROOMSingleFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		get        func(p *dispatch.Problem) any
		want       any
	}{
		{"speed factor", vroomText(`,"speed_factor":1.25`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].SpeedPercent }, int32(125)},
		{"most tasks", vroomText(`,"max_tasks":3`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].MaxVisits }, int32(3)},
		{"longest travel", vroomText(`,"max_travel_time":900`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].MaxTravel }, dispatch.Tick(900)},
		{"longest travel beyond all", vroomText(`,"max_travel_time":99999999999`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].MaxTravel }, dispatch.Far / 4},
		{"vehicle type", vroomText(`,"type":"big"`, `,"service":9,"service_per_type":{"big":5},"setup_per_type":{"big":6}`, ""), func(p *dispatch.Problem) any {
			return []any{p.Technicians[0].Kind, p.Visits[0].OnSiteBy["big"], p.Visits[0].EntryBy["big"], p.Visits[0].Building}
		}, []any{"big", dispatch.Tick(5), dispatch.Tick(6), "1"}},
		{
			"vehicle skills", vroomText(`,"skills":[3,14]`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].Skills },
			[]dispatch.SkillLevel{{Skill: "3", Level: 1}, {Skill: "14", Level: 1}},
		},
		{
			"window without an end", vroomText("", `,"time_windows":[[5,4294967295]]`, ""), func(p *dispatch.Problem) any { return p.Visits[0].Windows },
			[]dispatch.TimeWindow{{Start: 5, End: dispatch.Far/4 + 1}},
		},
		{
			"windows a second apart", vroomText("", `,"time_windows":[[0,4],[5,5]]`, ""), func(p *dispatch.Problem) any { return p.Visits[0].Windows },
			[]dispatch.TimeWindow{{Start: 0, End: 5}, {Start: 5, End: 6}},
		},
		{"end alone", strings.Replace(vroomText("", "", ""), "start_index", "end_index", 1), func(p *dispatch.Problem) any {
			return []int32{p.Technicians[0].Shifts[0].StartPlace, p.Technicians[0].Shifts[0].EndPlace}
		}, []int32{dispatch.NoPlace, 0}},
		{"old matrix", `{"vehicles":[{"id":1,"start_index":0}],"matrix":[[0,1],[2,0]]}`, func(p *dispatch.Problem) any { return p.Travel[0].Time.At(1, 0) }, int32(2)},
		{"no way", strings.Replace(vroomText("", "", ""), `[7,0]`, `[4294967295,0]`, 1), func(p *dispatch.Problem) any { return p.Travel[0].Time.At(1, 0) }, dispatch.Unreachable},
		{"old amount", vroomText(`,"capacity":[4]`, `,"amount":[3]`, ""), func(p *dispatch.Problem) any { return p.Visits[0].Deliver }, []int32{3}},
		{"endless capacity", vroomText(`,"capacity":[99999999999]`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].Capacity }, []int32{1 << 30}},
		// 4000 an hour is 10/9 a second: 9 parts a unit make 10 a second.
		{"cost of an hour", vroomText(`,"costs":{"per_hour":4000}`, "", ""), func(p *dispatch.Problem) any { return []int64{p.Scale.CostPerUnit, p.Technicians[0].Rates.Travel} }, []int64{9, 10}},
		{"free travel", vroomText(`,"costs":{"per_hour":0,"fixed":7}`, "", ""), func(p *dispatch.Problem) any { return p.Technicians[0].Rates }, dispatch.Rates{Fixed: 7}},
		{"places by coordinates", onGlobe(`,"location":[120.2,30.2]`), func(p *dispatch.Problem) any { return len(p.Places) }, 1},
		// 0.01 degrees of longitude on the equator are 1,111.95 m; times 1.4 are 1,556.73 m; at 25 km/h 224.2 s.
		{"straight lines", `{"vehicles":[{"id":1,"start":[0,0],"end":[0.01,0]}]}`, func(p *dispatch.Problem) any {
			return []int32{p.Travel[0].Time.At(0, 1), p.Travel[0].Distance.At(1, 0)}
		}, []int32{224, 1557}},
		// A week before 1,700,000,000 is 1,699,395,200: the window is 604,800 s later.
		{"timestamps", vroomText("", `,"time_windows":[[1700000000,1700000060]]`, ""), func(p *dispatch.Problem) any {
			return []any{p.Origin.Unix(), p.Visits[0].Windows[0]}
		}, []any{int64(1699395200), dispatch.TimeWindow{Start: 604800, End: 604861}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := readVROOM("f", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.get(d.Problem)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// vroomDayPlan is worked out by hand for testdata/vroom/day.json.
//
// Vehicle 7 leaves at 1200 and is at job 11 when its window opens at 1300; setup 60 and work 200 end at 1560. The break
// must start by 1600, so it is taken there, until 1860. Job 12 is at the same place, without setup: until 1960. The
// shipment: 150 s to 2110, work 30; 120 s to 2260, work 40, until 2300. Home at 2600. Travel 100+0+150+120+300 = 670 s,
// distance 6,700 m, task time 60+200+100+30+40 = 430 s. Cost in halves: fixed 100, travel 670*3, distance 6700*1, work 430*1.
func vroomDayPlan() *dispatch.Plan {
	return &dispatch.Plan{
		Routes: []dispatch.Route{{
			Departure: 1200, End: 2600, EndTravel: 300, EndDistance: 3000,
			Cost: dispatch.Cost{dispatch.TermFixed: 100, dispatch.TermTravel: 2010, dispatch.TermDistance: 6700, dispatch.TermOnSite: 430},
			Stops: []dispatch.Stop{
				{Kind: dispatch.StopVisit, Visit: 0, Break: -1, Depot: -1, Travel: 100, Distance: 1000, Arrival: 1300, Start: 1300, Entry: 60, End: 1560},
				{Kind: dispatch.StopBreak, Visit: -1, Break: 0, Depot: -1, Arrival: 1560, Start: 1560, End: 1860},
				{Kind: dispatch.StopVisit, Visit: 1, Break: -1, Depot: -1, Arrival: 1860, Start: 1860, End: 1960},
				{Kind: dispatch.StopVisit, Visit: 3, Break: -1, Depot: -1, Travel: 150, Distance: 1500, Arrival: 2110, Start: 2110, End: 2140},
				{Kind: dispatch.StopVisit, Visit: 4, Break: -1, Depot: -1, Travel: 120, Distance: 1200, Arrival: 2260, Start: 2260, End: 2300},
			},
		}},
		Unassigned: []dispatch.Unassigned{{Visit: 2, Technician: -1, Reason: dispatch.ReasonSkillMissing}},
	}
}

func TestVROOMPlanIsWrittenAsComputedByHand(t *testing.T) {
	t.Parallel()
	checkWritten(t, mustRead(t, "vroom/day.json", VROOM), vroomDayPlan(), "vroom/day.solution.json")
}

func TestVROOMPlanIsReadBack(t *testing.T) {
	t.Parallel()
	checkReadBack(t, mustRead(t, "vroom/day.json", VROOM), vroomDayPlan())
}

func TestVROOMTimestampsAreWrittenAsRead(t *testing.T) {
	t.Parallel()
	d, err := readVROOM("f", []byte(vroomText("", `,"time_windows":[[1700000000,1700000060]]`, "")))
	if err != nil {
		t.Fatal(err)
	}
	plan := &dispatch.Plan{Routes: []dispatch.Route{{Departure: 604795, End: 604800, Stops: []dispatch.Stop{
		{Kind: dispatch.StopVisit, Break: -1, Depot: -1, Travel: 5, Arrival: 604800, Start: 604800, End: 604800},
	}}}}
	out := writeNative(t, d, plan)
	// The vehicle has no end: the last step is at the task.
	for _, want := range []string{
		`{"type":"start","location_index":0,"arrival":1699999995,`, `{"type":"job","id":2,"job":2,"location_index":1,"arrival":1700000000,"duration":5,`,
		`{"type":"end","location_index":1,"arrival":1700000000,"duration":5,`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nis not in\n%s", want, out)
		}
	}
}

func TestReadVROOMPlanRefuses(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "vroom/day.json", VROOM)
	for _, tt := range []struct{ text, want string }{
		{"{}", "s:1: code: missing: want a VROOM solution"},
		{`{"code":2,"error":"no"}`, "s:1: code: is 2, want 0: no"},
		{"{\"code\":0,\n\"routes\":[{}]}", "s:2: routes[0].vehicle: missing"},
		{`{"code":0,"routes":[{"vehicle":5}]}`, "s:1: routes[0].vehicle: is 5, want the id of a vehicle of the problem"},
		{`{"code":0,"routes":[{"vehicle":7,"steps":[{"type":"job"}]}]}`, "s:1: routes[0].steps[0]: has no id"},
		{`{"code":0,"routes":[{"vehicle":7,"steps":[{"type":"job","id":21}]}]}`, `s:1: routes[0].steps[0]: is "job" 21, which the problem does not have`},
		{`{"code":0,"routes":[{"vehicle":8,"steps":[{"type":"break","id":1}]}]}`, "s:1: routes[0].steps[0]: is break 1, which the vehicle does not have"},
		{"{\"code\":0,\n\"routes\":5}", "s:2: routes: is a number, which does not belong there"},
		{"{\"code\":0,", "s:1: not JSON: unexpected end of JSON input"},
	} {
		if _, err := d.ReadPlan("s", []byte(tt.text)); message(err) != tt.want {
			t.Errorf("got  %s\nwant %s", message(err), tt.want)
		}
	}
}

func TestReadVROOMDoesNotAllocateByIndex(t *testing.T) {
	text := []byte(strings.ReplaceAll(vroomText("", "", ""), `_index":1`, `_index":4000000000`))
	if got := allocated(func() { _, _ = readVROOM("f", text) }); got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
	rows := []byte(`{"vehicles":[{"id":1,"start_index":0}],"matrix":[` + strings.Repeat("[],", 20000) + `[]]}`)
	if got := allocated(func() { _, _ = readVROOM("f", rows) }); got > 64<<20 {
		t.Errorf("%d bytes were allocated for a column of empty rows", got)
	}
}

func TestReadVROOMRefusesTooManyPlacesWithoutMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{\"vehicles\":[{\"id\":1,\"start\":[0,0]}],\n\"jobs\":[")
	for i := range 5001 {
		fmt.Fprintf(&b, `{"id":%d,"location":[1,%v]},`, i, float64(i)/100)
	}
	text := strings.TrimSuffix(b.String(), ",") + "]}"
	_, err := readVROOM("f", []byte(text))
	if want := "f:1: matrices: missing, and 5002 different places over more than 100 km, times 1 for speeds, are too many for straight lines"; message(err) != want {
		t.Errorf("got %s, want %s", message(err), want)
	}
}

func FuzzReadVROOM(f *testing.F) {
	f.Add([]byte(readFixture(f, "vroom/day.json")))
	f.Add([]byte(onGlobe(`,"location":[120,30],"setup":4`)))
	f.Add([]byte(vroomText(`,"time_window":[1700000000,1800000000]`, `,"time_windows":[[1700000000,99999999999999]]`, "")))
	f.Fuzz(func(t *testing.T, data []byte) { checkAccepted(t, readVROOM, data) })
}

// checkWritten compares the native form of a plan with a file, and asks the checker whether the plan holds what it states.
func checkWritten(t *testing.T, d *Document, plan *dispatch.Plan, path string) {
	t.Helper()
	plan.Cost = check.Plan(d.Problem, plan).Cost
	if report := check.Plan(d.Problem, plan); len(report.Violations) > 0 {
		t.Errorf("the plan of the test is wrong: %v", report.Violations)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(readFixture(t, path))); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.String(), strings.TrimSpace(writeNative(t, d, plan))); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

// checkReadBack writes a plan, reads it and compares what a plan file holds: technician, shift, order and what is left out.
func checkReadBack(t *testing.T, d *Document, plan *dispatch.Plan) {
	t.Helper()
	got, err := d.ReadPlan("answer", []byte(writeNative(t, d, plan)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(orderOnly(plan), orderOnly(got)); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
}

func orderOnly(plan *dispatch.Plan) any {
	type stop struct{ Visit, Break, Depot int32 }
	type route struct {
		Technician, Shift int32
		Stops             []stop
	}
	var routes []route
	for _, r := range plan.Routes {
		out := route{Technician: r.Technician, Shift: r.Shift}
		for _, s := range r.Stops {
			out.Stops = append(out.Stops, stop{s.Visit, s.Break, s.Depot})
		}
		routes = append(routes, out)
	}
	var left []int32
	for _, u := range plan.Unassigned {
		left = append(left, u.Visit)
	}
	return []any{routes, left}
}

// checkAccepted reads fuzzed data: a fault is an *Error, and what is accepted is valid and can be answered.
func checkAccepted(t *testing.T, read func(string, []byte) (*Document, error), data []byte) {
	t.Helper()
	if len(data) > 1<<16 {
		return
	}
	d, err := read("f", data)
	if err != nil {
		if fault := (*Error)(nil); !errors.As(err, &fault) {
			t.Fatalf("%T is no *Error: %v", err, err)
		}
		return
	}
	if err := d.Problem.Validate(); err != nil {
		t.Fatal(err)
	}
	plan := &dispatch.Plan{}
	for i := range d.Problem.Visits {
		plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: int32(i)})
	}
	var out bytes.Buffer
	if err := d.native.writePlan(&out, d.Problem, plan); err != nil {
		t.Fatal(err)
	}
	if _, err := d.native.readPlan("answer", out.Bytes(), d.Problem); err != nil {
		t.Fatal(err)
	}
}
