// Package lease is the contract over a dwelling as fields instead of a scanned page: who, which unit, from when to when, for
// how much. It says which change of state is legal, and it refuses terms that nobody could be reminded of: a lease either has
// a last day, or somebody has answered for its having none until a day of review.
//
// A Lease is a value. Its verbs return the changed lease and leave the one they were called on as it was; time is an
// argument. Terms are never overwritten: an amendment appends a version, and what was promised before can be read for ever.
//
// Not here: who is reminded and when (package obligation), money that moved, and how any of it is stored. Read lease.go, then
// terms.go and state.go.
package lease
