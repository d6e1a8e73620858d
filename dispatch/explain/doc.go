// Package explain says why a plan is as it is: why this technician, why not that one, what would change the choice, and why
// a visit is left out. It plans nothing itself but for the final pass (Finish), which puts in what a search left out
// although there was room.
//
// An Explainer lays out one plan. Its card of a visit (Explainer.Visit) prices the visit where it is and every other place
// for it: the visit is taken off its route and put at the cheapest position of another, while all other stops stay in their
// order. Differences are those of the whole plan's cost, to the unit, by term; an independent recompute (dispatch/check)
// gives the same. User terms stand there under their own names, and a technician whom an eligibility rule of the policy keeps
// away is refused with ReasonEligibility and the rule's name. A Flip is the smallest single change of the problem (a window, the work of a visit, a way, a shift, a
// skill) that makes such an alternative as good as the plan. It is found by compiling the two routes again under each
// change that is tried, so it has been seen to work.
//
// Explainer.Reason classifies a visit that is left out: nobody may go (the static rules), nobody's empty shift takes it,
// there is room but it is not worth it, or others would have to give way (Explainer.Displaced says who).
//
// The tables of the policy's expressions stay as they are while a flip is sought: an expression that reads what the flip
// changes is not evaluated anew.
//
// What a card does not look at: exchanges of several visits at once, other orders of the stops that stay, and depot stops
// that a route no longer needs. One more depot stop may go in with a single visit, but not with a pair.
//
// Where links or the largest lateness tie routes together, each placement is priced by timing the plan again with all links
// (constraint.Joint): differences are exact there too. A card then moves the visit alone while those it is linked with stay
// where they are, and has no flips; a reason tries the combinations of places for a whole unit up to a bound, says so when
// it was not enough, and does not look for who would have to give way.
//
// Read in this order: explain.go (the answers), board.go (the plan laid out), insert.go (positions), card.go, reason.go,
// bump.go, flip.go with trial.go and search.go, finish.go; joint.go, jointcard.go and jointreason.go for linked visits.
package explain
