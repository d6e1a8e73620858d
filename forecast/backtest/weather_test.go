package backtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"fettle/forecast/backtest"
	"fettle/forecast/count"
	"fettle/forecast/model"
	"fettle/forecast/weather"
)

// rained is a table whose counts rise by a factor on rainy days, one in four, and its weather: the rain, and a wind that does nothing.
func rained(t *testing.T, days int, factor float64) (*count.Table, *weather.Table) {
	t.Helper()
	tb := table(t, days)
	tb.Counts = nil
	rng := rand.New(rand.NewPCG(5, 6))
	var sky strings.Builder
	sky.WriteString("date,rain,wind\n")
	for b := tb.First; b < tb.End; b++ {
		rain := 0
		if rng.Float64() < 0.25 {
			rain = 1
		}
		if rng.Float64() < 0.95 { // the rest is not known
			fmt.Fprintf(&sky, "%s,%d,%.1f\n", time.Unix(int64(b)*86400, 0).UTC().Format(time.DateOnly), rain, 9*rng.Float64())
		}
		for p := range tb.Places {
			mean := (0.2 + 0.1*float64(p%5)) * math.Pow(factor, float64(rain))
			if n := (distuv.Poisson{Lambda: mean, Src: rng}).Rand(); n > 0 {
				tb.Counts = append(tb.Counts, count.Count{Bucket: int32(b), Place: int32(p), N: uint16(n)})
			}
		}
	}
	w, err := weather.Read(strings.NewReader(sky.String()))
	if err != nil {
		t.Fatal(err)
	}
	return tb, w
}

// A planted effect of the rain is found: what is known of it makes the forecasts of totals about as good as they can be. Rain that does
// nothing is ignored.
func TestWeather(t *testing.T) {
	t.Parallel()
	for factor, most := range map[float64]float64{2: -0.02, 1: 0.0005} {
		tb, w := rained(t, 400, factor)
		run := func(w *weather.Table) float64 {
			t.Helper()
			r, err := backtest.Run(t.Context(), tb, backtest.Options{
				Model: model.Names()[0], Horizon: model.Horizon{Lead: 1, Span: 1}, From: tb.First + 250, To: tb.End, Weather: w, Seed: 1,
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r.Deviance
		}
		without, with := run(nil), run(w)
		if with-without > most {
			t.Errorf("rain times %g: deviance %.4f with the weather, %.4f without; want a difference of %.3f at most", factor, with, without, most)
		}
		t.Logf("rain times %g: deviance %.4f with the weather, %.4f without", factor, with, without)
	}
}
