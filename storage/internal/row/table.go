package row

import (
	"strconv"
	"strings"
)

// Table is one that holds what an operator would miss, with its columns in an order that all stores share.
type Table struct {
	Name    string
	Columns []string
	Key     string // by which rows are written and read back
}

// Tables are all that a backup holds. The log comes first: the schema lets orders be only where the log says they are.
func Tables() []Table {
	return []Table{
		{"events", columns("org, " + EventColumns), "org, sequence"},
		{"work_orders", columns("org, " + OrderColumns), "org, id"},
		{"technicians", columns("org, " + technicianColumns), "org, id"},
		{"due_work", columns("org, kind, key, due_at, payload, rank, wake_at, attempt, problem, dead_at"), "org, kind, key"},
		{"due_outcomes", columns("org, kind, key, due_at, settled_at, fate, attempt, note"), "org, kind, key, due_at"},
		{"idempotency_keys", columns("org, key, method, hash, response, created_at"), "org, key"},
		{"positions", columns("org, technician_id, latitude, longitude, seen_at, accuracy_meters, sequence"), "org, technician_id"},
		{"records", columns("org, kind, id, version, state, created_at, updated_at, body"), "org, kind, id"},
		{"record_keys", columns("org, kind, id, name, value, is_unique"), "org, kind, name, value, id"},
		// A link follows its head's base, an entry lies in a link.
		{"audit_heads", columns("org, sequence, hash, base, base_hash, base_at"), "org"},
		{"audit_links", columns("org, sequence, made_at, entries, previous, root, hash"), "org, sequence"},
		{"audit_entries", columns("org, " + entryColumns), "org, sequence, position"},
	}
}

// QueryAudited lists the orgs that have a chain of audit entries.
const QueryAudited = `SELECT org FROM audit_heads ORDER BY org`

// QuerySome tells whether a store holds anything that a restore would mix with.
const QuerySome = `SELECT EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM audit_links)`

func columns(list string) []string { return strings.Split(list, ", ") }

// Select reads all rows of a table in the order of its key.
func (t *Table) Select() string {
	return "SELECT " + strings.Join(t.Columns, ", ") + " FROM " + t.Name + " ORDER BY " + t.Key
}

// Insert writes one row of so many values: a backup of a time when the table had fewer columns lacks the last of them.
func (t *Table) Insert(values int) string {
	names := t.Columns[:min(values, len(t.Columns))]
	var q strings.Builder
	q.WriteString("INSERT INTO " + t.Name + " (" + strings.Join(names, ", ") + ") VALUES (")
	for i := range names {
		if i > 0 {
			q.WriteString(",")
		}
		q.WriteString("$" + strconv.Itoa(i+1))
	}
	q.WriteString(")")
	return q.String()
}

// ByName finds the tables of a backup.
func ByName() map[string]*Table {
	all := Tables()
	out := make(map[string]*Table, len(all))
	for i := range all {
		out[all[i].Name] = &all[i]
	}
	return out
}
