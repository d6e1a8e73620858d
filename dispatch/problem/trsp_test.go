package problem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

func TestTRSP(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-trsp.txt", Auto)
	p := d.Problem
	if d.Format != TRSP || p.Name != "tiny" || p.Scale != (dispatch.Scale{TicksPerUnit: 10000, CostPerUnit: 10000}) {
		t.Fatalf("%s %q, scale %+v", d.Format, p.Name, p.Scale)
	}
	tech := dispatch.Technician{
		ID: "2", Skills: []dispatch.SkillLevel{{Skill: "2", Level: 1}}, Capacity: []int32{0, 2}, Rates: dispatch.Rates{Duty: 1},
		Shifts: []dispatch.Shift{{Start: 100_000, End: 900_000, LatestDeparture: dispatch.NoTick, StartPlace: 2, EndPlace: 2}}, // [10, 90], both included
		Depots: []dispatch.Depot{{Windows: []dispatch.TimeWindow{{Start: 0, End: 1_000_001}}, MaxStops: 1, Unlimited: true, AllTools: true}},
	}
	if diff := cmp.Diff(tech, p.Technicians[1]); diff != "" {
		t.Error(diff)
	}
	visit := dispatch.Visit{
		ID: "3", Place: 3, OnSite: 100_000, Skills: []dispatch.SkillLevel{{Skill: "1", Level: 1}}, Tools: []string{"0"},
		Deliver: []int32{1, 0}, Windows: []dispatch.TimeWindow{{Start: 50_000, End: 600_001}}, Due: dispatch.NoTick,
	}
	if diff := cmp.Diff(visit, p.Visits[0]); diff != "" {
		t.Error(diff)
	}
	if v := p.Visits[1]; v.Deliver != nil || v.Tools[0] != "1" {
		t.Errorf("a visit that needs no parts has %v", v.Deliver)
	}
	// sqrt(9+16) = 5 exactly; from (1,1) to (0,0) sqrt(2) = 1.414213.. -> 1.4143: rounded up
	if m := p.Travel[0].Time; m.At(0, 1) != 50_000 || m.At(5, 0) != 14_143 {
		t.Errorf("legs take %d and %d", m.At(0, 1), m.At(5, 0))
	}
}

func TestTRSPWithMatrices(t *testing.T) {
	t.Parallel()
	p := mustRead(t, "tiny-day.txt", Auto).Problem
	m := p.Travel[0].Time
	// 20.1333 minutes are 201,333 ticks: exact, and not the same as the way back.
	if m.Len() != 3 || m.At(0, 2) != 201_333 || m.At(2, 1) != 217_833 {
		t.Errorf("%d places, legs take %d and %d", m.Len(), m.At(0, 2), m.At(2, 1))
	}
	if len(p.Technicians[0].Depots) != 0 || p.Dimensions != nil || p.Places[2].InPlane {
		t.Errorf("a day without parts and tools has depots %v, dimensions %v, places in a plane %v", p.Technicians[0].Depots, p.Dimensions, p.Places[2].InPlane)
	}
}

func TestTRSPFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, "tiny-trsp.txt", TRSP, []fault{
		{"no head", "CREW COUNT", "TEAM COUNT", `f:4: the line is "TEAM COUNT  SKILLS  TOOLS   SPARE PARTS", want CREW COUNT, SKILLS, TOOLS, SPARE PARTS`},
		{"three counts", "2       3       2       2", "2 3 2", `f:5: CREW COUNT: the line has 3 values, want the numbers of technicians, skills, tools and parts`},
		{"more technicians than rows", "2       3       2       2", "1000000000 3 2 2", `f:12: Serv: is 10 at the depot or a home, want 0`},
		{"no heading", "ID   X", "NR   X", `f:8: the line is "NR   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS", want the heading "ID"`},
		{"not a number", "5      60     10", "5 sixty 10", `f:12: TWE: is "sixty", want a number between -1e8 and 1e8`},
		{"closes before it opens", "5      60     10", "61 60 10", `f:12: TWE: is 60, want at least TWS 61`},
		{"gap in the numbers", "4    0     4", "6    0     4", `f:13: ID: is 6, want 4: rows are numbered from 0 without a gap`},
		{"unknown skill", "10     [1]", "10     [3]", `f:12: SKILLS: is "3", want a whole number between 0 and 2`},
		{"skill twice", "[0,1] 	[0]", "[1,1] 	[0]", `f:10: SKILLS: holds 1 twice`},
		{"too few parts", "[0,2]", "[2]", `f:11: SPARE PARTS: has 1 numbers, want 2`},
		{"no third set", "[0] 	[1] 	[0,0]", "[0] 	[1]", `f:13: row: has 2 sets in brackets, want skills, tools and parts`},
		{"open bracket", "[1] 	[0,0]", "[1] 	[0,0", `f:13: SPARE PARTS: is "[0,0", want numbers between [ and ]`},
		{"missing column", "3    3     0     5      60     10", "3 3 0 5 60", `f:12: row: has 5 values before its sets, want 6: ID X Y TWS TWE Serv`},
		{"depot with service", "100    0      [0,1]", "100 7 [0,1]", `f:10: Serv: is 7 at the depot or a home, want 0`},
		{"times too large", "0      100    0      [] 	[] 	[]", "0 100000000 0 [] [] []", ``},
	})
	testFaults(t, "tiny-day.txt", TRSP, []fault{
		{"other section", "DISTANCES", "LENGTHS", `f:11: the line is "LENGTHS", want a section DISTANCES or TRAVEL TIMES`},
		{"section twice", "TRAVEL TIMES", "DISTANCES", `f:18: DISTANCES: this section is given twice`},
		{"row missing", "4;0.0000;0.0000;12.3400;0.0000;0.0000;\n", "", `f:11: DISTANCES: has 4 rows, want 3, or 5 with the copies of homes and depot`},
		{"value missing", "4;0.0000;0.0000;12.3400;0.0000;0.0000;", "4;0;0;1;0;", `f:11: DISTANCES: row 4 has 4 values, want 5`},
		{"row out of order", "4;0.0000;0.0000;12", "7;0.0000;0.0000;12", `f:16: DISTANCES: the row starts with "7", want 4`},
		{"negative", "12.3400", "-12", `f:12: DISTANCES: is -12, want a number that is not negative`},
		{"text", "12.3400", "x", `f:12: DISTANCES: is "x", want a number between -1e8 and 1e8`},
	})
}

func TestTRSPChoosesTicksThatFit(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "tiny-trsp.txt"), "0      80     10", "0 800000 10", 1)
	d, err := Read("f", []byte(text), TRSP)
	if err != nil {
		t.Fatal(err)
	}
	// 800,000 units at 1,000 ticks are 8e8, beyond half of dispatch.Far (5.4e8): 100 ticks
	if got := d.Problem.Scale.TicksPerUnit; got != 100 {
		t.Errorf("%d ticks a unit, want 100", got)
	}
}

func TestTRSPPlan(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-trsp.txt", TRSP)
	plan := onRoutes(map[int32][]int32{0: {0, 1}, 1: {2}}, 2)
	plan.Routes[0].Stops = []dispatch.Stop{plan.Routes[0].Stops[0], depotStop(0), plan.Routes[0].Stops[1]}
	written := writeNative(t, d, plan)
	// K = 2, n = 3: requests 3, 4, 5; end homes 6, 7; depot copies 8, 9.
	if want := "1 3 8 4 6\n2 5 7\n"; written != want {
		t.Fatalf("wrote %q, want %q", written, want)
	}
	testRoundTrip(t, d, written)
	for name, text := range map[string]string{"published form": "<1,3,0,4,6|2,5,7>", "comments": "# tours\n1,3,8,4,6\n\n2 5 7"} {
		back, err := d.ReadPlan("p", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := writeNative(t, d, back); got != written {
			t.Errorf("%s is %q", name, got)
		}
	}
	testPlanFaults(t, d, []struct{ name, text, want string }{
		{"no such home", "3 5 7", `p:1: tour: is "3 5 7", want home k of 1..2, nodes, and 5+k`},
		{"ends at another home", "1 3 7", `p:1: tour: is "1 3 7", want home k of 1..2, nodes, and 5+k`},
		{"technician twice", "1 3 6\n1 4 6", `p:2: tour: technician 1 has two tours`},
		{"a home on the way", "1 2 6", `p:1: tour: holds node 2, which technician 1 may not visit`},
		{"another's depot copy", "1 9 6", `p:1: tour: holds node 9, which technician 1 may not visit`},
		{"text", "1 x 6", `p:1: node: is "x", want a whole number between 0 and 9`},
	})
}

func FuzzTRSP(f *testing.F) { fuzzReader(f, TRSP, "tiny-trsp.txt", "tiny-day.txt") }
