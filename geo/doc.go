// Package geo holds the geographic values that the rest of Fettle speaks in: where something is, how far apart two
// places are, which box, polygon or H3 cell a place lies in, and a matrix of travel values between places.
//
// It is not a geometry library, a map projection or an index: spatial search is in geo/index, H3 calls that need cgo are
// in geo/h3cell, travel times are in geo/travel. It does no I/O, keeps no state and never panics on data.
//
// Reading order: Point (degrees, WGS-84, fields by name), Datum (coordinates that arrive in GCJ-02 or BD-09), Meters with
// DistanceHaversine and DistanceEquirect, Bounds and Polygon (both know the antimeridian), Cell, Matrix.
//
// Conventions. Everything inside Fettle is WGS-84; another datum exists only until ToWGS84 has been called at the edge.
// Degrees are in Point and Bounds only; radians never leave a function. The earth is a sphere of EarthRadiusMeters: no
// distance of another library may be mixed with those of this package, since their radii differ by up to 0.11 %.
package geo
