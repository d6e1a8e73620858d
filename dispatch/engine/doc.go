// Package engine is live dispatch as a pure state machine: Decide looks at the state of a territory and answers a command
// with events, Evolve folds events into the state. It has no I/O, no clock and no goroutine; whoever owns an Engine passes
// the time in, writes the batch of what was evolved in one durable transaction, and then either commits or rolls back.
//
// The state has two parts. The ledger (orders and technicians) changes by events alone and is what is stored. The board
// (dispatch/plan) is derived from it: the committed routes, laid out for fast insertion. A roll-back restores the ledger
// from before-images and lays the board out anew.
//
// Read in this order: order.go and technician.go (what there is), command.go and event.go (what is wished and what
// happened), transition.go (what is legal), engine.go.
package engine
