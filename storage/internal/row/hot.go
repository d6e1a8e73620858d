package row

import (
	"time"

	"fettle/ledger"
)

// AuditIndexes are the indexes that hot queries of the audit are answered by, by the name of the query.
func AuditIndexes() map[string]string {
	return map[string]string{
		"audit entries of an actor":          "audit_entries_by_actor",
		"audit entries of an actor and time": "audit_entries_by_actor",
		"audit entries of actor and method":  "audit_entries_by_actor",
		"audit entries of a method":          "audit_entries_by_method",
		"audit entries of a method and time": "audit_entries_by_method",
		"audit entries of an object":         "audit_entries_by_object",
		"audit entries of both":              "audit_entries_by_object",
	}
}

// LedgerQueries are those of the hot paths of a ledger, by name, of the org "o": tests ask each store how it would answer
// them.
func LedgerQueries() map[string]Statement {
	out := map[string]Statement{
		"record":         {QueryRecord, []any{"o", "k", "7"}},
		"holder":         {QueryHolder, []any{"o", "k", "n", "7"}},
		"holding":        {QueryHolding, []any{"o", "k", "n", "7"}},
		"audit head":     {QueryHead, []any{"o"}},
		"audit links":    {QueryLinks, []any{"o", 7, 10}},
		"audit trail":    {QueryTrail, []any{"o", 7, 0, 10}},
		"audit prunable": {QueryPrunable, []any{"o", 10, 1000}},
	}
	place := ledger.Place{Value: "7", ID: "7"}
	for name, q := range map[string]ledger.Query{
		"records":               ledger.All("k"),
		"records, next page":    {Kind: "k", After: place},
		"records, from the end": {Kind: "k", After: place, Descending: true},
		"key":                   ledger.Where("k", "n", "7"),
		"key, next page":        {Kind: "k", Key: "n", Exact: true, Value: "7", After: place},
		"range":                 ledger.Between("k", "n", "7", "8"),
		"range, next page":      {Kind: "k", Key: "n", From: "7", To: "8", After: place},
		"range, from the end":   {Kind: "k", Key: "n", From: "7", Descending: true, After: place},
	} {
		text, args := RecordsQuery("o", &q, 10)
		out[name] = Statement{text, args}
		text, args = CountQuery("o", &q, 10)
		out["count of "+name] = Statement{text, args}
	}
	at := time.UnixMicro(30_000)
	before := ledger.AuditPlace{Time: at, Sequence: 7}
	for name, q := range map[string]ledger.AuditQuery{
		"audit entries":                      {},
		"audit entries of a time":            {From: at.Add(-time.Millisecond), To: at, Before: before},
		"audit entries of an actor":          {Actor: "a7", Before: before},
		"audit entries of an actor and time": {Actor: "a7", From: at.Add(-time.Millisecond), To: at},
		"audit entries of a method":          {Method: "m7", Before: before},
		"audit entries of a method and time": {Method: "m7", From: at.Add(-time.Millisecond), To: at},
		"audit entries of actor and method":  {Actor: "a7", Method: "m7", From: at.Add(-time.Millisecond), To: at, Before: before},
		"audit entries of an object":         {Kind: "k", ID: "i7", Before: before},
		"audit entries of both":              {Actor: "a7", Kind: "k", ID: "i7", From: at},
	} {
		text, args := AuditQueryText("o", &q, 10)
		out[name] = Statement{text, args}
	}
	return out
}
