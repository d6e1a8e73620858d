package problem

import (
	"strings"
	"testing"
)

const tinyFleet = "../fleetlib/testdata/tiny-mdvrptw.vrp" // from testdata

func TestMDVRPTWIsToldAndAnswered(t *testing.T) {
	t.Parallel()
	d := mustRead(t, tinyFleet, Auto)
	if d.Format != MDVRPTW || !d.Format.ServesAll() || len(d.Problem.Technicians) != 3 {
		t.Fatalf("%s with %d vehicles", d.Format, len(d.Problem.Technicians))
	}
	// Vehicle 1 from (0, 0): 5 + 5 + 10; vehicle 3 from (30, 0) to (30, 5), (33, 9) and back: 5 + 5 + 9.487. Vehicle 2 stays.
	written := writeNative(t, d, onRoutes(map[int32][]int32{0: {0, 1}, 2: {2, 3}}, 3))
	want := "Route #1: 2 3\nRoute #2:\nRoute #3: 4 5\nCost 39.487\n"
	if written != want {
		t.Errorf("got\n%s\nwant\n%s", written, want)
	}
	plan := testRoundTrip(t, d, written)
	if len(plan.Routes) != 2 || plan.Routes[1].Technician != 2 || len(plan.Unassigned) != 0 {
		t.Errorf("plan %+v", plan)
	}
}

func TestMDVRPTWFaultsNameFileAndLine(t *testing.T) {
	t.Parallel()
	testFaults(t, tinyFleet, MDVRPTW, []fault{
		{"value", "6\t33\t9", "6\t33\tx", `f:14: NODE_COORD_SECTION: holds "x", want a number between -5e4 and 5e4`},
		{"missing", "VEHICLES: 3\n", "", `f: VEHICLES: is missing`},
	})
}

// The files of the competition are told by their name, and their number of vehicles is no rule.
func TestEUROHasAFreeFleet(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "tiny-vrptw.vrp"), "NAME", "NAME : ORTEC-VRPTW-ASYM-1\nCOMMENT", 1)
	text = strings.Replace(text, "VEHICLES: 2", "VEHICLES: 1", 1)
	for _, format := range []Format{Auto, EURO} {
		d, err := Read("f", []byte(text), format)
		if err != nil {
			t.Fatal(err)
		}
		if d.Format != EURO || len(d.Problem.Technicians) != len(d.Problem.Visits) || len(d.Problem.Visits) < 2 {
			t.Errorf("%s with %d vehicles for %d customers", d.Format, len(d.Problem.Technicians), len(d.Problem.Visits))
		}
	}
	if d, err := Read("f", []byte(text), VRPLIB); err != nil || len(d.Problem.Technicians) != 1 {
		t.Errorf("as vrplib: %v", err)
	}
}
