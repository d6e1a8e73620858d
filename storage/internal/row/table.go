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
		{"due_work", columns("org, kind, key, due_at, payload"), "org, kind, key"},
		{"idempotency_keys", columns("org, key, method, hash, response, created_at"), "org, key"},
		{"positions", columns("org, technician_id, latitude, longitude, seen_at, accuracy_meters, sequence"), "org, technician_id"},
	}
}

func columns(list string) []string { return strings.Split(list, ", ") }

// Select reads all rows of a table in the order of its key.
func (t *Table) Select() string {
	return "SELECT " + strings.Join(t.Columns, ", ") + " FROM " + t.Name + " ORDER BY " + t.Key
}

// Insert writes one row.
func (t *Table) Insert() string {
	var q strings.Builder
	q.WriteString("INSERT INTO " + t.Name + " (" + strings.Join(t.Columns, ", ") + ") VALUES (")
	for i := range t.Columns {
		if i > 0 {
			q.WriteString(",")
		}
		q.WriteString("$" + strconv.Itoa(i+1))
	}
	q.WriteString(")")
	return q.String()
}
