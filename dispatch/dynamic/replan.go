package dynamic

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/route"
)

// Policy decides the moments of a day.
type Policy interface {
	// Decide answers a moment by the rules of Day.Decide, within the budget. When ctx ends it answers at once with what it has.
	Decide(ctx context.Context, m *Moment, b Budget) (Decision, error)
}

// Budget is what a policy may spend on one moment. One of the two limits must be set.
type Budget struct {
	Seed uint64
	// Time ends the moment when Elapsed reaches it. Elapsed is the caller's clock: time since the moment began.
	Time    time.Duration
	Elapsed func() time.Duration
	// Iterations, when Time is 0, is the number of search iterations for the moment. The same seed and iterations on one
	// thread give the same decision.
	Iterations int64
	Threads    int // 0 means one for each processor
}

// Replan plans the rest of the day anew at every moment, from the plan in hand and with what has just become known, keeps
// some of it free for what may come (Ahead), and lets Hold say when to leave. A new visit is refused when no plan was found that serves it beside everything accepted.
type Replan struct {
	Hold  Hold
	Ahead Ahead
	Hot   float64 // temperature at which a plan in hand is annealed again, see route.Tuning
	// Tries is how often the search starts anew for visits that it found no place for, before they are refused.
	Tries int
	// Opening is how many times the iterations of a moment the first plan of the day gets. A time limit holds for it too.
	Opening int64
}

// NewReplan is a Replan with the figures that experiments chose: docs/adr/0011-replanning-a-day.md.
func NewReplan() Replan {
	return Replan{Hold: Hold{Reserve: 3}, Ahead: Ahead{Share: 0.4, Short: 2, Worth: 5}, Hot: 0.5, Tries: 2, Opening: 10}
}

// Decide implements Policy. Where visits that cannot be refused found no place it goes on beyond the budget for a while, and
// then gives up with an error.
func (r Replan) Decide(ctx context.Context, m *Moment, b Budget) (Decision, error) {
	rest := m.rest()
	plan := rest.start()
	if len(plan.Routes) == 0 {
		b.Iterations *= max(r.Opening, 1)
	}
	rest.imagine(rand.New(rand.NewPCG(b.Seed, uint64(m.Now))), r.Ahead)
	for try := 0; ; try++ {
		var err error
		if plan, err = r.search(ctx, rest, plan, b, try); err != nil {
			return Decision{}, err
		}
		refused, missed := rest.missed(plan)
		if missed < 0 && (!refused || try >= r.Tries) {
			return rest.decision(plan, r.Hold), nil
		}
		if missed >= 0 && (try >= r.Tries+patience || ctx.Err() != nil) {
			return Decision{}, fmt.Errorf("instant %d: no plan was found that serves visit %s, which cannot be refused", m.Now, m.Problem.Visits[missed].ID)
		}
	}
}

// patience is how often the search starts anew, beyond Tries, for visits that cannot be refused.
const patience = 20

// missed reports whether a plan leaves a new visit out, and which that cannot be refused; -1 for none.
func (r *rest) missed(plan *dispatch.Plan) (refused bool, agreed int32) {
	agreed = -1
	for _, u := range plan.Unassigned {
		switch {
		case int(u.Visit) < len(r.m.Open):
			agreed = r.visits[u.Visit]
		case !r.drawn(u.Visit):
			refused = true
		}
	}
	return refused, agreed
}

// firstShare is the part of a time limit for the first search where new visits may need another.
const firstShare = 0.7

// search improves a plan of the rest.
func (r Replan) search(ctx context.Context, rest *rest, start *dispatch.Plan, b Budget, try int) (*dispatch.Plan, error) {
	tune := route.DefaultTuning()
	if len(start.Routes) > 0 && try == 0 {
		tune.Hot, tune.HotPaid = r.Hot, r.Hot
	}
	o := route.Options{Seed: b.Seed + uint64(try)<<32, Iterations: b.Iterations, Threads: b.Threads, Start: start, Tuning: &tune}
	if b.Time <= 0 {
		return route.Solve(ctx, rest.problem, o)
	}
	o.Iterations, o.TimeLimit, o.Elapsed = 0, b.Time, b.Elapsed
	switch {
	case len(rest.m.New) > 0 && r.Tries > 0 && try <= r.Tries:
		o.TimeLimit = time.Duration(float64(b.Time) * (firstShare + (1-firstShare)*float64(try)/float64(r.Tries)))
	case try > 0:
		o.TimeLimit = max(b.Elapsed(), b.Time) + b.Time // no plan is worse than a late one
	}
	return route.Solve(ctx, rest.problem, o)
}
