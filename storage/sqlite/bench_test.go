package sqlite_test

import (
	"fmt"
	"testing"

	"fettle/dispatch/engine"
	"fettle/storage/sqlite"
	"fettle/storage/storagetest"
)

// together is one batch of several reports, as group commit makes it.
func together(sequence int64, from, n int) *engine.Batch {
	out := &engine.Batch{}
	for i := range n {
		b := batch(sequence+int64(2*i), fmt.Sprintf("w%09d", from+i))
		out.Events, out.Orders = append(out.Events, b.Events...), append(out.Orders, b.Orders...)
		out.DueSet, out.Keys = append(out.DueSet, b.DueSet...), append(out.Keys, b.Keys...)
	}
	return out
}

func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("orders=%d", size), func(b *testing.B) {
			db := open(b, b.TempDir(), sqlite.Options{})
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := db.Commit(b.Context(), "o", together(int64(2*n+1), n, size)); err != nil {
					b.Fatal(err)
				}
				n += size
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}

// BenchmarkOpenOrders reads what a restart reads: 20,000 open orders beside as many closed ones.
func BenchmarkOpenOrders(b *testing.B) {
	const n = 20_000
	db := open(b, b.TempDir(), sqlite.Options{})
	for from := 0; from < 2*n; from += 1000 {
		x := &engine.Batch{}
		for i := range 1000 {
			state := engine.StateAssigned
			if i%2 == 0 {
				state = engine.StateCompleted
			}
			x.Orders = append(x.Orders, storagetest.Order(fmt.Sprintf("w%09d", from+i), state, "t1"))
		}
		if err := db.Commit(b.Context(), "o", x); err != nil {
			b.Fatal(err)
		}
	}
	open := engine.OrderFilter{States: []engine.State{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED"}}
	for _, page := range []int{1000, n} {
		b.Run(fmt.Sprintf("page=%d", page), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read := 0
				for after := (engine.Order{}).ID; ; {
					orders, err := db.Orders(b.Context(), "o", open, after, page)
					if err != nil {
						b.Fatal(err)
					}
					if len(orders) == 0 {
						break
					}
					read += len(orders)
					after = orders[len(orders)-1].ID
				}
				if read != n {
					b.Fatalf("read %d orders, want %d", read, n)
				}
			}
		})
	}
}
