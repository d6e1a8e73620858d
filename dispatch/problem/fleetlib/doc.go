// Package fleetlib reads the dialect of VRPLIB in which the instances of PyVRP state a fleet vehicle by vehicle: several
// depots, the depot, capacity and longest duty of each vehicle, and the clients that it may serve (site dependence). Cordeau
// and Laporte (2001) and Vidal et al. (2013) are the sources of the instances. It writes nothing: answers are lines of
// routes as in other VRPLIB files, route k being that of vehicle k.
//
// Read read.go (Read, Fault), then split.go for the text and build.go for the problem.
package fleetlib
