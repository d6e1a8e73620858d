// Package operation does work that goes on after the answer: imports, exports, whatever takes longer than a request may. An
// operation is a record with a row of due work; a step does a bounded part of it and commits what it has done, results and the
// place to go on from in one transaction. A crash repeats the step that was under way and no other, and what a step does is
// done under idempotency keys, so that nothing is done twice. Steps of several processes are fenced by the version of the record.
//
// A Type says what operations of a name do. Import and Export make types of the two usual shapes: a request for each row of a
// table, and a table of what a list shows. Both work through the public contract with the rights of whoever began the operation
// (gateway.As), so that an import can do nothing that its caller could not have done row by row.
//
// To add one: write an Import or Export, pass its Type to New, add a method that begins it (Runner.Begin) to a service. Read
// operation.go, run.go, import.go, export.go.
package operation
