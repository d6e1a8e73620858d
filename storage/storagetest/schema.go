package storagetest

import (
	"fmt"
	"strings"
	"testing"

	"fettle/dispatch/engine"
)

// Schema goes around the code that writes a store.
type Schema struct {
	// Open makes an empty store and returns what runs a statement on its tables.
	Open func(t *testing.T) (exec func(statement string) error)
	// Bytes and OtherBytes are expressions for two different values of 32 bytes in the store's dialect.
	Bytes, OtherBytes string
	// Names are what the store says where another database would name a constraint differently: by the name in RunSchema.
	Names map[string]string
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

// RunSchema writes by SQL what the code never would, and holds the table of legal steps against the verbs of the design.
func RunSchema(t *testing.T, s Schema) {
	t.Helper()
	t.Run("holds without the code", func(t *testing.T) { s.holds(t, s.cases()) })
	t.Run("holds the ledger without the code", s.holdsLedger)
	t.Run("legal steps", s.legalSteps)
}

// schemaCase is a statement that the schema must refuse.
type schemaCase struct {
	name    string
	before  []string
	refused string
	by      string
}

func (s Schema) cases() []schemaCase {
	key := func(k string) string {
		return fmt.Sprintf(`INSERT INTO idempotency_keys VALUES ('o', '%s', '', %s, %s, 0)`, k, s.Bytes, s.Bytes)
	}
	const dueWork = `INSERT INTO due_work (org, kind, key, due_at, payload) VALUES ('o', 'k', '1', 0, '')`
	return []schemaCase{
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
			`UPDATE work_orders SET technician_id = 't' WHERE id = 'w'`, "work_orders_one_started",
		},
		{
			"order that starts beside another",
			[]string{insertOrder("v", "ON_SITE", "'t'"), insertOrder("w", "ACCEPTED", "'t'")},
			moveOrder("w", "EN_ROUTE"), "work_orders_one_started",
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
		{"event twice", []string{insertEvent(1, "w", "NEW")}, insertEvent(1, "w", "NEW"), "events_"}, // by the key or by what follows
		{"event that is changed", []string{insertEvent(1, "w", "NEW")}, `UPDATE events SET reason = 'other'`, "events_append_only"},
		{"event that grows", []string{insertEvent(1, "w", "NEW")}, `UPDATE events SET detail = '{"comment":"other"}'`, "events_append_only"},
		{"event that is another's", []string{insertEvent(1, "w", "NEW")}, `UPDATE events SET actor = 'other'`, "events_append_only"},
		{"event of a technician", []string{insertEvent(1, "", "")}, `UPDATE events SET detail = ''`, "events_append_only"},
		{"event that is removed", []string{insertEvent(1, "w", "NEW")}, `DELETE FROM events`, "events_append_only"},
		{"key twice", []string{key("k")}, key("k"), "idempotency_keys_pkey"},
		{"due work twice", []string{dueWork}, dueWork, "due_work_pkey"},
		{"no org", nil, strings.Replace(insertOrder("w", "NEW", "NULL"), "'o'", "''", 1), "work_orders_org_check"},
	}
}

func (s Schema) holds(t *testing.T, cases []schemaCase) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exec := s.Open(t)
			for _, before := range c.before {
				if err := exec(before); err != nil {
					t.Fatalf("%s: %v", before, err)
				}
			}
			s.refuses(t, exec, &c)
		})
	}
}

// refuses runs what must be refused.
func (s Schema) refuses(t *testing.T, exec func(string) error, c *schemaCase) {
	t.Helper()
	by := c.by
	if name := s.Names[by]; name != "" {
		by = name
	}
	if err := exec(c.refused); err == nil || !strings.Contains(err.Error(), by) {
		t.Errorf("%s: got %v, want refusal by %s", c.refused, err, by)
	}
}

// legalSteps: exactly these steps and no other.
func (s Schema) legalSteps(t *testing.T) {
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
	for _, from := range append([]string{"NEW", "ASSIGNED", "ACCEPTED", "PAUSED"}, started...) {
		legal[from+" CANCELED"] = true
	}
	for _, from := range []string{"NEW", "ASSIGNED", "ACCEPTED"} {
		legal[from+" MERGED"] = true
	}
	all := []string{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED", "COMPLETED", "VERIFIED", "MERGED", "CANCELED"}
	exec := s.Open(t)
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
			if err := exec(first); err != nil {
				t.Fatal(err)
			}
			err := exec(last)
			if want := from == to || legal[from+" "+to]; (err == nil) != want {
				t.Errorf("%s to %s: %v, legal is %t", from, to, err, want)
			}
		}
	}
	// The code's own words for states are those of the schema.
	for _, state := range all {
		if !engine.State(state).Valid() {
			t.Errorf("%s is no state", state)
		}
	}
}
