// Package renting is the rental side of the simulated operator: buildings, rooms, tenants, leases and what goes with them, told to
// a running service through its public contract, as simulate/residents has planned them.
//
// It is beside internal/demo, which lives the operator's days, and like it a client that sees nothing another client could not see.
// What it tells is history that was on paper before the service came (contracts with the day on which they were signed) and the
// work of one morning. Nothing is put into the store behind the service's back, so what the service does about it is its own:
// reminders, findings, care tasks, tags.
//
// Reading order: Config and Book (book.go), calls (call.go), a home with its leases (home.go), what is told about all of them
// together (voice.go, offer.go, thing.go, habit.go, better.go).
//
// It is told in two parts: Open what the first reports of the day need, in less than a second, and Run the rest, in the background.
// A run that was broken off is taken up by the next one: a room that has a lease is left as it is.
package renting
