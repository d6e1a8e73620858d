package breach

import (
	"time"

	"fettle/dispatch/engine"
)

// bins is how many classes of raw chances a reliability table has.
const bins = 10

// prior is how many outcomes a raw chance is worth, before there are any: with 20 real ones the two weigh the same.
const prior = 20

// Outcome says what became of an order whose promise was forecast: broken, or kept. False when it says nothing: the order is still on its
// way to either, was canceled or merged.
func Outcome(o *engine.Order, due, now time.Time) (broken, decided bool) {
	switch {
	case !o.Clocks.Arrived.IsZero():
		return o.Clocks.Arrived.After(due), true
	case o.State == engine.StateCanceled || o.State == engine.StateMerged:
		return false, false
	}
	return true, now.After(due)
}

// Calibrator learns how often promises were broken whose raw chance was so and so, for each basis. The zero value has learned nothing
// and believes raw chances. It is not safe for concurrent use.
type Calibrator struct{ of map[Basis]*[bins]tally }

// tally counts forecasts.
type tally struct {
	n, broken int
	raw, told float64 // sums of chances
	brier     float64 // sum of squares of what was told less what came
}

// Add takes in what became of a forecast: its raw chance, the one that was told, and whether the promise was broken.
func (c *Calibrator) Add(b Basis, raw, told float64, broken bool) {
	if c.of == nil {
		c.of = map[Basis]*[bins]tally{}
	}
	if c.of[b] == nil {
		c.of[b] = &[bins]tally{}
	}
	t := &c.of[b][bin(raw)]
	came := float64(b2i(broken))
	t.n++
	t.broken += b2i(broken)
	t.raw += raw
	t.told += told
	t.brier += (told - came) * (told - came)
}

func bin(p float64) int { return min(bins-1, max(0, int(p*bins))) }

// Chance is the calibrated chance: what was seen at raw chances like this one, between neighbouring classes in proportion. It rises
// with the raw chance (pool adjacent violators: Ayer et al. 1955, doi:10.1214/aoms/1177728423).
func (c *Calibrator) Chance(b Basis, raw float64) float64 {
	at, seen := c.curve(b)
	if at[0] <= 0 && raw <= 0 {
		return seen[0]
	}
	if raw <= at[0] { // towards none as little as is known there, else towards what was seen
		least := seen[0] * c.trust(b, 0)
		return least + (seen[0]-least)*raw/at[0]
	}
	for i := 1; i < bins; i++ {
		if raw <= at[i] {
			share := (raw - at[i-1]) / (at[i] - at[i-1])
			return seen[i-1] + share*(seen[i]-seen[i-1])
		}
	}
	most := 1 - (1-seen[bins-1])*c.trust(b, bins-1)
	return seen[bins-1] + (most-seen[bins-1])*(raw-at[bins-1])/max(1-at[bins-1], 1e-9)
}

// trust is what the outcomes of a class weigh beside the raw chance, in [0, 1].
func (c *Calibrator) trust(b Basis, class int) float64 {
	if c.of[b] == nil {
		return 0
	}
	n := float64(c.of[b][class].n)
	return n / (n + prior)
}

// curve are the raw chances of the classes and what was seen there.
func (c *Calibrator) curve(b Basis) (at, seen [bins]float64) {
	type block struct {
		weight, mean float64
		n            int
	}
	var stack []block
	for i := range bins {
		centre := (float64(i) + 0.5) / bins
		at[i] = centre
		n, broken := 0.0, 0.0
		if own := c.of[b]; own != nil && own[i].n > 0 {
			n, broken = float64(own[i].n), float64(own[i].broken)
			at[i] = own[i].raw / n
		}
		next := block{weight: n + prior, mean: (broken + prior*at[i]) / (n + prior), n: 1}
		for len(stack) > 0 && stack[len(stack)-1].mean >= next.mean {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sum := last.weight + next.weight
			next = block{weight: sum, mean: (last.weight*last.mean + next.weight*next.mean) / sum, n: last.n + next.n}
		}
		stack = append(stack, next)
	}
	i := 0
	for _, k := range stack {
		for range k.n {
			seen[i] = k.mean
			i++
		}
	}
	return at, seen
}

// Row is a class of a reliability table.
type Row struct {
	Basis     Basis
	From, To  float64 // of the raw chance
	Forecasts int
	Broken    int
	Raw, Told float64 // means of what the route said, and of what was told
	Now       float64 // what is told today at the mean raw chance
}

// Score says what forecasts were worth. Brier is the mean square of what was told less what came, Base that of telling the share that was
// broken for each: forecasts are worth something when Brier is the smaller. Zero without forecasts.
type Score struct {
	Forecasts, Broken int
	Brier, Base       float64
}

// Table lists the classes that have forecasts.
func (c *Calibrator) Table() (rows []Row, s Score) {
	sum := 0.0
	for _, b := range Bases() {
		if c.of[b] == nil {
			continue
		}
		for i := range c.of[b] {
			t := &c.of[b][i]
			if t.n == 0 {
				continue
			}
			n := float64(t.n)
			rows = append(rows, Row{
				Basis: b, From: float64(i) / bins, To: float64(i+1) / bins, Forecasts: t.n, Broken: t.broken, Raw: t.raw / n, Told: t.told / n,
				Now: c.Chance(b, t.raw/n),
			})
			s.Forecasts += t.n
			s.Broken += t.broken
			sum += t.brier
		}
	}
	if s.Forecasts > 0 {
		share := float64(s.Broken) / float64(s.Forecasts)
		s.Brier, s.Base = sum/float64(s.Forecasts), share*(1-share)
	}
	return rows, s
}
