// Package signin lets technicians sign in with a code that is sent to their telephone, and keeps their sessions.
//
// Who asks for a code hears the same whether anybody has the number: what follows is done after the answer. A code is kept as a
// keyed hash in the record of its number, works once and for minutes. Guesses are counted by number: those of strangers apart
// from those of telephones that have signed in with the number before, so that whoever guesses cannot shut its owner out.
//
// A session is a record, its tokens are signed: the token of minutes says when it ends, the refresh token which turn it is of.
// A refresh token that comes again late is in two hands, and ends the session. The session acts as its user, as a technician
// and nothing else, and ends when it is signed out, when the user is disabled, or when nobody refreshes it.
//
// Start with desk.go.
package signin
