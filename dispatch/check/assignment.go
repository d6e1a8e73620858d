package check

import (
	"fmt"
	"math"
	"math/big"
)

// AssignmentRequired is the price of leaving a row out that says it must not be.
const AssignmentRequired = int64(math.MaxInt64)

// AssignmentUnassigned is the column of a row without column.
const AssignmentUnassigned = int32(-1)

// AssignmentProblem is an assignment problem as plain numbers: row i may take the columns Col[RowStart[i]:RowStart[i+1]] at
// the costs beside them, each column serves one row at most.
type AssignmentProblem struct {
	Cols       int
	RowStart   []int32
	Col        []int32
	Cost       []int64
	Unassigned []int64 // price of leaving each row out, AssignmentRequired where it must not be; nil: all rows are required
}

// AssignmentAnswer is what is to be checked: an assignment and the prices that prove it.
type AssignmentAnswer struct {
	Column   []int32 // by row, or AssignmentUnassigned
	RowPrice []int64
	ColPrice []int64 // >= 0

	// RequiredPrice is the price at which required rows may be left out when they cannot all be served; 0 when they can. It has
	// to be above every possible saving, so that the proof is about the most rows first and the least cost second.
	RequiredPrice int64
	// Cost and DualBound are the figures that the answer states about itself; a bound of math.MinInt64 states nothing.
	Cost      int64
	DualBound int64
}

// AssignmentReport is the outcome of a check. Sums are exact whatever their size.
type AssignmentReport struct {
	// Violation is the first fault found, "" when there is none.
	Violation string
	// Cost is that of the assigned pairs and the optional rows left out; required rows left out count nothing.
	Cost *big.Int
	// DualValue is the lower bound that the prices prove for assignments that leave out no more required rows.
	DualValue *big.Int
	// LeftOut is the number of required rows without column.
	LeftOut int
	// Optimal reports that there is no violation and Cost equals DualValue: as many required rows as possible are served (all,
	// when LeftOut is 0), and no assignment that serves as many costs less.
	Optimal bool
}

// Assignment checks an answer from first principles: the assignment is feasible and costs what it says; the prices are dual
// feasible and their value is the stated bound. Weak duality then makes the bound true, whatever produced it. It finds faults in the
// order of the rows. O(arcs + rows + cols).
func Assignment(p AssignmentProblem, a AssignmentAnswer) AssignmentReport {
	c := assignmentCheck{p: p, a: a, report: AssignmentReport{Cost: new(big.Int), DualValue: new(big.Int)}}
	for _, step := range []func() string{c.shape, c.feasible, c.dual, c.requiredPrice, c.stated} {
		if c.report.Violation = step(); c.report.Violation != "" {
			return c.report
		}
	}
	c.report.Optimal = c.report.Cost.Cmp(c.report.DualValue) == 0
	return c.report
}

type assignmentCheck struct {
	p      AssignmentProblem
	a      AssignmentAnswer
	report AssignmentReport
}

func (c *assignmentCheck) rows() int { return len(c.p.RowStart) - 1 }

// unassigned returns the price of leaving row i out and whether there is one.
func (c *assignmentCheck) unassigned(i int) (price int64, optional bool) {
	if c.p.Unassigned == nil || c.p.Unassigned[i] == AssignmentRequired {
		return 0, false
	}
	return c.p.Unassigned[i], true
}

// shape finds slices that do not fit each other.
func (c *assignmentCheck) shape() string {
	p, a := c.p, c.a
	if len(p.RowStart) == 0 || p.RowStart[0] != 0 {
		return "problem: row starts are not a list that begins with 0"
	}
	rows := c.rows()
	for i := range rows {
		if p.RowStart[i+1] < p.RowStart[i] {
			return fmt.Sprintf("problem: row %d starts at arc %d and ends at arc %d", i, p.RowStart[i], p.RowStart[i+1])
		}
	}
	for _, l := range []struct {
		name      string
		got, want int
	}{
		{"columns of arcs", len(p.Col), int(p.RowStart[rows])},
		{"costs of arcs", len(p.Cost), int(p.RowStart[rows])},
		{"columns of rows", len(a.Column), rows},
		{"row prices", len(a.RowPrice), rows},
		{"column prices", len(a.ColPrice), p.Cols},
	} {
		if l.got != l.want {
			return fmt.Sprintf("%d %s, want %d", l.got, l.name, l.want)
		}
	}
	if p.Unassigned != nil && len(p.Unassigned) != rows {
		return fmt.Sprintf("problem: %d prices of non-assignment, want %d", len(p.Unassigned), rows)
	}
	for e, j := range p.Col {
		if j < 0 || int(j) >= p.Cols {
			return fmt.Sprintf("problem: arc %d leads to column %d of %d", e, j, p.Cols)
		}
	}
	return ""
}

// feasible adds up the cost; a pair that is not allowed or a column used twice is a fault.
func (c *assignmentCheck) feasible() string {
	user := make([]int, c.p.Cols) // 1 + row
	for i, j := range c.a.Column {
		if j == AssignmentUnassigned {
			if price, optional := c.unassigned(i); optional {
				c.report.Cost.Add(c.report.Cost, big.NewInt(price))
			} else {
				c.report.LeftOut++
				if c.a.RequiredPrice <= 0 {
					return fmt.Sprintf("row %d is required and has no column", i)
				}
			}
			continue
		}
		cost, found := c.pair(i, j)
		if !found {
			return fmt.Sprintf("row %d has column %d, which is not allowed", i, j)
		}
		if user[j] != 0 {
			return fmt.Sprintf("column %d serves row %d and row %d", j, user[j]-1, i)
		}
		user[j] = i + 1
		c.report.Cost.Add(c.report.Cost, big.NewInt(cost))
	}
	return ""
}

// pair returns the cost of the cheapest arc i-j.
func (c *assignmentCheck) pair(i int, j int32) (cost int64, found bool) {
	for e := c.p.RowStart[i]; e < c.p.RowStart[i+1]; e++ {
		if c.p.Col[e] == j && (!found || c.p.Cost[e] < cost) {
			cost, found = c.p.Cost[e], true
		}
	}
	return cost, found
}

// dual adds up the prices; a price out of its bounds, or a pair cheaper than the prices say, is a fault.
func (c *assignmentCheck) dual() string {
	value := c.report.DualValue
	for j, price := range c.a.ColPrice {
		if price < 0 {
			return fmt.Sprintf("column %d has price %d, want at least 0", j, price)
		}
		value.Sub(value, big.NewInt(price))
	}
	for i, price := range c.a.RowPrice {
		limit, bounded := c.unassigned(i)
		if !bounded && c.a.RequiredPrice > 0 {
			limit, bounded = c.a.RequiredPrice, true
		}
		if bounded && price > limit {
			return fmt.Sprintf("row %d has price %d, above %d for leaving it out", i, price, limit)
		}
		for e := c.p.RowStart[i]; e < c.p.RowStart[i+1]; e++ {
			sum := c.p.Cost[e] + c.a.ColPrice[c.p.Col[e]]
			if sum < c.p.Cost[e] { // column prices are not negative: it overflowed, and exceeds every row price
				continue
			}
			if price > sum {
				return fmt.Sprintf("row %d, column %d: row price %d - column price %d is above the cost %d",
					i, c.p.Col[e], price, c.a.ColPrice[c.p.Col[e]], c.p.Cost[e])
			}
		}
		value.Add(value, big.NewInt(price))
	}
	value.Sub(value, new(big.Int).Mul(big.NewInt(c.a.RequiredPrice), big.NewInt(int64(c.report.LeftOut))))
	return ""
}

// requiredPrice finds a price that could make it pay to leave out a required row that can be served. Serving one more row
// along an alternating path adds k+1 pairs and takes k away, or adds a price of non-assignment and takes one pair more; with
// k <= min(rows, cols) that costs at most high + (k+1) * (high - low).
func (c *assignmentCheck) requiredPrice() string {
	if c.a.RequiredPrice == 0 {
		return ""
	}
	var low, high int64
	first := true
	note := func(v int64) {
		if first || v < low {
			low = v
		}
		if first || v > high {
			high = v
		}
		first = false
	}
	for _, v := range c.p.Cost {
		note(v)
	}
	for i := range c.rows() {
		if price, optional := c.unassigned(i); optional {
			note(price)
		}
	}
	need := new(big.Int).Sub(big.NewInt(high), big.NewInt(low))
	need.Mul(need, big.NewInt(int64(min(c.rows(), c.p.Cols)+1)))
	need.Add(need, big.NewInt(high))
	if big.NewInt(c.a.RequiredPrice).Cmp(need) <= 0 {
		return fmt.Sprintf("price %d for leaving out a required row, want more than %s", c.a.RequiredPrice, need)
	}
	return ""
}

// stated compares the figures of the answer with the computed ones.
func (c *assignmentCheck) stated() string {
	if c.report.Cost.Cmp(big.NewInt(c.a.Cost)) != 0 {
		return fmt.Sprintf("cost is stated as %d and is %s", c.a.Cost, c.report.Cost)
	}
	if c.a.DualBound != math.MinInt64 && c.report.DualValue.Cmp(big.NewInt(c.a.DualBound)) != 0 {
		return fmt.Sprintf("dual bound is stated as %d and is %s", c.a.DualBound, c.report.DualValue)
	}
	return ""
}
