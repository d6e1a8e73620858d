package plan_test

import (
	"context"
	"fmt"
	"math"
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
	m := measured{}
	b.ResetTimer()
	for range b.N {
		v, at := c.arrival()
		i, err := board.AddAt(v, at)
		if err != nil {
			b.Fatal(err)
		}
		if err := m.insert(board, i); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	b.ReportMetric(float64(visits), "visits")
	b.ReportMetric(built.Seconds()*1e3, "build-ms")
	m.report(b)
}

// measured is what Offer + Place took. A visit is offered three times before it is placed: the first counts as it
// is, the least of the three, with the place, shows what a busy machine adds.
type measured struct {
	wall, least, refused []time.Duration
	walks, gaps          int
}

func (m *measured) insert(board *plan.Board, v int32) error {
	first, least := time.Duration(0), time.Duration(math.MaxInt64)
	for range 3 {
		start := time.Now()
		if _, err := board.Offer(v); err != nil {
			return err
		}
		took := time.Since(start)
		least = min(least, took)
		if first == 0 {
			first = took
		}
	}
	start := time.Now()
	offers, err := board.Offer(v)
	if err != nil {
		return err
	}
	offered := time.Since(start)
	if len(offers) == 0 {
		start := time.Now()
		_, _, err := board.Insert(v)
		m.refused = append(m.refused, time.Since(start))
		return err
	}
	err = board.Place(v, offers[0])
	placed := time.Since(start) - offered
	walks, gaps := board.Effort()
	m.wall, m.least = append(m.wall, first+placed), append(m.least, least+placed)
	m.walks, m.gaps = m.walks+walks, m.gaps+gaps
	return err
}

func (m *measured) report(b *testing.B) {
	for _, x := range []struct {
		name  string
		times []time.Duration
	}{{"", m.wall}, {"least-", m.least}, {"refused-", m.refused}} {
		slices.Sort(x.times)
		for _, q := range []struct {
			name string
			at   float64
		}{{"p50", 0.5}, {"p99", 0.99}, {"max", 1}} {
			if n := len(x.times); n > 0 {
				b.ReportMetric(float64(x.times[int(q.at*float64(n-1))].Nanoseconds())/1e3, x.name+q.name+"-us")
			}
		}
	}
	n := max(float64(len(m.wall)), 1)
	b.ReportMetric(float64(m.walks)/n, "walks/op")
	b.ReportMetric(float64(m.gaps)/n, "gaps/op")
	b.ReportMetric(n/float64(b.N), "placed/op")
}

// BenchmarkBatch admits 1,000 visits at once to 1,000 technicians with some visits on their routes, by InsertAll and one
// after the other.
func BenchmarkBatch(b *testing.B) {
	for _, stops := range []int{0, 4, 8} {
		for _, way := range []string{"batch", "in-order"} {
			b.Run(fmt.Sprintf("stops=%d/%s", stops, way), func(b *testing.B) { benchmarkBatch(b, stops, way == "batch") })
		}
	}
}

func benchmarkBatch(b *testing.B, stops int, matched bool) {
	var cost, out float64
	var worst time.Duration
	for n := range b.N {
		b.StopTimer()
		c := newCity(cityOptions{technicians: 1_000, stops: stops, kmSide: 19, seed: uint64(n)})
		board, err := plan.NewBoard(c.problem, c.plan, plan.BoardOptions{})
		if err != nil {
			b.Fatal(err)
		}
		before := board.Cost().Total()
		var batch []int32
		for range 1_000 {
			v, at := c.arrival()
			i, err := board.AddAt(v, at)
			if err != nil {
				b.Fatal(err)
			}
			batch = append(batch, i)
		}
		b.StartTimer()
		began := time.Now()
		if matched {
			if _, err := board.InsertAll(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
		} else {
			slices.SortStableFunc(batch, func(v, w int32) int { return board.CompareRank(v, w) })
			for _, v := range batch {
				if _, _, err := board.Insert(v); err != nil {
					b.Fatal(err)
				}
			}
		}
		worst = max(worst, time.Since(began))
		cost += float64(board.Cost().Total() - before)
		for _, v := range batch {
			if _, _, placed := board.Placed(v); !placed {
				out++
			}
		}
	}
	b.ReportMetric(cost/float64(b.N), "cost/op")
	b.ReportMetric(out/float64(b.N), "unassigned/op")
	b.ReportMetric(float64(worst.Milliseconds()), "max-ms")
}
