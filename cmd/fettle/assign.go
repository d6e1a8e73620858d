package main

import (
	"context"
	"encoding/json"
	"io"
	"math"

	"fettle/dispatch/assign"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
)

// assignCommand solves an assignment problem and prints the answer with its certificate.
type assignCommand struct {
	File   string `arg:"" optional:"" default:"-" help:"File to solve; - reads the standard input."`
	Format string `enum:"auto,orlib,json" default:"auto" help:"Format of the file; auto tells json by its brace. One of ${enum}."`
	Out    string `short:"o" name:"out" placeholder:"FILE" help:"Write the answer to FILE, whole or not at all."`
}

// Help is the long help text.
func (assignCommand) Help() string {
	return `Prints one JSON object. "cost" is the least cost and "dualBound" the bound that the prices prove: the two are equal.
"verified" says that a checker which shares no code with the solver has followed the proof. "assignment" lists the
column of each row, numbered as in the file: from 1 for orlib and from 0 for json (see "firstNumber"); a row without
column is null there and listed in "unassigned". "rowPrices" and "colPrices" are the certificate.

orlib is the form of the OR-Library: n, then n*n costs, or triples "row column cost". json is

    {"rows": 3, "cols": 2, "unassignedCost": 40, "arcs": [[0, 0, 7], [1, 0, 5], [2, 1, 9]]}

with [row, column, cost] counted from 0; unassignedCost is the price of leaving a row out, one number or a list, and
null where the row must be served. Exit status 1: some required rows cannot be served.

Examples:

    fettle assign assign100.txt --format orlib
    fettle assign day.json --format json -o answer.json`
}

// assignAnswer is the JSON of the command.
type assignAnswer struct {
	Status      assign.Status     `json:"status"`
	Rows        int               `json:"rows"`
	Cols        int               `json:"cols"`
	Pairs       int               `json:"pairs"`
	Cost        int64             `json:"cost"`
	DualBound   *int64            `json:"dualBound"` // null when there is none worth stating
	Seconds     float64           `json:"seconds"`
	Verified    bool              `json:"verified"`
	FirstNumber int32             `json:"firstNumber"`
	Assignment  []*int32          `json:"assignment"`
	Unassigned  []int32           `json:"unassigned"`
	LeftOut     []int32           `json:"requiredLeftOut,omitempty"`
	Shortages   []assign.Shortage `json:"shortages,omitempty"`
	RowPrices   []int64           `json:"rowPrices"`
	ColPrices   []int64           `json:"colPrices"`
}

// Run implements the command.
func (c *assignCommand) Run(ctx context.Context, s *session) error {
	if c.File == "-" && isTerminal(s.stdin) {
		return usageError("assign: name a FILE, or send one to the standard input")
	}
	if err := canWrite("--out", c.Out); err != nil {
		return err
	}
	name, data, err := s.read(c.File)
	if err != nil {
		return err
	}
	in, first, err := readAssignment(name, data, c.Format)
	if err != nil {
		return err
	}
	p, err := assign.NewProblem(in.Cols, in.RowStart, in.Col, in.Cost, in.Unassigned)
	if err != nil {
		return &problem.Error{File: name, Msg: err.Error()}
	}
	began := s.elapsed()
	result, err := assign.Solve(ctx, p, assign.Options{})
	if err != nil {
		return err
	}
	took := (s.elapsed() - began).Seconds()
	if fault := verifyAssignment(in, result); fault != "" {
		return outcome{status: exitNo, text: "the answer fails its own check, which is a fault of fettle: " + fault}
	}
	a := assignmentJSON(in, result, first)
	a.Seconds = took
	if err := s.writeOut(c.Out, func(w io.Writer) error { return json.NewEncoder(w).Encode(a) }); err != nil {
		return err
	}
	switch result.Status {
	case assign.Interrupted:
		return errInterrupted
	case assign.Infeasible:
		return errNo
	}
	return nil
}

// readAssignment reads a problem and says how its files count.
func readAssignment(name string, data []byte, format string) (in *problem.Assignment, first int32, err error) {
	if format == "json" || format == "auto" && len(data) > 0 && data[0] == '{' {
		in, err = problem.ReadAssignmentJSON(name, data)
		return in, 0, err
	}
	in, err = problem.ReadAssignmentORLib(name, data)
	return in, 1, err
}

// verifyAssignment follows the proof of a result; "" when it holds.
func verifyAssignment(in *problem.Assignment, r *assign.Result) string {
	report := check.Assignment(
		check.AssignmentProblem{Cols: in.Cols, RowStart: in.RowStart, Col: in.Col, Cost: in.Cost, Unassigned: in.Unassigned},
		check.AssignmentAnswer{
			Column: r.Assignment, RowPrice: r.RowPrice, ColPrice: r.ColPrice,
			RequiredPrice: r.RequiredPrice, Cost: r.Cost, DualBound: r.DualBound,
		})
	if report.Violation == "" && !report.Optimal && r.Status != assign.Interrupted {
		return "cost and dual bound differ"
	}
	return report.Violation
}

func assignmentJSON(in *problem.Assignment, r *assign.Result, first int32) *assignAnswer {
	a := &assignAnswer{
		Status: r.Status, Rows: in.Rows, Cols: in.Cols, Pairs: len(in.Col), Cost: r.Cost, Verified: true, FirstNumber: first,
		Assignment: make([]*int32, len(r.Assignment)), Unassigned: []int32{}, Shortages: r.Shortages,
		RowPrices: r.RowPrice, ColPrices: r.ColPrice,
	}
	if r.DualBound != math.MinInt64 {
		a.DualBound = &r.DualBound
	}
	for i, j := range r.Assignment {
		if j == assign.Unassigned {
			a.Unassigned = append(a.Unassigned, int32(i)+first)
			continue
		}
		column := j + first
		a.Assignment[i] = &column
	}
	for _, i := range r.LeftOut {
		a.LeftOut = append(a.LeftOut, i+first)
	}
	return a
}
