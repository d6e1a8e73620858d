package city

import (
	"math"
	"math/rand/v2"
	"time"
)

// AcceptDelay draws how long a technician takes to answer an offer: log-normal with a median of 25 s, at most 5 minutes.
func AcceptDelay(r *rand.Rand) time.Duration {
	return min(logNormal(r, 25*time.Second, 0.7), 5*time.Minute)
}

// Declines draws whether a technician declines an offer: one in 25 does.
func Declines(r *rand.Rand) bool { return r.Float64() < 0.04 }

// Actual draws how long work that was expected to take some time really takes: log-normal around it, from half to three
// times as long, in whole seconds. Reports carry such a time already (Report.Actual).
func Actual(r *rand.Rand, expected time.Duration) time.Duration {
	return noisy(r, expected, 0.3)
}

// noisy is Actual with a spread.
func noisy(r *rand.Rand, expected time.Duration, sigma float64) time.Duration {
	d := logNormal(r, expected, sigma)
	return min(max(d, expected/2), 3*expected).Round(time.Second)
}

// logNormal draws a duration by median and standard deviation of its logarithm.
func logNormal(r *rand.Rand, median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*r.NormFloat64()))
}

// Traffic is by how much travel is slower than on empty streets, at a time since local midnight: 1 at night, up to 1.6 in
// the rush hours of a working day. Multiply Route.Seconds by it.
func Traffic(day time.Weekday, at time.Duration) float64 {
	h := math.Mod(at.Hours(), 24)
	morning, evening := hump(h, 8.2, 0.9), hump(h, 17.9, 1.1)
	factor := 1 + 0.15*hump(h, 13, 4.5)
	if day == time.Saturday || day == time.Sunday {
		return factor + 0.15*hump(h, 16, 3)
	}
	return factor + 0.4*morning + 0.45*evening
}

// hump is a bell with height 1 at hour mid.
func hump(h, mid, width float64) float64 { return math.Exp(-square((h-mid)/width) / 2) }
