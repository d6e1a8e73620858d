package sqlite_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
	"fettle/storage/sqlite"
)

// BenchmarkAudit measures a million entries of 180 days, ten a commit: a page for a reader, and the check of the chain beside
// the service.
func BenchmarkAudit(b *testing.B) {
	const entries, a = 1_000_000, 10
	dir := b.TempDir()
	db := open(b, dir, sqlite.Options{})
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := 0; i < entries; i += a {
		var c ledger.Change
		for k := i; k < i+a; k++ {
			c.Audit = append(c.Audit, ledger.Entry{
				Time: from.Add(time.Duration(k) * 180 * 24 * time.Hour / entries), Actor: fmt.Sprint("us_", k%200), Method: fmt.Sprint("/m/", k%40),
				Kind: "workOrders", ID: fmt.Sprint("wo_", k%100_000), Result: ledger.OK, RequestID: fmt.Sprint(k),
			})
		}
		if err := db.Apply(b.Context(), "o", &c); err != nil {
			b.Fatal(err)
		}
	}
	for name, q := range map[string]ledger.AuditQuery{
		"actor": {Actor: "us_7"}, "object": {Kind: "workOrders", ID: "wo_777"}, "method": {Method: "/m/7"}, "all": {}, "nobody": {Actor: "us_"},
		"actor and method": {Actor: "us_7", Method: "/m/8"},
	} {
		q.From, q.To = from, from.Add(180*24*time.Hour)
		b.Run("page of "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := db.AuditEntries(b.Context(), "o", q, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("verify", func(b *testing.B) {
		n := int64(0)
		for b.Loop() {
			err := sqlite.Directory(dir).Audit(b.Context(), func(o org.ID, r ledger.AuditReader) error {
				return check(b.Context(), &n, r, o, from)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
	})
}

func check(ctx context.Context, n *int64, r ledger.AuditReader, o org.ID, now time.Time) error {
	found, err := chain.Verify(ctx, r, o, nil, now)
	if err == nil {
		err = found.Broken
	}
	*n += found.Entries
	return err
}
