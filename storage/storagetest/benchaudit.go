package storagetest

import (
	"fmt"
	"testing"
	"time"

	"fettle/ledger"
)

// BenchAudit fills the audit of the org "o" with a million entries of 180 days, of 200 actors and one who has done every other
// of them, a hundred a commit, and measures a page of 1,000 for each kind of question. It returns the first instant.
func BenchAudit(b *testing.B, s ledger.Store) time.Time {
	b.Helper()
	const entries, together, days = 1_000_000, 100, 180 * 24 * time.Hour
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := 0; i < entries; i += together {
		var c ledger.Change
		for k := i; k < i+together; k++ {
			actor := fmt.Sprint("us_", k/2%200)
			if k%2 == 1 {
				actor = "service"
			}
			c.Audit = append(c.Audit, ledger.Entry{
				Time: from.Add(time.Duration(k) * days / entries), Actor: actor, Method: fmt.Sprint("/fettle.area.v1.SomeService/Method", k/2%40),
				Kind: "workOrders", ID: fmt.Sprint("wo_", k%100_000), Result: ledger.OK, RequestID: fmt.Sprint(k),
			})
		}
		if err := s.Apply(b.Context(), "o", &c); err != nil {
			b.Fatal(err)
		}
	}
	method := "/fettle.area.v1.SomeService/Method"
	for _, x := range []struct {
		name string
		q    ledger.AuditQuery
	}{
		{"all", ledger.AuditQuery{}},
		{"actor", ledger.AuditQuery{Actor: "us_7"}},
		{"nobody", ledger.AuditQuery{Actor: "us_"}},
		{"method", ledger.AuditQuery{Method: method + "7"}},
		{"no method", ledger.AuditQuery{Method: method}},
		{"object", ledger.AuditQuery{Kind: "workOrders", ID: "wo_777"}},
		{"actor and method", ledger.AuditQuery{Actor: "us_7", Method: method + "7"}},
		{"actor and another's method", ledger.AuditQuery{Actor: "us_7", Method: method + "8"}},
		{"half of all and no method", ledger.AuditQuery{Actor: "service", Method: method}},
	} {
		x.q.From, x.q.To = from, from.Add(days)
		b.Run("page of "+x.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.AuditEntries(b.Context(), "o", x.q, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	return from
}
