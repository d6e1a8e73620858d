// Package server implements the methods of the API: each decodes its message, asks the territory or the store, and encodes
// the answer. It knows no HTTP. Errors are those of the domain; the gateway maps them.
//
// Changes go through the one writer of the territory and are on disk when a method returns. Reads see what is committed.
package server
