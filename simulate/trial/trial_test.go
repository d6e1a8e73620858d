package trial_test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"fettle/simulate/day"
	"fettle/simulate/scenario"
	"fettle/simulate/trial"
)

func houses(t *testing.T) *scenario.Scenario {
	t.Helper()
	f, err := os.Open("../../testdata/simulate/two-houses.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s, err := scenario.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIntervalIsStudents(t *testing.T) {
	t.Parallel()
	// Mean 3, deviation sqrt(2.5), t of 4 degrees at 0.975 is 2.776445: half width 2.776445 * sqrt(2.5 / 5) = 1.963243.
	got := trial.Mean([]float64{1, 2, math.NaN(), 3, 4, 5})
	if got.N != 5 || got.Mean != 3 || math.Abs(got.High-3-1.963243) > 1e-6 || math.Abs(3-got.Low-1.963243) > 1e-6 {
		t.Errorf("interval %+v", got)
	}
	if one := trial.Mean([]float64{7}); one.Mean != 7 || !math.IsNaN(one.Low) {
		t.Errorf("interval of one day %+v", one)
	}
}

func TestComparePairsDays(t *testing.T) {
	t.Parallel()
	s := houses(t)
	policies := []day.Policy{}
	for _, name := range []string{"greedy", "greedy", "manual"} {
		p, err := day.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, p)
	}
	table, err := trial.Compare(context.Background(), 4, policies, func(n int) *day.World { return s.World(1, n) })
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range day.Metrics() {
		if d := table.Difference(1, m); d.N > 0 && (d.Mean != 0 || d.Low != 0 || d.High != 0) {
			t.Errorf("%s of a policy differs from itself by %+v", m, d)
		}
	}
	if d := table.Difference(2, day.AcceptMinutes); d.Low <= 0 {
		t.Errorf("by hand orders are accepted %+v minutes later than by the engine, want later", d)
	}
}

// An A/A comparison: two runs of one policy with other luck of the same days. The true difference is 0; intervals that hold
// what they promise miss it in 5 of 100 comparisons. The pool of days is drawn once; each comparison takes some of them.
func TestIntervalsCoverTheTruth(t *testing.T) {
	t.Parallel()
	const pool, days, comparisons = 240, 12, 2000
	s := houses(t)
	p, err := day.Named("greedy")
	if err != nil {
		t.Fatal(err)
	}
	differences := make([]float64, pool)
	for n := range differences {
		w := s.World(9, n)
		other := *w
		other.Seed ^= 0xfeed
		a, errA := day.Run(context.Background(), w, &p)
		b, errB := day.Run(context.Background(), &other, &p)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		differences[n] = b.KPI[day.CompleteMinutes] - a.KPI[day.CompleteMinutes]
	}
	r := rand.New(rand.NewPCG(1, 2))
	covered := 0
	for range comparisons {
		sample := make([]float64, days)
		for i, k := range r.Perm(pool)[:days] {
			sample[i] = differences[k]
			if r.IntN(2) == 0 { // which of the two is called A is a matter of chance
				sample[i] = -sample[i]
			}
		}
		if v := trial.Mean(sample); v.Low <= 0 && v.High >= 0 {
			covered++
		}
	}
	share := float64(covered) / comparisons
	t.Logf("covered %.3f", share)
	if share < 0.93 || share > 0.97 {
		t.Errorf("intervals cover the truth in %.1f %% of comparisons, want 95 +- 2", 100*share)
	}
}
