package promise_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/promise"
)

// leg is a stop of a test route: a way, then work that may not begin before an instant.
type leg struct{ travel, opens, work dispatch.Tick }

// route plans legs as early as they can be.
func route(legs []leg) (*dispatch.Route, func(int) dispatch.Tick) {
	r := &dispatch.Route{Departure: 100}
	now := r.Departure
	for i, l := range legs {
		s := dispatch.Stop{Kind: dispatch.StopVisit, Visit: int32(i), Travel: l.travel, Arrival: now + l.travel}
		s.Start = max(s.Arrival, l.opens)
		s.End = s.Start + l.work
		now = s.End
		r.Stops = append(r.Stops, s)
	}
	return r, func(i int) dispatch.Tick { return legs[i].opens }
}

// sampled is the share of days on which the last visit begins before an instant, with lognormal work and ways.
func sampled(legs []leg, v promise.Variability, by dispatch.Tick) float64 {
	rng := rand.New(rand.NewPCG(7, 9))
	draw := func(s promise.Spread, planned dispatch.Tick) float64 {
		if s.Deviation == 0 {
			return s.Mean * float64(planned)
		}
		variance := math.Log(1 + s.Deviation*s.Deviation/(s.Mean*s.Mean))
		return float64(planned) * math.Exp(math.Log(s.Mean)-variance/2+math.Sqrt(variance)*rng.NormFloat64())
	}
	const days = 20_000
	kept := 0
	for range days {
		now := 100.0
		for i, l := range legs {
			now += draw(v.Travel, l.travel)
			if i == len(legs)-1 {
				break
			}
			now = math.Max(now, float64(l.opens)) + draw(v.OnSite, l.work)
		}
		if now < float64(by) {
			kept++
		}
	}
	return float64(kept) / days
}

func TestReliabilityIsThatOfSampledDays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		legs []leg
		by   dispatch.Tick
	}{
		"one way":                          {[]leg{{1800, 0, 0}}, 2000},
		"three visits in a row":            {[]leg{{900, 0, 2700}, {600, 0, 3600}, {1200, 0, 0}}, 10_000},
		"a wait takes up what is late":     {[]leg{{900, 0, 2700}, {600, 7200, 1800}, {600, 0, 0}}, 10_200},
		"a wait that is short of the need": {[]leg{{900, 0, 5400}, {600, 7000, 1800}, {600, 0, 0}}, 10_000},
		"a full day":                       {[]leg{{600, 0, 3600}, {600, 0, 3600}, {600, 0, 3600}, {600, 0, 3600}, {600, 0, 0}}, 18_000},
	}
	for name, test := range tests {
		r, opens := route(test.legs)
		for _, v := range []promise.Variability{
			promise.Assumed(),
			{OnSite: promise.Spread{Mean: 1.2, Deviation: 0.5}, Travel: promise.Spread{Mean: 0.9, Deviation: 0.3}},
		} {
			got := promise.NewSampler(v).Reliability(r, len(test.legs)-1, 0, opens, test.by)
			if want := sampled(test.legs, v, test.by); math.Abs(got-want) > 0.03 {
				t.Errorf("%s, %+v: got %.3f, on sampled days it is %.3f", name, v, got, want)
			}
		}
	}
}

func TestReliabilityGrowsWithTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tick := rapid.Int32Range(0, 10_000)
		legs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) leg {
			return leg{dispatch.Tick(tick.Draw(t, "travel")), dispatch.Tick(tick.Draw(t, "opens")), dispatch.Tick(tick.Draw(t, "work"))}
		}), 1, 6).Draw(t, "legs")
		r, opens := route(legs)
		last, s := 0.0, promise.NewSampler(promise.Assumed())
		for by := dispatch.Tick(0); by < 80_000; by += 4000 {
			p := s.Reliability(r, len(legs)-1, 60, opens, by)
			if p < last || p < 0 || p > 1 || math.IsNaN(p) {
				t.Fatalf("by %d: %g after %g", by, p, last)
			}
			last = p
		}
	})
}

func TestWhatNeverVariesIsCertain(t *testing.T) {
	t.Parallel()
	r, opens := route([]leg{{600, 0, 1800}, {600, 0, 0}}) // starts at 100 + 600 + 1800 + 600 = 3100
	exact := promise.Variability{OnSite: promise.Spread{Mean: 1}, Travel: promise.Spread{Mean: 1}}
	for by, want := range map[dispatch.Tick]float64{3100: 0, 3101: 1} {
		if got := promise.NewSampler(exact).Reliability(r, 1, 0, opens, by); got != want {
			t.Errorf("before %d: got %g, want %g", by, got, want)
		}
	}
}

func TestBreaksDoNotVary(t *testing.T) {
	t.Parallel()
	// Work until 2500, a break planned from 5000 to 8000, then 600 of travel: 8600.
	r := &dispatch.Route{Departure: 100, Stops: []dispatch.Stop{
		{Kind: dispatch.StopVisit, Travel: 600, Arrival: 700, Start: 700, End: 2500},
		{Kind: dispatch.StopBreak, Arrival: 2500, Start: 5000, End: 8000},
		{Kind: dispatch.StopVisit, Travel: 600, Arrival: 8600, Start: 8600, End: 9000},
	}}
	v := promise.Assumed()
	v.Travel.Deviation = 0
	got := promise.NewSampler(v).Reliability(r, 2, 0, func(int) dispatch.Tick { return 0 }, 8610)
	// Work of 1800 ± 630 leaves 2500 until the break: lateness needs four deviations.
	if got < 0.99 {
		t.Errorf("got %.3f: the break takes up what work varies by", got)
	}
}

func TestGaugeMeasures(t *testing.T) {
	t.Parallel()
	var g promise.Gauge
	for i := range 49 {
		g.OnSite(100, float64(100+i%2*100))
	}
	if got := g.Variability(); got != promise.Assumed() {
		t.Errorf("49 observations: %+v, want what is assumed", got)
	}
	g.OnSite(100, 200)
	g.OnSite(0, 5)        // no plan
	g.OnSite(100, 99_999) // a button that was forgotten
	// 25 ratios of 1 and 25 of 2: mean 1.5, each 0.5 away.
	want := promise.Spread{Mean: 1.5, Deviation: 0.5, Observations: 50}
	got := g.Variability()
	if math.Abs(got.OnSite.Mean-want.Mean) > 1e-9 || math.Abs(got.OnSite.Deviation-want.Deviation) > 1e-9 || got.OnSite.Observations != 50 {
		t.Errorf("got %+v, want %+v", got.OnSite, want)
	}
	if got.Travel != promise.Assumed().Travel {
		t.Errorf("travel %+v was never seen", got.Travel)
	}
}

func TestLongWaysWeighMore(t *testing.T) {
	t.Parallel()
	var g promise.Gauge
	for range 25 {
		g.Travel(10, 100) // ten times as long as planned, but only 90 more
		g.Travel(990, 990)
	}
	// 1,090 where 1,000 were planned. Squares: 10 * (10 - 1.09)^2 + 990 * 0.09^2 = 801.9 of 1,000.
	got := g.Variability().Travel
	if math.Abs(got.Mean-1.09) > 1e-9 || math.Abs(got.Deviation-math.Sqrt(0.8019)) > 1e-9 {
		t.Errorf("got %+v", got)
	}
}

func TestGaugeForgets(t *testing.T) {
	t.Parallel()
	var g promise.Gauge
	for range 5000 {
		g.Travel(100, 300)
	}
	for range 20_000 {
		g.Travel(100, 100)
	}
	if got := g.Variability().Travel; math.Abs(got.Mean-1) > 0.01 || got.Deviation > 0.1 || got.Observations != 25_000 {
		t.Errorf("got %+v, want about 1 after ten memories", got)
	}
}

func ExampleSampler() {
	// Out at 0, 20 minutes to the first visit, an hour of work, 15 minutes to the second: planned for 1:35.
	r := &dispatch.Route{Stops: []dispatch.Stop{
		{Kind: dispatch.StopVisit, Travel: 1200, Arrival: 1200, Start: 1200, End: 4800},
		{Kind: dispatch.StopVisit, Travel: 900, Arrival: 5700, Start: 5700, End: 8400},
	}}
	anyTime := func(int) dispatch.Tick { return 0 }
	s := promise.NewSampler(promise.Assumed())
	for _, by := range []dispatch.Tick{5400, 7200, 9000} {
		p := s.Reliability(r, 1, 0, anyTime, by)
		fmt.Printf("before %v s: %.0f %%\n", by, 100*p)
	}
	// Output:
	// before 5400 s: 47 %
	// before 7200 s: 87 %
	// before 9000 s: 98 %
}
