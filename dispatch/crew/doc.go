// Package crew plans problems whose routes depend on one another: visits that links tie across routes (two technicians at
// once, one visit some time after another), and a price of the largest lateness of the whole plan. It is the search behind
// dispatch/route for such problems and is used through it.
//
// It anneals: a move takes a visit, two visits, a whole unit of linked visits or two tails of routes somewhere else; what
// that changes in the times is computed visit by visit in the order of keys that grow along routes and links (times.go), so
// that most moves cost well below a microsecond. Problems with rules that need a walk of the routes (breaks, stock, entry
// times ...) are priced by constraint.Joint instead, some ten times slower. Everything starts as early as it can on routes
// with linked visits. Depot stops are not planned here: what only a depot could supply stays out.
//
// Simulated annealing over several neighbourhoods is what the best known plans of home care come from: Ceschia, Di Gaspero,
// Rosati and Schaerf (2024).
//
// Read solve.go, then search.go for the plan in hand, trial.go, times.go, moves.go and unit.go.
package crew
