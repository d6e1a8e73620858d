package assign

import (
	"fmt"
	"math"
)

// Required is the price of leaving a row unassigned that says it must not be: the row is served whenever possible.
const Required = int64(math.MaxInt64)

const maxInt64 = int64(math.MaxInt64)

// Bounds that keep all potentials and path lengths below 2^62, checked when a problem is built. Spread is the largest minus
// the smallest of all costs and prices.
const (
	maxSpreadTimesNodes = int64(1) << 60 // (min(rows, cols)+2) * (spread+1)
	maxCostTimesRows    = int64(1) << 61 // (rows+1) * largest absolute cost
	maxArcs             = math.MaxInt32
)

// InvalidError reports an input that cannot be a problem.
type InvalidError struct {
	Field string // what is wrong, with its row and column where it has them: "arc 3 (row 7, column 9)"
	Value string // the value found
	Want  string // what would be accepted
}

// Error names the field, the value and what is accepted.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("assignment problem: %s is %s, want %s", e.Field, e.Value, e.Want)
}

// Problem is an immutable assignment problem in compressed sparse rows. Build it with a Builder, NewProblem or NewDense; it may
// be solved by several goroutines at once.
type Problem struct {
	cols       int
	rowStart   []int32
	col        []int32
	cost       []int64
	unassigned []int64 // by row; nil means all Required
	low, high  int64   // smallest and largest cost or price
}

// Rows returns the number of rows (visits).
func (p *Problem) Rows() int { return len(p.rowStart) - 1 }

// Cols returns the number of columns (technicians).
func (p *Problem) Cols() int { return p.cols }

// Arcs returns the number of allowed pairs.
func (p *Problem) Arcs() int { return len(p.col) }

// CSR returns the arcs of row i as col[rowStart[i]:rowStart[i+1]] with their costs. The slices are the problem's own: read only.
func (p *Problem) CSR() (rowStart, col []int32, cost []int64) { return p.rowStart, p.col, p.cost }

// UnassignedCosts returns the price of leaving each row out, Required where it must not be; nil when all rows are required.
// The slice is the problem's own: read only.
func (p *Problem) UnassignedCosts() []int64 { return p.unassigned }

// UnassignedCost returns the price of leaving row i out, or Required.
func (p *Problem) UnassignedCost(i int) int64 {
	if p.unassigned == nil {
		return Required
	}
	return p.unassigned[i]
}

func (p *Problem) required(i int) bool { return p.UnassignedCost(i) == Required }

// NewProblem builds a problem from compressed sparse rows: row i may take the columns col[rowStart[i]:rowStart[i+1]] at the
// costs beside them. unassigned holds one price a row, Required for a row that must be served; nil means that all must. The
// problem keeps the slices: do not change them afterwards. Faults (a column out of range, a pair given twice, costs that could
// overflow) are an *InvalidError. O(arcs + rows + cols).
func NewProblem(cols int, rowStart, col []int32, cost, unassigned []int64) (*Problem, error) {
	p := &Problem{cols: cols, rowStart: rowStart, col: col, cost: cost, unassigned: unassigned}
	if err := p.checkShape(); err != nil {
		return nil, err
	}
	if err := p.checkColumns(); err != nil {
		return nil, err
	}
	if err := p.checkBounds(); err != nil {
		return nil, err
	}
	return p, nil
}

// NewDense builds a problem in which every pair is allowed: cost holds rows x cols values row by row and is kept. O(rows*cols).
func NewDense(rows, cols int, cost, unassigned []int64) (*Problem, error) {
	if rows < 0 || cols < 0 || rows > maxArcs || cols > maxArcs || rows*cols > maxArcs {
		return nil, &InvalidError{"rows x cols", fmt.Sprintf("%d x %d", rows, cols), fmt.Sprintf("0 to %d pairs", maxArcs)}
	}
	if len(cost) != rows*cols {
		return nil, &InvalidError{"number of costs", fmt.Sprint(len(cost)), fmt.Sprintf("rows x cols = %d", rows*cols)}
	}
	p := &Problem{cols: cols, cost: cost, unassigned: unassigned}
	p.rowStart, p.col = make([]int32, rows+1), make([]int32, rows*cols)
	for i := range rows {
		p.rowStart[i+1] = int32((i + 1) * cols)
		for j := range cols {
			p.col[i*cols+j] = int32(j)
		}
	}
	if err := p.checkShape(); err != nil {
		return nil, err
	}
	if err := p.checkBounds(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Problem) checkShape() error {
	if p.cols < 0 || p.cols > maxArcs {
		return &InvalidError{"number of columns", fmt.Sprint(p.cols), fmt.Sprintf("0 to %d", maxArcs)}
	}
	if len(p.rowStart) == 0 || p.rowStart[0] != 0 {
		return &InvalidError{"rowStart", fmt.Sprintf("of length %d", len(p.rowStart)), "rows+1 values of which the first is 0"}
	}
	rows := p.Rows()
	for i := range rows {
		if p.rowStart[i+1] < p.rowStart[i] {
			return &InvalidError{fmt.Sprintf("rowStart of row %d", i+1), fmt.Sprint(p.rowStart[i+1]), fmt.Sprintf("at least %d", p.rowStart[i])}
		}
	}
	if n := int(p.rowStart[rows]); len(p.col) != n || len(p.cost) != n {
		return &InvalidError{"number of columns and costs", fmt.Sprintf("%d and %d", len(p.col), len(p.cost)), fmt.Sprintf("%d as rowStart says", n)}
	}
	if p.unassigned != nil && len(p.unassigned) != rows {
		return &InvalidError{"number of prices of non-assignment", fmt.Sprint(len(p.unassigned)), fmt.Sprintf("one for each of the %d rows, or none", rows)}
	}
	return nil
}

func (p *Problem) checkColumns() error {
	seen := make([]int32, p.cols) // 1 + last row that used the column
	for i := range p.Rows() {
		for e := p.rowStart[i]; e < p.rowStart[i+1]; e++ {
			j := p.col[e]
			if j < 0 || int(j) >= p.cols {
				return &InvalidError{fmt.Sprintf("column of arc %d (row %d)", e, i), fmt.Sprint(j), fmt.Sprintf("0 to %d", p.cols-1)}
			}
			if seen[j] == int32(i)+1 {
				return &InvalidError{fmt.Sprintf("arc %d (row %d, column %d)", e, i, j), "a pair given before", "each pair once"}
			}
			seen[j] = int32(i) + 1
		}
	}
	return nil
}

// checkBounds finds the range of costs and refuses one that could overflow.
func (p *Problem) checkBounds() error {
	low, high := maxInt64, int64(math.MinInt64)
	for _, c := range p.cost {
		low, high = min(low, c), max(high, c)
	}
	for _, u := range p.unassigned {
		if u != Required {
			low, high = min(low, u), max(high, u)
		}
	}
	if low > high {
		low, high = 0, 0
	}
	rows := int64(p.Rows())
	if limit := maxCostTimesRows / (rows + 1); low < -limit || high > limit {
		v, at := high, p.where(high)
		if low < -limit {
			v, at = low, p.where(low)
		}
		return &InvalidError{"cost of " + at, fmt.Sprint(v), fmt.Sprintf("at most %d in size with %d rows", limit, rows)}
	}
	if limit := maxSpreadTimesNodes/(min(rows, int64(p.cols))+2) - 1; high-low > limit {
		return &InvalidError{
			"spread of costs, from " + p.where(low) + " to " + p.where(high), fmt.Sprint(high - low),
			fmt.Sprintf("at most %d with %d rows and %d columns", limit, rows, p.cols),
		}
	}
	p.low, p.high = low, high
	return nil
}

// where names the first arc or price that has this value.
func (p *Problem) where(value int64) string {
	for i := range p.Rows() {
		for e := p.rowStart[i]; e < p.rowStart[i+1]; e++ {
			if p.cost[e] == value {
				return fmt.Sprintf("row %d, column %d", i, p.col[e])
			}
		}
		if p.unassigned != nil && p.unassigned[i] == value {
			return fmt.Sprintf("row %d unassigned", i)
		}
	}
	return "no arc"
}
