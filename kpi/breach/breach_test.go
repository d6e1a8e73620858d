package breach_test

import (
	"context"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/promise"
	"fettle/kpi/breach"
	"fettle/simulate/day"
	"fettle/simulate/scenario"
)

// told is a forecast with what became of it.
type told struct {
	chance breach.Chance
	at     time.Time
	broken bool
}

// days lives days of the demo's operator on which more is reported than usual, and returns one forecast of each order, made when half
// of the time was gone, with what became of it. early counts the orders that were above the limit 20 minutes before they broke.
func days(t *testing.T, from, n int, limit float64, c *breach.Calibrator) (out []told, broke, early int) {
	t.Helper()
	s, err := scenario.New(&scenario.File{Name: "busy", Start: "2026-03-02", Zone: "Asia/Shanghai", Operator: &scenario.Operator{CitySeed: 1, Demand: 1.6}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := day.Named("greedy")
	if err != nil {
		t.Fatal(err)
	}
	for number := from; number < from+n; number++ {
		w := &watcher{limit: limit, c: c, half: map[dispatch.WorkOrderID]*told{}, warned: map[dispatch.WorkOrderID]time.Time{}}
		if _, err := day.Watch(context.Background(), s.World(7, number), &p, 5*time.Minute, w.look); err != nil {
			t.Fatal(err)
		}
		out = append(out, w.done...)
		for id, at := range w.late {
			broke++
			if warned, ok := w.warned[id]; ok && at.Sub(warned) >= 20*time.Minute {
				early++
			}
		}
	}
	return out, broke, early
}

type watcher struct {
	limit  float64
	c      *breach.Calibrator
	half   map[dispatch.WorkOrderID]*told
	warned map[dispatch.WorkOrderID]time.Time
	late   map[dispatch.WorkOrderID]time.Time
	done   []told
}

func (w *watcher) look(e *engine.Engine, now time.Time) error {
	s, err := e.Snapshot(now)
	if err != nil {
		return err
	}
	for id, f := range w.half {
		o, ok := e.Order(id)
		if !ok {
			delete(w.half, id)
			continue
		}
		broken, decided := breach.Outcome(o, f.chance.Due, now)
		if !decided {
			continue
		}
		f.broken = broken
		w.done = append(w.done, *f)
		delete(w.half, id)
		if broken {
			if w.late == nil {
				w.late = map[dispatch.WorkOrderID]time.Time{}
			}
			w.late[id] = f.chance.Due
		}
	}
	for _, c := range breach.Forecast(s, e.Open(), promise.Assumed(), now) {
		o, _ := e.Order(c.Order)
		if _, ok := w.warned[c.Order]; !ok && w.c.Chance(c.Basis, c.Raw) >= w.limit {
			w.warned[c.Order] = now
		}
		if w.half[c.Order] == nil && now.Sub(o.Created) >= c.Due.Sub(o.Created)/2 && now.Sub(o.Created) < c.Due.Sub(o.Created)/2+5*time.Minute {
			w.half[c.Order] = &told{chance: c, at: now}
		}
	}
	return nil
}

// unreliability is the mean distance of what was told from what came, over classes of a tenth: the expected calibration error.
func unreliability(all []told, p func(told) float64) float64 {
	var n, sum, came [10]float64
	for _, f := range all {
		b := min(9, int(p(f)*10))
		n[b]++
		sum[b] += p(f)
		if f.broken {
			came[b]++
		}
	}
	out := 0.0
	for b := range n {
		out += math.Abs(sum[b] - came[b])
	}
	return out / float64(len(all))
}

func brier(all []told, p func(told) float64) (score, base float64) {
	share := 0.0
	for _, f := range all {
		came := 0.0
		if f.broken {
			came = 1
		}
		share += came / float64(len(all))
		score += (p(f) - came) * (p(f) - came) / float64(len(all))
	}
	return score, share * (1 - share)
}

// TestCalibratedOnOtherDays: what is learned on some days holds on others: chances are what comes, and say more than the share of broken
// promises does. The saboteurs tell half of each chance, and the same for all.
func TestCalibratedOnOtherDays(t *testing.T) {
	t.Parallel()
	var c breach.Calibrator
	learned, _, _ := days(t, 0, 3, 2, &c)
	for _, f := range learned {
		c.Add(f.chance.Basis, f.chance.Raw, f.chance.Raw, f.broken)
	}
	if len(learned) < 400 {
		t.Fatalf("only %d forecasts to learn from", len(learned))
	}
	seen, broke, early := days(t, 20, 3, 0.3, &c)
	calibrated := func(f told) float64 { return c.Chance(f.chance.Basis, f.chance.Raw) }
	score, base := brier(seen, calibrated)
	off := unreliability(seen, calibrated)
	t.Logf("%d forecasts after %d; Brier score %.4f, of the share of broken promises %.4f; off by %.3f, raw by %.3f; %d of %d broken ones escalated 20 min before",
		len(seen), len(learned), score, base, off, unreliability(seen, func(f told) float64 { return f.chance.Raw }), early, broke)
	if score > base/2 || off > 0.05 {
		t.Errorf("Brier score %.4f, want at most half of %.4f; off by %.3f, want 0.05", score, base, off)
	}
	if 10*early < 8*broke || broke < 50 {
		t.Errorf("supervisors would know of %d of %d broken promises 20 minutes before", early, broke)
	}
	if off := unreliability(seen, func(f told) float64 { return calibrated(f) / 2 }); off <= 0.05 {
		t.Errorf("half of each chance is told, off by %.3f, and nobody saw it", off)
	}
	if score, base := brier(seen, func(told) float64 { return 0.3 }); score <= base/2 {
		t.Error("all are told the same, and nobody saw it")
	}
}

// TestCalibrator: without outcomes raw chances are told; with many, what came; and more is never told for less.
func TestCalibrator(t *testing.T) {
	t.Parallel()
	var c breach.Calibrator
	for _, raw := range []float64{0, 0.01, 0.05, 0.31, 0.5, 0.77, 0.95, 0.99, 1} {
		if got := c.Chance(breach.Accepted, raw); math.Abs(got-raw) > 1e-9 {
			t.Errorf("%g became %g without any outcome", raw, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var c breach.Calibrator
		for range rapid.IntRange(0, 300).Draw(t, "outcomes") {
			raw := rapid.Float64Range(0, 1).Draw(t, "raw")
			c.Add(breach.Offered, raw, raw, rapid.Bool().Draw(t, "broken"))
		}
		last := 0.0
		for p := 0.0; p <= 1; p += 0.02 {
			got := c.Chance(breach.Offered, p)
			if got < last-1e-12 || got < 0 || got > 1 || math.IsNaN(got) {
				t.Fatalf("%g at a raw chance of %g, after %g", got, p, last)
			}
			last = got
		}
	})
	for range 2000 {
		c.Add(breach.Accepted, 0.05, 0.05, false)
	}
	for i := range 2000 {
		c.Add(breach.Accepted, 0.65, 0.65, i%4 != 0)
	}
	if got := c.Chance(breach.Accepted, 0.65); math.Abs(got-0.75) > 0.01 {
		t.Errorf("three of four were broken, told is %g", got)
	}
	rows, score := c.Table()
	if len(rows) != 2 || rows[1].Broken != 1500 || score.Forecasts != 4000 || score.Brier >= score.Base {
		t.Errorf("%+v %+v", rows, score)
	}
}
