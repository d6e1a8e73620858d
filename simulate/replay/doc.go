// Package replay reads a recorded log again. It does two things with it, and keeps them apart:
//
// Exact. Every event goes through the engine's Evolve once more, from the first on. The log holds what was decided and from
// which positions, searches included, so nothing is decided anew; each event must come out with the sequence, state and
// version that it was stored with, and the state after the last must be the rows of the store. A log that was changed, or
// an engine that reads it differently than the one that wrote it, does not pass.
//
// What if. A recorded day becomes a World of package day: the same reports at the same instants, work that takes as long as it
// took, visits that break off where they did, technicians who decline what they declined and are ill when they were.
// Another policy lives it, and so does the engine's own, so that the difference is one of policies and not of reality and
// simulation. What no log can tell is assumed: how long the way of a technician who did not go would have been.
//
// Read exact.go, then record.go (from a log to a World).
package replay
