// Package check is the independent judge of plans and assignments. It recomputes everything from the order of the stops
// alone: times, breaks, stock, cost by term; and says in sentences what a plan breaks. It imports dispatch and geo and
// nothing else of the project: no line is shared with the solver, so one mistake cannot hide in both.
//
// It is written to be read, not to be fast: each rule of a plan is one file. Read plan.go (Plan, Report, Violation), then
// schedule.go and clock.go (the schedule convention), breaks.go, cost.go, stated.go, then the rules: served.go, skill.go,
// tool.go, allowed.go, stock.go, depot.go, limit.go, duty.go,
// pair.go, pin.go, crew.go, order.go. Assignments have their own part, assignment.go, and so have days as they were carried out, day.go.
//
// # Schedule convention
//
// A route leaves its start place, drives, waits for the next open window, spends entry and work, and goes on. Each break
// of the shift is taken exactly once, in order, on one of the legs: it starts at the earliest opening after the technician
// left the stop before, driving goes on until then, and the rest of the leg is driven afterwards. Breaks that the plan does
// not place are placed so that the route ends earliest and, among those, as early in the route as possible. With that end
// held fixed the route leaves as late as the promises and the pay of the day allow (schedule.go), and the times of stops are
// the earliest for that departure.
//
// On a route that has a linked visit (dispatch.Link) every start is the earliest that its own route and the links allow, and
// the route leaves as late as keeps all of them; order.go says how those are found.
package check
