// Package replan changes a committed plan around what has happened - a visit arrives or is canceled, work takes longer, a
// technician is sick, an emergency - and leaves everything else as it was promised. It plans no day from nothing
// (dispatch/route does) and keeps no routes between changes (plan.Board does).
//
// Around is the way in. A promise is what was committed for a visit: who comes, and when, give or take a tolerance. The
// answer moves those promises that nothing can keep, and up to Options.MaxMoved more where that saves cost; its curve
// shows what moving more, or fewer, would cost. Started work never moves.
//
// The method: the technicians near the change make a small problem of their own (part.go), in which each promised visit
// exists twice, held to its promise or free. Ruin and recreate (ruin.go) searches it for one number of moved promises after
// the other, with prices on a moved promise that vary from try to try (search.go): the cheapest plan met for each number
// makes the curve. So the rules of a promise are windows that the walker of dispatch/constraint knows already, and any
// other rule is one of that package too. docs/adr/0013-replanning.md tells what was tried.
//
// Read in this order: replan.go (Around, Options, Result), change.go (what a change does to problem and plan), part.go,
// search.go, ruin.go, outcome.go.
package replan
