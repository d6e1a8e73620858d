// Package obligation is the ladder of reminders before the end of a lease: 60 days before, whether the tenant wants to stay; 30
// days, the proposal; 7 days, the formal notice with a copy to the supervisor. Each is a record made with the lease, in the
// same transaction, and every record ends somewhere that can be read: sent, sent late, superseded, waived, compensated. None
// just disappears.
//
// Derive makes what a lease calls for, Reconcile follows an edit, Sweep decides what to do about what is due, the verbs of
// Obligation keep its states, and Expect with Account count it all again from the leases alone.
//
// Rules may add earlier touches and change what a rung says and by which channel; there is no way to write one that removes a
// rung. Package obligation knows no store and no sink: time, records and leases are arguments.
package obligation
