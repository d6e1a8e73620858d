package problem

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

func TestCityDispatch(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-dispatch.json", Auto)
	p := d.Problem
	if d.Format != Dispatch || len(p.Places) != 5 || p.Policy.Unserved != (dispatch.UnservedPolicy{PerPriority: 10_000_000}) {
		t.Fatalf("%s, %d places, %+v", d.Format, len(p.Places), p.Policy.Unserved)
	}
	want := dispatch.Visit{
		ID: "3", Place: 4, OnSite: 600, Skills: []dispatch.SkillLevel{{Skill: "2", Level: 1}}, Priority: 10,
		Windows: []dispatch.TimeWindow{{Start: 30000, End: 31801}}, Due: dispatch.NoTick, Urgency: dispatch.UrgencyEmergency,
	}
	if diff := cmp.Diff(want, p.Visits[2]); diff != "" {
		t.Error(diff)
	}
	if s := p.Technicians[1].Shifts[0]; s.Start != 28800 || s.End != 57600 || s.StartPlace != 1 || s.EndPlace != 1 {
		t.Errorf("shift is %+v", s)
	}
	// 5 km * 1.3 / 25 km/h * 3600 = 936 s; sqrt(4.5) = 2.1213 km -> 397.1 -> 397 s
	if m := p.Travel[0].Time; m.At(0, 1) != 936 || m.At(0, 4) != 397 {
		t.Errorf("legs take %d and %d, want 936 and 397", m.At(0, 1), m.At(0, 4))
	}
}

func TestCityDispatchFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, "tiny-dispatch.json", Dispatch, []fault{
		{"unknown field", `"kind": "tight"`, `"sort": "tight"`, `f:6: jobs[0].sort: unknown field, want one of id, x, y, service, skill, tw, priority, kind`},
		{"no place", `"y": 4.0, "service"`, `"service"`, `f:7: jobs[1]: wants x and y, in kilometres`},
		{"too far", `"x": 1.5`, `"x": 1e9`, `f:8: jobs[2]: lies at (1e+09, 1.5), want kilometres between -1e5 and 1e5`},
		{"window turned round", `[30000, 31800]`, `[31800, 30000]`, `f:8: jobs[2].tw: is [31800 30000], want [start, end] in seconds`},
		{"no window", `"tw": [30000, 31800], `, ``, `f:8: jobs[2].tw: is [], want [start, end] in seconds`},
		{"shift of one number", `[27000, 55800]`, `[27000]`, `f:3: technicians[0].shift: is [27000], want [start, end] in seconds`},
		{"skill is missing", `"skill": 2, `, ``, `f:8: jobs[2].skill: want the number of a skill, from 0`},
		{"skill twice", `[0, 2]`, `[2, 2]`, `f:3: technicians[0].skills[1]: is 2, want a number from 0 that is given once`},
		{"negative service", `"service": 600`, `"service": -600`, `f:8: jobs[2].service: is -600, want seconds that are not negative`},
		{"negative priority", `"priority": 10`, `"priority": -10`, `f:8: jobs[2].priority: is -10, want a number that is not negative`},
		{"id is text", `"id": 3`, `"id": "3"`, `f:8: jobs[2].id: is "3", want a whole number of 64 bits`},
		{"id twice", `"id": 3`, `"id": 2`, `f:8: jobs[2].id: is 2, want an id that no other visit has`},
		{"other speed", `"speed_kmh": 25`, `"speed_kmh": 30`, `f:1: meta: the format's travel is fixed: want speed_kmh 25 and detour 1.3`},
	})
}

func TestCityDispatchPlan(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-dispatch.json", Dispatch)
	written := writeNative(t, d, onRoutes(map[int32][]int32{0: {2, 0}, 1: {1}}, 2))
	if want := "{\"routes\":{\n\"1\":[3,1],\n\"2\":[2]}}\n"; written != want {
		t.Fatalf("wrote %q, want %q", written, want)
	}
	testRoundTrip(t, d, written)
	testPlanFaults(t, d, []struct{ name, text, want string }{
		{"unknown technician", `{"routes":{"9":[1]}}`, `p:1: routes.9: is no technician of the problem`},
		{"unknown job", "{\"routes\":{\"1\":[1,\n7]}}", `p:2: routes.1[1]: is 7, which is no job of the problem`},
		{"unknown field", `{"route":{}}`, `p:1: route: unknown field, want one of routes`},
	})
}

// BenchmarkReadCityDispatch reads 5,000 jobs for 500 technicians: the size that has to load within 60 ms.
func BenchmarkReadCityDispatch(b *testing.B) {
	var text bytes.Buffer
	text.WriteString(`{"meta":{},"technicians":[`)
	for i := range 500 {
		fmt.Fprintf(&text, `%s{"id": %d, "x": %d.5, "y": %d.25, "shift": [27000, 55800], "skills": [0, 2]}`, comma(i), i+1, i%30, i%29)
	}
	text.WriteString(`],"jobs":[`)
	for i := range 5000 {
		fmt.Fprintf(&text, `%s{"id": %d, "x": %d.1234, "y": %d.4321, "service": 1200, "skill": 0, "tw": [28800, 36000], "priority": 3, "kind": "tight"}`, comma(i), i+1, i%30, i%29)
	}
	text.WriteString(`]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read("f", text.Bytes(), Auto); err != nil {
			b.Fatal(err)
		}
	}
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func FuzzDispatch(f *testing.F) { fuzzReader(f, Dispatch, "tiny-dispatch.json") }
