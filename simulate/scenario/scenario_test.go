package scenario_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"fettle/dispatch"
	"fettle/simulate/day"
	"fettle/simulate/scenario"
)

const example = "../../testdata/simulate/two-houses.json"

func text(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestFileMakesDays(t *testing.T) {
	t.Parallel()
	s, err := scenario.Read(strings.NewReader(text(t)))
	if err != nil {
		t.Fatal(err)
	}
	w := s.World(1, 0)
	if len(w.People) != 5 || len(w.Standby) != 2 || len(w.Reports) < 60 {
		t.Fatalf("%d people, %d standby places, %d reports in nine days", len(w.People), len(w.Standby), len(w.Reports))
	}
	for i := 1; i < len(w.Reports); i++ {
		if w.Reports[i].At.Before(w.Reports[i-1].At) {
			t.Fatalf("report %d is before the one before", i)
		}
	}
	p, _ := day.Named("greedy")
	a, err := day.Run(context.Background(), w, &p)
	if err != nil {
		t.Fatal(err)
	}
	b, err := day.Run(context.Background(), s.World(1, 0), &p)
	if err != nil || a.Trace != b.Trace {
		t.Errorf("the same day twice: traces %x and %x, %v", a.Trace, b.Trace, err)
	}
	if s.World(1, 1).Seed == w.Seed || s.World(2, 0).Seed == w.Seed {
		t.Error("two days share their luck")
	}
}

func TestOperatorIsThatOfTheDemo(t *testing.T) {
	t.Parallel()
	s, err := scenario.Named("operator")
	if err != nil {
		t.Fatal(err)
	}
	w := s.World(1, 0)
	n := 0
	for i := range w.Reports {
		if r := &w.Reports[i]; !r.At.Before(w.Count.Start) && r.At.Before(w.Count.End) {
			n++
		}
	}
	if len(w.People) != 40 || n < 100 || n > 220 || len(w.Standby) != 8 {
		t.Errorf("%d technicians, %d reports on a Monday, %d standby places", len(w.People), n, len(w.Standby))
	}
	if _, err := scenario.Named("nowhere"); err == nil {
		t.Error("an unknown scenario has a name")
	}
}

func TestFaultsNameTheirField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, from, to, field string }{
		{"no name", `"name": "two-houses"`, `"name": ""`, "name"},
		{"unknown zone", `"Asia/Shanghai"`, `"Mars/Olympus"`, "zone"},
		{"odd day", `"2026-03-02"`, `"2.3.2026"`, "start"},
		{"latitude", `"latitude": 30.208`, `"latitude": 130.208`, "technicians[0].home.latitude"},
		{"weekday", `"MON"`, `"MONDAY"`, "technicians[0].shift.days[0]"},
		{"time of day", `"start": "08:00"`, `"start": "8 am"`, "technicians[0].shift.start"},
		{"level", `"plumbing", "level": 3`, `"plumbing", "level": 0`, "technicians[0].skills[0].level"},
		{"same id", `"id": "electrician"`, `"id": "plumber"`, "technicians[1].id"},
		{"share", `"emergency": 0.6`, `"emergency": 6`, "faults[3].emergency"},
		{"rhythm", `"rhythm": [0.2, `, `"rhythm": [`, "reports.rhythm"},
		{"unknown field", `"standby"`, `"standbye"`, "standbye"},
		{"wrong type", `"working": 16`, `"working": "16"`, "reports.working"},
		{"no JSON", `"places": [`, `"places": `, "line 26"},
		{"operator beside", `"zone"`, `"operator": {"citySeed": 1}, "zone"`, "operator"},
		{"habit", `"zone"`, `"habits": {"sick": 2}, "zone"`, "habits.sick"},
		{"roads", `"zone"`, `"roads": {"speedKPH": 0, "detour": 1.3, "spread": 0.1}, "zone"`, "roads.speedKPH"},
		{"levels", `"zone"`, `"levels": {"normal": {"acceptMinutes": 0}}, "zone"`, "levels.normal.acceptMinutes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spoiled := strings.Replace(text(t), c.from, c.to, 1)
			_, err := scenario.Read(strings.NewReader(spoiled))
			var bad *dispatch.InvalidError
			if !errors.As(err, &bad) || bad.Field != c.field {
				t.Errorf("error %v, want one that names %s", err, c.field)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add(`{"name":"x","start":"2026-03-02","zone":"UTC","operator":{"citySeed":1,"demand":-1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "citySeed") {
			return // a city takes its time
		}
		if s, err := scenario.Read(strings.NewReader(text)); err == nil && s.Name() == "" {
			t.Error("a scenario without a name")
		}
	})
}

// The sources say 6.7 h from report to acceptance and 3.2 days to resolution for dispatch by hand. Two numbers of the chain
// were fitted to these two; here they are met on days that the fit has not seen. Nothing is asked of the other policies but
// to be measured on the same days.
func TestManualChainReproducesTheSources(t *testing.T) {
	t.Parallel()
	s, err := scenario.Named("operator")
	if err != nil {
		t.Fatal(err)
	}
	p, err := day.Named("manual")
	if err != nil {
		t.Fatal(err)
	}
	const days = 5
	accept, complete := 0.0, 0.0
	for n := range days {
		out, err := day.Run(context.Background(), s.World(77, n), &p)
		if err != nil {
			t.Fatal(err)
		}
		accept += out.KPI[day.AcceptMinutes] / 60 / days
		complete += out.KPI[day.CompleteMinutes] / 60 / 24 / days
	}
	t.Logf("%.2f h to acceptance, %.2f days to resolution", accept, complete)
	if accept < 6.7*0.9 || accept > 6.7*1.1 || complete < 3.2*0.9 || complete > 3.2*1.1 {
		t.Errorf("%.2f h to acceptance and %.2f days to resolution, want 6.7 h and 3.2 days within a tenth", accept, complete)
	}
}
