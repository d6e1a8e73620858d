package problem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
)

func TestSolomon(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-solomon.txt", Auto)
	p := d.Problem
	if d.Format != Solomon || p.Name != "TINY" || len(p.Technicians) != 2 || len(p.Visits) != 3 {
		t.Fatalf("%s %q with %d technicians and %d visits", d.Format, p.Name, len(p.Technicians), len(p.Visits))
	}
	want := dispatch.Visit{
		ID: "3", Place: 3, Due: dispatch.NoTick, Deliver: []int32{5},
		Windows: []dispatch.TimeWindow{{Start: 0, End: 501}}, // due 50 counts: 10*50+1
		OnSite:  15,                                          // 1.5 units
	}
	if diff := cmp.Diff(want, p.Visits[2]); diff != "" {
		t.Error(diff)
	}
	tech := p.Technicians[1]
	if s := tech.Shifts[0]; tech.ID != "2" || s.Start != 0 || s.End != 1000 || tech.Capacity[0] != 20 || tech.Rates != (dispatch.Rates{Travel: 1}) {
		t.Errorf("technician is %+v", tech)
	}
	// sqrt(9+16) = 5 exactly; sqrt(2) = 1.414 -> 1.4; from (3,4) to (1,1): sqrt(13) = 3.605 -> 3.6
	for _, leg := range []struct{ from, to, want int32 }{{0, 1, 50}, {0, 2, 14}, {1, 2, 36}} {
		if got := p.Travel[0].Time.At(leg.from, leg.to); got != leg.want {
			t.Errorf("from %d to %d takes %d ticks, want %d", leg.from, leg.to, got, leg.want)
		}
	}
}

func TestSolomonIsLenientAboutForm(t *testing.T) {
	t.Parallel()
	text := readFixture(t, "tiny-solomon.txt")
	want := mustRead(t, "tiny-solomon.txt", Solomon).Problem
	for name, other := range map[string]string{
		"CRLF":        strings.ReplaceAll(text, "\n", "\r\n"),
		"lower case":  strings.Replace(strings.ToLower(text), "tiny", "TINY", 1),
		"tabs":        strings.ReplaceAll(text, "  ", "\t"),
		"blank lines": strings.ReplaceAll(text, "\n", "\n \n"),
		"no end":      strings.TrimSpace(text),
		"BOM":         "\xef\xbb\xbf" + text,
	} {
		d, err := Read("f", []byte(other), Auto)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want.Visits, d.Problem.Visits); diff != "" || d.Problem.Name != want.Name {
			t.Errorf("%s: name %q, %s", name, d.Problem.Name, diff)
		}
	}
}

func TestSolomonFaults(t *testing.T) {
	t.Parallel()
	testFaults(t, "tiny-solomon.txt", Solomon, []fault{
		{"not a number", "20          5\n", "abc 5\n", `f:11: due date: is "abc", want a number between -1e8 and 1e8`},
		{"NaN", "       10         10         20", " 10 NaN 20", `f:11: ready time: is "NaN", want a number between -1e8 and 1e8`},
		{"infinite", "    1      3 ", " 1 Inf ", `f:11: x coordinate: is "Inf", want a number between -1e8 and 1e8`},
		{"window closes before it opens", "10         20          5", "21 20 5", `f:11: due date: is 20, want at least the ready time 21`},
		{"missing column", "90          5", "90", `f:12: customer: the row has 6 values, want 7: customer number, x coordinate, y coordinate, demand, ready time, due date, service time`},
		{"gap in the numbers", "    2      1", "    5      1", `f:12: customer number: is 5, want 2: rows are numbered from 0 without a gap`},
		{"negative demand", "10          5          0", "10 -5 0", `f:13: demand: is "-5", want a whole number between 0 and 1073741823`},
		{"negative service", "50          1.5", "50 -1", `f:13: service time: is -1, want a number that is not negative`},
		{"depot with demand", "0          0          0        100", "0 7 0 100", `f:10: depot: has demand 7 and service time 0, want 0 and 0`},
		{"absurd coordinate", "    1      3 ", "    1      30000000 ", `f:11: coordinates: are (30000000, 4), want numbers between -1e7 and 1e7`},
		{"capacity is text", "2         20\n", "2 many\n", `f:5: capacity: is "many", want a whole number between 0 and 1073741823`},
		{"no fleet", "  2         20\n", "\n", `f:7: vehicle: the line has 1 values, want the number of vehicles and the capacity`},
		{"no vehicle section", "VEHICLE", "CARS", `f:3: vehicle: the line is "CARS", want "VEHICLE"`},
		{"no customer section", "CUSTOMER", "CLIENTS", `f:7: customer: the line is "CLIENTS", want "CUSTOMER"`},
	})
	_, err := Read("f", []byte("T\nVEHICLE\nNUMBER CAPACITY\n1 1\nCUSTOMER\nCUST NO.\n"), Solomon)
	if got, want := message(err), "f:6: customer: the file ends before the depot, row 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSolomonFleetIsBoundByTheCustomers(t *testing.T) {
	t.Parallel()
	text := strings.Replace(readFixture(t, "tiny-solomon.txt"), "  2         20", " 1000000000 20", 1)
	d, err := Read("f", []byte(text), Solomon)
	if err != nil || len(d.Problem.Technicians) != 3 {
		t.Fatalf("%v, want 3 technicians", err)
	}
}

func TestSolomonPlan(t *testing.T) {
	t.Parallel()
	d := mustRead(t, "tiny-solomon.txt", Solomon)
	// Route 1: 0-2-1-0 = 1.4 + 3.6 + 5.0 = 10.0; route 2: 0-3-0 = 20.0.
	written := writeNative(t, d, onRoutes(map[int32][]int32{0: {1, 0}, 1: {2}}, 2))
	if want := "Route #1: 2 1\nRoute #2: 3\nCost 30.0\n"; written != want {
		t.Fatalf("wrote %q, want %q", written, want)
	}
	if plan := testRoundTrip(t, d, written); len(plan.Unassigned) != 0 || plan.Routes[1].Technician != 1 {
		t.Errorf("read back %+v", plan)
	}
	plan, err := d.ReadPlan("p", []byte("route #2:  3\r\n\nCOST : 20\n"))
	if err != nil || len(plan.Routes) != 1 || len(plan.Unassigned) != 2 || plan.Unassigned[1].Visit != 1 {
		t.Errorf("%v, %+v", err, plan)
	}
	testPlanFaults(t, d, []struct{ name, text, want string }{
		{"unknown customer", "Route #1: 2 9\n", `p:1: route: holds "9", which is no visit of the problem`},
		{"route twice", "Route #1: 2\nRoute #1: 1", `p:2: route: is 1, want a number from 1 that no other route has`},
		{"too many routes", "Route #3: 2", `p:1: route: is "3", want a whole number between 0 and 2`},
		{"no number", "Route: 2", `p:1: route: is "", want a whole number between 0 and 2`},
		{"other text", "\nhello", `p:2: want a line "Route #k: i j ..." or "Cost c"`},
		{"cost is text", "Cost much", `p:1: cost: is "much", want a number between -1e8 and 1e8`},
	})
}

func FuzzSolomon(f *testing.F) { fuzzReader(f, Solomon, "tiny-solomon.txt") }
