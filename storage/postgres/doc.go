// Package postgres keeps live dispatch in PostgreSQL 15 or newer, for operators who run it already and for services that
// outgrow one file. DB implements engine.Store; storage/storagetest holds it to each of that contract's promises.
//
// What is acknowledged is on disk: a batch is one transaction, sent in one round trip, and a server with fsync,
// synchronous_commit or full_page_writes off is refused. A commit that was cut off is ErrUnavailable: whether it was kept is
// not known until the rows are read again.
//
// Each org is led by one process at a time. The lead is a row with an epoch and an end (lead.go); each commit shows its
// epoch, so that a process that was paused, or cut off, and has lost the lead cannot write over its successor.
//
// The service works in the role fettle_service, which owns nothing. Row-level security shows it the rows of one org, the one
// that its transaction names, whatever a query asks for. The schema (migrations) repeats the rules that code may break:
// known states, legal steps between them, one started order a technician, an append-only log without gaps. Events lie in
// partitions by month.
//
// Read in this order: migrations, postgres.go (opening), commit.go, lead.go, read.go, fault.go.
package postgres
