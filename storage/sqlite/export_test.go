package sqlite

import (
	"context"
	"strconv"

	sqlite3 "modernc.org/sqlite/lib"

	"fettle/dispatch/engine"
	"fettle/storage/internal/row"
)

// Query is a statement with arguments.
type Query struct {
	SQL  string
	Args []any
}

// AuditIndexes are the indexes that answer hot queries of the audit.
func AuditIndexes() map[string]string { return row.AuditIndexes() }

// Queries are those of the hot paths.
func Queries() map[string]Query {
	out := map[string]Query{
		"events":       {row.QueryEvents, []any{"o", 1, 10}},
		"order events": {row.QueryOrderEvents, []any{"o", "w", 1, 10}},
		"last":         {row.QueryLast, []any{"o"}},
		"first":        {row.QueryFirst, []any{"o"}},
		"old outcomes": {row.PruneOutcomes, []any{"o", "k", 1000, 10}},
		"due":          {row.QueryDue, []any{"o", 1, "", "message", 10}},
		"next due":     {row.QueryNextDue, []any{"o"}},
		"due: claim":   {row.ClaimDue, []any{"o", "k", "1", "c", 1, 1}},
		"due: row":     {row.QueryDueRow, []any{"o", "k", "1"}},
		"due: kind":    {row.QueryKind, []any{"o", "k", "1", 10}},
		"due: fates":   {row.QueryOutcomes, []any{"o", "k", 1, "1", 2, 10}},
		"due: settle":  {row.SettleDue, []any{"o", "k", "1", "c"}},
		"due: yield":   {row.YieldDue, []any{"o", "k", "1", "c", 1, 0, "", nil}},
		"due: back":    {row.FreeDueAfter, []any{"o", 1}},
		"due: held":    {row.QueryHeld, []any{"o", "c"}},
		"due: oldest":  {row.QueryOldest, []any{"o", 1, "", "message"}},
		"due: dead":    {row.QueryDead, []any{"o", "k", "1", 10}},
		"due: others":  {freeOthers, []any{"o", 1, "h"}},
		"key":          {row.QueryKey, []any{"o", "k"}},
		"prune keys":   {pruneKeys, []any{"o", 1, 10}},
		"technician":   {row.QueryTechnician, []any{"o", "t"}},
		"technicians":  {row.QueryTechnicians, []any{"o", "t", 10}},
		"positions":    {row.QueryPositions, []any{"o"}},
		"order":        {row.QueryOrder, []any{"o", "w"}},
	}
	open := []engine.State{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED"}
	for name, f := range map[string]engine.OrderFilter{
		"all orders": {}, "states": {States: open}, "states: one": {States: open[:1]}, "technician": {Technician: "t"}, "unit": {UnitID: "u"},
		"technician, open": {Technician: "t", States: open}, "unit, technician, open": {UnitID: "u", Technician: "t", States: open},
	} {
		sql, args := ordersQuery("o", f, "w", 10)
		out[name] = Query{sql, args}
	}
	for name, q := range row.LedgerQueries() {
		out[name] = Query{q.SQL, q.Args}
	}
	return out
}

// MaxPages limits the file, as a full disk does.
func (d *DB) MaxPages(ctx context.Context, n int) error {
	<-d.turn
	defer d.give()
	var now int
	return d.w.conn.QueryRowContext(ctx, "PRAGMA max_page_count = "+strconv.Itoa(n)).Scan(&now)
}

// Pages is how many pages the file has.
func (d *DB) Pages(ctx context.Context) (n int, err error) {
	<-d.turn
	defer d.give()
	err = d.w.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&n)
	return n, err
}

// Longest is how many frames the WAL held at most.
func (d *DB) Longest() int64 { return d.check.longest.Load() }

// Pragma runs a pragma on the writer.
func (d *DB) Pragma(ctx context.Context, pragma string) error {
	<-d.turn
	defer d.give()
	_, err := d.w.conn.ExecContext(ctx, "PRAGMA "+pragma)
	return err
}

// FailFlush lets the next write end as a failed fsync does.
func (d *DB) FailFlush() error {
	return d.write(context.Background(), "test", func(context.Context, *writer) error { return flushError{} })
}

// flushError is the driver's error for a failed fsync.
type flushError struct{}

func (flushError) Error() string { return "disk I/O error (1034)" }

func (flushError) Code() int { return sqlite3.SQLITE_IOERR_FSYNC }

// Dir is the data directory.
func (d *DB) Dir() string { return d.dir }

// HoldCheckpoints ends the checkpoints that come by themselves.
func (d *DB) HoldCheckpoints() {
	d.check.cancel()
	<-d.check.done
}

// Sum moves the log to the file and keeps the sum of it, as the checkpoint does from time to time. Nothing else may move it.
func (d *DB) Sum(ctx context.Context) error {
	_, err := d.check.move(ctx, d, "PASSIVE")
	d.keepSum()
	return err
}

// InspectBeside looks at the structure as after the crash of a large database, and waits until it has seen all.
func (d *DB) InspectBeside(ctx context.Context) {
	d.inspectBeside(ctx)
	d.beside.done.Wait()
}
