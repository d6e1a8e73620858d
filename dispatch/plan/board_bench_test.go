package plan_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"fettle/dispatch/plan"
)

// BenchmarkBoard measures Offer + Place of single arrivals on a full territory: 10,000 technicians, 100,000 open visits.
func BenchmarkBoard(b *testing.B) {
	for _, bench := range []struct {
		name string
		duty int64
	}{{"travel", 0}, {"duty", 5}} {
		b.Run(bench.name, func(b *testing.B) { benchmarkBoard(b, cityOptions{10_000, 10, 60, bench.duty, 1}) })
	}
}

func benchmarkBoard(b *testing.B, o cityOptions) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := newCity(o)
	began := time.Now()
	board, err := plan.NewBoard(c.problem, c.plan, plan.BoardOptions{})
	if err != nil {
		b.Fatal(err)
	}
	built := time.Since(began)
	visits := board.Len()
	c.problem, c.plan = nil, nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportAllocs()
	var times, adds, places []time.Duration
	var walks, scanned, placed int
	b.ResetTimer()
	for range b.N {
		v, at := c.arrival()
		t0 := time.Now()
		i, err := board.AddAt(v, at)
		if err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		offers, err := board.Offer(i)
		t2 := time.Now()
		if err != nil {
			b.Fatal(err)
		}
		if len(offers) > 0 {
			if err := board.Place(i, offers[0]); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(t1))
			places = append(places, time.Since(t2))
			placed++
			w, s := board.Effort()
			walks, scanned = walks+w, scanned+s
		}
		adds = append(adds, t1.Sub(t0))
	}
	b.StopTimer()
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	b.ReportMetric(float64(visits), "visits")
	b.ReportMetric(built.Seconds()*1e3, "build-ms")
	slices.Sort(times)
	slices.Sort(adds)
	slices.Sort(places)
	at := func(ts []time.Duration, q float64) float64 {
		return float64(ts[int(q*float64(len(ts)-1))].Nanoseconds()) / 1e3
	}
	b.ReportMetric(at(times, 0.5), "p50-us")
	b.ReportMetric(at(times, 0.99), "p99-us")
	b.ReportMetric(at(times, 1), "max-us")
	b.ReportMetric(at(places, 0.5), "place-p50-us")
	b.ReportMetric(at(adds, 0.99), "add-p99-us")
	b.ReportMetric(float64(walks)/float64(placed), "walks/op")
	b.ReportMetric(float64(scanned)/float64(placed), "gaps/op")
	b.ReportMetric(float64(placed)/float64(b.N), "placed/op")
}
