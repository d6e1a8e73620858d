// Package day lives the days of a repair operator under a dispatch policy: people report faults, technicians answer, drive,
// work and finish, and each decision is made by the same engine (dispatch/engine, Decide and Evolve) that serves the live
// system. It has a virtual clock and a queue of events; a day takes milliseconds.
//
// It is not a forecast: what it says about a policy holds for the World that it is given. It is not the demo either
// (internal/demo), which is a client of a running service.
//
// # Common random numbers
//
// Whatever chance decides is drawn from the seed of the World and the name of what it is about: how long the work of order
// r17 takes does not depend on who does it or when, nor on the policy. So two policies that live the same World differ by
// what they do, and the difference of a pair of days has far less spread than two days have.
//
// # Reading order
//
// world.go (what there is), policy.go (who decides), run.go (the queue), desk.go (how a report becomes an order that
// somebody has), agent.go and visit.go (what technicians do), kpi.go (what is measured).
//
// The same World and Policy give the same Outcome, bit by bit, on one processor architecture; Outcome.Trace is a hash of
// every event, by which that is shown.
package day
