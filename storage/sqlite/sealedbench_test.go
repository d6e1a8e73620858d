package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"fettle/internal/secret"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/sqlite"
)

// BenchmarkFindSealed finds a sealed person by the blind index of a telephone number, with its record opened. There are
// 20,000 unless FETTLE_BENCH_RECORDS says otherwise.
func BenchmarkFindSealed(b *testing.B) {
	persons := 20_000
	if n, err := strconv.Atoi(os.Getenv("FETTLE_BENCH_RECORDS")); err == nil {
		persons = n
	}
	dir := b.TempDir()
	ring, err := secret.Load(filepath.Join(dir, "keys.json"), nil)
	if err != nil {
		b.Fatal(err)
	}
	db := open(b, dir, sqlite.Options{Seal: ring})
	index := func(i int) string {
		x, err := ring.Index(org.Default, "phone", fmt.Sprintf("+86138%08d", i))
		if err != nil {
			b.Fatal(err)
		}
		return x
	}
	for i := 0; i < persons; {
		var c ledger.Change
		for ; i < persons && len(c.Records) < 1000; i++ {
			c.Records = append(c.Records, ledger.Record{
				Kind: "person", ID: fmt.Sprintf("p%08d", i), Version: 1, State: "ACTIVE", Created: time.Unix(0, 0), Updated: time.Unix(0, 0),
				Keys: []ledger.Key{{Name: "phone", Value: index(i)}},
				Body: fmt.Appendf(nil, `{"displayName":"somebody of some length","phone":"+86138%08d","nationalId":"11010519491231002X"}`, i),
			})
		}
		if err := db.Apply(b.Context(), org.Default, &c); err != nil {
			b.Fatal(err)
		}
	}
	var took []time.Duration
	i := 0
	for b.Loop() {
		i = (i + 7919) % persons
		began := time.Now()
		p, err := db.Records(b.Context(), org.Default, ledger.Where("person", "phone", index(i)), 2)
		if err != nil || len(p.Records) != 1 || p.Records[0].ID != fmt.Sprintf("p%08d", i) {
			b.Fatalf("person %d: %+v, %v", i, p, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-us")
}
