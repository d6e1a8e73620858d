package crew

import (
	"math"
	"time"
)

// clock tells how much of the budget is used, in [0, 1), and when it is over.
type clock struct {
	iterations int64                // budget in iterations, 0 for none
	from, to   time.Duration        // budget in time
	elapsed    func() time.Duration // nil without a time budget
	done       <-chan struct{}
}

// now returns the used share of the budget, and false when it is spent or the search was cancelled.
func (c *clock) now(iteration int64) (share float64, more, cancelled bool) {
	select {
	case <-c.done:
		return 1, false, true
	default:
	}
	if c.iterations > 0 {
		share = float64(iteration) / float64(c.iterations)
		if iteration >= c.iterations {
			return 1, false, false
		}
	}
	if c.elapsed != nil {
		t := c.elapsed()
		if t >= c.to {
			return 1, false, false
		}
		share = max(share, float64(t-c.from)/float64(max(c.to-c.from, 1)))
	}
	return share, true, false
}

// rng is SplitMix64.
type rng struct{ state uint64 }

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is uniform in [0, n), n > 0, up to a bias below 2^-32.
func (r *rng) below(n int32) int32 { return int32((r.next() >> 32) * uint64(n) >> 32) }

// unit is uniform in [0, 1).
func (r *rng) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

// exponential has mean 1.
func (r *rng) exponential() float64 { return -math.Log(1 - r.unit()) }
