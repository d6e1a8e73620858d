// Package whereabouts keeps where technicians were, for as long and as exactly as anybody needs it, and who looked.
//
// Trace samples the positions that were accepted, one a minute, into a record of each technician and hour. Purge is due work: it
// makes records coarse that are older than exact places are needed, and removes those that are older than any are. Book writes
// down who has seen the exact place of whom, once a day for each pair.
//
// Start with trace.go.
package whereabouts
