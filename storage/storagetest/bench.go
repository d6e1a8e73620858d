package storagetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// Report is the batch of one order that is reported and assigned: two events, the order, its due work, its key and who did it.
func Report(sequence int64, id string) *engine.Batch {
	return &engine.Batch{
		Events: []engine.Event{Event(sequence, id, engine.StateNew), Event(sequence+1, id, engine.StateAssigned)},
		Orders: []*engine.Order{Order(id, engine.StateAssigned, "t1")},
		DueSet: []engine.DueWork{{Kind: "sla.accept", Key: id, At: at(60)}, {Kind: "sla.on_site", Key: id, At: at(90)}},
		Keys:   []engine.IdempotencyRecord{Key("key of "+id, at(0))},
		Audit:  []ledger.Entry{Entry("li", id, int(sequence))},
	}
}

// Together is one batch of several reports, as group commit makes it.
func Together(sequence int64, from, n int) *engine.Batch {
	out := &engine.Batch{}
	for i := range n {
		b := Report(sequence+int64(2*i), fmt.Sprintf("w%09d", from+i))
		out.Events, out.Orders = append(out.Events, b.Events...), append(out.Orders, b.Orders...)
		out.DueSet, out.Keys = append(out.DueSet, b.DueSet...), append(out.Keys, b.Keys...)
		out.Audit = append(out.Audit, b.Audit...)
	}
	return out
}

// Bench measures a store. bare, when not nil, inserts two rows of no importance in a durable transaction of its own: what the
// database can do without us.
func Bench(b *testing.B, open func(b *testing.B) engine.Store, bare func(ctx context.Context, db engine.Store, n int) error) {
	b.Helper()
	for _, size := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("Commit/orders=%d", size), func(b *testing.B) { commits(b, open(b), size) })
	}
	b.Run("Commit/writers=16", func(b *testing.B) { writers(b, open(b)) })
	b.Run("Commit/grouped=16", func(b *testing.B) { grouped(b, open(b)) })
	if bare != nil {
		b.Run("Bare/writers=16", func(b *testing.B) { bareInserts(b, open(b), bare) })
	}
	b.Run("OpenOrders", func(b *testing.B) { openOrders(b, open(b)) })
}

func commits(b *testing.B, db engine.Store, size int) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := db.Commit(b.Context(), "o", Together(int64(2*n+1), n, size)); err != nil {
			b.Fatal(err)
		}
		n += size
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "orders/s")
}

// beside runs do from 16 goroutines, b.N times in all, with the number of the goroutine and how often it was called before.
func beside(b *testing.B, do func(worker, i int) error) {
	const workers = 16
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := range (b.N + workers - 1 - w) / workers {
				if err := do(w, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
}

// writers commits one report a transaction, an org to each goroutine as it is to each territory.
func writers(b *testing.B, db engine.Store) {
	beside(b, func(w, i int) error {
		return db.Commit(b.Context(), org.ID(fmt.Sprint("o", w)), Report(int64(2*i+1), fmt.Sprintf("w%09d", i)))
	})
}

// grouped has 16 goroutines that each wait until a report of one org is kept, and one commit at a time that takes all that
// wait: how a territory writes.
func grouped(b *testing.B, db engine.Store) {
	waiting := make(chan chan error, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		n := 0
		for first := range waiting {
			answers := []chan error{first}
			for len(waiting) > 0 {
				answers = append(answers, <-waiting)
			}
			err := db.Commit(b.Context(), "o", Together(int64(2*n+1), n, len(answers)))
			n += len(answers)
			for _, a := range answers {
				a <- err
			}
		}
	}()
	beside(b, func(_, _ int) error {
		answer := make(chan error, 1)
		waiting <- answer
		return <-answer
	})
	close(waiting)
	<-done
}

func bareInserts(b *testing.B, db engine.Store, bare func(context.Context, engine.Store, int) error) {
	beside(b, func(w, i int) error { return bare(b.Context(), db, w*1_000_000_000+i) })
}

// openOrders reads what a restart reads: 20,000 open orders beside as many closed ones.
func openOrders(b *testing.B, db engine.Store) {
	const n = 20_000
	for from := 0; from < 2*n; from += 1000 {
		x := &engine.Batch{}
		for i := range 1000 {
			state := engine.StateAssigned
			if i%2 == 0 {
				state = engine.StateCompleted
			}
			x.Orders = append(x.Orders, Order(fmt.Sprintf("w%09d", from+i), state, "t1"))
		}
		if err := db.Commit(b.Context(), "o", x); err != nil {
			b.Fatal(err)
		}
	}
	wanted := engine.OrderFilter{States: []engine.State{"NEW", "ASSIGNED", "ACCEPTED", "EN_ROUTE", "ON_SITE", "WORKING", "PAUSED"}}
	for _, page := range []int{1000, n} {
		b.Run(fmt.Sprintf("page=%d", page), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read := 0
				for after := (engine.Order{}).ID; ; {
					orders, err := db.Orders(b.Context(), "o", wanted, after, page)
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
