package postgres

import (
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
		"order events": {row.QueryOrderEvents, []any{"o", "w7", 1, 10}},
		"last":         {row.QueryLast, []any{"o"}},
		"first":        {row.QueryFirst, []any{"o"}},
		"old outcomes": {row.PruneOutcomes, []any{"o", "k", 1000, 10}},
		"due":          {row.QueryDue, []any{"o", 1, "", "message", 10}},
		"next due":     {row.QueryNextDue, []any{"o"}},
		"due: lock":    {row.QueryLockDue[1], []any{"o", 1, "", "message", 10}},
		"due: claim":   {claimLocked, []any{"o", "c", 1, []string{"(0,1)"}}},
		"due: row":     {row.QueryDueRow, []any{"o", "k", "1"}},
		"due: kind":    {row.QueryKind, []any{"o", "k", "1", 10}},
		"due: fates":   {row.QueryOutcomes, []any{"o", "k", 1, "1", 2, 10}},
		"due: settle":  {row.SettleDue, []any{"o", "k", "1", "c"}},
		"due: yield":   {row.YieldDue, []any{"o", "k", "1", "c", 1, 0, "", nil}},
		"due: back":    {row.FreeDueAfter, []any{"o", 1}},
		"due: held":    {row.QueryHeld, []any{"o", "c"}},
		"due: oldest":  {row.QueryOldest, []any{"o", 1, "", "message"}},
		"due: dead":    {row.QueryDead, []any{"o", "k", "1", 10}},
		"due: gone":    {freeGone, []any{"o"}},
		"key":          {row.QueryKey, []any{"o", "k"}},
		"prune keys":   {pruneKeys, []any{"o", 1, 10}},
		"technician":   {row.QueryTechnician, []any{"o", "t"}},
		"technicians":  {row.QueryTechnicians, []any{"o", "t", 10}},
		"positions":    {row.QueryPositions, []any{"o"}},
		"order":        {row.QueryOrder, []any{"o", "w7"}},
	}
	open := []engine.State{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED"}
	for name, f := range map[string]engine.OrderFilter{
		"all orders": {}, "states": {States: open}, "one state": {States: open[:1]}, "technician": {Technician: "t7"}, "unit": {UnitID: "u7"},
		"technician, open": {Technician: "t7", States: open}, "unit, technician, open": {UnitID: "u7", Technician: "t7", States: open},
	} {
		sql, args := ordersQuery("o", f, "w", 10)
		out[name] = Query{sql, args}
	}
	for name, q := range row.LedgerQueries() {
		out[name] = Query{q.SQL, q.Args}
	}
	return out
}
