package route

import "math"

// rng is the search's source of randomness: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
// generators"). math/rand's generators sit behind an interface call, and the search draws ten numbers a microsecond.
type rng struct{ state uint64 }

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is uniform in [0, n), n > 0, by multiplication (the bias is below 2^-32).
func (r *rng) below(n int32) int32 { return int32((r.next() >> 32) * uint64(n) >> 32) }

// unit is uniform in [0, 1).
func (r *rng) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

// geometric is the number of trials until the first success of probability p, at least 1.
func (r *rng) geometric(p float64) int32 {
	return int32(math.Log(1-r.unit())/math.Log(1-p)) + 1
}
