// Package ledger is what the service keeps and how it changes: typed resources as records with versions, work that is due,
// answers to requests, and who did what. It is the contract between those who decide (rental, admin, campaigns ...) and
// those who store; it does no I/O itself.
//
// A Record is one resource of a kind: a body that only its codec reads, a version that counts its changes, and the keys by
// which it is found. A Change is everything that one decision writes. Apply keeps all of it or nothing, in one transaction
// that is flushed when it returns:
//
//	change := ledger.Change{
//		Records: []ledger.Record{lease},                                // version 4 replaces version 3, else ErrStale
//		Seen:    []ledger.Ref{{Kind: "units", ID: "un_1", Version: 2}}, // what was relied on is still so, else ErrStale
//		DueSet:  []ledger.DueWork{{Kind: "lease.notice", Key: lease.ID, At: noticeAt}},
//		Audit:   []ledger.Entry{{Time: now, Actor: "li.wei", Method: "UpdateLease", Kind: "leases", ID: lease.ID, Result: ledger.OK}},
//	}
//	err := store.Apply(ctx, org, &change)
//
// # Rules
//
// Nothing is locked while somebody thinks: whoever decides reads records, and Apply refuses with ErrStale what was decided
// on a version that is no longer there. Read again, decide again. Two decisions that do not write the same record, but of
// which only one may hold, meet in a third: name it in Seen, or forbid a key in Absent.
//
// Keys are a function of the body. A key orders by bytes: build values with Text, Int and Instant. A unique key is held by
// one record of its kind at a time, else ErrTaken; that is how "one lease a unit" or "one user an e-mail address" is kept
// whatever the code above does. What is searched for and secret is a key only as a keyed hash.
//
// Removing a record takes it and its keys away. Resources that people see are not removed but change to a state that says
// so and give up their unique keys: internal/registry does that.
//
// # Adding a resource
//
// A resource is a domain type, a codec, its keys, and a thin service over internal/registry: docs/resources.md goes through
// it in ten steps. Tests use the store in memory of ledger/ledgertest; the real ones are
// held to the same promises by storage/storagetest.
//
// Read in this order: record.go, change.go, query.go, due.go, audit.go, store.go. Package chain makes and checks the chain
// of audit entries.
package ledger
