package replay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/simulate/day"
	"fettle/simulate/replay"
	"fettle/simulate/scenario"
	"fettle/simulate/trial"
)

// month is a recorded month of the demo operator.
func month(tb testing.TB, days int) (*day.World, []engine.Event) {
	tb.Helper()
	s, err := scenario.Named("operator")
	if err != nil {
		tb.Fatal(err)
	}
	w := s.World(1, 0)
	for n := 1; n < days; n++ {
		next := s.World(1, n)
		for _, r := range next.Reports {
			if !r.At.Before(next.Count.Start) && r.At.Before(next.Count.End) {
				r.ID = dispatch.WorkOrderID(fmt.Sprintf("d%02d-%s", n, r.ID))
				w.Reports = append(w.Reports, r)
			}
		}
	}
	w.Count.End = w.Count.Start.AddDate(0, 0, days)
	for i := range w.People {
		p := &w.People[i].Profile
		p.Shifts = day.Expand(p, w.Start, w.Count.End.AddDate(0, 0, 24), w.Zone)
	}
	p, err := day.Named("greedy")
	if err != nil {
		tb.Fatal(err)
	}
	var events []engine.Event
	if _, err := day.Record(context.Background(), w, &p, func(b *engine.Batch) error {
		events = append(events, b.Events...)
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
	return w, events
}

// BenchmarkMonth replays thirty days of the demo operator: read exactly, then lived by the engine's own policy and by another.
func BenchmarkMonth(b *testing.B) {
	const days = 30
	w, events := month(b, days)
	for b.Loop() {
		began := time.Now()
		r, err := replay.Read(logOf(events), w.Zone, w.Count.Start, w.Count.End)
		if err != nil {
			b.Fatal(err)
		}
		if r.Part.Hash != r.Part.Stored {
			b.Fatal("the replay is not exact")
		}
		read := time.Since(began)
		var policies []day.Policy
		for _, name := range []string{"greedy", "nearest"} {
			p, err := day.Named(name)
			if err != nil {
				b.Fatal(err)
			}
			policies = append(policies, p)
		}
		t, err := trial.Compare(b.Context(), days, policies, func(n int) *day.World { return r.World(w.Count.Start.AddDate(0, 0, n)) })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(events)), "events")
		b.ReportMetric(read.Seconds(), "s/exact")
		b.ReportMetric(float64(t.Orders), "orders")
	}
}
