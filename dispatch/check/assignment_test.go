package check_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fettle/dispatch/check"
)

// assignmentCase is three rows and two columns: costs row 0: 10, 25; row 1: 5, -; row 2: -, 8. Row 0 is required, row 1 may stay
// out at 30, row 2 at 20. Best: row 0 to column 0, row 2 to column 1, row 1 out: 10 + 8 + 30 = 48.
// Prices: columns 25 and 12, rows 35 (= 10 + 25), 30, 20 (= 8 + 12): 85 - 37 = 48.
func assignmentCase() (check.AssignmentProblem, check.AssignmentAnswer) {
	p := check.AssignmentProblem{
		Cols: 2, RowStart: []int32{0, 2, 3, 4}, Col: []int32{0, 1, 0, 1}, Cost: []int64{10, 25, 5, 8},
		Unassigned: []int64{check.AssignmentRequired, 30, 20},
	}
	a := check.AssignmentAnswer{
		Column: []int32{0, -1, 1}, RowPrice: []int64{35, 30, 20}, ColPrice: []int64{25, 12}, Cost: 48, DualBound: 48,
	}
	return p, a
}

func TestAssignmentAcceptsAProof(t *testing.T) {
	t.Parallel()
	p, a := assignmentCase()
	r := check.Assignment(p, a)
	if r.Violation != "" || !r.Optimal || r.Cost.Int64() != 48 || r.DualValue.Int64() != 48 || r.LeftOut != 0 {
		t.Errorf("report %+v, want cost and dual value 48, optimal", r)
	}
}

func TestAssignmentNamesTheFirstViolation(t *testing.T) {
	t.Parallel()
	type (
		problem = check.AssignmentProblem
		answer  = check.AssignmentAnswer
	)
	cases := []struct {
		name   string
		tamper func(p *problem, a *answer)
		want   string
	}{
		{"no rows at all", func(p *problem, _ *answer) { p.RowStart = nil }, "problem: row starts are not a list that begins with 0"},
		{"falling row starts", func(p *problem, _ *answer) { p.RowStart[2] = 1 }, "problem: row 1 starts at arc 2 and ends at arc 1"},
		{"arc out of range", func(p *problem, _ *answer) { p.Col[3] = 2 }, "problem: arc 3 leads to column 2 of 2"},
		{"missing costs", func(p *problem, _ *answer) { p.Cost = p.Cost[:3] }, "3 costs of arcs, want 4"},
		{"missing prices of non-assignment", func(p *problem, _ *answer) { p.Unassigned = p.Unassigned[:1] }, "problem: 1 prices of non-assignment, want 3"},
		{"row without answer", func(_ *problem, a *answer) { a.Column = a.Column[:2] }, "2 columns of rows, want 3"},
		{"column without price", func(_ *problem, a *answer) { a.ColPrice = nil }, "0 column prices, want 2"},
		{"row without price", func(_ *problem, a *answer) { a.RowPrice = append(a.RowPrice, 0) }, "4 row prices, want 3"},
		{"pair not allowed", func(_ *problem, a *answer) { a.Column[1] = 1 }, "row 1 has column 1, which is not allowed"},
		{"column of another problem", func(_ *problem, a *answer) { a.Column[1] = 7 }, "row 1 has column 7, which is not allowed"},
		{"two rows, one column", func(_ *problem, a *answer) { a.Column[1] = 0 }, "column 0 serves row 0 and row 1"},
		{"required row left out", func(_ *problem, a *answer) { a.Column[0] = -1 }, "row 0 is required and has no column"},
		{"all rows required", func(p *problem, _ *answer) { p.Unassigned = nil }, "row 1 is required and has no column"},
		{"negative column price", func(_ *problem, a *answer) { a.ColPrice[1] = -1 }, "column 1 has price -1, want at least 0"},
		{"row price above the limit", func(_ *problem, a *answer) { a.RowPrice[1] = 31 }, "row 1 has price 31, above 30 for leaving it out"},
		{"row price above a pair", func(_ *problem, a *answer) { a.RowPrice[0] = 36 }, "row 0, column 0: row price 36 - column price 25 is above the cost 10"},
		{"cost misstated", func(_ *problem, a *answer) { a.Cost = 47 }, "cost is stated as 47 and is 48"},
		{"bound misstated", func(_ *problem, a *answer) { a.DualBound = 49 }, "dual bound is stated as 49 and is 48"},
		{"weaker prices with the old bound", func(_ *problem, a *answer) { a.RowPrice[2] = 19 }, "dual bound is stated as 48 and is 47"},
		{"required row left out too cheaply", func(_ *problem, a *answer) {
			*a = answer{Column: []int32{-1, 0, 1}, RowPrice: []int64{0, 5, 8}, ColPrice: []int64{0, 0}, RequiredPrice: 105, Cost: 13, DualBound: 13 - 105}
			// Spread 30 - 5 = 25, at most 2 pairs change: 30 + 3 * 25 = 105.
		}, "price 105 for leaving out a required row, want more than 105"},
		{"required row above the price of leaving it out", func(_ *problem, a *answer) { a.RequiredPrice, a.RowPrice[0] = 1000, 1001 }, "row 0 has price 1001, above 1000 for leaving it out"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, a := assignmentCase()
			c.tamper(&p, &a)
			r := check.Assignment(p, a)
			if r.Violation != c.want || r.Optimal {
				t.Errorf("violation %q, want %q", r.Violation, c.want)
			}
		})
	}
}

func TestAssignmentThatIsOnlyFeasibleIsNotOptimal(t *testing.T) {
	t.Parallel()
	p, a := assignmentCase()
	// Row 0 to column 1, row 1 to column 0, row 2 out: 25 + 5 + 20 = 50. The bound of 48 stands.
	a.Column, a.Cost = []int32{1, 0, -1}, 50
	if r := check.Assignment(p, a); r.Violation != "" || r.Optimal {
		t.Errorf("report %+v, want no violation and no proof", r)
	}
	a.DualBound = math.MinInt64 // states nothing
	if r := check.Assignment(p, a); r.Violation != "" || r.DualValue.Int64() != 48 {
		t.Errorf("report %+v, want no violation", r)
	}
}

// Two required rows and one column: one has to stay out. At price 100: rows 100 and 100 - (7 - 4) = 97, hence column 93, which
// makes row 0 at most 7 + 93 = 100 and row 1 at most 4 + 93 = 97. Value 100 + 97 - 93 - 100 = 4.
func TestAssignmentProvesThatTheFewestAreLeftOut(t *testing.T) {
	t.Parallel()
	p := check.AssignmentProblem{Cols: 1, RowStart: []int32{0, 1, 2}, Col: []int32{0, 0}, Cost: []int64{7, 4}}
	a := check.AssignmentAnswer{
		Column: []int32{-1, 0}, RowPrice: []int64{100, 97}, ColPrice: []int64{93}, RequiredPrice: 100, Cost: 4, DualBound: 4,
	}
	if r := check.Assignment(p, a); r.Violation != "" || !r.Optimal || r.LeftOut != 1 {
		t.Errorf("report %+v, want a proof with one row left out", r)
	}
	a.Column, a.Cost = []int32{0, -1}, 7
	if r := check.Assignment(p, a); r.Violation != "" || r.Optimal {
		t.Errorf("report %+v, want no proof for the dearer row", r)
	}
	a.Column, a.Cost, a.DualBound = []int32{-1, -1}, 0, -96
	if r := check.Assignment(p, a); r.Violation != "" || r.Optimal || r.LeftOut != 2 {
		t.Errorf("report %+v, want no proof with two rows left out", r)
	}
}

// Sums that overflow 64 bits are compared exactly.
func TestAssignmentDoesNotOverflow(t *testing.T) {
	t.Parallel()
	const far = math.MaxInt64 - 1
	p := check.AssignmentProblem{Cols: 2, RowStart: []int32{0, 1, 2}, Col: []int32{0, 1}, Cost: []int64{far, far}}
	a := check.AssignmentAnswer{
		Column: []int32{0, 1}, RowPrice: []int64{far, far}, ColPrice: []int64{0, 0}, Cost: -4, DualBound: -4, // 2 * far as 64 bits see it
	}
	want := "cost is stated as -4 and is 18446744073709551612"
	if r := check.Assignment(p, a); r.Violation != want {
		t.Errorf("violation %q, want %q", r.Violation, want)
	}
	// The pair's limit is far + far, above any row price.
	a.ColPrice[0] = far
	if r := check.Assignment(p, a); !strings.HasPrefix(r.Violation, "cost is stated") {
		t.Errorf("violation %q", r.Violation)
	}
}

// Two visits, one technician: serving the second and leaving the first out costs 5 + 4 = 9, and the prices 5 and 4 prove that nothing is cheaper.
func ExampleAssignment() {
	report := check.Assignment(
		check.AssignmentProblem{Cols: 1, RowStart: []int32{0, 1, 2}, Col: []int32{0, 0}, Cost: []int64{7, 4}, Unassigned: []int64{5, 9}},
		check.AssignmentAnswer{Column: []int32{-1, 0}, RowPrice: []int64{5, 4}, ColPrice: []int64{0}, Cost: 9, DualBound: 9},
	)
	fmt.Println(report.Cost, report.DualValue, report.Optimal, report.Violation)
	// Output: 9 9 true
}
