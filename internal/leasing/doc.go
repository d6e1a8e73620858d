// Package leasing keeps leases together with the reminders that they owe. Whatever changes a lease changes its obligations and
// their due work in the same transaction, so that no crash can leave a lease of which nobody is reminded; the sweep hands what
// is due to the post under an id that never changes, so that no crash makes two messages of one, and obligations follow what the
// post says of their messages.
//
// Desk is the way in for everybody: the API, the sweeper of due work, imports and drills. It decides on what it has read and
// lets the store refuse what has changed meanwhile, then reads and decides again.
//
// The rules are those of rental/lease and rental/obligation; here they meet a ledger.Store, a clock and a post. Read record.go,
// desk.go, sweep.go.
package leasing
