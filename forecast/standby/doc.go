// Package standby says where technicians should wait: maximal expected cover when each of them is busy with some probability
// (MEXCLP: Daskin 1983, Transportation Science 17). A demand with k technicians in reach is covered with probability
// 1 - busy^k, so a second one helps less than the first.
//
// [Solve] takes a [Problem] and gives a [Result]: the places, the expected cover, an upper bound on what any choice could
// cover with the gap to it, and for each technician what he adds and what moving him would lose ([Post.String] says it in words).
//
// The search is greedy, then moves of one technician and of pairs until none helps. The bound is the dual of the linear
// relaxation, minimised by subgradients (Held, Wolfe and Crowder 1974), so that no simplex is needed: a step costs as much as
// there are pairs of place and demand in reach.
//
// Reading order: problem.go, search.go, bound.go, result.go. Everything is pure and deterministic.
package standby
