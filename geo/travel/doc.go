// Package travel builds the tables of travel times and distances that dispatch works on, from places or from what a
// caller or a routing service knows. It has three providers:
//
//   - StraightLine needs no service: great-circle distance times a detour factor, at a speed by hour of the day. The default.
//   - Table answers from a matrix that the caller brought, for the places that it names.
//   - OSRM asks a service with the table interface of OSRM over HTTP.
//
// It is not a router: it has no roads and gives no geometry. It rounds once, when a matrix is built, so that all later sums
// are exact: see geo.Matrix. A pair without a way has the value Unreachable, which is data and not an error.
//
// Reading order: Tables and Provider in travel.go, then straightline.go, table.go, osrm.go with osrmtable.go.
package travel
