// Package identity finds out whose a credential is, and keeps those who may call: people (User), the keys of programs and
// devices (APIKey), signed links of tenants (Links) and tokens of an identity provider (OIDC).
//
// Users and keys are records of the ledger. A key is kept as a hash and its secret is shown once; what it may do is read from
// its record, or from that of the user it acts as, whenever it is used. What was read is believed for a few seconds, and not
// at all once it was changed here, so that what is taken away is gone within seconds. Nothing is kept of a link: it says what
// it is about and when it ends, under a keyed hash of the org.
//
// Start with authenticate.go.
package identity
