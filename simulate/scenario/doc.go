// Package scenario makes the Worlds of package day: from a file that an operator writes, or for the operator of the demo's
// city. The format is in docs/formats/scenario.md.
//
// A scenario stands for as many days as one wants. Days are independent of each other: each is drawn anew from the seed and
// its number, with a day before it that fills the routes and a day after it that keeps technicians as busy as they would be.
//
// Read file.go (the format), scenario.go (from a file to a World), operator.go (the demo's operator).
package scenario
