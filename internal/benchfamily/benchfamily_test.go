package benchfamily_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/internal/benchfamily"
)

// options are those of a short run over the fixtures.
func options() benchfamily.Options {
	return benchfamily.Options{Dir: "testdata", Iterations: 200, Threads: 1, Solve: route.Solve}
}

// run measures a family and keeps its rows; the last one is the summary.
func run(t *testing.T, family string, o benchfamily.Options) (rows []any, sum *benchfamily.Summary) {
	t.Helper()
	sum, err := benchfamily.Run(t.Context(), family, o, func(row any) error {
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, sum
}

func ptr[T any](v T) *T { return &v }

// as is a row of a known type.
func as[T any](t *testing.T, row any) T {
	t.Helper()
	v, ok := row.(T)
	if !ok {
		t.Fatalf("row is a %T", row)
	}
	return v
}

// unstable are the fields that differ from run to run.
var unstable = cmpopts.IgnoreFields(benchfamily.Row{}, "Seconds", "PeakMB", "Iterations")

func TestRoutes(t *testing.T) {
	t.Parallel()
	for family, want := range map[string][]any{
		// Depot - 1 - 2 - depot: 5 + 3 + 4 = 12 units. (12 - 10) / 10 = 20 %.
		"solomon": {
			&benchfamily.Row{
				Case: "T1", Seed: 1, Visits: 2, Technicians: 2, Routes: 1, Cost: 12, Best: ptr(12.0), GapPercent: ptr(0.0),
				BestUnassigned: ptr(0), Verdict: "equal", Checked: true, PeersSeen: true,
			},
			&benchfamily.Row{
				Case: "T2", Seed: 1, Visits: 2, Technicians: 2, Routes: 1, Cost: 12, Best: ptr(10.0), GapPercent: ptr(20.0),
				BestUnassigned: ptr(0), Verdict: "worse", Checked: true,
			},
		},
		// 100 s there, 100 s work and 100 s back fit in 400 s, a second job does not: the one of priority 7 is worth more than
		// the 3 that the answer beside it serves, so costs are not compared. 200 s of travel = 0.06 h.
		"vroom": {
			&benchfamily.Row{
				Case: "one", Seed: 1, Visits: 2, Technicians: 1, Routes: 1, Cost: 200, Best: ptr(200.0), Unassigned: 1,
				BestUnassigned: ptr(1), Priority: ptr(int64(7)), PriorityTotal: ptr(int64(10)), BestPriority: ptr(int64(3)),
				Verdict: "better", TravelHours: 0.06, Checked: true,
			},
		},
		// Working time 20 + 45 + 20 = 85; the best known leaves the visit out.
		"praxedo": {
			&benchfamily.Row{
				Case: "P1", Seed: 1, Visits: 1, Technicians: 1, Routes: 1, Cost: 85, Best: ptr(0.0), BestUnassigned: ptr(1),
				Verdict: "better", Checked: true,
			},
		},
		// Vehicle 1: 5 + 5 + 10; vehicle 2: 5 + 5; vehicle 3: twice the root of 90. Together 48.974, 18.3767 % below 60.
		"mdvrptw": {
			&benchfamily.Row{
				Case: "MDVRPTW-M1", Seed: 1, Visits: 4, Technicians: 3, Routes: 3, Cost: 48.974, Best: ptr(60.0), GapPercent: ptr(-18.3767),
				BestUnassigned: ptr(0), Verdict: "better", Checked: true,
			},
		},
		// Depot - 1 - 2 - depot: 10 + 5 + 25; the other way round it is 20 + 30 + 15. VEHICLES says 1, which is no rule.
		"euro": {
			&benchfamily.Row{
				Case: "E1", Seed: 1, Visits: 2, Technicians: 2, Routes: 1, Cost: 40, Best: ptr(40.0), GapPercent: ptr(0.0),
				BestUnassigned: ptr(0), Verdict: "equal", Checked: true,
			},
		},
		// 3 km * 1.3 / 25 km/h = 561.6 s, rounded 562, there and back 1124 s = 0.31 h. Nobody has skill 1.
		"dispatch": {
			&benchfamily.Row{
				Case: "d1", Seed: 1, Visits: 2, Technicians: 1, Routes: 1, Cost: 1124, Unassigned: 1,
				Priority: ptr(int64(3)), PriorityTotal: ptr(int64(4)), TravelHours: 0.31, Checked: true,
			},
		},
	} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			rows, sum := run(t, family, options())
			if diff := cmp.Diff(append(want, sum), rows, unstable, cmpopts.IgnoreUnexported(benchfamily.Summary{})); diff != "" {
				t.Error(diff)
			}
			if sum.Failed != 0 || sum.Runs != len(want) {
				t.Errorf("%d runs, %d failed", sum.Runs, sum.Failed)
			}
		})
	}
}

// A day is played to its end by each policy, and its answers are written for the collection's own checker.
func TestDays(t *testing.T) {
	t.Parallel()
	for _, policy := range benchfamily.Policies() {
		o := options()
		o.Policy, o.Answers = policy, t.TempDir()
		rows, sum := run(t, "euro-dynamic", o)
		day := as[*benchfamily.DayRow](t, rows[0])
		// Both customers start at 7200, so that there is one epoch, the first; all 100 draws can be served from it. Two of them
		// fit into a vehicle, and no route is shorter than 10 + 15.
		if day.Case != "002-E1" || day.DaySeed != 7 || day.Epochs != 1 || day.Requests != 100 || !day.Checked || day.Cost < 50*25 || sum.Failed != 0 {
			t.Errorf("%s: %+v", policy, day)
		}
		if want := 100 * (float64(day.Cost) - 1000) / 1000; *day.GapPercent != want || day.Verdict != "worse" {
			t.Errorf("%s: gap %v, want %v", policy, *day.GapPercent, want)
		}
		data, err := os.ReadFile(filepath.Join(o.Answers, "002-E1.1.json"))
		if err != nil || !strings.HasPrefix(string(data), `{"1":[[`) {
			t.Errorf("%s: answers %.20q, %v", policy, data, err)
		}
	}
	o := options()
	o.Policy = "guess"
	rows, _ := run(t, "euro-dynamic", o)
	if day := as[*benchfamily.DayRow](t, rows[0]); day.Error != `policy "guess" is not known; known are prizes, consensus, greedy, lazy` {
		t.Errorf("error %q", day.Error)
	}
}

func TestReplans(t *testing.T) {
	t.Parallel()
	o := options()
	o.Dir = "testdata/replan"
	rows, sum := run(t, "replan", o)
	if len(rows) != 6 || sum.Failed != 0 || sum.Runs != 5 {
		t.Fatalf("rows %+v, want five kinds of change and a summary", rows)
	}
	for _, row := range rows[:5] {
		if r := as[*benchfamily.ReplanRow](t, row); r.Changes == 0 || !r.Checked || r.Moved-r.Forced > 5 {
			t.Errorf("row %+v, want changes that were checked", r)
		}
	}
}

// Days whose requests become known on the way are played to their end, judged, and written for the collections' own checkers.
func TestDynamic(t *testing.T) {
	t.Parallel()
	unstable := cmpopts.IgnoreFields(benchfamily.DynamicRow{}, "Seconds", "Total", "PeakMB")
	for family, c := range map[string]struct {
		want    []any
		answers map[string]string
	}{
		"dtrsp": {
			want: []any{
				// Home to 2, on to 3 and back: 10 + 10 + 10 + 10 + 20, with the last possible departure less three stops of 20.
				&benchfamily.DynamicRow{
					Case: "D1_rd_50", Seed: 1, Policy: "replan", Visits: 2, Dynamic: 1, Moments: 2, Cost: 60, Technicians: 1,
					PublishedRejected: ptr(0.0), PublishedCost: ptr(50.0), GapPercent: ptr(20.0), Verdict: "worse", Checked: true,
				},
				// Nobody is at 3 at 100 who may leave at 99.
				&benchfamily.DynamicRow{
					Case: "D1_rd_90", Seed: 1, Policy: "replan", Visits: 2, Dynamic: 1, Moments: 2, Rejected: 1, Cost: 30, Technicians: 1,
					PublishedRejected: ptr(1.0), PublishedCost: ptr(30.0), Causal: true, GapPercent: ptr(0.0), Verdict: "equal", Checked: true,
				},
			},
			answers: map[string]string{"D1_rd_90.1.txt": "1: 2@30.000000 home@50.000000\nrejected: 3\n"},
		},
		// Depot - 1 - 2 - depot: 5 + 3 + 4.
		"dvrptw": {
			want: []any{&benchfamily.DynamicRow{
				Case: "L1_rd_50", Seed: 1, Policy: "replan", Visits: 2, Dynamic: 1, Moments: 2, Cost: 12, Technicians: 1,
				PublishedRejected: ptr(1.0), PublishedCost: ptr(10.0), Causal: true, Verdict: "better", Checked: true,
			}},
			answers: map[string]string{"L1_rd_50.1.txt": "1 2\nrejected:\n"},
		},
	} {
		o := options()
		o.Answers = t.TempDir()
		rows, sum := run(t, family, o)
		if diff := cmp.Diff(append(c.want, sum), rows, unstable, cmpopts.IgnoreUnexported(benchfamily.Summary{})); diff != "" {
			t.Error(diff)
		}
		for name, want := range c.answers {
			data, err := os.ReadFile(filepath.Join(o.Answers, name))
			if err != nil || string(data) != want {
				t.Errorf("answer %q, %v, want %q", data, err, want)
			}
		}
	}
}

func TestSummaryMeans(t *testing.T) {
	t.Parallel()
	o := options()
	o.Seeds = []uint64{4, 5}
	_, sum := run(t, "solomon", o)
	// Gaps 0, 0, 20, 20.
	if sum.Runs != 4 || sum.Cases != 2 || *sum.MeanGapPercent != 10 || *sum.MaxGapPercent != 20 || sum.MeanCost != 12 || sum.Equal != 2 || sum.Worse != 2 {
		t.Errorf("summary %+v", sum)
	}
}

func TestCasesAreChosen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		set  func(*benchfamily.Options)
		want []string
	}{
		{"by pattern", func(o *benchfamily.Options) { o.Cases = "*2" }, []string{"T2"}},
		{"by several patterns", func(o *benchfamily.Options) { o.Cases = "T2, T1" }, []string{"T1", "T2"}},
		{"by pattern of files", func(o *benchfamily.Options) { o.Dir, o.Cases = "", "testdata/vrptw/solomon/T*.txt" }, []string{"T1", "T2"}},
		{"by the mark of peers", func(o *benchfamily.Options) { o.PeersOnly = true }, []string{"T1"}},
		{"from the folder itself", func(o *benchfamily.Options) { o.Dir = "testdata/vrptw/solomon" }, []string{"T1", "T2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			c.set(&o)
			rows, _ := run(t, "solomon", o)
			var got []string
			for _, row := range rows[:len(rows)-1] {
				got = append(got, as[*benchfamily.Row](t, row).Case)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, family, want string
		set                func(*benchfamily.Options)
	}{
		{"family", "chess", `family "chess" is not known; known are solomon, homberger,`, func(*benchfamily.Options) {}},
		{"no folder", "solomon", "name the folder that holds them", func(o *benchfamily.Options) { o.Dir = "" }},
		{"folder is not there", "solomon", "nowhere is no folder of instances", func(o *benchfamily.Options) { o.Dir = "nowhere" }},
		{"no case matches", "solomon", `no case of 2 matches "X*"`, func(o *benchfamily.Options) { o.Cases = "X*" }},
		{"no file matches", "homberger", "family homberger: no file matches", func(o *benchfamily.Options) { o.Dir = "testdata/vroom_cases" }},
		{"no release matches", "dtrsp", "there is no crew25_release_dates/*_rd_*.txt below", func(o *benchfamily.Options) { o.Dir = "testdata/vroom_cases" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			c.set(&o)
			_, err := benchfamily.Run(t.Context(), c.family, o, func(any) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestMalformedCaseIsARowWithAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.txt"), []byte("BAD\n\nVEHICLE\nNUMBER CAPACITY\n x 20\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Dir = dir
	rows, sum := run(t, "solomon", o)
	if row := as[*benchfamily.Row](t, rows[0]); !strings.Contains(row.Error, "bad.txt:5: ") || row.Checked || sum.Failed != 1 {
		t.Errorf("row %+v, summary %+v", row, sum)
	}
}

func TestFailedSearchIsARowWithAnError(t *testing.T) {
	t.Parallel()
	o := options()
	o.Solve = func(context.Context, *dispatch.Problem, route.Options) (*dispatch.Plan, error) {
		return nil, errors.New("no luck")
	}
	rows, sum := run(t, "dispatch", o)
	if row := as[*benchfamily.Row](t, rows[0]); row.Error != "no luck" || sum.Failed != 1 {
		t.Errorf("row %+v, summary %+v", row, sum)
	}
}

func TestPlanThatBreaksARuleIsNotChecked(t *testing.T) {
	t.Parallel()
	o := options()
	o.Solve = func(_ context.Context, p *dispatch.Problem, _ route.Options) (*dispatch.Plan, error) {
		return &dispatch.Plan{}, nil // says nothing about its visits
	}
	rows, sum := run(t, "dispatch", o)
	if row := as[*benchfamily.Row](t, rows[0]); row.Checked || row.Error == "" || sum.Failed != 1 {
		t.Errorf("row %+v, summary %+v", row, sum)
	}
}

func TestBudgetCountsFromTheReading(t *testing.T) {
	t.Parallel()
	o := options()
	o.Time, o.Iterations = time.Hour, 0
	o.Solve = func(ctx context.Context, p *dispatch.Problem, r route.Options) (*dispatch.Plan, error) {
		if r.TimeLimit != time.Hour || r.Elapsed() <= 0 {
			t.Errorf("limit %s, elapsed %s", r.TimeLimit, r.Elapsed())
		}
		return route.Solve(ctx, p, route.Options{Iterations: 10, Threads: 1})
	}
	rows, _ := run(t, "dispatch", o)
	if row := as[*benchfamily.Row](t, rows[0]); row.Budget != 3600 || row.OverRun != 0 || row.Seconds <= 0 || row.PeakMB <= 0 {
		t.Errorf("row %+v", row)
	}
}

func TestCancelledBetweenRuns(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var rows []any
	sum, err := benchfamily.Run(ctx, "solomon", options(), func(row any) error {
		rows = append(rows, row)
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || sum == nil || sum.Runs != 1 || len(rows) != 2 {
		t.Errorf("error %v, %d rows, summary %+v", err, len(rows), sum)
	}
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	rows, sum := run(t, "orlib", options())
	// 2 + 6 + 1 = 9.
	row := as[*benchfamily.AssignmentRow](t, rows[0])
	if row.Cost != 9 || row.DualBound != 9 || *row.GapPercent != 0 || !row.Checked || row.Pairs != 9 || sum.Failed != 0 {
		t.Errorf("row %+v, summary %+v", row, sum)
	}
	o := options()
	o.Cases = "*-1000x20"
	rows, sum = run(t, "assignment", o)
	if len(rows) != 3 || sum.Failed != 0 {
		t.Errorf("%d rows, summary %+v", len(rows), sum)
	}
}

func TestBurst(t *testing.T) {
	t.Parallel()
	o := options()
	o.Cases = "burst-1000x4"
	rows, sum := run(t, "burst", o)
	r := as[*benchfamily.BurstRow](t, rows[0])
	if !r.Checked || r.Error != "" || len(r.Ways) != 3 || sum.Failed != 0 {
		t.Fatalf("row %+v, want three ways that were checked", r)
	}
	if regret, rounds := r.Ways[0], r.Ways[2]; regret.Cost >= rounds.Cost {
		t.Errorf("regret costs %d, rounds of matching %d: want the first to be cheaper", regret.Cost, rounds.Cost)
	}
}

func TestMicroFamilies(t *testing.T) {
	t.Parallel()
	for family, cases := range map[string]string{"index": "", "insertion": "insert-1000x10"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Cases = cases
			rows, sum := run(t, family, o)
			for _, row := range rows[:len(rows)-1] {
				if r := as[*benchfamily.MicroRow](t, row); !r.Checked || r.NanosPerOp <= 0 || r.Operations == 0 || r.Error != "" {
					t.Errorf("row %+v", r)
				}
			}
			if sum.Failed != 0 || sum.Runs == 0 {
				t.Errorf("summary %+v", sum)
			}
		})
	}
}
