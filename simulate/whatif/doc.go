// Package whatif answers what would change if: somebody were ill, orders came or went, other weights ruled. It decides the
// changes with the engine of live dispatch on a copy of a territory, searches for better routes on both the copy and the
// territory as it is, and compares. Nothing is committed; the territory does not notice.
//
// Both sides are searched with the same seed and as long, so the difference of the figures is that of the change, not of the
// search. Promises and routes are compared with what is committed: what people have been told.
//
// Read in this order: whatif.go (the question and how it is answered), figures.go, moves.go (the comparison).
package whatif
