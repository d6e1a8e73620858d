package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// raw opens the file of a store beside it, to go around the code that writes.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "fettle.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	db.SetMaxOpenConns(1)
	return db
}

// insertEvent and insertOrder are rows with little in them.
func insertEvent(sequence int, order, state string) string {
	return fmt.Sprintf(`INSERT INTO events VALUES ('o', %d, 'work_order.updated', 0, '', '%s', '', '', '%s', 1, '{}')`, sequence, order, state)
}

func insertOrder(id, state, technician string) string {
	return fmt.Sprintf(`INSERT INTO work_orders VALUES ('o', '%s', 1, '%s', 'NORMAL', '', %s, 0, 0, 0, 0, 0, 0, '{}')`, id, state, technician)
}

func moveOrder(id, state string) string {
	return fmt.Sprintf(`UPDATE work_orders SET state = '%s' WHERE org = 'o' AND id = '%s'`, state, id)
}

// TestSchemaHoldsWithoutTheCode writes by SQL what the code never would.
func TestSchemaHoldsWithoutTheCode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		before  []string
		refused string
		by      string
	}{
		{"state that does not exist", nil, insertOrder("w", "LOST", "NULL"), "work_orders_state"},
		{"assigned to nobody", nil, insertOrder("w", "ASSIGNED", "NULL"), "work_orders_need_technician"},
		{"accepted by nobody", nil, insertOrder("w", "ACCEPTED", "''"), "work_orders_need_technician"},
		{"nobody on the way", nil, insertOrder("w", "EN_ROUTE", "NULL"), "work_orders_need_technician"},
		{"nobody on site", nil, insertOrder("w", "ON_SITE", "NULL"), "work_orders_need_technician"},
		{"nobody at work", nil, insertOrder("w", "WORKING", "NULL"), "work_orders_need_technician"},
		{"new with a technician", nil, insertOrder("w", "NEW", "'t'"), "work_orders_new_has_none"},
		{
			"two started orders of one technician",
			[]string{insertOrder("v", "WORKING", "'t'"), insertOrder("w", "EN_ROUTE", "'u'"), insertOrder("x", "PAUSED", "'t'")},
			`UPDATE work_orders SET technician_id = 't' WHERE id = 'w'`, "work_orders.technician_id",
		},
		{
			"order that starts beside another",
			[]string{insertOrder("v", "ON_SITE", "'t'"), insertOrder("w", "ACCEPTED", "'t'")},
			moveOrder("w", "EN_ROUTE"), "work_orders.technician_id",
		},
		{"illegal step of an order", []string{insertOrder("w", "ASSIGNED", "'t'")}, moveOrder("w", "COMPLETED"), "work_orders_legal_transition"},
		{"canceled order that comes back", []string{insertOrder("w", "CANCELED", "NULL")}, moveOrder("w", "NEW"), "work_orders_legal_transition"},
		{
			"order that jumps to where the log is not",
			[]string{insertEvent(1, "w", "ASSIGNED"), insertEvent(2, "w", "ACCEPTED"), insertEvent(3, "w", "EN_ROUTE"), insertOrder("w", "ASSIGNED", "'t'")},
			moveOrder("w", "ON_SITE"), "work_orders_legal_transition",
		},
		{"illegal step in the log", []string{insertEvent(1, "w", "NEW"), insertEvent(2, "x", "NEW")}, insertEvent(3, "w", "WORKING"), "events_legal_transition"},
		{"log that begins at 2", nil, insertEvent(2, "w", "NEW"), "events_follow"},
		{"gap in the log", []string{insertEvent(1, "w", "NEW")}, insertEvent(3, "w", "NEW"), "events_follow"},
		{"event twice", []string{insertEvent(1, "w", "NEW")}, insertEvent(1, "w", "NEW"), "events_follow"},
		{"event that is changed", []string{insertEvent(1, "w", "NEW")}, `UPDATE events SET reason = 'other'`, "events_append_only"},
		{"event that is removed", []string{insertEvent(1, "w", "NEW")}, `DELETE FROM events`, "events_append_only"},
		{"event that is replaced", []string{insertEvent(1, "w", "NEW")}, strings.Replace(insertEvent(1, "w", "NEW"), "INSERT", "INSERT OR REPLACE", 1), "events_follow"},
		{"key twice", []string{key("k")}, key("k"), "idempotency_keys.key"},
		{"due work twice", []string{dueWork}, dueWork, "due_work.key"},
		{"no org", nil, strings.Replace(insertOrder("w", "NEW", "NULL"), "'o'", "''", 1), "org <> ''"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			open(t, dir, sqlite.Options{})
			db := raw(t, dir)
			for _, s := range c.before {
				if _, err := db.Exec(s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			if _, err := db.Exec(c.refused); err == nil || !strings.Contains(err.Error(), c.by) {
				t.Errorf("%s: got %v, want refusal by %s", c.refused, err, c.by)
			}
		})
	}
}

const dueWork = `INSERT INTO due_work VALUES ('o', 'k', '1', 0, '')`

func key(k string) string {
	return `INSERT INTO idempotency_keys VALUES ('o', '` + k + `', '', zeroblob(32), zeroblob(0), 0)`
}

// TestLegalSteps holds the table of the schema against the verbs of the design: exactly these steps and no other.
func TestLegalSteps(t *testing.T) {
	t.Parallel()
	started := []string{"EN_ROUTE", "ON_SITE", "WORKING"}
	legal := map[string]bool{
		"ASSIGNED ACCEPTED": true, "ASSIGNED NEW": true, // accept, decline
		"ACCEPTED EN_ROUTE": true, "EN_ROUTE ON_SITE": true, "ON_SITE WORKING": true, // depart, arrive, start
		"WORKING PAUSED": true, "PAUSED WORKING": true, "PAUSED NEW": true, // pause, resume, a second visit
		"ON_SITE COMPLETED": true, "WORKING COMPLETED": true, // complete
		"COMPLETED VERIFIED": true, "COMPLETED NEW": true, // verify, reopen
		"NEW ASSIGNED": true, "ACCEPTED ASSIGNED": true, "ACCEPTED NEW": true, // assign, reassign, shift that ends
		"MERGED NEW": true, // unmerge
	}
	for _, s := range append([]string{"NEW", "ASSIGNED", "ACCEPTED", "PAUSED"}, started...) {
		legal[s+" CANCELED"] = true
	}
	for _, s := range []string{"NEW", "ASSIGNED", "ACCEPTED"} {
		legal[s+" MERGED"] = true
	}
	all := []string{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED", "COMPLETED", "VERIFIED", "MERGED", "CANCELED"}
	dir := t.TempDir()
	store := open(t, dir, sqlite.Options{})
	db := raw(t, dir)
	for i, from := range all {
		for j, to := range all {
			id := fmt.Sprintf("w%d-%d", i, j)
			technician := fmt.Sprintf("'t%s'", id)
			if to == "NEW" || from == "NEW" {
				technician = "NULL"
			}
			first, last := insertOrder(id, from, technician), moveOrder(id, to)
			switch {
			case from == "NEW": // gets a technician with the step
				last = strings.Replace(last, " WHERE", ", technician_id = 't"+id+"' WHERE", 1)
				if to == "NEW" {
					last = moveOrder(id, to)
				}
			case to == "NEW": // loses it
				first = insertOrder(id, from, "'t"+id+"'")
				last = strings.Replace(last, " WHERE", ", technician_id = NULL WHERE", 1)
			}
			if _, err := db.Exec(first); err != nil {
				t.Fatal(err)
			}
			_, err := db.Exec(last)
			if want := from == to || legal[from+" "+to]; (err == nil) != want {
				t.Errorf("%s to %s: %v, legal is %t", from, to, err, want)
			}
		}
	}
	// The code's own words for states are those of the schema.
	for _, s := range all {
		if !engine.State(s).Valid() {
			t.Errorf("%s is no state", s)
		}
	}
	if err := store.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPlans shows that no query of the hot paths reads a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir, sqlite.Options{})
	if err := store.Commit(t.Context(), "o", &engine.Batch{Orders: []*engine.Order{storagetest.Order("w", "NEW", "")}}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, dir)
	for name, q := range sqlite.Queries() {
		plan := explain(t, db, q)
		for _, step := range plan {
			whole := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN (subquery")
			sorts := strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && !strings.HasPrefix(name, "states")
			if whole || sorts || len(plan) == 0 {
				t.Errorf("%s: %q\n%s", name, step, strings.Join(plan, "\n"))
			}
		}
	}
}

// explain returns the steps by which SQLite would answer a query.
func explain(t *testing.T, db *sql.DB, q sqlite.Query) []string {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+q.SQL, q.Args...)
	if err != nil {
		t.Fatalf("%s: %v", q.SQL, err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
