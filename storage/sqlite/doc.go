// Package sqlite keeps live dispatch in one SQLite file: the default store, without a server. DB implements
// engine.Store; storage/storagetest holds it to each of that contract's promises.
//
// What is acknowledged is on disk: WAL with synchronous=FULL. Batches and changes that are written at the same time share a
// transaction and its flush, each in a savepoint of its own, so that one that is refused takes no other with it. There is one connection that writes
// and a pool that can only read, so a reader sees what was committed and never waits for a writer. A checkpoint runs
// beside the writer and keeps the WAL bounded. A lock file keeps a second process out of the directory.
//
// A full disk refuses batches with engine.ErrFull and heals by itself when there is room again. After a failed fsync
// nothing is known about what the disk holds, and trying again would lie: all writes are refused with engine.ErrUnavailable
// until the directory is opened anew.
//
// The schema (migrations) repeats the rules that code may break: known states, legal steps between them, one started order
// a technician, an append-only log without gaps.
//
// Read in this order: migrations, sqlite.go (opening), writer.go (transactions and errors), commit.go, query.go, then a file for each
// thing that is kept.
package sqlite
