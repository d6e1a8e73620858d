package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// quick ends a search on a tiny file at once.
var quick = []string{"--iterations", "320", "--threads", "1"}

// solve is the command line of a quick search.
func solve(args ...string) []string { return slices.Concat([]string{"solve"}, args, quick) }

func TestSolveInEachOutput(t *testing.T) {
	t.Parallel()
	path := write(t, "three.txt", three)
	for _, c := range []struct{ output, want string }{
		{"json", `"format":"fettle-plan"`},
		{"auto", `"format":"fettle-plan"`},
		{"native", "Route#1:"},
		{"vrplib", "Route#1:"},
		{"table", "3of3visits"},
	} {
		t.Run(c.output, func(t *testing.T) {
			t.Parallel()
			r := fettle(t, solve(path, "--output", c.output)...).wantStatus(t, exitDone).wantSilent(t)
			if !strings.Contains(squeeze(r.stdout), c.want) {
				t.Errorf("stdout %s\nwant %s in it", r.stdout, c.want)
			}
			if c.output == "table" {
				return
			}
			judged := fettle(t, "check", path, write(t, "plan", r.stdout)).wantStatus(t, exitDone).wantSilent(t)
			if !strings.HasPrefix(judged.stdout, "FEASIBLE\n") {
				t.Errorf("check: %s", judged.stdout)
			}
		})
	}
}

func TestSolveReadsTheStandardInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"solve", "-"}, {"solve"}} {
		r := call{args: append(args, quick...), stdin: three}.run(t).wantStatus(t, exitDone).wantSilent(t)
		if !strings.Contains(r.stdout, "fettle-plan") {
			t.Errorf("%v: stdout %q", args, r.stdout)
		}
	}
	r := call{args: []string{"solve"}, stdin: "hello"}.run(t).wantStatus(t, exitUsage)
	if !strings.HasPrefix(r.stderr, "fettle: -: ") {
		t.Errorf("stderr %q", r.stderr)
	}
}

func TestSameSeedGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, path := range []string{write(t, "many.txt", many()), fieldDay} {
		args := []string{"solve", path, "--iterations", "400", "--threads", "1", "--seed", "7", "--explain"}
		first, second := fettle(t, args...).wantStatus(t, exitDone), fettle(t, args...).wantStatus(t, exitDone)
		if first != second {
			t.Errorf("%s: two runs differ", path)
		}
	}
}

func TestVisitsLeftOutAreData(t *testing.T) {
	t.Parallel()
	// Customer 2 asks for more than any vehicle carries.
	path := write(t, "three.txt", strings.Replace(three, "    2      1          1         10 ", "    2      1          1         31 ", 1))
	r := fettle(t, solve(path)...).wantStatus(t, exitDone).wantSilent(t)
	var plan struct {
		Unassigned []struct{ VisitID string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &plan); err != nil || len(plan.Unassigned) != 1 || plan.Unassigned[0].VisitID != "2" {
		t.Errorf("unassigned %v, error %v", plan.Unassigned, err)
	}
	judged := fettle(t, "check", path, write(t, "plan.json", r.stdout)).wantStatus(t, exitNo)
	if !strings.Contains(judged.stdout, "Visit 2 is not served") {
		t.Errorf("check: %s", judged.stdout)
	}
}

func TestPlansSayHowFarFromTheBestTheyAre(t *testing.T) {
	t.Parallel()
	type answer struct {
		Cost  struct{ Total int64 }
		Bound *struct {
			Cost       *int64
			GapPercent *float64
			Method     string
		}
	}
	var a answer
	r := fettle(t, solve(write(t, "three.txt", three), "--output", "json")...).wantStatus(t, exitDone)
	if err := json.Unmarshal([]byte(r.stdout), &a); err != nil || a.Bound == nil || a.Bound.Cost == nil || a.Bound.GapPercent == nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	if *a.Bound.Cost > a.Cost.Total || *a.Bound.GapPercent < 0 || a.Bound.Method == "none" {
		t.Errorf("bound %+v of a plan for %d", *a.Bound, a.Cost.Total)
	}
	if r = fettle(t, solve(write(t, "three.txt", three), "--output", "native")...); strings.Contains(r.stdout, "bound") {
		t.Errorf("a bound where no format has a place for one: %s", r.stdout)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	oneVehicle := strings.Replace(three, "  2         30", "  1         30", 1)
	r := fettle(t, solve(write(t, "three.txt", oneVehicle), "--output", "table")...).wantStatus(t, exitDone)
	_, table, _ := strings.Cut(r.stdout, "\n")
	// Work takes 5 + 5 + 1.5. Customer 1 opens at 10, so the vehicle leaves at 10 - 3.6 - 5 - 1.4 = 0 at the latest without
	// waiting, and is back at 0 + 21.7 + 11.5 = 33.2.
	want := `
technician  visits  travel  on site  waiting  duty  from    to
1                3    21.7     11.5        0  33.2     0  33.2

cost
  travel  21.7
  total   21.7

no plan is cheaper (proven by assignment)
`
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
}

func TestOutputFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	problem, plan, picture := write(t, "three.txt", three), filepath.Join(dir, "plan.json"), filepath.Join(dir, "plan.svg")
	if err := os.WriteFile(plan, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink("plan.json", link); err != nil {
		t.Fatal(err)
	}

	fettle(t, "solve", write(t, "bad.json", "{"), "-o", plan).wantStatus(t, exitUsage)
	if got := read(t, plan); got != "old" {
		t.Errorf("a failed run has changed the file to %q", got)
	}
	r := fettle(t, solve(problem, "-o", link, "--svg", picture)...).wantStatus(t, exitDone).wantSilent(t)
	if r.stdout != "" {
		t.Errorf("stdout %q, want nothing beside -o", r.stdout)
	}
	if got := read(t, plan); !strings.Contains(got, "fettle-plan") {
		t.Errorf("the file behind the link holds %q", got)
	}
	if got := read(t, picture); !strings.HasPrefix(got, "<svg") {
		t.Errorf("the picture begins with %.40q", got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d files in the folder, want the plan, its link and the picture; error %v", len(entries), err)
	}
}

func TestOutputToADeviceIsNotReplaced(t *testing.T) {
	t.Parallel()
	fettle(t, solve(write(t, "three.txt", three), "-o", os.DevNull)...).wantStatus(t, exitDone).wantSilent(t)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("the null device is now %v, error %v", info, err)
	}
}

func TestTimeLimitEndsTheSearch(t *testing.T) {
	t.Parallel()
	r := fettle(t, "solve", write(t, "many.txt", many()), "--time", "200ms").wantStatus(t, exitDone).wantSilent(t)
	if !strings.Contains(squeeze(r.stdout), `"status":"COMPLETE"`) {
		t.Errorf("stdout %.200s", r.stdout)
	}
}
