// Package route plans whole days: which technician does which visits in which order, for problems from a handful of visits
// to many thousands. It is any-time (the best plan so far is always feasible), deterministic for a seed and a number of
// iterations on one thread, and starts warm from an existing plan.
package route
