package assign_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/benchmarks/assignment/instance"
	"fettle/dispatch/assign"
	"fettle/dispatch/check"
)

// arc is row, column, cost.
type arc [3]int64

// newProblem builds a problem; prices is nil when all rows are required.
func newProblem(t *testing.T, rows, cols int, arcs []arc, prices []int64) *assign.Problem {
	t.Helper()
	b := assign.NewBuilder(rows, cols)
	for _, a := range arcs {
		b.Arc(int(a[0]), int(a[1]), a[2])
	}
	for i, u := range prices {
		b.MayStayUnassigned(i, u)
	}
	p, err := b.Build()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	return p
}

func solve(t *testing.T, p *assign.Problem) *assign.Result {
	t.Helper()
	r, err := assign.Solve(context.Background(), p, assign.Options{})
	if err != nil {
		t.Fatalf("solve: %v", err)
	}
	return r
}

// judge runs the independent checker.
func judge(p *assign.Problem, r *assign.Result) check.AssignmentReport {
	rowStart, col, cost := p.CSR()
	return check.Assignment(
		check.AssignmentProblem{Cols: p.Cols(), RowStart: rowStart, Col: col, Cost: cost, Unassigned: p.UnassignedCosts()},
		check.AssignmentAnswer{
			Column: r.Assignment, RowPrice: r.RowPrice, ColPrice: r.ColPrice,
			RequiredPrice: r.RequiredPrice, Cost: r.Cost, DualBound: r.DualBound,
		})
}

func TestSolve(t *testing.T) {
	t.Parallel()
	const required = assign.Required
	cases := []struct {
		name       string
		rows, cols int
		arcs       []arc
		prices     []int64
		status     assign.Status
		cost       int64
		want       []int32
	}{
		{"nothing to do costs nothing", 0, 0, nil, nil, assign.Optimal, 0, []int32{}},
		{"technicians without visits stay unused", 0, 3, nil, nil, assign.Optimal, 0, []int32{}},
		{"a visit without technicians is left out", 1, 0, nil, nil, assign.Infeasible, 0, []int32{-1}},
		// 1+4 = 5 against 2+2 = 4.
		{"the sum counts, not the first choice", 2, 2, []arc{{0, 0, 1}, {0, 1, 2}, {1, 0, 2}, {1, 1, 4}}, nil, assign.Optimal, 4, []int32{1, 0}},
		{"one visit takes the cheapest of three", 1, 3, []arc{{0, 0, 5}, {0, 1, 3}, {0, 2, 4}}, nil, assign.Optimal, 3, []int32{1}},
		// 10 for serving against 9 for leaving out.
		{"a visit stays unassigned where that is cheaper", 1, 1, []arc{{0, 0, 10}}, []int64{9}, assign.Optimal, 9, []int32{-1}},
		// Required row 0 takes the only column at 100; row 1 pays 50: 150, though 1 + nobody would be cheaper.
		{"a required visit goes before a priced one", 2, 1, []arc{{0, 0, 100}, {1, 0, 1}}, []int64{required, 50}, assign.Optimal, 150, []int32{0, -1}},
		// Three rows, two columns: one stays out, the cheapest pair of the rest is 1 + 2.
		{"as many as possible are served, then the cheapest", 3, 2, []arc{{0, 0, 1}, {0, 1, 9}, {1, 1, 2}, {2, 0, 3}, {2, 1, 8}}, nil, assign.Infeasible, 3, []int32{0, 1, -1}},
		// Serving both costs 1,000,000 + 5; serving one costs 5 or less, but leaves one out.
		{"no saving pays for leaving a required visit out", 2, 2, []arc{{0, 0, 1}, {0, 1, 1000000}, {1, 0, 5}}, nil, assign.Optimal, 1000005, []int32{1, 0}},
		// -5 + -7 = -12; the other way 0 + -1.
		{"costs may be negative", 2, 2, []arc{{0, 0, -5}, {0, 1, 0}, {1, 0, -1}, {1, 1, -7}}, nil, assign.Optimal, -12, []int32{0, 1}},
		// The row would rather stay out for -3 than take -2.
		{"prices may be negative", 1, 1, []arc{{0, 0, -2}}, []int64{-3}, assign.Optimal, -3, []int32{-1}},
		{"large equal negative costs are served", 1, 1, []arc{{0, 0, -1000000}}, nil, assign.Optimal, -1000000, []int32{0}},
		{"the cheapest of equal pairs is kept", 1, 1, []arc{{0, 0, 7}, {0, 0, 4}, {0, 0, 9}}, nil, assign.Optimal, 4, []int32{0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProblem(t, c.rows, c.cols, c.arcs, c.prices)
			r := solve(t, p)
			if r.Status != c.status || r.Cost != c.cost || r.Gap() != 0 {
				t.Errorf("status %s, cost %d, gap %d, want %s, %d, 0", r.Status, r.Cost, r.Gap(), c.status, c.cost)
			}
			if d := cmp.Diff(c.want, r.Assignment); d != "" {
				t.Error(d)
			}
			if report := judge(p, r); !report.Optimal {
				t.Errorf("certificate refused: %s", report.Violation)
			}
		})
	}
}

func TestShortages(t *testing.T) {
	t.Parallel()
	// Rows 0, 1, 2 share columns 0 and 1; row 3 has no pair; rows 4 and 5 share column 3, and row 5 may stay out;
	// rows 6 and 7 share column 4. Row 8 is fine with column 2.
	p := newProblem(t, 9, 5, []arc{
		{0, 0, 1},
		{1, 0, 1},
		{1, 1, 1},
		{2, 1, 1},
		{4, 3, 1},
		{5, 3, 1},
		{6, 4, 2},
		{7, 4, 1},
		{8, 2, 1},
		{8, 0, 1},
	}, []int64{assign.Required, assign.Required, assign.Required, assign.Required, assign.Required, 9, assign.Required, assign.Required, assign.Required})
	r := solve(t, p)
	want := []assign.Shortage{
		{Rows: []int32{0, 1, 2}, Cols: []int32{0, 1}},
		{Rows: []int32{3}},
		{Rows: []int32{6, 7}, Cols: []int32{4}},
	}
	if d := cmp.Diff(want, r.Shortages); d != "" {
		t.Error(d)
	}
	// One of 0..2, row 3, and row 6, which is dearer than row 7: 1+1 +1 + 1+9 +1 = 14.
	if len(r.LeftOut) != 3 || r.LeftOut[2] != 6 || r.Cost != 14 {
		t.Errorf("left out %v at cost %d, want three with row 6 last at 14", r.LeftOut, r.Cost)
	}
}

func TestInvalidProblemsAreRefusedByName(t *testing.T) {
	t.Parallel()
	build := func(rows, cols int, refuse assign.Duplicates, arcs ...arc) error {
		b := assign.NewBuilder(rows, cols)
		b.Duplicates = refuse
		for _, a := range arcs {
			b.Arc(int(a[0]), int(a[1]), a[2])
		}
		_, err := b.Build()
		return err
	}
	price := func(row int) error {
		b := assign.NewBuilder(2, 2)
		b.MayStayUnassigned(row, 1)
		b.Arc(9, 9, 9) // the first fault is the one reported
		_, err := b.Build()
		return err
	}
	csr := func(cols int, start, col []int32, cost, prices []int64) error {
		_, err := assign.NewProblem(cols, start, col, cost, prices)
		return err
	}
	dense := func(rows, cols, costs int) error {
		_, err := assign.NewDense(rows, cols, make([]int64, costs), nil)
		return err
	}
	const far = int64(1) << 59
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"row out of range", build(2, 2, "", arc{0, 0, 1}, arc{2, 1, 1}), "row of arc 1 (row 2, column 1) is 2, want 0 to 1"},
		{"column out of range", build(2, 2, "", arc{0, -1, 1}), "column of arc 0 (row 0, column -1) is -1, want 0 to 1"},
		{"no columns at all", build(2, 0, "", arc{0, 0, 1}), "is 0, want none, there are 0"},
		{"negative size", build(-1, 2, ""), "rows x cols is -1 x 2"},
		{"pair given twice", build(2, 2, assign.RefuseDuplicate, arc{1, 0, 1}, arc{1, 0, 2}), "arc (row 1, column 0) is a pair given before"},
		{"unknown treatment", build(1, 1, "sum"), "treatment of duplicates is sum"},
		{"price of a row out of range", price(2), "row of the price of non-assignment 1 is 2, want 0 to 1"},
		{"spread too large", build(2, 2, "", arc{0, 0, -far / 2}, arc{1, 1, far / 2}), "spread of costs, from row 0, column 0 to row 1, column 1"},
		{"cost too large", build(2, 2, "", arc{1, 1, math.MaxInt64 / 2}), "cost of row 1, column 1"},
		{"cost too small", build(2, 2, "", arc{1, 1, math.MinInt64}), "cost of row 1, column 1"},
		{"no row starts", csr(1, nil, nil, nil, nil), "rowStart is of length 0"},
		{"row starts fall", csr(1, []int32{0, 1, 0}, []int32{0}, []int64{1}, nil), "rowStart of row 2 is 0, want at least 1"},
		{"costs are missing", csr(1, []int32{0, 1}, []int32{0}, nil, nil), "number of columns and costs is 1 and 0, want 1"},
		{"prices are missing", csr(1, []int32{0, 1}, []int32{0}, []int64{1}, []int64{}), "number of prices of non-assignment is 0"},
		{"column of an arc", csr(1, []int32{0, 1}, []int32{1}, []int64{1}, nil), "column of arc 0 (row 0) is 1, want 0 to 0"},
		{"pair twice in a row", csr(2, []int32{0, 2}, []int32{1, 1}, []int64{1, 2}, nil), "arc 1 (row 0, column 1) is a pair given before"},
		{"negative columns", csr(-1, []int32{0}, nil, nil, nil), "number of columns is -1"},
		{"dense table too short", dense(2, 2, 3), "number of costs is 3, want rows x cols = 4"},
		{"dense table too large", dense(1<<20, 1<<20, 0), "rows x cols is 1048576 x 1048576"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var invalid *assign.InvalidError
			if !errors.As(c.err, &invalid) || !strings.Contains(c.err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", c.err, c.want)
			}
		})
	}
}

func TestStartPricesOfAnotherSizeAreRefused(t *testing.T) {
	t.Parallel()
	p := newProblem(t, 1, 2, []arc{{0, 0, 1}}, nil)
	_, err := assign.Solve(context.Background(), p, assign.Options{ColPrice: make([]int64, 3)})
	if err == nil || !strings.Contains(err.Error(), "number of start prices is 3, want one for each of the 2 columns") {
		t.Errorf("error %v", err)
	}
}

func TestProblemTellsItsShape(t *testing.T) {
	t.Parallel()
	p := newProblem(t, 2, 3, []arc{{1, 2, 5}, {0, 1, 4}, {1, 0, 3}}, []int64{7})
	if p.Rows() != 2 || p.Cols() != 3 || p.Arcs() != 3 {
		t.Errorf("%d x %d with %d arcs", p.Rows(), p.Cols(), p.Arcs())
	}
	rowStart, col, cost := p.CSR()
	if d := cmp.Diff([][]int64{{0, 1, 3}, {1, 0, 2}, {4, 3, 5}}, [][]int64{widen(rowStart), widen(col), cost}); d != "" {
		t.Error(d)
	}
	if p.UnassignedCost(0) != 7 || p.UnassignedCost(1) != assign.Required {
		t.Errorf("prices %v", p.UnassignedCosts())
	}
	if !assign.Optimal.Valid() || assign.Status("").Valid() {
		t.Error("only the three statuses are valid")
	}
}

func widen(in []int32) []int64 {
	out := make([]int64, len(in))
	for k, v := range in {
		out[k] = int64(v)
	}
	return out
}

// Extreme costs at the documented bounds must not overflow.
func TestLargestCostsStayExact(t *testing.T) {
	t.Parallel()
	// Two rows and columns: the spread may be 2^60/4 - 1.
	const c = int64(1)<<58 - 2
	p := newProblem(t, 2, 2, []arc{{0, 0, 0}, {0, 1, c}, {1, 0, c}, {1, 1, c + 1}}, nil)
	r := solve(t, p)
	// 0 + (c+1) against c + c.
	if r.Cost != c+1 || !judge(p, r).Optimal {
		t.Errorf("cost %d, want %d", r.Cost, c+1)
	}
	p = newProblem(t, 3, 2, []arc{{0, 0, c}, {1, 0, 0}, {2, 1, c}}, nil)
	if r = solve(t, p); r.Cost != c || len(r.LeftOut) != 1 || !judge(p, r).Optimal {
		t.Errorf("cost %d, left out %v: %s", r.Cost, r.LeftOut, judge(p, r).Violation)
	}
}

// Instances large enough for all phases of the auction and for both directions of the searches.
func TestLargeInstancesAreProven(t *testing.T) {
	t.Parallel()
	for _, family := range families {
		t.Run(family.name, func(t *testing.T) {
			t.Parallel()
			p := family.problem(t, 600, 1)
			r := solve(t, p)
			if report := judge(p, r); !report.Optimal {
				t.Fatalf("certificate refused: %s", report.Violation)
			}
			again := solve(t, p)
			if d := cmp.Diff(r, again); d != "" {
				t.Errorf("two runs differ: %s", d)
			}
			// Old prices lead to the same cost.
			warm, err := assign.Solve(context.Background(), p, assign.Options{ColPrice: r.ColPrice})
			if err != nil || warm.Cost != r.Cost || warm.Status != r.Status || !judge(p, warm).Optimal {
				t.Errorf("warm start: cost %d, want %d, error %v", warm.Cost, r.Cost, err)
			}
		})
	}
}

// family generates problems of one shape and about n rows.
type family struct {
	name    string
	problem func(t testing.TB, n int, seed uint64) *assign.Problem
}

var families = []family{
	{"random", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Random(instance.Source(seed), n, n, 20, 1000000, true), assign.Required)
	}},
	{"random with small costs", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Random(instance.Source(seed), n, n, 20, 100, true), assign.Required)
	}},
	{"random with spare columns", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Random(instance.Source(seed), n, n*13/10, 20, 1000000, true), assign.Required)
	}},
	{"geometric with a planted assignment", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Geometric(instance.Source(seed), n, n, 20, true), assign.Required)
	}},
	{"geometric as it falls", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Geometric(instance.Source(seed), n, n, 20, false), assign.Required)
	}},
	{"geometric with priced non-assignment", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Geometric(instance.Source(seed), n, n, 20, false), 20000)
	}},
	{"geometric with a fifth too few columns", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Geometric(instance.Source(seed), n, n*4/5, 20, false), assign.Required)
	}},
	{"one column for all", func(t testing.TB, n int, seed uint64) *assign.Problem {
		return sparse(t, instance.Random(instance.Source(seed), n, 1, 1, 1000, false), assign.Required)
	}},
}

// sparse turns generated arcs into a problem in which every row has the same price.
func sparse(t testing.TB, g instance.Arcs, price int64) *assign.Problem {
	t.Helper()
	prices := make([]int64, g.Rows)
	for i := range prices {
		prices[i] = price
	}
	p, err := assign.NewProblem(g.Cols, g.RowStart, g.Col, g.Cost, prices)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// countdown is a context that ends at the n-th look.
type countdown struct {
	context.Context
	looks int
}

func (c *countdown) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestInterruptedSolveReturnsWhatItHas(t *testing.T) {
	t.Parallel()
	for _, family := range families {
		t.Run(family.name, func(t *testing.T) {
			t.Parallel()
			p := family.problem(t, 3000, 2)
			best := solve(t, p)
			for looks := 0; ; looks = 1 + looks*2 {
				r, err := assign.Solve(&countdown{context.Background(), looks}, p, assign.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if r.Status != assign.Interrupted {
					if looks == 0 {
						t.Fatal("a context that has ended was not noticed")
					}
					return
				}
				if report := judge(p, r); report.Violation != "" {
					t.Fatalf("after %d looks: %s", looks, report.Violation)
				}
				if r.DualBound > r.Cost || len(r.LeftOut) == len(best.LeftOut) && r.Cost < best.Cost || len(r.LeftOut) < len(best.LeftOut) {
					t.Fatalf("after %d looks: bound %d, cost %d, optimum %d", looks, r.DualBound, r.Cost, best.Cost)
				}
			}
		})
	}
}
