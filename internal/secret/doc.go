// Package secret keeps what is at rest unreadable without keys: AES-256-GCM by Tink, every value bound to its place (org,
// table, row, column), so that a value moved elsewhere does not open; and blind indexes, by which a telephone or identity
// number is found exactly without being kept in clear.
//
// Three layers of keys: a key-encryption key of the operator (optional, from a file outside of the data directory) wraps the
// master key; the master key wraps the keys of each org; these seal values. The Ring file holds the master and the wrapped
// keys of the orgs, never a backup of the data, so that destroying the keys of an org makes what is left of its data
// unreadable everywhere, backups included.
//
// Rotation makes a new master and a new data key. What is written from then on is sealed under it; what was written before
// still opens, and is sealed anew by whoever owns the rows (see Key). The package knows no store.
//
// Start with ring.go.
package secret
