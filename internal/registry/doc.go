// Package registry is the way from a request to a committed change of typed resources (package ledger): it finds out who
// asks, answers a request that comes again as it was answered before, lets the caller decide on what is stored, commits the
// records with due work, answer and audit entry in one transaction, and tells whoever waits.
//
// A Kind says how values of a Go type are kept: name, keys, state. Do runs a decision over a Tx; Kind.Load, Insert, Save and
// Delete are what a decision does. A Resource adds the message of the API, and with it whole methods: create, get, list,
// patch and delete. What the domain forbids is said by Resource.Check, or by the decision itself.
//
// Decisions run without locks, on what was read; a change that was decided on something that is no longer so is decided
// again, unless the caller has named the version (If-Match): then it is ledger.ErrStale.
//
// docs/resources.md goes through adding a resource in ten steps. Start with registry.go, then kind.go and resource.go.
package registry
