// Package constraint knows what is allowed: it compiles a dispatch.Problem into a Model of dense arrays and walks routes
// over it. One rule is one file: skill.go, technician.go (required, excluded, pinned), territory.go, timewindow.go,
// breaks.go, entry.go, stock.go (capacity, depots), tool.go, limit.go, duty.go, pair.go, pin.go (pinned order), crew.go and order.go (links across routes). Each file holds the rule's
// compilation, its test and, where a rule depends on the stops before, its part of the walk.
//
// It searches for nothing and prices nothing but routes (dispatch/cost names the terms); dispatch/route searches with it,
// dispatch/explain asks it why. dispatch/check judges plans without it.
//
// Read model.go for the arrays, then walk.go for how a route is timed, and joint.go for routes that depend on one another.
package constraint
