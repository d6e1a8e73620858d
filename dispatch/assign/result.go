package assign

// Status says how a solve ended.
type Status string

// The ways a solve ends.
const (
	Optimal     Status = "optimal"     // proven: Cost equals DualBound and no required row is left out
	Infeasible  Status = "infeasible"  // proven: as many required rows as possible are served, at the least cost
	Interrupted Status = "interrupted" // the context ended first; the result is feasible but for LeftOut
)

// Valid reports whether s is a known status.
func (s Status) Valid() bool { return s == Optimal || s == Infeasible || s == Interrupted }

// Unassigned is the column of a row without column.
const Unassigned = int32(-1)

// Result is an assignment with its certificate. The caller owns the slices.
//
// The certificate is a pair of price vectors with RowPrice[i] - ColPrice[j] <= cost(i, j) for every allowed pair, ColPrice >= 0
// and RowPrice[i] <= the price of leaving row i out (RequiredPrice for required rows when rows are left out). The sum of
// RowPrice minus the sum of ColPrice is then a lower bound for every assignment. Package dispatch/check verifies it.
type Result struct {
	Status     Status
	Assignment []int32 // column by row, or Unassigned
	Cost       int64   // of the assigned pairs and of the optional rows left out; required rows left out count nothing

	// DualBound is proven: no assignment that leaves out at most as many required rows costs less. Equal to Cost unless
	// interrupted, when it is the best at hand; math.MinInt64 stands for a bound too low to state.
	DualBound int64
	RowPrice  []int64 // dual price of each row: what serving it costs at the margin
	ColPrice  []int64 // dual price of each column, >= 0: what one more like it would save

	// RequiredPrice is the price, above every possible saving, at which a required row may be left out; 0 unless LeftOut has rows.
	RequiredPrice int64
	LeftOut       []int32    // required rows without column, ascending
	Shortages     []Shortage // proof that the rows of LeftOut cannot all be served; set when Infeasible

	Stats Stats
}

// Gap returns Cost - DualBound, 0 when proven.
func (r *Result) Gap() int64 { return r.Cost - r.DualBound }

// Shortage is a set of required rows that have fewer columns to go to than there are of them (Hall 1935): Cols are all the
// columns that any of Rows may take, so len(Rows) - len(Cols) of the rows stay out. Both ascend; sets are connected, disjoint
// and ordered by their first row. A row with no allowed pair is a shortage of its own, without columns.
type Shortage struct {
	Rows []int32
	Cols []int32
}

// Stats counts the work done; equal for equal input.
type Stats struct {
	Phases   int // epsilon-scaling phases of the auction
	Bids     int // bids of the auction
	Searches int // shortest-path searches after it
}

// Iterations is the number of bids and searches.
func (s Stats) Iterations() int { return s.Bids + s.Searches }
