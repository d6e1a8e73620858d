// Package assign matches many visits (rows) to many technicians (columns) at once, at the least total cost, and proves it.
//
// A Problem is a sparse bipartite graph: each row lists the columns that may take it with an integer cost, as the spatial index
// and the rules found them. Each column takes one row at most and may stay unused; for a technician with room for several
// visits give several columns. A row is Required, or may stay unassigned at a price. Costs may be negative.
//
// Solve returns the assignment together with dual prices: what serving a row costs at the margin, and what one more column
// like an existing one would save. The prices prove that the cost is the least possible; package dispatch/check verifies
// the proof and shares no code with this package. When required rows compete for too few columns the result is still an answer:
// as many of them as possible are served, at the least cost, and Shortages shows which sets of rows have too few columns.
//
// What it is not: visits have no times here and technicians no routes. Package dispatch/route plans those.
//
// # How it works
//
// Four steps, all in integers, all on one goroutine, with equal output for equal input: (1) a maximum matching of the required
// rows finds those that cannot all be served (cardinality.go); (2) forward and reverse auctions with a shrinking epsilon bring
// the prices near the optimum and leave a handful of rows open (auction.go); (3) exact bids and (4) one shortest alternating path for each row or
// column still open make cost and prices exact (augment.go). The experiments behind this order are in
// docs/adr/0002-assignment-solver.md, the measured times in benchmarks/results/assignment.json: about 0.06 s for 20,000 rows with 20
// random candidates each, 0.2 s where the candidates are the nearest in the plane and columns are scarce.
//
// # Sizes
//
// Up to 2^31-1 arcs. Costs are bounded so that nothing overflows, checked when the problem is built: with n rows and m columns the
// spread of costs times min(n, m)+2 stays below 2^60 and the largest cost times n+1 below 2^61. For 20,000 rows that is a
// spread of 5*10^13.
//
// Read problem.go and builder.go, then result.go and solve.go.
package assign
