package assign_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
	"pgregory.net/rapid"

	"fettle/dispatch/assign"
	"fettle/dispatch/check"
)

// drawn is a small problem in the form that tests change.
type drawn struct {
	rows, cols int
	arcs       []arc
	prices     []int64
}

func (d drawn) build(t rapid.TB) *assign.Problem {
	b := assign.NewBuilder(d.rows, d.cols)
	for _, a := range d.arcs {
		b.Arc(int(a[0]), int(a[1]), a[2])
	}
	for i, u := range d.prices {
		b.MayStayUnassigned(i, u)
	}
	p, err := b.Build()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	return p
}

// draw makes a problem of up to most rows and columns, with ties, negative costs, empty rows and required rows.
func draw(t *rapid.T, most int, required bool) drawn {
	d := drawn{rows: rapid.IntRange(1, most).Draw(t, "rows"), cols: rapid.IntRange(0, most).Draw(t, "cols")}
	top := rapid.SampledFrom([]int64{2, 10, 1000, 1000000000}).Draw(t, "top")
	cost := rapid.Int64Range(-top/4, top)
	for i := range d.rows {
		for j := range d.cols {
			if rapid.IntRange(0, 2).Draw(t, "joined") > 0 {
				d.arcs = append(d.arcs, arc{int64(i), int64(j), cost.Draw(t, "cost")})
			}
		}
		price := cost.Draw(t, "price")
		if required && rapid.Bool().Draw(t, "required") {
			price = assign.Required
		}
		d.prices = append(d.prices, price)
	}
	return d
}

// result solves and checks the certificate.
func result(t rapid.TB, p *assign.Problem) *assign.Result {
	r, err := assign.Solve(context.Background(), p, assign.Options{})
	if err != nil {
		t.Fatalf("solve: %v", err)
	}
	if report := judge(p, r); !report.Optimal {
		t.Fatalf("certificate of %s result refused: %s (cost %s, dual %s)", r.Status, report.Violation, report.Cost, report.DualValue)
	}
	return r
}

// bruteForce returns the least number of required rows left out and the least cost with that many, by trying every
// assignment: best of the rows so far for every set of used columns.
func bruteForce(d drawn) (leftOut int, cost int64) {
	type value struct {
		left int
		cost int64
	}
	table := make([][]int64, d.rows)
	for i := range table {
		table[i] = make([]int64, d.cols)
		for j := range table[i] {
			table[i][j] = math.MaxInt64
		}
	}
	for _, a := range d.arcs {
		table[a[0]][a[1]] = a[2]
	}
	best := map[int]value{0: {}}
	for i := range d.rows {
		next := map[int]value{}
		keep := func(used int, v value) {
			if old, ok := next[used]; !ok || v.left < old.left || v.left == old.left && v.cost < old.cost {
				next[used] = v
			}
		}
		for used, v := range best {
			if d.prices[i] == assign.Required {
				keep(used, value{v.left + 1, v.cost})
			} else {
				keep(used, value{v.left, v.cost + d.prices[i]})
			}
			for j, c := range table[i] {
				if used>>j&1 == 0 && c != math.MaxInt64 {
					keep(used|1<<j, value{v.left, v.cost + c})
				}
			}
		}
		best = next
	}
	first := true
	var least value
	for _, v := range best {
		if first || v.left < least.left || v.left == least.left && v.cost < least.cost {
			least, first = v, false
		}
	}
	return least.left, least.cost
}

func TestSolveEqualsBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 8, true)
		r := result(t, d.build(t))
		left, cost := bruteForce(d)
		if len(r.LeftOut) != left || r.Cost != cost {
			t.Fatalf("left out %d at cost %d, brute force %d at %d", len(r.LeftOut), r.Cost, left, cost)
		}
		missing := 0
		for _, s := range r.Shortages {
			missing += len(s.Rows) - len(s.Cols)
		}
		if missing != left {
			t.Fatalf("shortages explain %d rows left out of %d", missing, left)
		}
	})
}

// simplex solves the assignment as a linear program: a variable for each arc, each row unassigned, each column unused.
func simplex(d drawn) (float64, error) {
	n := len(d.arcs) + d.rows + d.cols
	a := mat.NewDense(d.rows+d.cols, n, nil)
	c, b := make([]float64, n), make([]float64, d.rows+d.cols)
	for k, e := range d.arcs {
		a.Set(int(e[0]), k, 1)
		a.Set(d.rows+int(e[1]), k, 1)
		c[k] = float64(e[2])
	}
	basis := make([]int, d.rows+d.cols) // all rows unassigned, all columns unused: feasible
	for i := range basis {
		a.Set(i, len(d.arcs)+i, 1)
		b[i] = 1
		basis[i] = len(d.arcs) + i
		if i < d.rows {
			c[basis[i]] = float64(d.prices[i])
		}
	}
	value, _, err := lp.Simplex(c, a, b, 0, basis)
	return value, err
}

func TestSolveEqualsSimplex(t *testing.T) {
	t.Parallel()
	failed, total := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 20, false)
		want, err := simplex(d)
		total++
		if err != nil {
			// The oracle works in floating point and can meet a singular basis.
			failed++
			return
		}
		if r := result(t, d.build(t)); math.Abs(float64(r.Cost)-want) > 1e-6*math.Max(1, math.Abs(want)) {
			t.Fatalf("cost %d, simplex %f", r.Cost, want)
		}
	})
	if failed*4 > total {
		t.Errorf("the oracle failed on %d of %d problems", failed, total)
	}
}

// Each tampering changes one thing of a proven result; the checker has to refuse it or to lose the proof.
func TestTamperedCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 8, true)
		p := d.build(t)
		r := result(t, p)
		i := rapid.IntRange(0, d.rows-1).Draw(t, "row")
		by := rapid.Int64Range(1, 5).Draw(t, "by")
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); kind {
		case 0:
			r.Cost -= by
		case 1:
			r.DualBound += by
		case 2:
			r.RowPrice[i] += by // breaks a pair, the limit, or the sum
		case 3:
			r.RowPrice[i] -= by
		case 4:
			if d.cols == 0 {
				return
			}
			r.ColPrice[rapid.IntRange(0, d.cols-1).Draw(t, "column")] -= by
		case 5:
			was := r.Assignment[i]
			r.Assignment[i] = int32(rapid.IntRange(-1, d.cols).Draw(t, "to"))
			if r.Assignment[i] == was || tie(d, i, was, r.Assignment[i]) {
				return
			}
		}
		if report := judge(p, r); report.Violation == "" {
			t.Fatalf("tampered result accepted: %+v", r)
		}
	})
}

// tie reports whether row i costs the same with both columns, so that an exchange can be another optimum.
func tie(d drawn, i int, a, b int32) bool {
	price := func(col int32) int64 {
		if col == assign.Unassigned {
			return d.prices[i]
		}
		for _, e := range d.arcs {
			if e[0] == int64(i) && e[1] == int64(col) {
				return e[2]
			}
		}
		return math.MaxInt64 - 1
	}
	return price(a) == price(b)
}

func TestRelabelingKeepsTheCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 12, true)
		before := result(t, d.build(t))
		rowTo := rapid.Permutation(count(d.rows)).Draw(t, "rowTo")
		colTo := rapid.Permutation(count(d.cols)).Draw(t, "colTo")
		e := drawn{rows: d.rows, cols: d.cols, prices: make([]int64, d.rows)}
		for _, a := range d.arcs {
			e.arcs = append(e.arcs, arc{int64(rowTo[a[0]]), int64(colTo[a[1]]), a[2]})
		}
		for i, u := range d.prices {
			e.prices[rowTo[i]] = u
		}
		after := result(t, e.build(t))
		if before.Cost != after.Cost || len(before.LeftOut) != len(after.LeftOut) {
			t.Fatalf("cost %d with %d left out, relabeled %d with %d", before.Cost, len(before.LeftOut), after.Cost, len(after.LeftOut))
		}
	})
}

// A constant on everything that a row may do, non-assignment included, is paid once whatever it does.
func TestShiftOfARowShiftsTheCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 10, false)
		before := result(t, d.build(t))
		i := rapid.IntRange(0, d.rows-1).Draw(t, "row")
		shift := rapid.Int64Range(-1000, 1000).Draw(t, "shift")
		for k := range d.arcs {
			if d.arcs[k][0] == int64(i) {
				d.arcs[k][2] += shift
			}
		}
		d.prices[i] += shift
		if after := result(t, d.build(t)); after.Cost != before.Cost+shift {
			t.Fatalf("cost %d + %d, got %d", before.Cost, shift, after.Cost)
		}
	})
}

// One more column never raises the cost, and saves at most what its twin's price says.
func TestColumnPriceBoundsWhatATwinSaves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 8, false)
		if d.cols == 0 {
			return
		}
		before := result(t, d.build(t))
		j := rapid.IntRange(0, d.cols-1).Draw(t, "column")
		for _, a := range d.arcs {
			if a[1] == int64(j) {
				d.arcs = append(d.arcs, arc{a[0], int64(d.cols), a[2]})
			}
		}
		d.cols++
		saved := before.Cost - result(t, d.build(t)).Cost
		if saved < 0 || saved > before.ColPrice[j] {
			t.Fatalf("twin of column %d saves %d at price %d", j, saved, before.ColPrice[j])
		}
	})
}

// A dense table and the same pairs in a builder are the same problem.
func TestDenseEqualsSparse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 9).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "cols")
		cost := rapid.SliceOfN(rapid.Int64Range(-50, 50), rows*cols, rows*cols).Draw(t, "cost")
		d := drawn{rows: rows, cols: cols}
		for k, c := range cost {
			d.arcs = append(d.arcs, arc{int64(k / cols), int64(k % cols), c})
		}
		p, err := assign.NewDense(rows, cols, cost, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := result(t, p), result(t, d.build(t)); a.Cost != b.Cost || a.Status != b.Status {
			t.Fatalf("dense %s %d, sparse %s %d", a.Status, a.Cost, b.Status, b.Cost)
		}
	})
}

// Whatever prices a solve starts from, it ends at the same cost.
func TestStartPricesDoNotChangeTheCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, 10, true)
		p := d.build(t)
		want := result(t, p)
		prices := rapid.SliceOfN(rapid.Int64Range(-5, 1<<40), d.cols, d.cols).Draw(t, "prices")
		r, err := assign.Solve(context.Background(), p, assign.Options{ColPrice: prices})
		if err != nil || r.Cost != want.Cost || r.Status != want.Status {
			t.Fatalf("cost %d, want %d (%v)", r.Cost, want.Cost, err)
		}
		if report := judge(p, r); !report.Optimal {
			t.Fatalf("certificate refused: %s", report.Violation)
		}
	})
}

func count(n int) []int {
	out := make([]int, n)
	for k := range out {
		out[k] = k
	}
	return out
}

// The sentinels of solver and checker are the same numbers, so that slices pass between them unchanged.
func TestSentinelsAgree(t *testing.T) {
	t.Parallel()
	if assign.Required != check.AssignmentRequired || assign.Unassigned != check.AssignmentUnassigned {
		t.Error("sentinels differ")
	}
}
