// Package signing is how a lease comes to be signed from afar: an Envelope with the document and its hash, a check of who is there,
// the signature, and what ends an envelope otherwise. It makes no signature itself and knows no clock: what was signed, and when, are
// arguments.
//
// Wrong answers are counted in the envelope, so that a guess costs an attempt whatever becomes of the connection; the envelope is
// LOCKED after MaxWrong of them. A check is good for CheckedFor.
//
// Read envelope.go, then document.go.
package signing
