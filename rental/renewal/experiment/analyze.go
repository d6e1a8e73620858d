package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Verdict is what an analysis says.
type Verdict string

// The verdicts.
const (
	Ready     Verdict = "READY"               // one variant is better than each other: it can be locked
	NotEnough Verdict = "NOT_ENOUGH_EVIDENCE" // nothing is shown yet
	Ratio     Verdict = "SAMPLE_RATIO"        // the draw is not what was asked for: nothing that follows can be believed
	GuardRail Verdict = "GUARD_RAIL"          // the better text goes with fewer signatures
)

// ratioAlpha and guardAlpha are how likely the two alarms are when all is well. That of signatures is the looser one: a false
// alarm costs a lock, a missed one costs renewals.
const (
	ratioAlpha = 0.001
	guardAlpha = 0.1
)

// Analysis is what is known at an instant.
type Analysis struct {
	At      time.Time
	Verdict Verdict
	Advice  string // in a sentence
	Best    string // the variant with the highest rate of clicks, "" before any is known
	Arms    []Arm
	Pairs   []Pair
	// Boundary is what the evidence of a pair has to reach.
	Boundary float64
	// Needed is about how many more households have to be known, and NeededEffect, a difference of rates, what they would show:
	// the one that is seen, or the smallest that matters when that is larger.
	Needed       int
	NeededEffect float64
	// RatioEvidence is the evidence against the draw, an alarm from 1000 on, whenever somebody looks; RatioP is the p-value of
	// the chi-square test, for a single look.
	RatioEvidence, RatioP float64
}

// Arm is what is known of a variant.
type Arm struct {
	Name    string
	Exposed int
	Known   int // households whose outcome is known
	Clicks  int
	Signed  int
	// Closed are households whose window is over, Rate is the share of them that have clicked, between Low and High for all
	// looks together in 95 of 100 experiments. 0 to 1 before there are any.
	Closed          int
	Rate, Low, High float64
}

// Pair is a comparison of two variants, by index.
type Pair struct {
	A, B int
	// Evidence is what a stake of 1 has become in a game that is fair if the variants do not matter.
	Evidence float64
	// P is the always-valid p-value: as small as the evidence has ever been large.
	P float64
	// Crossed is when the boundary was reached, zero before, and Leader who led then.
	Crossed time.Time
	Leader  int
	// Harm is the evidence that signatures differ; fewer are with Fewer.
	Harm  float64
	Fewer int
}

// outcome is a household whose outcome is known.
type outcome struct {
	at      time.Time
	variant int
	click   bool
	who     string
}

// Analyze says what is known at an instant. What it says of an instant does not change later, but for exposures that are
// written with an earlier one.
func (x *Experiment) Analyze(exposures []Exposure, now time.Time) *Analysis {
	a := &Analysis{At: now, Arms: make([]Arm, len(x.Variants))}
	for i, v := range x.Variants {
		a.Arms[i].Name = v.Name
	}
	known := x.known(a, exposures, now)
	for i := range a.Arms {
		a.Arms[i].interval()
	}
	pairs := float64(len(x.Variants)*(len(x.Variants)-1)) / 2
	a.Boundary = pairs / x.Alpha
	for i := range x.Variants {
		for j := i + 1; j < len(x.Variants); j++ {
			a.Pairs = append(a.Pairs, x.compare(known, a, i, j))
		}
	}
	x.checkDraw(a)
	x.judge(a)
	return a
}

// known counts, and returns the outcomes in the order in which they became known.
func (x *Experiment) known(a *Analysis, exposures []Exposure, now time.Time) []outcome {
	var out []outcome
	closed := make([]int, len(a.Arms)) // clicks of closed windows
	for i := range exposures {
		e := &exposures[i]
		if e.At.After(now) || e.Variant >= len(a.Arms) {
			continue
		}
		arm := &a.Arms[e.Variant]
		arm.Exposed++
		if !e.Signed.IsZero() && !e.Signed.After(now) {
			arm.Signed++
		}
		at, click := e.clicked(x.Window)
		if !e.At.Add(x.Window).After(now) {
			arm.Closed++
			if click {
				closed[e.Variant]++
			}
		}
		if at.After(now) {
			continue
		}
		arm.Known++
		if click {
			arm.Clicks++
		}
		out = append(out, outcome{at: at, variant: e.Variant, click: click, who: e.Household})
	}
	for i, n := range closed {
		a.Arms[i].Rate = float64(n) / float64(max(a.Arms[i].Closed, 1))
	}
	slices.SortFunc(out, func(p, q outcome) int {
		if c := p.at.Compare(q.at); c != 0 {
			return c
		}
		return strings.Compare(p.who, q.who)
	})
	return out
}

// compare plays the bet of two variants. Each household is a round: of those who did as it did, which variant is it in?
func (x *Experiment) compare(known []outcome, a *Analysis, i, j int) Pair {
	p := Pair{A: i, B: j, P: 1, Leader: i}
	g := game{share: x.share(i) / (x.share(i) + x.share(j))}
	money, best := 0.0, 0.0 // logarithms
	for k := range known {
		o := &known[k]
		if o.variant != i && o.variant != j {
			continue
		}
		money = g.round(o.variant == i, o.click)
		best = max(best, money)
		if p.Crossed.IsZero() && money >= math.Log(a.Boundary) {
			p.Crossed = o.at
			if g.leads() {
				p.Leader = j
			}
		}
	}
	p.Evidence, p.P = math.Exp(min(money, 700)), math.Exp(-best)
	s, t := float64(a.Arms[i].Signed), float64(a.Arms[j].Signed)
	p.Harm, p.Fewer = math.Exp(min(mixture(s, t, g.share), 700)), i
	if s/g.share > t/(1-g.share) {
		p.Fewer = j
	}
	return p
}

// mixture is the logarithm of the evidence that s of s+t are not a share p, by the beta-binomial mixture of Robbins.
func mixture(s, t, p float64) float64 {
	return logBeta(s+0.5, t+0.5) - logBeta(0.5, 0.5) - s*math.Log(p) - t*math.Log1p(-p)
}

func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	ab, _ := math.Lgamma(a + b)
	return la + lb - ab
}

// intervalAlpha is how often an interval of a rate may ever miss it.
const intervalAlpha = 0.05

// interval sets the confidence sequence of a rate: the rates against which there is less evidence than 1/alpha.
func (r *Arm) interval() {
	r.Low, r.High = 0, 1
	if r.Closed == 0 {
		return
	}
	n := float64(r.Closed)
	s := math.Round(r.Rate * n)
	against := func(p float64) bool { return mixture(s, n-s, p) >= -math.Log(intervalAlpha) }
	r.Low = edge(0, r.Rate, against)
	r.High = edge(1, r.Rate, against)
}

// edge finds by bisection where evidence against what lies outside begins.
func edge(outside, inside float64, against func(p float64) bool) float64 {
	for range 50 {
		mid := (outside + inside) / 2
		if against(mid) {
			outside = mid
		} else {
			inside = mid
		}
	}
	return inside
}

// checkDraw compares how many households each variant has with how many it should have.
func (x *Experiment) checkDraw(a *Analysis) {
	n, chi, log := 0.0, 0.0, 0.0
	for i := range a.Arms {
		n += float64(a.Arms[i].Exposed)
	}
	a.RatioEvidence, a.RatioP = 1, 1
	if n == 0 {
		return
	}
	k := float64(len(a.Arms))
	first, _ := math.Lgamma(k / 2)
	all, _ := math.Lgamma(n + k/2)
	half, _ := math.Lgamma(0.5)
	log = first - all
	for i := range a.Arms {
		c, want := float64(a.Arms[i].Exposed), x.share(i)
		g, _ := math.Lgamma(c + 0.5)
		log += g - half - c*math.Log(want)
		chi += (c - n*want) * (c - n*want) / (n * want)
	}
	a.RatioEvidence, a.RatioP = math.Exp(min(log, 700)), chiSquareTail(chi, len(a.Arms)-1)
}

// judge makes the verdict.
func (x *Experiment) judge(a *Analysis) {
	best := a.lead()
	if best >= 0 {
		a.Best = a.Arms[best].Name
	}
	shown, harmed := a.shown(best)
	x.need(a, best)
	switch {
	case a.RatioEvidence >= 1/ratioAlpha:
		a.Verdict, a.Advice = Ratio, "the households are not split as they were to be: find out which exposures are missing before anything is concluded"
	case harmed != "":
		a.Verdict, a.Advice = GuardRail, fmt.Sprintf("%s is clicked more and signed less than %s: it should not be locked", a.Best, harmed)
	case shown:
		a.Verdict, a.Needed = Ready, 0
		a.Advice = fmt.Sprintf("%s is better, with a chance of at most %v that the variants are equal and this is said", a.Best, x.Alpha)
	default:
		a.Verdict = NotEnough
		a.Advice = fmt.Sprintf("not enough evidence: need about %d more households to show a difference of %.1f points", a.Needed, 100*a.NeededEffect)
	}
}

// lead is the variant with the most clicks so far, -1 before any is known.
func (a *Analysis) lead() int {
	best := -1
	for i := range a.Arms {
		if a.Arms[i].Known > 0 && (best < 0 || a.Arms[i].seen() > a.Arms[best].seen()) {
			best = i
		}
	}
	return best
}

// shown reports whether a variant is better than each other, and names one that has more signatures, "" for none.
func (a *Analysis) shown(best int) (better bool, harmed string) {
	better = best >= 0
	for k := range a.Pairs {
		p := &a.Pairs[k]
		if p.A != best && p.B != best {
			continue
		}
		if p.Crossed.IsZero() || p.Leader != best {
			better = false
		}
		if p.Harm >= 1/guardAlpha && p.Fewer == best {
			harmed = a.Arms[p.A+p.B-best].Name
		}
	}
	return better, harmed
}

// seen is the share of clicks so far: it rises as windows go by, alike in all variants.
func (r *Arm) seen() float64 { return float64(r.Clicks) / max(float64(r.Exposed), 1) }

// prior is how many households weigh for equal rates in what is foretold.
const prior = 20

// settle is what it costs a bet to learn the rates, in units of evidence (natural logarithm): found by simulation.
const settle = 1.2

// need says how many more households have to be known, for the pair of the best and its closest rival.
func (x *Experiment) need(a *Analysis, best int) {
	i, j := 0, 1
	money := 0.0
	if best >= 0 {
		closest := math.Inf(1)
		for k := range a.Pairs {
			p := &a.Pairs[k]
			if (p.A == best || p.B == best) && p.Evidence < closest {
				closest, i, j = p.Evidence, p.A, p.B
			}
		}
		money = math.Log(max(closest, 1e-300))
	}
	one, two := &a.Arms[i], &a.Arms[j]
	n := float64(one.Exposed + two.Exposed)
	const typical = 0.1 // what the rate is taken for before anything is known
	pool := (float64(one.Clicks+two.Clicks) + prior*typical) / (n + prior)
	gap := math.Abs(shrunk(one, pool) - shrunk(two, pool))
	a.NeededEffect = max(gap, x.Effect)
	share := x.share(i) / (x.share(i) + x.share(j))
	growth := information(pool, a.NeededEffect, share)
	todo := max(math.Log(a.Boundary)+settle-money, 0)
	a.Needed = max(int(math.Ceil(todo/growth)), 1)
	a.Needed = int(math.Ceil(float64(a.Needed) / (x.share(i) + x.share(j))))
}

func shrunk(r *Arm, pool float64) float64 {
	return (float64(r.Clicks) + prior*pool) / (float64(r.Exposed) + prior)
}

// information is by how much the logarithm of the evidence grows with a household, when rates around pool differ by gap.
func information(pool, gap, share float64) float64 {
	low := min(max(pool-gap/2, 0), 1-gap)
	high := low + gap
	return entropy(share*high+(1-share)*low) - share*entropy(high) - (1-share)*entropy(low)
}

func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log(p) - (1-p)*math.Log1p(-p)
}
