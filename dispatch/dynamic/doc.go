// Package dynamic runs a day on which most visits become known while technicians are under way: the dynamic technician
// routing and scheduling problem, Pillac, Gueret and Medaglia (2012), "On the dynamic technician routing and scheduling
// problem", and the dynamic vehicle routing problem with time windows. It plans and plays; it has no clock, and reads no
// files.
//
// # The rules of a day
//
// A visit becomes known at an instant. Then, and never later, it is accepted or refused; what was accepted must be served,
// and so must what was known from the start. A technician who has left for a stop goes there: nobody is diverted. Nobody
// leaves for a visit before it is known, and a departure that is decided now is not before now. Everything that nobody has
// left for may be planned anew. Fewest refused visits come first, then the cost of the problem's rates: time on duty from
// the first departure to the end place, or travel.
//
// # Playing and deciding
//
// A Day plays. It hands out one Moment after another: the beginning of the day, and each instant at which visits become
// known. A moment holds what is known and nothing else: visits and places of the future are not in its Problem, so no
// policy can look at them. A Policy answers a moment with a Decision: which new visits it refuses, and the rest of the day
// of every technician, each leg with its departure. Day.Decide carries out what leaves before the next moment. When there
// is none left the day is over, and check.Day, which shares nothing with this package, judges it.
//
//	day, err := dynamic.NewDay(problem, known)
//	for m := day.Moment(); m != nil; m = day.Moment() {
//		decision, err := policy.Decide(ctx, m, budget)
//		err = day.Decide(decision)
//	}
//	report := check.Day(problem, known, day.Trails(), day.Refused())
//
// # Replan
//
// Replan, the policy, turns a moment into a problem for the route optimiser: every technician starts where and when the last
// stop that was left for is done, with the stock and tools then on board. It starts from the plan in hand; a new visit is
// accepted when a plan was found that serves it beside everything else. Ahead keeps time free for visits that may come at short
// notice, drawn from what the day has shown so far. Hold then chooses the departures: never so early that the drive ends in
// waiting, and later than that as far as a reserve for visits to come allows.
// docs/adr/0011-replanning-a-day.md has the experiments.
//
// Read day.go (Day, Moment, Crew), play.go (what happens), replan.go (Policy, Replan), rest.go, ahead.go and hold.go.
package dynamic
