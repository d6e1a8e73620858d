// Package webhook signs and verifies webhooks by Standard Webhooks 1.0.0. Whoever receives the webhooks of Fettle calls
// Verifier.Verify with the headers and the bytes of the body before it looks at them, and Receiver.Receive when one webhook
// is to have one effect. It needs nothing but the standard library.
//
// A webhook is a POST of JSON with three headers: webhook-id names what it tells and is the same for every attempt,
// webhook-timestamp is the second of this attempt since 1970, webhook-signature is a list of signatures separated by blanks.
// Each is "v1," and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots. There is more than one while a
// secret is being replaced.
package webhook
