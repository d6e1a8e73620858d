package guard_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"fettle/forecast/guard"
	"fettle/forecast/score"
)

func poisson(mean float64, rng *rand.Rand) float64 {
	return distuv.Poisson{Lambda: mean, Src: rng}.Rand()
}

// live plays 200 days of two areas with equal rates of faults. Each day ten visits go out by the forecast, which is the
// share of weighted faults so far; each finds a fault with probability 0.6. People report a few faults whatever crews do.
// guarded says whether finds are weighted. It gives the share of visits of the first area in the last 100 days, and the alarms.
func live(seed uint64, guarded bool) (share float64, alarms int) {
	rng := rand.New(rand.NewPCG(seed, 2))
	faults := []float64{1, 1}
	loop := guard.NewLoop([]string{"north", "south"})
	late, all := 0.0, 0.0
	for day := range 200 {
		p := faults[0] / (faults[0] + faults[1])
		visits, reports := []float64{0, 0}, []float64{poisson(4, rng), poisson(4, rng)}
		for range 10 {
			a := 1
			if rng.Float64() < p {
				a = 0
			}
			visits[a]++
		}
		for a := range visits {
			weight, own := 1.0, p
			if a == 1 {
				own = 1 - p
			}
			if guarded {
				weight = guard.Weight(true, own, 0.5)
				faults[a] += reports[a]
			}
			for range int(visits[a]) {
				if rng.Float64() < 0.6 {
					faults[a] += weight
				}
			}
		}
		loop.Day(visits, reports)
		if day >= 100 {
			late += visits[0]
			all += visits[0] + visits[1]
		}
	}
	return late / all, len(loop.Alarms())
}

// TestFeedbackLoop: with equal rates the share of visits stays at 50 +- 5 % when finds are weighted. Without the guard, which
// is the saboteur here, it drifts, and then the alarm says so.
func TestFeedbackLoop(t *testing.T) {
	t.Parallel()
	const runs = 60
	var off, drifted, alarmed, falsely [2]int
	for i, guarded := range []bool{false, true} {
		for seed := range uint64(runs) {
			share, alarms := live(seed, guarded)
			if math.Abs(share-0.5) > 0.05 {
				off[i]++
			}
			if math.Abs(share-0.5) > 0.15 {
				drifted[i]++
				if alarms > 0 {
					alarmed[i]++
				}
			} else if math.Abs(share-0.5) < 0.05 && alarms > 0 {
				falsely[i]++
			}
		}
	}
	t.Logf("naive: %d of %d beyond 5 %%, %d beyond 15 %%, %d of these alarmed; guarded: %d beyond 5 %%, %d false alarms",
		off[0], runs, drifted[0], alarmed[0], off[1], falsely[1])
	if off[1] > runs/20 {
		t.Errorf("guarded: %d of %d runs leave 50 +- 5 %%", off[1], runs)
	}
	if off[0] < runs/2 {
		t.Errorf("naive: only %d of %d runs drift: the test does not show what it is for", off[0], runs)
	}
	if alarmed[0] < drifted[0]*9/10 || drifted[0] == 0 {
		t.Errorf("naive: %d of %d drifts raised an alarm", alarmed[0], drifted[0])
	}
	if falsely[0]+falsely[1] > 0 {
		t.Errorf("%d alarms without drift", falsely[0]+falsely[1])
	}
}

func TestLoopWords(t *testing.T) {
	t.Parallel()
	l := guard.NewLoop([]string{"north", "south"})
	for range 60 {
		l.Day([]float64{18, 2}, []float64{2, 2})
	}
	alarms := l.Alarms()
	if len(alarms) != 1 || !strings.HasPrefix(alarms[0].String(), "north gets 90 % of the visits that the forecast sends and 50 % of the reports") {
		t.Errorf("alarms are %v", alarms)
	}
	if l.Day([]float64{1}, []float64{1, 2}) {
		t.Error("a day with one area missing was taken")
	}
}

// rankError is the mean distance of ranks from those of the truth.
func rankError(guess, truth []float64) float64 {
	rank := func(v []float64) []int {
		order := make([]int, len(v))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			if v[a] < v[b] {
				return -1
			}
			return 1
		})
		r := make([]int, len(v))
		for at, i := range order {
			r[i] = at
		}
		return r
	}
	a, b := rank(guess), rank(truth)
	sum := 0.0
	for i := range a {
		sum += math.Abs(float64(a[i] - b[i]))
	}
	return sum / float64(len(a))
}

// TestUnderReporting: with reporting rates that differ threefold between areas, the corrected map has at most half of the
// rank error of the raw one.
func TestUnderReporting(t *testing.T) {
	t.Parallel()
	const areas, lifetime = 60, 4.0
	raw, corrected := 0.0, 0.0
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		truth, seen := make([]float64, areas), make([]guard.Faults, areas)
		for i := range seen {
			truth[i] = 150 * math.Exp(0.35*rng.NormFloat64())
			rate := 0.15 // reports a day of an open fault
			if i%2 == 0 {
				rate *= 3
			}
			for range int(poisson(truth[i], rng)) {
				first, life := rng.ExpFloat64()/rate, rng.ExpFloat64()*lifetime
				if first > life {
					continue // it ended before anybody reported it
				}
				repair := 3 + 4*rng.Float64()
				seen[i].Reported++
				seen[i].Days += repair
				seen[i].Repeats += poisson(rate*repair, rng)
			}
		}
		reported := make([]float64, areas)
		for i := range seen {
			reported[i] = seen[i].Reported
		}
		raw += rankError(reported, truth)
		corrected += rankError(guard.Corrected(seen, guard.ReportingRates(seen), lifetime), truth)
	}
	t.Logf("rank error: raw %.2f, corrected %.2f", raw/20, corrected/20)
	if corrected > raw/2 {
		t.Errorf("rank error falls from %.2f to %.2f only", raw/20, corrected/20)
	}
	if got := guard.Corrected([]guard.Faults{{Reported: 3}}, guard.ReportingRates([]guard.Faults{{Reported: 3}}), lifetime); got[0] != 3 {
		t.Errorf("without knowledge 3 faults became %g", got[0])
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until := start.AddDate(0, 0, 1)
	for _, c := range []struct {
		name    string
		factor  float64 // of the mean that is forecast
		size    float64
		now     time.Time
		want    string // in the reasons; "" when it is trusted
		samples int
	}{
		{"right", 1, 20, start, "", 200},
		{"biased", 1.4, 20, start, "were forecast where", 200},
		{"too sure", 1, 2000, start, "lay inside of the 80 % intervals", 200},
		{"too old", 1, 20, until.Add(time.Second), "which is over", 200},
		{"too few to say", 3, 20, start, "", 10},
	} {
		rng := rand.New(rand.NewPCG(5, 5))
		m := guard.NewMonitor(0.8)
		for range c.samples {
			mean := distuv.Gamma{Alpha: 20, Beta: 20.0 / 100, Src: rng}.Rand()
			m.Add(int(poisson(mean, rng)), score.Dist{Mean: 100 * c.factor, Size: c.size})
		}
		h := m.Health(c.now, start, until)
		if h.Trusted != (c.want == "") || !strings.Contains(strings.Join(h.Reasons, "; "), c.want) {
			t.Errorf("%s: %+v, want %q", c.name, h, c.want)
		}
	}
	if h := guard.NewMonitor(0.8).Health(start, start, until); !h.Trusted || h.Coverage != 0 {
		t.Errorf("before anything came: %+v", h)
	}
}
