package main

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
	"fettle/dispatch/plan"
)

// answer is a plan and what is known about it.
type answer struct {
	plan  *dispatch.Plan
	cards []explain.Card // by visit; nil unless asked for. Visits whose turn did not come within the time limit have none
}

// planProblem is the one place where this command asks for a plan. With why, part of the time limit goes to explanations.
func planProblem(ctx context.Context, p *dispatch.Problem, o plan.Options, why bool) (*answer, error) {
	limit := o.Route.TimeLimit
	if why && limit > 0 {
		o.Route.TimeLimit -= explainTime(p, limit)
	}
	result, err := plan.Solve(ctx, p, o)
	if err != nil {
		return nil, err
	}
	a := &answer{plan: result.Plan}
	if !why {
		return a, nil
	}
	over := func() bool { return ctx.Err() != nil || limit > 0 && o.Route.Elapsed() >= limit }
	a.cards, err = explainAll(p, a.plan, o.Route.Threads, over)
	return a, err
}

// explainTime is what explanations get of a time limit: a card takes about 10 ms with 10 technicians and 60 visits.
func explainTime(p *dispatch.Problem, limit time.Duration) time.Duration {
	return min(limit/4, time.Duration(len(p.Visits))*10*time.Millisecond)
}

// explainAll makes the cards of all visits, those left out first, until it is over. Without a time limit the cards do not
// depend on the number of threads.
func explainAll(p *dispatch.Problem, found *dispatch.Plan, threads int, over func() bool) ([]explain.Card, error) {
	m, err := constraint.New(p)
	if err != nil {
		return nil, err
	}
	queue := make([]int32, 0, len(p.Visits))
	for _, u := range found.Unassigned {
		queue = append(queue, u.Visit)
	}
	for i := range found.Routes {
		queue = append(queue, found.Routes[i].Visits()...)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	cards, done := make([]explain.Card, len(queue)), make([]bool, len(queue))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range threads {
		workers.Go(func() {
			e := explain.New(m, found)
			for i := next.Add(1) - 1; i < int64(len(queue)) && !over(); i = next.Add(1) - 1 {
				cards[i], done[i] = e.Visit(queue[i]), true
			}
		})
	}
	workers.Wait()
	made := make([]explain.Card, 0, len(cards))
	for i := range cards {
		if done[i] {
			made = append(made, cards[i])
		}
	}
	slices.SortFunc(made, func(a, b explain.Card) int { return int(a.Visit) - int(b.Visit) })
	return made, nil
}
