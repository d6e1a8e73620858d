package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"fettle/internal/secret"
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

// BenchmarkAuditAdds is what an entry with a reason adds to a change that is kept: sealed, hashed into the chain and written.
func BenchmarkAuditAdds(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("entry=%t", with), func(b *testing.B) {
			dir := b.TempDir()
			ring, err := secret.Load(filepath.Join(dir, "keys.json"), nil)
			if err != nil {
				b.Fatal(err)
			}
			db := open(b, dir, sqlite.Options{Seal: ring})
			n := 0
			for b.Loop() {
				n++
				c := ledger.Change{Records: []ledger.Record{{
					Kind: "person", ID: fmt.Sprintf("p%08d", n), Version: 1, State: "ACTIVE", Created: time.Unix(0, 0), Updated: time.Unix(0, 0),
					Keys: []ledger.Key{}, Body: []byte(`{"displayName":"somebody of some length"}`),
				}}}
				if with {
					c.Audit = []ledger.Entry{{
						Time: time.Unix(0, 0), Actor: "us_1", Method: "/fettle.tenancy.v1.TenancyService/RevealTenant", Kind: "tenants", ID: "tn_1",
						Result: ledger.OK, Reason: "asked for by phone, to call back about the lease",
					}}
				}
				if err := db.Apply(b.Context(), org.Default, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
