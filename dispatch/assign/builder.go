package assign

import "fmt"

// Duplicates says what a Builder does with a pair that is given more than once.
type Duplicates string

// The ways to treat a repeated pair; the zero value keeps the cheapest.
const (
	KeepCheapest    Duplicates = ""
	RefuseDuplicate Duplicates = "refuse"
)

// Valid reports whether d is a known way.
func (d Duplicates) Valid() bool { return d == KeepCheapest || d == RefuseDuplicate }

// Builder collects arcs in any order. Faults are kept until Build, so that callers check one error only. Not for concurrent use.
type Builder struct {
	// Duplicates is the treatment of repeated pairs; default: keep the cheapest.
	Duplicates Duplicates

	rows, cols int
	arcs       []builderArc
	unassigned []int64
	err        error
}

type builderArc struct {
	row, col int32
	cost     int64
}

// NewBuilder starts a problem of that size in which no pair is allowed and all rows are required.
func NewBuilder(rows, cols int) *Builder {
	b := &Builder{rows: rows, cols: cols}
	if rows < 0 || rows >= maxArcs || cols < 0 || cols >= maxArcs {
		b.err = &InvalidError{"rows x cols", fmt.Sprintf("%d x %d", rows, cols), fmt.Sprintf("each 0 to %d", maxArcs-1)}
	}
	return b
}

// Arc allows the pair (row, col) at a cost. The first pair out of range is reported by Build.
func (b *Builder) Arc(row, col int, cost int64) {
	switch {
	case b.err != nil:
	case row < 0 || row >= b.rows:
		b.err = &InvalidError{fmt.Sprintf("row of arc %d (row %d, column %d)", len(b.arcs), row, col), fmt.Sprint(row), rangeOf(b.rows)}
	case col < 0 || col >= b.cols:
		b.err = &InvalidError{fmt.Sprintf("column of arc %d (row %d, column %d)", len(b.arcs), row, col), fmt.Sprint(col), rangeOf(b.cols)}
	case len(b.arcs) == maxArcs:
		b.err = &InvalidError{"number of arcs", "more", fmt.Sprintf("at most %d", maxArcs)}
	default:
		b.arcs = append(b.arcs, builderArc{int32(row), int32(col), cost})
	}
}

// MayStayUnassigned lets a row stay without column at a cost; Required undoes it.
func (b *Builder) MayStayUnassigned(row int, cost int64) {
	if b.err != nil {
		return
	}
	if row < 0 || row >= b.rows {
		b.err = &InvalidError{fmt.Sprintf("row of the price of non-assignment %d", cost), fmt.Sprint(row), rangeOf(b.rows)}
		return
	}
	if b.unassigned == nil {
		b.unassigned = make([]int64, b.rows)
		for i := range b.unassigned {
			b.unassigned[i] = Required
		}
	}
	b.unassigned[row] = cost
}

// Build checks the whole and returns the problem, arcs sorted by row and column. Errors are *InvalidError. The builder can be
// used further; the problem does not change with it. O(arcs + rows + cols).
func (b *Builder) Build() (*Problem, error) {
	if b.err != nil {
		return nil, b.err
	}
	if !b.Duplicates.Valid() {
		return nil, &InvalidError{"treatment of duplicates", string(b.Duplicates), "keep cheapest (empty) or refuse"}
	}
	sorted := sortArcs(sortArcs(b.arcs, b.cols, func(a builderArc) int32 { return a.col }), b.rows, func(a builderArc) int32 { return a.row })
	rowStart := make([]int32, b.rows+1)
	col, cost := make([]int32, 0, len(sorted)), make([]int64, 0, len(sorted))
	for k, a := range sorted {
		if k > 0 && sorted[k-1].row == a.row && sorted[k-1].col == a.col {
			if b.Duplicates == RefuseDuplicate {
				return nil, &InvalidError{fmt.Sprintf("arc (row %d, column %d)", a.row, a.col), "a pair given before", "each pair once"}
			}
			last := len(cost) - 1
			cost[last] = min(cost[last], a.cost)
			continue
		}
		rowStart[a.row+1]++
		col, cost = append(col, a.col), append(cost, a.cost)
	}
	for i := range b.rows {
		rowStart[i+1] += rowStart[i]
	}
	return NewProblem(b.cols, rowStart, col, cost, append([]int64(nil), b.unassigned...))
}

// sortArcs sorts stably by a key below n: counting sort, O(arcs + n).
func sortArcs(arcs []builderArc, n int, key func(builderArc) int32) []builderArc {
	next := make([]int, n+1)
	for _, a := range arcs {
		next[key(a)+1]++
	}
	for k := range n {
		next[k+1] += next[k]
	}
	out := make([]builderArc, len(arcs))
	for _, a := range arcs {
		k := key(a)
		out[next[k]] = a
		next[k]++
	}
	return out
}

func rangeOf(n int) string {
	if n == 0 {
		return "none, there are 0"
	}
	return fmt.Sprintf("0 to %d", n-1)
}
