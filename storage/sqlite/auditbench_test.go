package sqlite_test

import (
	"context"
	"testing"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// BenchmarkAudit measures a million entries of 180 days: a page for a reader, and the check of the chain beside the service.
func BenchmarkAudit(b *testing.B) {
	dir := b.TempDir()
	from := storagetest.BenchAudit(b, open(b, dir, sqlite.Options{}))
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
