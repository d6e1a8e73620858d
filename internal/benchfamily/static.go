package benchfamily

import (
	"context"
	"io"
	"os"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/problem"
	"fettle/dispatch/route"
)

// The verdicts of a comparison.
const (
	verdictBetter = "better"
	verdictEqual  = "equal"
	verdictWorse  = "worse"
)

// runStatic reads, plans, writes and judges one case.
func runStatic(ctx context.Context, c testCase, seed uint64, o Options) measured {
	row := &Row{Case: c.name, Seed: seed, Budget: o.Time.Seconds(), PeersSeen: c.best.peers}
	memory := startMemory()
	elapsed := stopwatch(o.ProcessorTime)
	doc, plan, err := planFile(ctx, c, seed, o, elapsed)
	row.Seconds, row.PeakMB = *rounded(elapsed().Seconds(), 6), memory.peakMB()
	if o.Time > 0 {
		row.OverRun = max(0, *rounded(row.Seconds-row.Budget, 6))
	}
	if err != nil {
		row.Error = err.Error()
		return row
	}
	report := check.Plan(doc.Problem, plan)
	row.describe(doc.Problem, plan, &report)
	row.compare(c.best)
	if plan.Status == dispatch.StatusInterrupted {
		row.Error = "interrupted before the budget was used"
	}
	return row
}

func planFile(ctx context.Context, c testCase, seed uint64, o Options, elapsed func() time.Duration) (*problem.Document, *dispatch.Plan, error) {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return nil, nil, err
	}
	doc, err := problem.Read(c.file, data, c.format)
	if err != nil {
		return nil, nil, err
	}
	options := route.Options{Seed: seed, Iterations: o.Iterations, Threads: o.Threads}
	if o.Time > 0 {
		options.TimeLimit, options.Elapsed = o.Time, elapsed
	}
	plan, err := o.Solve(ctx, doc.Problem, options)
	if err != nil {
		return nil, nil, err
	}
	return doc, plan, doc.WritePlan(io.Discard, plan)
}

// describe fills in what the plan says, with the checker's figures.
func (r *Row) describe(p *dispatch.Problem, plan *dispatch.Plan, report *check.Report) {
	r.Visits, r.Technicians, r.Routes = len(p.Visits), len(p.Technicians), len(plan.Routes)
	r.Unassigned, r.Iterations, r.Checked = len(plan.Unassigned), plan.Iterations, report.Feasible
	if !report.Feasible {
		r.Error = report.Violations[0].Text
	}
	operating := report.Cost.Total() - report.Cost[dispatch.TermUnserved]
	r.Cost = *rounded(float64(operating)/float64(p.Scale.Cost()), 4)
	var total, lost int64
	for i := range p.Visits {
		total += int64(p.Visits[i].Priority)
	}
	for _, u := range plan.Unassigned {
		lost += int64(p.Visits[u.Visit].Priority)
	}
	if total > 0 {
		served := total - lost
		r.Priority, r.PriorityTotal = &served, &total
	}
	if p.Scale.Unit == "s" {
		r.TravelHours = *rounded(p.Scale.Units(travel(report.Routes))/3600, 2)
	}
}

func travel(routes []dispatch.Route) dispatch.Tick {
	var sum dispatch.Tick
	for i := range routes {
		sum += routes[i].EndTravel
		for k := range routes[i].Stops {
			sum += routes[i].Stops[k].Travel
		}
	}
	return sum
}

// compare judges the row against the best known.
func (r *Row) compare(b best) {
	if !b.known {
		return
	}
	r.Best, r.BestUnassigned, r.BestPriority = &b.cost, &b.unassigned, b.priority
	served := int64(0)
	if r.Priority != nil && b.priority != nil {
		served = *r.Priority - *b.priority
	}
	switch {
	case served != 0:
		r.Verdict = sign(served < 0)
	case r.Unassigned != b.unassigned:
		r.Verdict = sign(r.Unassigned > b.unassigned)
	default:
		r.GapPercent = rounded(100*(r.Cost-b.cost)/b.cost, 4)
		r.Verdict = verdictEqual
		// Published values are rounded: what is nearer than one in a million is the same.
		if gap := 100 * (r.Cost - b.cost) / b.cost; gap > 1e-4 || gap < -1e-4 {
			r.Verdict = sign(gap > 0)
		}
	}
}

func sign(worse bool) string {
	if worse {
		return verdictWorse
	}
	return verdictBetter
}
