package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/problem"
)

// maxListed is how many visits left out a table lists; files have all of them.
const maxListed = 40

// writeTable shows a plan to people: a line for each route, the visits left out and why, the cost by term.
func writeTable(w io.Writer, took time.Duration, doc *problem.Document, a *answer) error {
	p := doc.Problem
	fmt.Fprintf(w, "%s: %d of %d visits on %d routes of %d technicians (%s, %s iterations, seed %d)\n\n", doc.Name,
		len(p.Visits)-len(a.plan.Unassigned), len(p.Visits), len(a.plan.Routes), len(p.Technicians),
		took.Round(10*time.Millisecond), grouped(a.plan.Iterations), a.plan.Seed)
	if err := writeRoutes(w, p, a.plan); err != nil {
		return err
	}
	if err := writeUnassigned(w, p, a.plan); err != nil {
		return err
	}
	if err := writeCost(w, p, a.plan.Cost); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, boundLine(p, a.plan))
	return err
}

// boundLine says how far from the best the plan is at most.
func boundLine(p *dispatch.Problem, plan *dispatch.Plan) string {
	b := &plan.Bound
	switch b.Method {
	case "", dispatch.BoundNone:
		return "\nno lower bound"
	}
	if b.Cost == plan.Cost.Total() {
		return fmt.Sprintf("\nno plan is cheaper (proven by %s)", b.Method)
	}
	return fmt.Sprintf("\nthe best plan costs %s at least, so it is at most %.1f %% cheaper than this one (bound by %s)",
		money(p, b.Cost), b.GapPercent(plan.Cost.Total()), b.Method)
}

func writeRoutes(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	t := columns{left: 1}
	t.add("technician", "visits", "travel", "on site", "waiting", "duty", "from", "to")
	for i := range plan.Routes {
		r := &plan.Routes[i]
		s := sumRoute(r)
		t.add(technicianName(&p.Technicians[r.Technician]), strconv.Itoa(s.visits), span(p, s.travel), span(p, s.onSite),
			span(p, s.waiting), span(p, r.End-r.Departure), instant(p, r.Departure), instant(p, r.End))
	}
	return t.write(w)
}

func technicianName(t *dispatch.Technician) string {
	if t.Name != "" && t.Name != string(t.ID) {
		return t.Name + " (" + string(t.ID) + ")"
	}
	return string(t.ID)
}

// routeSum is what a table says of a route.
type routeSum struct {
	visits                  int
	travel, onSite, waiting dispatch.Tick
}

func sumRoute(r *dispatch.Route) routeSum {
	s := routeSum{travel: r.EndTravel}
	for i := range r.Stops {
		stop := &r.Stops[i]
		s.travel += stop.Travel
		if stop.Kind != dispatch.StopBreak {
			s.waiting += stop.Start - stop.Arrival
		}
		if stop.Kind == dispatch.StopVisit {
			s.visits++
			s.onSite += stop.End - stop.Start
		}
	}
	return s
}

func writeUnassigned(w io.Writer, p *dispatch.Problem, plan *dispatch.Plan) error {
	if len(plan.Unassigned) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nnot served: %d\n", len(plan.Unassigned))
	t := columns{indent: "  ", left: 3}
	for i, u := range plan.Unassigned {
		if i == maxListed {
			t.add(fmt.Sprintf("and %d more; --output json lists them all", len(plan.Unassigned)-maxListed))
			break
		}
		t.add(string(p.Visits[u.Visit].ID), string(u.Reason), u.Detail)
	}
	return t.write(w)
}

// writeCost lists the terms that are not zero, and their sum.
func writeCost(w io.Writer, p *dispatch.Problem, cost dispatch.Cost) error {
	fmt.Fprintln(w, "\ncost")
	t := columns{indent: "  ", left: 1}
	for term := range dispatch.Terms {
		if cost[term] != 0 {
			t.add(p.Policy.TermName(term), money(p, cost[term]))
		}
	}
	t.add("total", money(p, cost.Total()))
	return t.write(w)
}
