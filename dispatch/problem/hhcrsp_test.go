package problem

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
)

func TestHomeCareInstance(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-homecare.json", Auto)
	p := d.Problem
	if d.Format != HHCRSP || p.Scale != (dispatch.Scale{TicksPerUnit: 1000, Unit: "min", CostPerUnit: 3000}) || p.Policy.MaxLateness != 1 {
		t.Fatalf("%s %+v", d.Format, p.Scale)
	}
	second := dispatch.Visit{
		ID: "p2/s1", WorkOrder: "p2", Place: 2, Windows: []dispatch.TimeWindow{{Start: 30_000, End: dispatch.Far}}, OnSite: 10_000, Due: 35_000,
		Skills: []dispatch.SkillLevel{{Skill: "s1", Level: 1}},
	}
	if diff := cmp.Diff(second, p.Visits[2]); diff != "" {
		t.Error(diff)
	}
	links := []dispatch.Link{
		{First: 0, Second: 1, Both: true, Apart: true},
		{First: 2, Second: 3, MinGap: 10_000, MaxGap: 20_000, Both: true, Apart: true},
	}
	if diff := cmp.Diff(links, p.Links); diff != "" {
		t.Error(diff)
	}
	if p.Visits[0].OnSite != 12_000 || p.Visits[1].OnSite != 5_500 || p.Travel[0].Time.At(1, 3) != 3162 {
		t.Errorf("%d, %d, %d", p.Visits[0].OnSite, p.Visits[1].OnSite, p.Travel[0].Time.At(1, 3))
	}
}

// TestHomeCareSolution prices a solution that was worked out by hand: c1 is at p1 from 20 to 32 and at p2 from 37 to 47; c2
// at p3 from 5, at p1 from 20, and at p2 from 47, when c1's ten minutes are over. They drive 5+5+10 and 5+3.162+5+10, and
// p2 is 2 and 12 late.
func TestHomeCareSolution(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-homecare.json", HHCRSP)
	solution := `{"global_ordering":["p3"],"routes":[
		{"caregiver_id":"c1","locations":[{"patient":"p1","service":"s1","arrival_time":20,"departure_time":32},{"patient":"p2","service":"s1"}]},
		{"caregiver_id":"c2","locations":[{"patient":"p3","service":"s2"},{"patient":"p1","service":"s2"},{"patient":"p2","service":"s2"}]}]}`
	plan, err := d.ReadPlan("s", []byte(solution))
	if err != nil {
		t.Fatal(err)
	}
	got := check.Plan(d.Problem, plan)
	if want := int64(43_162 + 14_000 + 12_000); !got.Feasible || got.Cost.Total() != want {
		t.Fatalf("%v, cost %v, want %d", got.Violations, got.Cost, want)
	}
	plan.Routes = got.Routes
	var out bytes.Buffer
	if err := d.WritePlan(&out, plan); err != nil {
		t.Fatal(err)
	}
	again, err := d.ReadPlan("s", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got.Cost, check.Plan(d.Problem, again).Cost); diff != "" || !strings.Contains(out.String(), `"arrival_time": 37`) {
		t.Errorf("%s\n%s", diff, out.String())
	}
}

func TestHomeCareFaults(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/tiny-homecare.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{`"abilities": ["s2"]`, `"abilities": ["s3"]`, "caregivers[1].abilities[0]"},
		{`"simultaneous"`, `"soon"`, "patients[0].synchronization.type"},
		{`"distance": [10, 20]`, `"distance": [20, 10]`, "patients[1].synchronization.distance"},
		{`"time_window": [0, 10]`, `"time_window": [0]`, "patients[2].time_window"},
		{`"time_window": [0, 10]`, `"time_window": [-1, 10]`, "patients[2].time_window"},
		{`"service": "s1", "duration": 12`, `"service": "s9"`, "patients[0].required_caregivers[0].service"},
		{`"default_duration": 5.5`, `"default_duration": null`, "patients[0].required_caregivers[1].duration"},
		{`[5, 0, 5, 3.162]`, `[5, 0, 5]`, "distances[1]"},
		{`[5, 0, 5, 3.162]`, `[5, 0, 5, 1e9]`, "distances[1][3]"},
		{`"id": "d", "location": [0, 0]`, `"id": "d", "time_window": [0, 9]`, "central_offices[0].time_window"},
		{`"id": "c1",`, `"id": "c1", "working_shift": [0, 9],`, "caregivers[0].working_shift"},
		{`"id": "s2",`, `"id": "s1",`, "services[1].id"},
		{`"id": "c2"`, `"id": "c1"`, "technicians[1].id"},
		{`"name"`, `"title"`, "title"},
	} {
		bad := strings.Replace(string(data), c[0], c[1], 1)
		if _, err := Read("f", []byte(bad), HHCRSP); bad == string(data) || err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: got %v, want a fault of %s", c[1], err, c[2])
		}
	}
	d := mustRead(t, "tiny-homecare.json", HHCRSP)
	for text, want := range map[string]string{
		`{"routes":[{"caregiver_id":"c9"}]}`:                                               "routes[0].caregiver_id",
		`{"routes":[{"caregiver_id":"c1","locations":[{"patient":"p9","service":"s1"}]}]}`: "routes[0].locations[0]",
		`{"routes":7}`: "solution",
	} {
		if _, err := d.ReadPlan("s", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
