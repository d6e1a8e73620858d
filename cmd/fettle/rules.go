package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"fettle/dispatch/problem"
	"fettle/dispatch/rules"
)

// rulesCommand reports what the expressions of a policy cost and find.
type rulesCommand struct {
	File    string `arg:"" help:"Problem in Fettle's own format; - reads the standard input."`
	Threads int    `default:"0" help:"Threads that evaluate; 0 means all cores."`
	JSON    bool   `name:"json" help:"Print one JSON object for each expression instead of a table."`
}

// Help is the long help text.
func (rulesCommand) Help() string {
	return `Evaluates the user terms and eligibility rules of a policy for every visit and technician, as planning does before it
searches, and reports for each how many evaluations that took, how long, and what came out. docs/objective.md has the
language.

Examples:

    fettle rules day.json
    fettle rules day.json --json`
}

// Run implements the command.
func (c *rulesCommand) Run(s *session) error {
	doc, err := s.readProblem(c.File, problem.Fettle)
	if err != nil {
		return err
	}
	r, err := rules.Compile(doc.Problem, rules.Options{Threads: c.Threads, Elapsed: s.elapsed})
	if err != nil {
		return err
	}
	report, err := r.Report()
	if err != nil {
		return err
	}
	return s.writeOut("", func(w io.Writer) error {
		if c.JSON {
			return writeRulesJSON(w, &report)
		}
		return writeRules(w, &report)
	})
}

func writeRules(w io.Writer, report *rules.Report) error {
	t := columns{left: 2}
	t.add("expression", "kind", "pairs", "evaluations", "values", "least", "most", "forbidden", "ms", "ns each", "units")
	for i := range report.Expressions {
		x := &report.Expressions[i]
		least, most, forbidden := fmt.Sprint(x.Least), fmt.Sprint(x.Most), ""
		if x.Rule {
			least, most, forbidden = "", "", fmt.Sprint(x.Forbidden)
		}
		t.add(x.Name, kindOf(x), fmt.Sprint(x.Pairs), fmt.Sprint(x.Evaluations), fmt.Sprint(x.Distinct), least, most, forbidden,
			fmt.Sprintf("%.1f", float64(x.Elapsed)/float64(time.Millisecond)), fmt.Sprint(x.PerEvaluation().Nanoseconds()), fmt.Sprint(x.UnitsMost))
	}
	return t.write(w)
}

func kindOf(x *rules.ExpressionReport) string {
	if x.Rule {
		return "eligibility"
	}
	return "term"
}

// ruleAnswer is one line of the JSON.
type ruleAnswer struct {
	Name             string  `json:"name"`
	Kind             string  `json:"kind"`
	Pairs            int64   `json:"pairs"`
	VisitGroups      int     `json:"visitGroups"`
	TechnicianGroups int     `json:"technicianGroups"`
	Evaluations      int64   `json:"evaluations"`
	Values           int     `json:"values"`
	Least            int64   `json:"least"`
	Most             int64   `json:"most"`
	Forbidden        int64   `json:"forbidden,omitempty"`
	Seconds          float64 `json:"seconds"`
	UnitsMost        uint64  `json:"unitsMost"`
}

func writeRulesJSON(w io.Writer, report *rules.Report) error {
	enc := json.NewEncoder(w)
	for i := range report.Expressions {
		x := &report.Expressions[i]
		if err := enc.Encode(ruleAnswer{
			Name: x.Name, Kind: kindOf(x), Pairs: x.Pairs, VisitGroups: x.Rows, TechnicianGroups: x.Columns, Evaluations: x.Evaluations,
			Values: x.Distinct, Least: x.Least, Most: x.Most, Forbidden: x.Forbidden, Seconds: x.Elapsed.Seconds(), UnitsMost: x.UnitsMost,
		}); err != nil {
			return err
		}
	}
	return nil
}
