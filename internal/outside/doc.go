// Package outside judges the service from outside. It has no code of its own: its tests build the binary, start it as a
// process on a data directory, and treat it as the world does: requests on loopback, kill -9, a power cut, a full disk,
// readers that never read, bodies that are not JSON. Nothing of the service is imported, so a test cannot share a mistake
// with what it judges.
//
// The oracle is the driver's own log: each request ends as acknowledged (a 2xx came), refused (another answer came) or
// unknown (no answer came). What was acknowledged may not be missing or changed, what was refused may not have happened,
// what is unknown may be either but not half.
//
// Counts have two tiers: the normal one fits into make test, the long one (FETTLE_TORTURE=full) is make torture.
// docs/reliability.md says what is shown, by which test and at which counts.
//
// Reading order: main_test.go (the binary, the tiers), service_test.go (a process), client_test.go (a request), ledger_test.go
// (the oracle), audit_test.go (its judgement), then one file for each kind of failure.
package outside
