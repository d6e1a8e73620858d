package storagetest

import (
	"fmt"
	"testing"

	"fettle/dispatch/engine"
	"fettle/ledger"
)

// FirstRelease are rows as the first release of the schema takes them: an order with its log, a technician, due work and a
// key. bytes is an expression for 32 bytes in the store's dialect.
func FirstRelease(bytes string) []string {
	return []string{
		`INSERT INTO events VALUES ('here', 1, 'work_order.updated', 0, 'li', 'w1', '', '', 'NEW', 1, '{}')`,
		`INSERT INTO work_orders VALUES ('here', 'w1', 1, 'NEW', 'NORMAL', 'u', NULL, 0, 0, 0, 0, 0, 0, '{}')`,
		`INSERT INTO technicians VALUES ('here', 't1', 1, 0, 0, '{}')`,
		`INSERT INTO due_work VALUES ('here', 'k', '1', 0, 'p')`,
		fmt.Sprintf(`INSERT INTO idempotency_keys VALUES ('here', 'k1', 'm', %s, %s, 0)`, bytes, bytes),
	}
}

// Upgraded holds a store that FirstRelease was written to, and that was opened since, to what it kept and can do now.
func Upgraded(t *testing.T, open func() (engine.Store, ledger.Store)) {
	t.Helper()
	live, s := open()
	c := read(t, live, here)
	if len(c.Orders) != 1 || len(c.Technicians) != 1 || len(c.Events) != 1 || len(c.Due) != 1 || c.Last != 1 {
		t.Errorf("after the upgrade there are %+v", c)
	}
	must(live.Key(t.Context(), here, "k1"))(t)
	commit(t, live, here, &engine.Batch{Events: []engine.Event{Event(2, "w1", "NEW")}, Audit: []ledger.Entry{Entry("li", "w1", 1)}})
	full := fullChange()
	full.Answers[0].Key = "k2"
	apply(t, s, here, full)
	holds(t, s, here)
	if k := readLedger(t, s, here); len(k.Records) != 2 || len(k.Links) != 2 {
		t.Errorf("%d records and %d links were kept, want 2 and 2", len(k.Records), len(k.Links))
	}
}

// NextRelease is what a newer program does to the schema when it only adds: a column, an index, a table.
func NextRelease() []string {
	return []string{
		`ALTER TABLE work_orders ADD COLUMN of_the_next TEXT NOT NULL DEFAULT 'x'`,
		`CREATE INDEX work_orders_of_the_next ON work_orders (org, of_the_next)`,
		`CREATE TABLE of_the_next (org TEXT NOT NULL)`,
		`INSERT INTO goose_db_version (version_id, is_applied) SELECT 9999, is_applied FROM goose_db_version WHERE version_id = 1`,
	}
}

// Contract is what it does to the rest when it takes something away.
const Contract = `UPDATE schema_compatible SET lowest_version = 9999`
