// Package cost prices what a route measured: one file a term of the objective, all integer. It knows nothing of rules
// (dispatch/constraint) or search. Route is the sum that a search minimises together with Fairness and what is unserved
// (dispatch.UnservedCosts); Term values name the parts in plans and explanations.
package cost
