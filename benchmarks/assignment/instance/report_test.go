package instance_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fettle/benchmarks/assignment/instance"
	"fettle/dispatch/assign"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
)

// The report is a test, so that it cannot fall behind the packages it measures. Without flags it solves small instances and
// checks their certificates; with them it measures and writes benchmarks/results/assignment.json:
//
//	go test ./benchmarks/assignment/instance -run TestReport -args -report FILE -orlib DIR -commit HASH -machine TEXT
var (
	reportFile  = flag.String("report", "", "measure full sizes and write this file")
	orlibDir    = flag.String("orlib", "", "folder of OR-Library files with optimal.csv")
	commit      = flag.String("commit", "", "revision that is measured")
	machineText = flag.String("machine", "", "processor")
)

const (
	candidates = 20 // a row
	price      = 20000
	seeds      = 7
	repeats    = 3
)

type report struct {
	Machine  string    `json:"machine"`
	Go       string    `json:"go"`
	Commit   string    `json:"commit"`
	Command  string    `json:"command"`
	Note     string    `json:"note"`
	Families []figures `json:"families"`
	ORLib    []figures `json:"orlib,omitempty"`
}

// figures are milliseconds of one goroutine; a seed counts with the least of its repeats, since other work only adds.
type figures struct {
	Name     string  `json:"name"`
	Rows     int     `json:"rows"`
	Cols     int     `json:"cols"`
	Arcs     int     `json:"arcs"`
	Seeds    int     `json:"seeds"`
	CPU      float64 `json:"processorMillis"` // median
	Median   float64 `json:"wallMillis"`      // median
	Worst    float64 `json:"worstWallMillis"`
	Check    float64 `json:"checkMillis"` // certificate, median
	Status   string  `json:"status"`
	Cost     int64   `json:"cost"` // of the first seed
	LeftOut  int     `json:"leftOut,omitempty"`
	Searches int     `json:"searches"` // of the first seed
	Bids     int     `json:"bids"`     // of the first seed
	Optimum  int64   `json:"publishedOptimum,omitempty"`
}

// generators make the problems by name: rows, seed.
var generators = []struct {
	name string
	make func(n int, seed uint64) (instance.Arcs, int64)
}{
	{"random, costs to 1,000,000, planted", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Random(instance.Source(seed), n, n, candidates, 1000000, true), assign.Required
	}},
	{"random, costs to 100, planted", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Random(instance.Source(seed), n, n, candidates, 100, true), assign.Required
	}},
	{"random, 30% more columns", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Random(instance.Source(seed), n, n*13/10, candidates, 1000000, true), assign.Required
	}},
	{"geometric, planted", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n, candidates, true), assign.Required
	}},
	{"geometric, required rows as they fall", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n, candidates, false), assign.Required
	}},
	{"geometric, non-assignment at 20 km", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n, candidates, false), price
	}},
	{"geometric, non-assignment at 1,000 km", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n, candidates, false), 50 * price
	}},
	{"geometric, 30% more columns", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n*13/10, candidates, false), assign.Required
	}},
	{"geometric, 20% fewer columns", func(n int, seed uint64) (instance.Arcs, int64) {
		return instance.Geometric(instance.Source(seed), n, n*4/5, candidates, false), assign.Required
	}},
}

func TestReport(t *testing.T) {
	sizes, count, times := []int{400}, 1, 1
	if *reportFile != "" {
		sizes, count, times = []int{1000, 5000, 20000}, seeds, repeats
	}
	out := report{
		Machine: fmt.Sprintf("%s %s/%s, %d processors", *machineText, runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		Go:      runtime.Version(), Commit: *commit,
		Command: "go test ./benchmarks/assignment/instance -run TestReport -args -report FILE -orlib DIR -commit HASH -machine TEXT",
		Note: fmt.Sprintf("solve only, certificate apart; each result proven by dispatch/check; median over %d seeds of the least of %d runs; processor time, because other work kept the machine busy and stretched wall time",
			count, times),
	}
	for _, g := range generators {
		for _, n := range sizes {
			out.Families = append(out.Families, measure(t, g.name, count, times, func(seed uint64) *assign.Problem {
				arcs, unassigned := g.make(n, seed)
				prices := make([]int64, arcs.Rows)
				for i := range prices {
					prices[i] = unassigned
				}
				return built(assign.NewProblem(arcs.Cols, arcs.RowStart, arcs.Col, arcs.Cost, prices))(t)
			}))
		}
	}
	for _, top := range []int64{100, 1000000} {
		n := min(sizes[len(sizes)-1], 1000)
		out.Families = append(out.Families, measure(t, fmt.Sprintf("dense, costs to %d", top), count, times, func(seed uint64) *assign.Problem {
			return built(assign.NewDense(n, n, instance.Dense(instance.Source(seed), n, n, top), nil))(t)
		}))
	}
	if *orlibDir != "" {
		out.ORLib = orlib(t, *orlibDir, times)
	}
	if *reportFile != "" {
		write(t, out)
	}
}

func built(p *assign.Problem, err error) func(*testing.T) *assign.Problem {
	return func(t *testing.T) *assign.Problem {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

// measure solves and checks one problem a seed.
func measure(t *testing.T, name string, count, times int, problemOf func(seed uint64) *assign.Problem) figures {
	t.Helper()
	f := figures{Name: name, Seeds: count}
	var solves, busy, checks []float64
	for seed := range uint64(count) {
		p := problemOf(seed + 1)
		var r *assign.Result
		var runs, used []float64
		for range times {
			runtime.GC()
			start, before := time.Now(), processorTime()
			var err error
			if r, err = assign.Solve(context.Background(), p, assign.Options{}); err != nil {
				t.Fatal(err)
			}
			used = append(used, float64((processorTime()-before).Microseconds())/1000)
			runs = append(runs, millis(start))
		}
		start := time.Now()
		verify(t, name, p, r)
		checks = append(checks, millis(start))
		solves, busy = append(solves, slices.Min(runs)), append(busy, slices.Min(used))
		if seed == 0 {
			f.Rows, f.Cols, f.Arcs, f.Status = p.Rows(), p.Cols(), p.Arcs(), string(r.Status)
			f.Cost, f.LeftOut, f.Searches, f.Bids = r.Cost, len(r.LeftOut), r.Stats.Searches, r.Stats.Bids
		}
	}
	f.CPU, f.Median, f.Worst, f.Check = median(busy), median(solves), slices.Max(solves), median(checks)
	return f
}

func verify(t *testing.T, name string, p *assign.Problem, r *assign.Result) {
	t.Helper()
	rowStart, col, cost := p.CSR()
	verdict := check.Assignment(
		check.AssignmentProblem{Cols: p.Cols(), RowStart: rowStart, Col: col, Cost: cost, Unassigned: p.UnassignedCosts()},
		check.AssignmentAnswer{
			Column: r.Assignment, RowPrice: r.RowPrice, ColPrice: r.ColPrice,
			RequiredPrice: r.RequiredPrice, Cost: r.Cost, DualBound: r.DualBound,
		})
	if !verdict.Optimal {
		t.Fatalf("%s: certificate refused: %s", name, verdict.Violation)
	}
}

// orlib solves the files listed in optimal.csv (file, rows, arcs, least cost).
func orlib(t *testing.T, dir string, times int) []figures {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(dir, "optimal.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []figures
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n")[1:] {
		fields := strings.Split(strings.TrimSpace(line), ",")
		data, err := os.ReadFile(filepath.Join(dir, fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		file, err := problem.ReadAssignmentORLib(fields[0], data)
		if err != nil {
			t.Fatal(err)
		}
		f := measure(t, fields[0], 1, times, func(uint64) *assign.Problem {
			return built(assign.NewProblem(file.Cols, file.RowStart, file.Col, file.Cost, file.Unassigned))(t)
		})
		if f.Optimum, err = strconv.ParseInt(fields[3], 10, 64); err != nil || f.Optimum != f.Cost {
			t.Errorf("%s: cost %d, published %s", fields[0], f.Cost, fields[3])
		}
		out = append(out, f)
	}
	return out
}

func write(t *testing.T, out report) {
	t.Helper()
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*reportFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(out.Families, out.ORLib...) {
		t.Logf("%-40s %6d %7.1f ms processor, %7.1f wall, worst %7.1f, check %5.1f, %s", f.Name, f.Rows, f.CPU, f.Median, f.Worst, f.Check, f.Status)
	}
}

func millis(start time.Time) float64 { return float64(time.Since(start).Microseconds()) / 1000 }

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
