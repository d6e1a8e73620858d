package problem

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/geo"
)

// eight is 08:00 of the fixture's day in ticks.
const eight = 8 * 3600

func TestFettleTechnician(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-fettle.json", Auto)
	p := d.Problem
	if d.Format != Fettle || p.Name != "every field once" || !p.Origin.Equal(time.Date(2026, 6, 14, 16, 0, 0, 0, time.UTC)) {
		t.Fatalf("%s %q at %v", d.Format, p.Name, p.Origin)
	}
	// Places: 0 the store, 1 Ann's home, 2 the tower, 3 v2's.
	want := []dispatch.Technician{{
		ID: "ann", Name: "Ann", Kind: "senior", SpeedPercent: 110, Tools: []string{"ladder"},
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 3}, {Skill: "gas", Level: 1}},
		Shifts: []dispatch.Shift{
			{
				Start: eight, End: 17*3600 + 1800, LatestDeparture: 10 * 3600, StartPlace: 1, EndPlace: 1, Overtime: 1800,
				Breaks: []dispatch.Break{{ID: "lunch", Windows: []dispatch.TimeWindow{{Start: 41400, End: 46800}}, Duration: 2700}},
			},
			{Start: 115200, End: 149400, LatestDeparture: dispatch.NoTick, StartPlace: 0, EndPlace: dispatch.NoPlace},
		},
		Capacity: []int32{4, 0},
		Depots: []dispatch.Depot{{
			Place: 0, Duration: 300, Windows: []dispatch.TimeWindow{{Start: eight, End: 17 * 3600}},
			MaxStops: 2, Unlimited: true, AllTools: true,
		}},
		MaxVisits: 8, MaxTravel: 7200, MaxDistance: 90000, MaxDuty: 28800, Territories: []string{"east"}, History: 3600,
		Rates: dispatch.Rates{Fixed: 100, Travel: 2, Distance: 1, Duty: 1, OnSite: 1, Overtime: 3},
	}, {
		ID: "bo", Travel: 1, Rates: dispatch.Rates{Travel: 1},
		Shifts: []dispatch.Shift{{Start: eight, End: 18 * 3600, LatestDeparture: dispatch.NoTick, StartPlace: dispatch.NoPlace, EndPlace: dispatch.NoPlace}},
	}}
	if diff := cmp.Diff(want, p.Technicians); diff != "" {
		t.Error(diff)
	}
	if p.Travel[0].Distance == nil || p.Travel[1].Distance != nil {
		t.Error("distances are kept where they are needed, and only there")
	}
}

func TestFettleVisitsAndPolicy(t *testing.T) {
	t.Parallel()
	p := mustRead(t, "tiny-fettle.json", Fettle).Problem
	want := []dispatch.Visit{{
		ID: "v1", WorkOrder: "w1", Place: 2, OnSite: 2700, OnSiteBy: map[string]dispatch.Tick{"senior": 1800},
		Entry: 240, EntryBy: map[string]dispatch.Tick{"senior": 120}, Building: "tower-a",
		Windows: []dispatch.TimeWindow{{Start: eight, End: eight + 900}, {Start: 36000, End: 39600}},
		Skills:  []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}}, Tools: []string{"ladder"}, Deliver: []int32{1, 0}, Collect: []int32{0, 1},
		Only: []dispatch.TechnicianID{"ann"}, Excluded: []dispatch.TechnicianID{"bo"}, Preferred: []dispatch.TechnicianID{"ann"},
		Territory: "east", Priority: 5, Unserved: 90000, Urgency: dispatch.UrgencyEmergency, Due: 12 * 3600, Tier: "gold",
		Pin: &dispatch.Pin{Technician: "ann", Start: 36000, Rank: 1, Adjacent: true},
	}, {
		ID: "v2", Place: 3, OnSite: 600, Urgency: dispatch.UrgencyNormal, Due: dispatch.NoTick,
	}, {
		ID: "v3", Place: 0, OnSite: 600, Urgency: dispatch.UrgencyNormal, Due: 43200,
	}}
	if diff := cmp.Diff(want, p.Visits); diff != "" {
		t.Error(diff)
	}
	policy := dispatch.Policy{
		ID: "day", Version: 2, Unserved: dispatch.UnservedPolicy{PerVisit: 1000, PerPriority: 500}, DefaultTier: "gold",
		Tiers:        []dispatch.LatenessTier{{Name: "gold", Steps: []dispatch.LatenessStep{{PerTick: 1}, {After: 3600, PerTick: 5}}}},
		SkillSurplus: 10, NotPreferred: 20, Fairness: 1,
	}
	if diff := cmp.Diff(policy, p.Policy); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]dispatch.Pair{{First: 1, Second: 2, Amount: []int32{0, 2}}}, p.Pairs); diff != "" {
		t.Error(diff)
	}
	wgs, err := geo.ToWGS84(geo.Point{Lat: 30.2231, Lon: 120.2123}, geo.GCJ02)
	if err != nil || p.Places[2].Point != wgs || p.Places[2].Name != "Tower A" {
		t.Errorf("%v, the tower is %+v, want %v", err, p.Places[2], wgs)
	}
}

func TestFettleLinks(t *testing.T) {
	t.Parallel()
	text := `{"technicians":[{"id":"a","home":{"latitude":30,"longitude":120},"shifts":[{"start":0,"end":3600}]}],
		"visits":[{"id":"1","place":{"index":0}},{"id":"2","place":{"index":0}},{"id":"3","place":{"index":0}}],
		"places":[{"latitude":30,"longitude":120}],
		"links":[{"first":"1","second":"2","maxGap":0,"both":true,"apart":true},{"first":"2","second":"3","minGap":"45m"}],
		"policy":{"maxLateness":7}}`
	p, err := Read("f", []byte(text), Auto)
	if err != nil {
		t.Fatal(err)
	}
	want := []dispatch.Link{
		{First: 0, Second: 1, Both: true, Apart: true},
		{First: 1, Second: 2, MinGap: 2700, MaxGap: dispatch.NoTick},
	}
	if diff := cmp.Diff(want, p.Problem.Links); diff != "" {
		t.Error(diff)
	}
	if p.Problem.Policy.MaxLateness != 7 {
		t.Errorf("largest lateness costs %d", p.Problem.Policy.MaxLateness)
	}
	wrong := strings.Replace(text, `"second":"3"`, `"second":"9"`, 1)
	if _, err := Read("f", []byte(wrong), Auto); err == nil || !strings.Contains(err.Error(), "links[1].second") {
		t.Errorf("an unknown visit: %v", err)
	}
}

func TestFettleDefaults(t *testing.T) {
	t.Parallel()
	text := `{"technicians":[{"id":"a","home":{"latitude":30,"longitude":120},"shifts":[{"start":0,"end":3600}]}],
		"visits":[{"id":"1","place":{"latitude":30,"longitude":120}},{"id":"2","place":{"latitude":30.1,"longitude":120}}]}`
	d, err := Read("f", []byte(text), Auto)
	if err != nil {
		t.Fatal(err)
	}
	p := d.Problem
	if !p.Policy.Unserved.Lexicographic || p.Technicians[0].Rates != (dispatch.Rates{Travel: 1}) || len(p.Places) != 2 {
		t.Errorf("policy %+v, rates %+v, %d places", p.Policy, p.Technicians[0].Rates, len(p.Places))
	}
	// A tenth of a degree of latitude is 11,119.5 m; * 1.4 / 25 km/h = 2241.7 s
	if got := p.Travel[0].Time.At(0, 1); got != 2242 {
		t.Errorf("the way takes %d s, want 2242", got)
	}
}

func TestFettleMatrix(t *testing.T) {
	t.Parallel()
	text := `{"travel":[{"times":[[0,10],[20,0]],"distances":[[0,100],[200,0]]}],
"technicians":[{"id":"a","home":{"index":0},"shifts":[{"start":0,"end":3600}]}],
"visits":[{"id":"1","place":{"index":1}}]}`
	d, err := Read("f", []byte(text), Auto)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.Problem; p.Travel[0].Time.At(1, 0) != 20 || p.Travel[0].Distance.At(0, 1) != 100 {
		t.Error("the matrix is not the file's")
	}
	for _, tt := range []fault{
		{"index too large", `{"index":1}`, `{"index":2}`, `f:3: visits[0].place.index: is 2, want an index below 2 and no coordinates beside it`},
		{"coordinates", `{"index":1}`, `{"latitude":1,"longitude":1}`, `f:3: visits[0].place: is a new place, want the index of one that the travel matrix covers`},
		{"row too short", `[20,0]`, `[20]`, `f:1: travel[0].times[1]: has 1 values, want 2`},
		{"too few rows", `[[0,100],[200,0]]`, `[[0,100]]`, `f:1: travel[0].distances: has 1 rows, want 2, one for each place`},
		{"negative", `[20,0]`, `[-20,0]`, `f:1: travel[0].times[1][0]: is -20, want a number from 0 to 268435456, which means no way`},
		{"straight line too", `"times"`, `"straightLine":{},"times"`, `f:1: travel[0]: want either straightLine or times (and perhaps distances)`},
	} {
		_, err := Read("f", []byte(strings.Replace(text, tt.old, tt.new, 1)), Fettle)
		if got := message(err); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestFettleFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, "tiny-fettle.json", Fettle, []fault{
		{"unknown field", `"history"`, `"hystory"`, `f:29: technicians[0].hystory: unknown field, want one of id, name, kind, home, skills, tools, shifts, travel, speedPercent, capacity, depots, maxVisits, maxTravel, maxDistance, maxDuty, territories, rates, history, attributes`},
		{"swapped coordinates", `"latitude": 30.21, "longitude": 120.21`, `"latitude": 120.21, "longitude": 30.21`, `f:14: technicians[0].home.latitude: is 120.21, want degrees in [-90, 90]; latitude and longitude look swapped: lat 30.21, lon 120.21 would be valid`},
		{"impossible longitude", `"longitude": 120.20}, "onSite": 600}`, `"longitude": 190}, "onSite": 600}`, `f:43: visits[1].place.longitude: is 190, want degrees in [-180, 180]`},
		{"NaN", `120.21}`, `NaN}`, `f:14: not JSON: invalid character 'N' looking for beginning of value`},
		{"no longitude", `, "longitude": 120.20}, "onSite"`, `}, "onSite"`, `f:43: visits[1].place.longitude: is missing beside the latitude`},
		{"unknown datum", `GCJ02`, `WGS72`, `f:35: visits[0].place.datum: is WGS72, want WGS84, GCJ02 or BD09`},
		{"no place", `"place": {"latitude": 30.22, "longitude": 120.20}, `, ``, `f:43: visits[1].place: is missing, want {"latitude": .., "longitude": ..} or {"index": ..}`},
		{"unknown place", `{"name": "store"}`, `{"name": "shop"}`, `f:26: technicians[0].depots[0].place: has no latitude and longitude, and "shop" is no name in places`},
		{"windows overlap", `{"start": 36000, "end": 39600}`, `{"start": 29000, "end": 39600}`, `f:36: visits[0].windows[1]: starts at 29000, want windows in order that do not overlap: the one before ends at "2026-06-15T08:15:00+08:00"`},
		{"window ends before it starts", `"end": 39600`, `"end": 35000`, `f:36: visits[0].windows[1]: ends at 35000, want an end after the start 36000`},
		{"time is no time", `"due": "2026-06-15T12:00:00+08:00"`, `"due": "noon"`, `f:40: visits[0].due: is "noon", want an RFC 3339 time in whole seconds, as "2026-06-15T08:00:00+08:00"`},
		{"fraction of a second", `"due": 43200`, `"due": 43200.5`, `f:44: visits[2].due: is 43200.5, want whole seconds or an RFC 3339 time`},
		{"another century", `"due": 43200`, `"due": "2126-06-15T12:00:00+08:00"`, `f:44: visits[2].due: is "2126-06-15T12:00:00+08:00", want a time within 17 years of the origin`},
		{"wall times without origin", `"origin": "2026-06-15T00:00:00+08:00",`, ``, `f:19: technicians[0].shifts[0].start: is "2026-06-15T08:00:00+08:00", want an origin at the top of the file beside wall times`},
		{"origin in seconds", `"origin": "2026-06-15T00:00:00+08:00"`, `"origin": 5`, `f:4: origin: is 5, want an RFC 3339 time, as "2026-06-15T00:00:00+08:00"`},
		{"duration is none", `"PT45M"`, `"PT45"`, `f:21: technicians[0].shifts[0].breaks[0].duration: is "PT45", want a length of time in whole seconds, as 2700, "2700s", "45m" or "PT45M"`},
		{"negative duration", `"onSite": 600}`, `"onSite": -600}`, `f:43: visits[1].onSite: is -600, want a length of time in whole seconds, as 2700, "2700s", "45m" or "PT45M"`},
		{"visit twice", `"id": "v2"`, `"id": "v1"`, `f:43: visits[1].id: is "v1", want an id that no other visit has`},
		{"technician twice", `"id": "bo"`, `"id": "ann"`, `f:31: technicians[1].id: is "ann", want an id that no other technician has`},
		{"no id", `"id": "v2", `, ``, `f:43: visits[1].id: is "", want an id that no other visit has`},
		{"unknown technician", `"excluded": ["bo"]`, `"excluded": ["cy"]`, `f:39: visits[0].excluded[0]: is "cy", want the id of a technician of this file`},
		{"pinned to nobody", `"pin": {"technician": "ann"`, `"pin": {"technician": "cy"`, `f:41: visits[0].pin.technician: is cy, want the id of a technician of the problem`},
		{"pin pins nothing", `"pin": {"technician": "ann", "start": 36000`, `"pin": {"technician": ""`, `f:41: visits[0].pin: pins nothing, want a technician or a start`},
		{"unknown tier", `"tier": "gold"`, `"tier": "tin"`, `f:40: visits[0].tier: is "tin", want the name of a tier of the policy`},
		{"unknown default tier", `"defaultTier": "gold"`, `"defaultTier": "tin"`, `f:50: policy.defaultTier: is "tin", want the name of a tier`},
		{"unknown urgency", `EMERGENCY`, `URGENT`, `f:40: visits[0].urgency: is "URGENT", want NORMAL or EMERGENCY`},
		{"unknown dimension", `"deliver": {"filters": 1}`, `"deliver": {"pipes": 1}`, `f:38: visits[0].deliver.pipes: is no dimension of this file, want one of [filters valves]`},
		{"negative amount", `"amount": {"valves": 2}`, `"amount": {"valves": -2}`, `f:46: pairs[0].amount.valves: is -2, want a number from 0 to 2^30`},
		{"pair with itself", `"second": "v3"`, `"second": "v2"`, `f:46: pairs[0]: is 1, want the index of a visit that is in no other pair`},
		{"pair with nobody", `"second": "v3"`, `"second": "v9"`, `f:46: pairs[0].second: is "v9", want the id of a visit of this file`},
		{"unknown profile", `"travel": "bike"`, `"travel": "boat"`, `f:31: technicians[1].travel: is "boat", want the name of a travel profile`},
		{"profile twice", `"name": "bike"`, `"name": "van"`, `f:8: travel[1].name: is "van", want a name that no other profile has`},
		{"absurd speed", `"speedKPH": 15`, `"speedKPH": 0.1`, `f:8: travel[1].straightLine.speedKPH: is 0.1, want a speed from 1 to 1000`},
		{"absurd detour", `"detourFactor": 1.2`, `"detourFactor": 0.5`, `f:8: travel[1].straightLine.detourFactor: is 0.5, want a factor from 1 to 10`},
		{"skill twice", `{"skill": "gas"}`, `{"skill": "plumbing"}`, `f:15: technicians[0].skills[1].skill: is "plumbing", which is given twice`},
		{"level zero", `"level": 2`, `"level": 0`, `f:38: visits[0].skills[0].level: is 0, want a level from 1 to 1000`},
		{"shift ends before it starts", `"end": 149400`, `"end": 1`, `f:23: technicians[0].shifts[1].end: is 1, want an end after the start 115200`},
		{"shifts overlap", `"start": 115200`, `"start": 30000`, `f:23: technicians[0].shifts[1]: starts at 30000, want shifts in order that do not overlap`},
		{"no shift", `"shifts": [{"start": 28800, "end": 64800, "startAnywhere": true}]`, `"shifts": []`, `f:31: technicians[1].shifts: is empty, want at least one shift`},
		{"anywhere and somewhere", `"startPlace": {"index": 0}`, `"startPlace": {"index": 0}, "startAnywhere": true`, `f:23: technicians[0].shifts[1].startPlace: is given beside "anywhere", want one or the other`},
		{"latest departure outside", `"latestDeparture": "2026-06-15T10:00:00+08:00"`, `"latestDeparture": 1`, `f:20: technicians[0].shifts[0].latestDeparture: is 1, want an instant within the shift`},
		{"speed of nothing", `"speedPercent": 110`, `"speedPercent": -1`, `f:13: technicians[0].speedPercent: is -1, want between 1 and 1000, or 0 for 100`},
		{"negative rate", `"overtime": 3`, `"overtime": -3`, `f:28: technicians[0].rates.overtime: is -3, want a whole number from 0 to 10^12`},
		{"negative priority", `"priority": 5`, `"priority": -5`, `f:40: visits[0].priority: is -5, want a whole number from 0 to 1000000`},
		{"steps out of order", `"after": "1h"`, `"after": 0`, `f:49: policy.tiers[0].steps[1].after: is 0 s, want more than the step before`},
		{"lexicographic with prices", `"unserved": {"perVisit"`, `"unserved": {"lexicographic": true, "perVisit"`, `f:48: policy.unserved: is lexicographic and has prices, want one or the other`},
		{"other format", `"format": "fettle"`, `"format": "vroom"`, `f:2: format: is "vroom", want "fettle" or nothing`},
	})
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"2700s": 2700, "45m": 2700, "1h30m": 5400, "0s": 0, "PT45M": 2700, "PT1H30M5S": 5405, "P1D": 86400, "P1DT1H": 90000,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s is %d s, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1M", "P1Y", "PT1.5S", "45", "1.5s", "pt45m", "PT45m", "P1DT", "P1H"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is accepted as %d s", text, got)
		}
	}
}

func TestSphereEqualsHaversineAndItsProjection(t *testing.T) {
	t.Parallel()
	points := make([]geo.Point, tableBelow+1)
	for i := range points {
		points[i] = geo.Point{Lat: 30.1 + float64(i%67)*0.003, Lon: 120.1 + float64(i/67)*0.004}
	}
	plane, err := sphere(points, 1)
	if err != nil || plane.Table() != nil {
		t.Fatalf("%v; want the planar form for %d places", err, len(points))
	}
	table, err := sphere(points[:300], 1)
	if err != nil || table.Table() == nil {
		t.Fatalf("%v; want a table", err)
	}
	for i := int32(0); i < 300; i++ {
		exact := float64(geo.DistanceHaversine(points[i], points[299-i]))
		if got := float64(table.At(i, 299-i)); math.Abs(got-exact) > 0.501 {
			t.Errorf("table: %v m, want %v", got, exact)
		}
		if got := float64(plane.At(i, 299-i)); math.Abs(got-exact) > 1+0.005*exact {
			t.Errorf("plane: %v m, want %v", got, exact)
		}
	}
}

func FuzzFettle(f *testing.F) { fuzzReader(f, Fettle, "tiny-fettle.json") }
