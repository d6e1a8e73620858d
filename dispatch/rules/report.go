package rules

import "time"

// Report is the cost report of an evaluation: what each expression took and what it found.
type Report struct {
	Expressions []ExpressionReport // terms, then rules
}

// ExpressionReport is the part of one expression.
type ExpressionReport struct {
	Name string
	Rule bool // an eligibility rule, else a user term

	Pairs       int64 // visits x technicians
	Rows        int   // groups of visits that are alike to the expression
	Columns     int   // groups of technicians that are
	Evaluations int64 // of the expression; the other pairs are equal to one of these
	UnitsMost   uint64
	Elapsed     time.Duration // grouping included; 0 without a clock

	Distinct  int   // distinct values in the table, counted up to maxDistinct
	Least     int64 // smallest value, weight included; for a rule 0 or 1
	Most      int64
	Forbidden int64 // pairs that a rule forbids
}

// PerEvaluation is the mean time of an evaluation, the threads together counted once; 0 when nothing is known.
func (x *ExpressionReport) PerEvaluation() time.Duration {
	if x.Evaluations == 0 {
		return 0
	}
	return x.Elapsed / time.Duration(x.Evaluations)
}

// maxDistinct is where counting distinct values ends: beyond it the number tells nothing more.
const maxDistinct = 1000

// add notes a table.
func (r *Report) add(f *filler, elapsed time.Duration) {
	x := ExpressionReport{
		Name: f.e.name, Rule: f.e.rule, UnitsMost: f.e.cost, Elapsed: elapsed, Evaluations: f.evaluations.Load(),
		Rows: len(f.visits.first), Columns: len(f.technicians.first), Pairs: int64(len(f.visits.of)) * int64(len(f.technicians.of)),
	}
	seen := map[int64]bool{}
	for i, value := range f.values {
		if i == 0 {
			x.Least, x.Most = value, value
		}
		x.Least, x.Most = min(x.Least, value), max(x.Most, value)
		if (i == 0 || f.values[i-1] != value) && len(seen) < maxDistinct {
			seen[value] = true
		}
		if f.e.rule && value != 0 {
			x.Forbidden += f.visits.size[i/x.Columns] * f.technicians.size[i%x.Columns]
		}
	}
	x.Distinct = len(seen)
	r.Expressions = append(r.Expressions, x)
}
