package main

import (
	"encoding/json"
	"fmt"
	"io"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
)

// checkCommand judges a solution.
type checkCommand struct {
	Problem  string         `arg:"" help:"File with the problem."`
	Solution string         `arg:"" help:"File with the plan, in the problem's own format or Fettle's plan JSON; - reads the standard input."`
	Format   problem.Format `enum:"auto,fettle,vroom,solomon,vrplib,pragmatic,trsp,dispatch,mdvrptw,euro,hhcrsp" default:"auto" help:"Format of the problem; auto tells it by the content. One of ${enum}."`
	JSON     bool           `name:"json" help:"Print one JSON object instead of text."`
}

// Help is the long help text.
func (checkCommand) Help() string {
	return `Recomputes every time, every rule and the cost by term from the order of the stops alone. Prints FEASIBLE and the cost
with exit status 0, or INFEASIBLE and what is broken, one line each, with exit status 1.

Visits that a plan leaves out are no fault, save in formats where every customer must be served (solomon, vrplib, mdvrptw, euro, hhcrsp).

Examples:

    fettle check R101.txt R101.sol
    fettle solve day.json | fettle check day.json -
    fettle check day.json plan.json --json`
}

// Run implements the command.
func (c *checkCommand) Run(s *session) error {
	if c.Problem == "-" && c.Solution == "-" {
		return usageError("check: only one of PROBLEM and SOLUTION can be the standard input")
	}
	doc, err := s.readProblem(c.Problem, c.Format)
	if err != nil {
		return err
	}
	name, data, err := s.read(c.Solution)
	if err != nil {
		return err
	}
	plan, err := doc.ReadPlan(name, data)
	if err != nil {
		return err
	}
	report := check.Plan(doc.Problem, plan)
	if doc.Format.ServesAll() {
		leftOut(doc.Problem, plan, &report)
	}
	write := writeReport
	if c.JSON {
		write = writeReportJSON
	}
	if err := s.writeOut("", func(w io.Writer) error { return write(w, doc, plan, &report) }); err != nil {
		return err
	}
	if !report.Feasible {
		return errNo
	}
	return nil
}

// leftOut adds a violation for each visit that is left out, for formats that leave no choice.
func leftOut(p *dispatch.Problem, plan *dispatch.Plan, report *check.Report) {
	for _, u := range plan.Unassigned {
		report.Feasible = false
		report.Violations = append(report.Violations, check.Violation{
			Rule: check.RuleNotAnswered, Route: -1, Stop: -1, Visit: u.Visit, Technician: -1,
			Text: fmt.Sprintf("Visit %s is not served, and this format leaves no choice.", p.Visits[u.Visit].ID),
		})
	}
}

func writeReport(w io.Writer, doc *problem.Document, plan *dispatch.Plan, report *check.Report) error {
	p := doc.Problem
	if report.Feasible {
		fmt.Fprintln(w, "FEASIBLE")
	} else {
		fmt.Fprintln(w, "INFEASIBLE")
	}
	for _, v := range report.Violations {
		fmt.Fprintf(w, "%s: %s\n", v.Rule, v.Text)
	}
	fmt.Fprintf(w, "%d of %d visits on %d routes\n", len(p.Visits)-len(plan.Unassigned), len(p.Visits), len(plan.Routes))
	return writeCost(w, p, report.Cost)
}

// checkAnswer is the JSON of the command.
type checkAnswer struct {
	Feasible    bool             `json:"feasible"`
	Violations  []checkViolation `json:"violations"`
	Visits      int              `json:"visits"`
	Unassigned  int              `json:"unassigned"`
	Routes      int              `json:"routes"`
	Cost        int64            `json:"cost"`
	CostPerUnit int64            `json:"costPerUnit"`
	Terms       map[string]int64 `json:"terms"`
}

type checkViolation struct {
	Rule       dispatch.Reason       `json:"rule"`
	Technician dispatch.TechnicianID `json:"technicianId,omitempty"`
	Visit      dispatch.VisitID      `json:"visitId,omitempty"`
	Route      *int32                `json:"route,omitempty"`
	Stop       *int32                `json:"stop,omitempty"`
	By         int64                 `json:"by,omitempty"`
	Text       string                `json:"text"`
}

func writeReportJSON(w io.Writer, doc *problem.Document, plan *dispatch.Plan, report *check.Report) error {
	p := doc.Problem
	a := checkAnswer{
		Feasible: report.Feasible, Violations: []checkViolation{}, Visits: len(p.Visits), Unassigned: len(plan.Unassigned),
		Routes: len(plan.Routes), Cost: report.Cost.Total(), CostPerUnit: p.Scale.Cost(), Terms: map[string]int64{},
	}
	for term := range dispatch.Terms {
		if report.Cost[term] != 0 {
			a.Terms[p.Policy.TermName(term)] = report.Cost[term]
		}
	}
	for i := range report.Violations {
		v := &report.Violations[i]
		out := checkViolation{Rule: v.Rule, By: v.By, Text: v.Text}
		if v.Technician >= 0 && int(v.Technician) < len(p.Technicians) {
			out.Technician = p.Technicians[v.Technician].ID
		}
		if v.Visit >= 0 && int(v.Visit) < len(p.Visits) {
			out.Visit = p.Visits[v.Visit].ID
		}
		if v.Route >= 0 {
			out.Route = &v.Route
		}
		if v.Stop >= 0 {
			out.Stop = &v.Stop
		}
		a.Violations = append(a.Violations, out)
	}
	return json.NewEncoder(w).Encode(a)
}
