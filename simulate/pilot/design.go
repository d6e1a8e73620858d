package pilot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fettle/dispatch"
)

// Kind is what changes between units.
type Kind string

// The kinds.
const (
	Buildings Kind = "buildings" // some change for good, the others stay as they are
	Blocks    Kind = "blocks"    // everything changes to and fro, in pairs of blocks
)

// Design is how a pilot is made. It is data: the test that judges it follows from it.
type Design struct {
	Kind Kind `json:"kind"`
	// Units is how many buildings or blocks take part; of blocks an even number.
	Units int `json:"units"`
	// Treated is how many buildings get the new policy; of blocks always half.
	Treated int `json:"treated"`
	// Alpha is the error that is allowed: the probability to find an effect where there is none. 0.05 unless given.
	Alpha float64 `json:"alpha"`
	// OneSided looks for less of the metric alone: a test of whether the new policy is better, not of whether it differs.
	OneSided bool `json:"oneSided"`
}

// maxUnits keeps designs within what a pilot is.
const maxUnits = 1000

// Check returns a *dispatch.InvalidError for a design that cannot be, and sets what is left open.
func (d *Design) Check() error {
	if d.Alpha == 0 {
		d.Alpha = 0.05
	}
	if d.Kind == Blocks && d.Treated == 0 {
		d.Treated = d.Units / 2
	}
	bad := func(field, value, want string) error {
		return &dispatch.InvalidError{Field: field, Value: value, Want: want}
	}
	switch {
	case d.Kind != Buildings && d.Kind != Blocks:
		return bad("design.kind", string(d.Kind), "buildings or blocks")
	case d.Units < 2 || d.Units > maxUnits:
		return bad("design.units", fmt.Sprint(d.Units), fmt.Sprintf("2 to %d", maxUnits))
	case d.Treated < 1 || d.Treated >= d.Units:
		return bad("design.treated", fmt.Sprint(d.Treated), "at least one unit that is treated and one that is not")
	case d.Kind == Blocks && (d.Units%2 != 0 || d.Treated != d.Units/2):
		return bad("design.units", fmt.Sprint(d.Units), "pairs of blocks, one of each pair treated")
	case !(d.Alpha > 0 && d.Alpha < 0.5):
		return bad("design.alpha", fmt.Sprint(d.Alpha), "a number between 0 and 0.5")
	}
	return nil
}

// Draw says which units are treated, by a seed that is written down with the pilot.
func (d *Design) Draw(seed uint64) []bool {
	return d.draw(rand.New(rand.NewPCG(seed, 0x70696c6f74)))
}

func (d *Design) draw(r *rand.Rand) []bool {
	out := make([]bool, d.Units)
	if d.Kind == Blocks {
		for i := 0; i < d.Units; i += 2 {
			out[i+r.IntN(2)] = true
		}
		return out
	}
	for _, i := range r.Perm(d.Units)[:d.Treated] {
		out[i] = true
	}
	return out
}

// Drawings is how many drawings there are, +Inf when they are beyond counting.
func (d *Design) Drawings() float64 {
	if d.Kind == Blocks {
		return math.Pow(2, float64(d.Units/2))
	}
	n := 1.0
	for i := range d.Treated {
		n = n * float64(d.Units-i) / float64(i+1)
	}
	return math.Round(n)
}

// Floor is the least p-value that the design can give.
func (d *Design) Floor() float64 {
	least := 1.0
	if !d.OneSided && (d.Kind == Blocks || 2*d.Treated == d.Units) {
		least = 2 // the mirror image of a drawing has the same effect with the other sign
	}
	return least / d.Drawings()
}

// exact is up to how many drawings all are looked at.
const exact = 20_000

// sampled is how many drawings are looked at when there are more.
const sampled = 4_999

// each calls f with every drawing when there are few, or with a sample. It reports whether it was all of them.
func (d *Design) each(f func(treated []bool)) bool {
	if d.Drawings() > exact {
		r := rand.New(rand.NewPCG(uint64(d.Units), uint64(d.Treated)))
		for range sampled {
			f(d.draw(r))
		}
		return false
	}
	treated := make([]bool, d.Units)
	if d.Kind == Blocks {
		for mask := range 1 << (d.Units / 2) {
			for i := range d.Units / 2 {
				second := mask>>i&1 == 1
				treated[2*i], treated[2*i+1] = !second, second
			}
			f(treated)
		}
		return true
	}
	choose(treated, 0, d.Treated, f)
	return true
}

// choose calls f with every way to treat k units from one on.
func choose(treated []bool, from, k int, f func([]bool)) {
	if k == 0 {
		f(treated)
		return
	}
	for i := from; i <= len(treated)-k; i++ {
		treated[i] = true
		choose(treated, i+1, k-1, f)
		treated[i] = false
	}
}

// effect is the mean of the treated less that of the others.
func effect(values []float64, treated []bool) float64 {
	var sum [2]float64
	var n [2]float64
	for i, v := range values {
		k := 0
		if treated[i] {
			k = 1
		}
		sum[k] += v
		n[k]++
	}
	return sum[1]/n[1] - sum[0]/n[0]
}

// pValue is the share of drawings that show at least the effect.
func (d *Design) pValue(values []float64, treated []bool) float64 {
	seen := d.size(effect(values, treated))
	const tie = 1e-9 // sums in another order differ in their last bits
	slack := tie * (1 + math.Abs(seen))
	n, atLeast := 0, 0
	all := d.each(func(other []bool) {
		n++
		if d.size(effect(values, other)) >= seen-slack {
			atLeast++
		}
	})
	if !all { // the drawing itself counts, or the test would promise too much (Phipson and Smyth 2010)
		n, atLeast = n+1, atLeast+1
	}
	return float64(atLeast) / float64(n)
}

// size orders effects by how much they speak for the new policy.
func (d *Design) size(effect float64) float64 {
	if d.OneSided {
		return -effect
	}
	return math.Abs(effect)
}

// spread is the sample standard deviation.
func spread(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	mean, sum := average(x), 0.0
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// finite refuses figures that are not numbers.
func finite(field string, x []float64) error {
	if i := slices.IndexFunc(x, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }); i >= 0 {
		return &dispatch.InvalidError{Field: fmt.Sprintf("%s[%d]", field, i), Value: fmt.Sprint(x[i]), Want: "a number"}
	}
	return nil
}
