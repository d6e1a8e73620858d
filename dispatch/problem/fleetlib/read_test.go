package fleetlib_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/problem/fleetlib"
)

func tiny(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/tiny-mdvrptw.vrp")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRead(t *testing.T) {
	t.Parallel()
	p, err := fleetlib.Read([]byte(tiny(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	// Node 3 is open to all; 4 to vehicle 1; 5 to all; 6 to vehicle 3.
	one := func(s dispatch.Skill) []dispatch.SkillLevel { return []dispatch.SkillLevel{{Skill: s, Level: 1}} }
	shift := func(at int32) []dispatch.Shift {
		return []dispatch.Shift{{End: 100_000, LatestDeparture: dispatch.NoTick, StartPlace: at, EndPlace: at}}
	}
	rates := dispatch.Rates{Travel: 1}
	wantFleet := []dispatch.Technician{
		{ID: "1", Capacity: []int32{20}, MaxDuty: 40_000, Shifts: shift(0), Rates: rates, Skills: one("clients of group 1")},
		{ID: "2", Capacity: []int32{20}, MaxDuty: 40_000, Shifts: shift(1), Rates: rates},
		{ID: "3", Capacity: []int32{30}, MaxDuty: 40_000, Shifts: shift(1), Rates: rates, Skills: one("clients of group 2")},
	}
	if diff := cmp.Diff(wantFleet, p.Technicians); diff != "" {
		t.Errorf("technicians (want, got):\n%s", diff)
	}
	visit := func(id dispatch.VisitID, place int32, work dispatch.Tick, load int32, from, to dispatch.Tick) dispatch.Visit {
		return dispatch.Visit{
			ID: id, Place: place, OnSite: work, Deliver: []int32{load}, Due: dispatch.NoTick,
			Windows: []dispatch.TimeWindow{{Start: from, End: to + 1}},
		}
	}
	want := []dispatch.Visit{
		visit("2", 2, 2500, 10, 0, 90_000), visit("3", 3, 2000, 10, 50_000, 60_000),
		visit("4", 4, 2000, 10, 0, 90_000), visit("5", 5, 2000, 25, 0, 90_000),
	}
	want[1].Skills, want[3].Skills = one("clients of group 1"), one("clients of group 2")
	if diff := cmp.Diff(want, p.Visits); diff != "" {
		t.Errorf("visits (want, got):\n%s", diff)
	}
	// 1000 * sqrt(24*24 + 8*8) = 25298.2, down; 1000 * sqrt(27*27 + 5*5) = 27459.1
	if a, b := p.Travel[0].Time.At(1, 3), p.Travel[0].Time.At(2, 5); a != 25298 || b != 30414 {
		t.Errorf("travel %d and %d, want 25298 and 30414", a, b)
	}
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	text := tiny(t)
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown keyword", "COMMENT:", "COLOUR:", "2 COLOUR: this keyword is given twice or not supported; supported are NAME, COMMENT, TYPE, DIMENSION, EDGE_WEIGHT_TYPE, CAPACITY, VEHICLES, VEHICLES_MAX_DURATION"},
		{"unknown section", "DEMAND_SECTION", "PROFIT_SECTION", "15 PROFIT_SECTION: this section is given twice or not supported; supported are NODE_COORD_SECTION, DEMAND_SECTION, SERVICE_TIME_SECTION, TIME_WINDOW_SECTION, DEPOT_SECTION, CAPACITY_SECTION, VEHICLES_DEPOT_SECTION, VEHICLES_MAX_DURATION_SECTION, VEHICLES_ALLOWED_CLIENTS_SECTION"},
		{"a line nowhere", "VEHICLES: 3", "VEHICLES 3", `6 the line "VEHICLES 3" is in no section, want KEYWORD : value`},
		{"no vehicles", "VEHICLES: 3\n", "", "0 VEHICLES: is missing"},
		{"too many nodes", "DIMENSION: 6", "DIMENSION: 7", `5 DIMENSION: is "7", want a whole number between 1 and 6`},
		{"weights", "EUC_2D", "GEO", "4 EDGE_WEIGHT_TYPE: want EUC_2D"},
		{"short section", "5\t30\t5\n", "", `5 DIMENSION: is "6", want a whole number between 1 and 5`},
		{"not a number", "6\t33\t9", "6\t33\tx", `14 NODE_COORD_SECTION: holds "x", want a number between -5e4 and 5e4`},
		{"node twice", "4\t6\t8", "3\t6\t8", "12 NODE_COORD_SECTION: the row of 3 has 2 values or comes twice, want 2 values once"},
		{"window", "4\t50\t60", "4\t60\t50", "29 TIME_WINDOW_SECTION: node 4: the window is [60, 50], want an end that is not before the start"},
		{"depot order", "DEPOT_SECTION\n1\n2\n", "DEPOT_SECTION\n2\n1\n", "49 DEPOT_SECTION: names node 2, want the depots to be the first nodes in their order"},
		{"start at a client", "VEHICLES_DEPOT_SECTION\n1\t1", "VEHICLES_DEPOT_SECTION\n1\t3", "40 VEHICLES_DEPOT_SECTION: vehicle 1 starts at node 3, want one of the 2 depots"},
		{"no capacity", "2\t20\n3\t30", "2\t0\n3\t30", "36 CAPACITY_SECTION: is 0 for vehicle 2, want a number above 0"},
		{"serves a depot", "2\t3\t5\n", "2\t1\t5\n", "46 VEHICLES_ALLOWED_CLIENTS_SECTION: vehicle 2 may serve node 1, which is a depot"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, c.old) {
				t.Fatalf("the fixture does not hold %q", c.old)
			}
			_, err := fleetlib.Read([]byte(strings.Replace(text, c.old, c.new, 1)))
			var f *fleetlib.Fault
			if !errors.As(err, &f) {
				t.Fatalf("got %v, want a fault", err)
			}
			if got := cmp.Diff(strings.SplitN(c.want, " ", 2), []string{strconv.Itoa(f.Line), f.Error()}); got != "" {
				t.Error(got)
			}
		})
	}
}

// What is read without a fault is a valid problem.
func FuzzRead(f *testing.F) {
	f.Add([]byte(tiny(f)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := fleetlib.Read(data); err == nil {
			if err := p.Validate(); err != nil {
				t.Errorf("accepted, but %v", err)
			}
		}
	})
}
