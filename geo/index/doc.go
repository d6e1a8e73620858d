// Package index finds objects by place. It has three indexes, for three kinds of objects:
//
//   - Grid holds points that move (technicians): a position update costs tens of nanoseconds, the nearest k with given
//     skills cost a few microseconds and no allocation.
//   - Tree holds what stands or has extent (open visits, buildings, territories), optionally with a time window: an R-tree.
//   - Cells keeps the H3 cell of each moving object and calls the H3 library only when the object has left the inner
//     circle of its cell: counts and members by cell, for territories, heat maps and sharding.
//
// Every answer is equal to that of a linear scan that orders by geo.DistanceHaversine and then by object number, anywhere
// on earth: the antimeridian and the poles are no special case for the caller. The package is not a store, knows no time
// zone and no technician, and does not compute travel times: distances are straight lines.
//
// Objects are numbered by the caller with dense int32 numbers from 0. No index locks: any number of goroutines may read
// one at the same time, as long as none writes to it; a writer needs it alone. The intended use is one index per territory
// actor.
//
// Reading order: Neighbor and Filter in neighbor.go, Grid in grid.go, its storage in gridtable.go, its search with the
// proofs in gridsearch.go, then Tree in tree.go and Cells in cells.go.
package index
