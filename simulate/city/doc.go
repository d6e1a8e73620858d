// Package city makes the city of the demo: a street plan that nobody has surveyed, the operator who repairs things in it
// and the faults that people report there. Everything follows from one seed, nothing is read and nothing is copied from a
// real map; the streets only resemble a district on the south bank of a wide river (Hangzhou Binjiang in size and place).
//
// It is not a map of a real place, not the live simulation (who drives where and when is up to the caller) and not a model
// that forecasts are tested against: see the packages beside it.
//
// Reading order: City and New; Path and Route for driving; Building, Unit and Technician for the operator; Day and Report
// for demand; behavior.go for how people answer and how long work really takes; GeoJSON for the picture.
//
// How the plan comes about. Streets are laid out on a flat sheet whose axes run along the river and away from it
// (layout.go): expressways and arterials cut the sheet into large cells, and each cell is split again and again by a
// slightly crooked street until it is a block. The sheet is then bent so that it follows the river (warp.go). Blocks are
// what is left between the streets; buildings stand in rows, courts or halls by the use of their block (footprint.go).
//
// The same seed gives the same city, bit by bit, on one processor architecture. Compilers for others may fuse a
// multiplication with an addition, which can move a coordinate by less than a nanometre.
package city
