package problem

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

func TestVRPLIBCapacity(t *testing.T) {
	t.Parallel()
	p := mustRead(t, "tiny-cvrp.vrp", Auto).Problem
	if p.Scale != (dispatch.Scale{TicksPerUnit: 1, CostPerUnit: 1}) || len(p.Technicians) != 4 || len(p.Visits) != 4 {
		t.Fatalf("scale %+v, %d technicians, %d visits", p.Scale, len(p.Technicians), len(p.Visits))
	}
	// sqrt(2) = 1.41 -> 1; sqrt(4+4) = 2.83 -> 3: rounded to nearest
	if m := p.Travel[0].Time; m.At(0, 1) != 1 || m.At(0, 4) != 3 || m.At(0, 2) != 5 {
		t.Errorf("legs are %d, %d, %d, want 1, 3, 5", m.At(0, 1), m.At(0, 4), m.At(0, 2))
	}
	if s := p.Technicians[0].Shifts[0]; s.Start != 0 || s.End < 5*8 {
		t.Errorf("the shift [%d, %d] is too short for any tour", s.Start, s.End)
	}
	if v := p.Visits[3]; v.ID != "4" || v.Deliver[0] != 4 || v.Windows != nil {
		t.Errorf("visit is %+v", v)
	}
}

func TestVRPLIBWindows(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-vrptw.vrp", Auto)
	p := d.Problem
	want := dispatch.Visit{ID: "1", Place: 1, OnSite: 3, Deliver: []int32{4}, Due: dispatch.NoTick, Windows: []dispatch.TimeWindow{{Start: 10, End: 21}}}
	if diff := cmp.Diff(want, p.Visits[0]); diff != "" {
		t.Error(diff)
	}
	if m := p.Travel[0].Time; m.At(1, 2) != 2 || m.At(2, 1) != 3 {
		t.Errorf("the matrix is not the file's: %d and %d", m.At(1, 2), m.At(2, 1))
	}
	if s := p.Technicians[1].Shifts[0]; len(p.Technicians) != 2 || s.End != 100 {
		t.Errorf("%d technicians, shift %+v", len(p.Technicians), s)
	}
	// 0-1-2-0 = 5 + 2 + 8
	written := writeNative(t, d, onRoutes(map[int32][]int32{0: {0, 1}}, 2))
	if want := "Route #1: 1 2\nCost 15\n"; written != want {
		t.Errorf("wrote %q, want %q", written, want)
	}
	testRoundTrip(t, d, written)
}

func TestVRPLIBEuclideanWithWindowsIsTruncated(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "tiny-cvrp.vrp"), "DEPOT_SECTION", "TIME_WINDOW_SECTION\n1 0 100\n2 0 9.5\n3 0 90\n4 0 90\n5 0 90\nDEPOT_SECTION", 1)
	d, err := Read("f", []byte(text), VRPLIB)
	if err != nil {
		t.Fatal(err)
	}
	// sqrt(2) = 1.41 -> 1.4 and sqrt(8) = 2.83 -> 2.8, in tenths; due 9.5 counts: 95+1
	if m := d.Problem.Travel[0].Time; m.At(0, 1) != 14 || m.At(0, 4) != 28 || d.Problem.Visits[0].Windows[0].End != 96 {
		t.Errorf("legs are %d and %d, window %+v", m.At(0, 1), m.At(0, 4), d.Problem.Visits[0].Windows)
	}
	if got, want := writeNative(t, d, onRoutes(map[int32][]int32{0: {0}}, 4)), "Route #1: 1\nCost 2.8\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

func TestVRPLIBMatrixLayouts(t *testing.T) {
	t.Parallel()
	text := readFixture(t, "tiny-vrptw.vrp")
	full := "0 5 7\n6 0 2\n8 3 0"
	for format, tt := range map[string]struct {
		numbers string
		want    [4]int32 // 0->1, 1->0, 1->2, ticks in a unit
	}{
		"FULL_MATRIX":    {"0 5\n7 6 0 2 8\n3 0", [4]int32{5, 6, 2, 1}},
		"LOWER_ROW":      {"5\n7 2", [4]int32{5, 5, 2, 1}},
		"LOWER_DIAG_ROW": {"0 5 0 7 2.25 0", [4]int32{500, 500, 225, 100}},
		"UPPER_ROW":      {"5 7 2", [4]int32{5, 5, 2, 1}},
		"UPPER_DIAG_ROW": {"0 5 7 0 2.5 0", [4]int32{50, 50, 25, 10}},
	} {
		other := strings.Replace(strings.Replace(text, "FULL_MATRIX", format, 1), full, tt.numbers, 1)
		d, err := Read("f", []byte(other), VRPLIB)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		m := d.Problem.Travel[0].Time
		if got := [4]int32{m.At(0, 1), m.At(1, 0), m.At(1, 2), d.Problem.Scale.TicksPerUnit}; got != tt.want {
			t.Errorf("%s: %v, want %v", format, got, tt.want)
		}
	}
}

func TestVRPLIBRouteLength(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "tiny-cvrp.vrp"), "CAPACITY :", "DISTANCE : 30\nSERVICE_TIME : 2\nVEHICLES : 3\nCAPACITY :", 1)
	d, err := Read("f", []byte(text), VRPLIB)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.Problem; p.Technicians[0].Shifts[0].End != 30 || p.Visits[0].OnSite != 2 || len(p.Technicians) != 3 {
		t.Errorf("shift %+v, on site %d, %d technicians", p.Technicians[0].Shifts[0], p.Visits[0].OnSite, len(p.Technicians))
	}
}

func TestVRPLIBFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, "tiny-vrptw.vrp", VRPLIB, []fault{
		{"unknown section", "DEPOT_SECTION", "BACKHAUL_SECTION", `f:24: BACKHAUL_SECTION: this section is not supported; supported are NODE_COORD_SECTION, DISPLAY_DATA_SECTION, EDGE_WEIGHT_SECTION, DEMAND_SECTION, TIME_WINDOW_SECTION, SERVICE_TIME_SECTION, DEPOT_SECTION`},
		{"unknown keyword", "VEHICLES: 2", "VEHICLES_MAX_DURATION: 2", `f:4: VEHICLES_MAX_DURATION: this keyword is not supported; supported are NAME, COMMENT, TYPE, DIMENSION, EDGE_WEIGHT_TYPE, EDGE_WEIGHT_FORMAT, NODE_COORD_TYPE, DISPLAY_DATA_TYPE, CAPACITY, VEHICLES, SERVICE_TIME, DISTANCE`},
		{"other type", "VRPTW\n", "TSP\n", `f:2: TYPE: is "TSP", want CVRP or VRPTW`},
		{"keyword twice", "NAME: tiny-vrptw", "TYPE: VRPTW", `f:2: TYPE: this keyword is given twice`},
		{"section twice", "SERVICE_TIME_SECTION", "DEMAND_SECTION", `f:20: DEMAND_SECTION: this section is given twice`},
		{"no dimension", "DIMENSION: 3\n", "", `f: DIMENSION: this keyword is missing`},
		{"dimension is text", "DIMENSION: 3", "DIMENSION: x", `f:3: DIMENSION: is "x", want a whole number between 0 and 2147483647`},
		{"dimension zero", "DIMENSION: 3", "DIMENSION: 0", `f:3: DIMENSION: is 0, want at least 1, the depot`},
		{"rows missing", "3 4\nTIME", "TIME", `f:12: DEMAND_SECTION: has 2 rows, want 3 as DIMENSION says`},
		{"node twice", "2 4\n3 4", "2 4\n2 4", `f:15: DEMAND_SECTION node: is 2, want each number from 1 to 3 once`},
		{"node beyond", "2 4\n3 4", "2 4\n7 4", `f:15: DEMAND_SECTION node: is "7", want a whole number between 0 and 3`},
		{"too many values", "2 10 20", "2 10 20 30", `f:18: TIME_WINDOW_SECTION: the row has 4 values, want 3`},
		{"window closes before it opens", "2 10 20", "2 21 20", `f:16: TIME_WINDOW_SECTION: the window of node 2 is [21, 20], want an end that is not before the start`},
		{"fraction of a demand", "2 4\n3 4\nTIME", "2 4.5\n3 4\nTIME", `f:12: DEMAND_SECTION: the demand of node 2 is 4.5, want a whole number that is not negative`},
		{"depot with demand", "1 0\n2 4\n3 4\nTIME", "1 9\n2 4\n3 4\nTIME", `f:12: DEMAND_SECTION: the depot has demand 9 and service time 0, want 0 and 0`},
		{"matrix too small", "8 3 0", "8 3", `f:8: EDGE_WEIGHT_SECTION: has 8 values, want those of a FULL_MATRIX of 3 nodes`},
		{"negative weight", "8 3 0", "8 -3 0", `f:8: EDGE_WEIGHT_SECTION: from node 3 to node 2 is -3, want a number from 0 to 268435456`},
		{"weight is text", "8 3 0", "8 x 0", `f:11: EDGE_WEIGHT_SECTION: is "x", want a number between -1e8 and 1e8`},
		{"other layout", "FULL_MATRIX", "UPPER_COL", `f:7: EDGE_WEIGHT_FORMAT: is "UPPER_COL", want FULL_MATRIX, LOWER_ROW, LOWER_DIAG_ROW, UPPER_ROW or UPPER_DIAG_ROW`},
		{"other weights", "EXPLICIT", "GEO", `f:6: EDGE_WEIGHT_TYPE: is "GEO", want EUC_2D or EXPLICIT`},
		{"no coordinates", "EXPLICIT", "EUC_2D", `f: NODE_COORD_SECTION: this section is missing, EUC_2D weights need it`},
		{"two depots", "1\n-1", "1\n2\n-1", `f:26: DEPOT_SECTION: is "2", want one depot, node 1, and then -1`},
		{"limit with windows", "CAPACITY: 10", "CAPACITY: 10\nDISTANCE: 9", `f:6: DISTANCE: a limit on the length of routes is not supported together with time windows`},
		{"no capacity", "CAPACITY: 10\n", "", `f: CAPACITY: this keyword is missing`},
		{"text before sections", "NAME: tiny-vrptw", "hello", `f:1: the line "hello" is in no section, want KEYWORD : value`},
	})
}

// Not parallel: it measures what is allocated.
func TestVRPLIBBelievesNoHeader(t *testing.T) {
	for _, weights := range []string{"EXPLICIT\nEDGE_WEIGHT_FORMAT: LOWER_ROW", "EXPLICIT\nEDGE_WEIGHT_FORMAT: FULL_MATRIX", "EUC_2D"} {
		text := fmt.Sprintf("NAME: n\nTYPE: CVRP\nDIMENSION: 1000000000\nCAPACITY: 1\nVEHICLES: 1000000000\nEDGE_WEIGHT_TYPE: %s\nEDGE_WEIGHT_SECTION\n1 2 3\n", weights)
		if bytes := allocated(func() {
			if _, err := Read("f", []byte(text), VRPLIB); err == nil {
				t.Error("accepted")
			}
		}); bytes > 1<<20 {
			t.Errorf("%d bytes allocated for %d bytes of text", bytes, len(text))
		}
	}
}

func FuzzVRPLIB(f *testing.F) { fuzzReader(f, VRPLIB, "tiny-cvrp.vrp", "tiny-vrptw.vrp") }
