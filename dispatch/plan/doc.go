// Package plan is the way in to the matching core: it plans a whole problem (Solve) and keeps a day's committed routes for
// visits that arrive one by one (Board).
//
// Solve compiles the problem, searches for routes (dispatch/route, or dispatch/crew where they depend on
// one another), tries every visit that was left out once more in every
// route and finds the reason for those that stay out (dispatch/explain), and has the result judged by code that shares
// nothing with all of it (dispatch/check). A plan that the judge does not accept is an error, never an answer.
//
// It reads no files (dispatch/problem does) and has no clock: the caller passes one in.
package plan
