// Package route plans whole days: which technician does which visits in which order, for problems from a handful of visits
// to many thousands. It is any-time (the best plan so far is always feasible), keeps its time limit, is deterministic for a
// seed and a number of iterations on one thread, uses a trajectory for each further thread, and starts warm from an existing
// plan. It does not explain (dispatch/explain) or judge (dispatch/check) plans, and reads no files.
//
// The method is ruin and recreate: strings of visits are taken out of neighbouring routes and put back where they are
// cheapest, a position being overlooked now and then; annealing decides what is kept (Christiaens and Vanden Berghe 2020,
// "Slack induction by string removals for vehicle routing problems", Transportation Science 54(2), 417-433,
// doi:10.1287/trsc.2019.0914). docs/adr/0004-route-optimiser.md and 0006-several-annealings.md say what was added to it,
// with figures, and what lost.
//
// There are two kinds of problem. In a plain one (constraint.Model.Plain) an insertion is tested in constant time from the
// times kept at the nodes. In a rich one the same test is only necessary, and what passes it is walked
// (constraint.Walker): so a new rule needs no code here. Where the cost of an insertion can be told beforehand
// (constraint.Model.Straight), only the place that wins is walked, and nothing where gauges decide all (Model.Exact).
//
// Read in this order: solve.go (Options, Solve), anneal.go (the loop), search.go and build.go (the state and how it is laid
// out), node.go (stops, times, undo), ruin.go, recreate.go with lists.go, duty.go, soft.go, rich.go, gauge.go, memo.go,
// exact.go, tails.go, swap.go, exchange.go, supply.go, prize.go, elite.go, team.go. assert.go recomputes everything and is on
// in tests.
package route
