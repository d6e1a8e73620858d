package benchfamily

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fettle/benchmarks/assignment/instance"
	"fettle/dispatch/assign"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
)

// AssignmentRow is one solved assignment problem.
type AssignmentRow struct {
	Case       string   `json:"case"`
	Seed       uint64   `json:"seed"`
	Rows       int      `json:"rows"`
	Cols       int      `json:"cols"`
	Pairs      int      `json:"pairs"`
	Cost       int64    `json:"cost"`
	DualBound  int64    `json:"dualBound"`
	Best       *float64 `json:"best,omitempty"`
	GapPercent *float64 `json:"gapPercent,omitempty"`
	Seconds    float64  `json:"seconds"` // of the solver alone
	PeakMB     float64  `json:"peakMB"`
	Checked    bool     `json:"checked"` // an independent checker has followed the proof of the optimum
	Error      string   `json:"error,omitempty"`
}

func (r *AssignmentRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	s.addGap(r.GapPercent)
	s.cost, s.seconds, s.PeakMB = s.cost+float64(r.Cost), s.seconds+r.Seconds, max(s.PeakMB, r.PeakMB)
}

// runORLib solves a file of the OR-Library.
func runORLib(ctx context.Context, c testCase, seed uint64, _ Options) measured {
	memory := startMemory()
	data, err := os.ReadFile(c.file)
	if err != nil {
		return &AssignmentRow{Case: c.name, Seed: seed, Error: err.Error()}
	}
	in, err := problem.ReadAssignmentORLib(c.file, data)
	if err != nil {
		return &AssignmentRow{Case: c.name, Seed: seed, Error: err.Error()}
	}
	row := solveAssignment(ctx, in)
	row.Case, row.Seed, row.PeakMB = c.name, seed, memory.peakMB()
	if c.best.known {
		row.Best, row.GapPercent = &c.best.cost, rounded(100*(float64(row.Cost)-c.best.cost)/c.best.cost, 4)
	}
	return row
}

// madeAssignments are n rows and columns with 20 pairs a row: drawn at random, or the nearest in the plane.
func madeAssignments() []testCase {
	var out []testCase
	for _, kind := range []string{"random", "nearest"} {
		for _, n := range []int{1_000, 5_000, 20_000} {
			out = append(out, testCase{name: fmt.Sprintf("%s-%dx20", kind, n), size: [2]int{n, 20}})
		}
	}
	return out
}

// maxMadeCost is the largest cost of a random pair.
const maxMadeCost = 1_000_000

func runMadeAssignment(ctx context.Context, c testCase, seed uint64, _ Options) measured {
	memory := startMemory()
	n, k := c.size[0], c.size[1]
	var g instance.Arcs
	if matches("nearest-*", c.name) {
		g = instance.Geometric(instance.Source(seed), n, n, k, true)
	} else {
		g = instance.Random(instance.Source(seed), n, n, k, maxMadeCost, true)
	}
	row := solveAssignment(ctx, &problem.Assignment{Rows: g.Rows, Cols: g.Cols, RowStart: g.RowStart, Col: g.Col, Cost: g.Cost})
	row.Case, row.Seed, row.PeakMB = c.name, seed, memory.peakMB()
	return row
}

// solveAssignment solves and verifies; only the solver is timed.
func solveAssignment(ctx context.Context, in *problem.Assignment) *AssignmentRow {
	row := &AssignmentRow{Rows: in.Rows, Cols: in.Cols, Pairs: len(in.Col)}
	p, err := assign.NewProblem(in.Cols, in.RowStart, in.Col, in.Cost, in.Unassigned)
	if err != nil {
		row.Error = err.Error()
		return row
	}
	start := time.Now()
	r, err := assign.Solve(ctx, p, assign.Options{})
	row.Seconds = *rounded(time.Since(start).Seconds(), 6)
	if err == nil && r.Status != assign.Optimal {
		err = errors.New("the solver ended with " + string(r.Status))
	}
	if err != nil {
		row.Error = err.Error()
		return row
	}
	row.Cost, row.DualBound = r.Cost, r.DualBound
	report := check.Assignment(
		check.AssignmentProblem{Cols: in.Cols, RowStart: in.RowStart, Col: in.Col, Cost: in.Cost, Unassigned: in.Unassigned},
		check.AssignmentAnswer{
			Column: r.Assignment, RowPrice: r.RowPrice, ColPrice: r.ColPrice,
			RequiredPrice: r.RequiredPrice, Cost: r.Cost, DualBound: r.DualBound,
		})
	row.Checked, row.Error = report.Optimal, report.Violation
	return row
}
