package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, content string
		args          []string
		status        int
		want          assignAnswer
	}{
		{
			// 2 + 6 + 1 = 9 is less than any other three.
			"dense OR-Library file", "3\n 9 2 7\n 6 4 3\n 5 8 1\n",
			[]string{"--format", "orlib"},
			exitDone,
			assignAnswer{Status: "optimal", Rows: 3, Cols: 3, Pairs: 9, Cost: 9, FirstNumber: 1, Assignment: numbers(2, 1, 3), Unassigned: []int32{}},
		},
		{
			// Row 0 must be served, 7; row 1 would cost 5 on the same column, or 4 to leave out; row 2 costs 9.
			"JSON with prices",
			`{"rows": 3, "cols": 2, "unassignedCost": [null, 4, 40], "arcs": [[0, 0, 7], [1, 0, 5], [2, 1, 9]]}`, nil, exitDone,
			assignAnswer{Status: "optimal", Rows: 3, Cols: 2, Pairs: 3, Cost: 20, Assignment: numbers(0, -1, 1), Unassigned: []int32{1}},
		},
		{
			"two rows that need the same column",
			`{"rows": 2, "cols": 1, "arcs": [[0, 0, 7], [1, 0, 5]]}`, nil, exitNo,
			assignAnswer{Status: "infeasible", Rows: 2, Cols: 1, Pairs: 2, Cost: 5, Assignment: numbers(-1, 0), Unassigned: []int32{0}, LeftOut: []int32{0}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := fettle(t, append([]string{"assign", write(t, "problem", c.content)}, c.args...)...).wantStatus(t, c.status)
			var got assignAnswer
			if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
				t.Fatal(err)
			}
			if got.DualBound == nil || *got.DualBound != got.Cost || !got.Verified || len(got.RowPrices) != got.Rows || len(got.ColPrices) != got.Cols {
				t.Errorf("certificate of %s", r.stdout)
			}
			got.DualBound, got.Verified, got.RowPrices, got.ColPrices, got.Seconds, got.Shortages = nil, false, nil, nil, 0, nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// numbers is a list of columns; -1 stands for none.
func numbers(list ...int32) []*int32 {
	out := make([]*int32, len(list))
	for i := range list {
		if list[i] >= 0 {
			out[i] = &list[i]
		}
	}
	return out
}

func TestAssignRefusesAMalformedFile(t *testing.T) {
	t.Parallel()
	r := call{args: []string{"assign"}, stdin: "2\n1 2\n3 x\n"}.run(t).wantStatus(t, exitUsage)
	if want := "fettle: -:3: number 5: is \"x\", want a whole number of 64 bits\n"; r.stderr != want {
		t.Errorf("stderr %q, want %q", r.stderr, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	problem := write(t, "three.txt", three)
	for _, c := range []struct {
		name, solution string
		status         int
		want           []string
	}{
		{"good plan", "Route #1: 2 1 3\nCost 21.7\n", exitDone, []string{"FEASIBLE", "3 of 3 visits on 1 routes", "total   21.7"}},
		// Work at 3 ends at 21.5 or later, and customer 1 closes at 20.
		{"late", "Route #1: 2 3 1\n", exitNo, []string{"INFEASIBLE", "WINDOW_CLOSED"}},
		{"customer left out", "Route #1: 2 1\n", exitNo, []string{"INFEASIBLE", "NOT_ANSWERED: Visit 3 is not served, and this format leaves no choice."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, input := range []call{
				{args: []string{"check", problem, write(t, "plan", c.solution)}},
				{args: []string{"check", problem, "-", "--format", "solomon"}, stdin: c.solution},
			} {
				r := input.run(t).wantStatus(t, c.status).wantSilent(t)
				for _, want := range c.want {
					if !strings.Contains(r.stdout, want) {
						t.Errorf("stdout %s\nwant %q in it", r.stdout, want)
					}
				}
			}
		})
	}
}

func TestCheckAsJSON(t *testing.T) {
	t.Parallel()
	problem := write(t, "three.txt", three)
	r := call{args: []string{"check", problem, "-", "--json"}, stdin: "Route #1: 2 3 1\n"}.run(t).wantStatus(t, exitNo)
	var got checkAnswer
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Feasible || len(got.Violations) == 0 || got.Violations[0].Visit != "1" || got.Violations[0].Technician != "1" || got.Terms["travel"] != got.Cost {
		t.Errorf("answer %s", r.stdout)
	}
}

func TestCheckRefusesAMalformedPlan(t *testing.T) {
	t.Parallel()
	r := call{args: []string{"check", write(t, "three.txt", three), "-"}, stdin: "Route #1: 2 99\n"}.run(t).wantStatus(t, exitUsage)
	if !strings.HasPrefix(r.stderr, "fettle: -:1: ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("stderr %q", r.stderr)
	}
}

const fixtures = "../../internal/benchfamily/testdata"

func TestBench(t *testing.T) {
	t.Parallel()
	args := []string{"bench", "solomon", "--iterations", "100", "--seeds", "2"}
	for name, c := range map[string]call{
		"folder by flag":        {args: append(args, "--dir", fixtures)},
		"folder by environment": {args: args, env: []string{"FETTLE_BENCH_DIR=" + fixtures}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := strings.Split(strings.TrimSpace(c.run(t).wantStatus(t, exitDone).wantSilent(t).stdout), "\n")
			// Two cases with two seeds each, and the summary.
			if len(lines) != 5 || !strings.HasPrefix(lines[0], `{"case":"T1","seed":1,`) || !strings.HasPrefix(lines[4], `{"summary":true,`) {
				t.Errorf("lines %s", strings.Join(lines, "\n"))
			}
		})
	}
}

func TestBenchFailsWithItsCases(t *testing.T) {
	t.Parallel()
	bad := write(t, "bad.txt", strings.Replace(three, "CAPACITY", "SPEED", 1))
	r := fettle(t, "bench", "solomon", "--cases", bad, "--iterations", "10", "--seeds", "1").wantStatus(t, exitNo)
	if !strings.Contains(r.stdout, `"error":"`) || !strings.Contains(r.stdout, `"failed":1`) {
		t.Errorf("stdout %s", r.stdout)
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]uint64{"1": {1}, "3": {1, 2, 3}, "7,9": {7, 9}, "5,": {5}} {
		got, err := parseSeeds(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"", "-1", "0", "1001", "a", "1,,2"} {
		if _, err := parseSeeds(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
