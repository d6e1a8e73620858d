package model

import (
	"math"
	"slices"

	"fettle/forecast/count"
)

// A map of shares is a mixture of sources: exponentially weighted counts of the place itself at several half-lives (the short
// ones are self-excitation), of its neighbours, of its district, and of all kinds together, and an even spread. The
// weights are fitted by expectation-maximisation to the likelihood of recent events, each seen with the sources as they were one
// horizon before it. They are fitted for all places together and then, leaning on these, for each district.
var sources = [...]source{
	{1, ownPlace},
	{3, ownPlace},
	{7, ownPlace},
	{14, ownPlace},
	{28, ownPlace},
	{60, ownPlace},
	{120, ownPlace},
	{400, ownPlace},
	{1, nextPlaces},
	{7, nextPlaces},
	{28, nextPlaces},
	{120, nextPlaces},
	{28, ownDistrict},
	{200, ownDistrict},
	{30, allKinds},
	{150, allKinds},
	{0, evenly},
}

const numSources = len(sources)

// source is one estimate of a map.
type source struct {
	days float64 // half-life
	from sourceKind
}

type sourceKind int

const (
	ownPlace sourceKind = iota
	nextPlaces
	ownDistrict
	allKinds
	evenly
)

const (
	evenEvents    = 0.1  // events that each map starts with, spread evenly
	keptEvents    = 1500 // recent events of a kind that weights are fitted to
	roundsOfEM    = 24
	weightEvents  = 5   // events that the prior of the weights counts for
	regionEvents  = 300 // events that the weights of all districts count for in one
	refitDays     = 14
	rescaleAbove  = 1e100
	burstOfEvents = 4 // events of one place and bucket that count in full for the weights
)

// mass is exponentially weighted counts by place. Old counts fade because new ones weigh more: adding an event costs
// the same however many places there are.
type mass struct {
	place  []float64
	region []float64
	total  float64
	weight float64 // of an event now
	grow   float64 // of the weight, by bucket
}

func newMass(s *Setup, days float64) *mass {
	return &mass{
		place: make([]float64, len(s.Places)), region: make([]float64, len(s.Regions)), weight: 1,
		grow: math.Exp2(1 / (days * float64(s.Axis.PerDay()))),
	}
}

func (m *mass) add(place, region int32, n float64) {
	m.place[place] += n * m.weight
	m.region[region] += n * m.weight
	m.total += n * m.weight
}

func (m *mass) tick() {
	m.weight *= m.grow
	if m.weight < rescaleAbove {
		return
	}
	for i := range m.place {
		m.place[i] /= m.weight
	}
	for i := range m.region {
		m.region[i] /= m.weight
	}
	m.total /= m.weight
	m.weight = 1
}

// layers is the counts of one kind at each half-life, as of some bucket.
type layers struct {
	setup   *Setup
	members []float64 // places in each district
	masses  []*mass
	of      [numSources]*mass // the mass behind each source
	all     *layers           // those of all kinds together; nil for these
}

func newLayers(s *Setup, all *layers) *layers {
	l := &layers{setup: s, members: make([]float64, len(s.Regions)), all: all}
	for _, r := range s.RegionOf {
		l.members[r]++
	}
	byDays := map[float64]*mass{}
	for j, src := range sources {
		switch {
		case src.from == evenly || src.from != allKinds && all == nil:
		case src.from == allKinds && all != nil:
			l.of[j] = all.of[j]
		default:
			if byDays[src.days] == nil {
				byDays[src.days] = newMass(s, src.days)
				l.masses = append(l.masses, byDays[src.days])
			}
			l.of[j] = byDays[src.days]
		}
	}
	return l
}

func (l *layers) add(c count.Count) {
	for _, m := range l.masses {
		m.add(c.Place, l.setup.RegionOf[c.Place], float64(c.N))
	}
}

func (l *layers) tick() {
	for _, m := range l.masses {
		m.tick()
	}
}

// at gives the sources of one place: shares of all events.
func (l *layers) at(place int32, x *[numSources]float64) {
	places := float64(len(l.setup.Places))
	region := l.setup.RegionOf[place]
	near := l.setup.Near[place]
	for j, src := range sources {
		if src.from == evenly {
			x[j] = 1 / places
			continue
		}
		m := l.of[j]
		n := 0.0
		switch src.from {
		case ownPlace, allKinds:
			n = m.place[place]
		case nextPlaces:
			for _, other := range near {
				n += m.place[other]
			}
			n /= math.Max(1, float64(len(near)))
		case ownDistrict:
			n = m.region[region] / l.members[region]
		}
		even := evenEvents * m.weight
		x[j] = (n + even/places) / (m.total + even)
	}
}

// sample is an event with its sources one horizon before it.
type sample struct {
	x      [numSources]float64
	n      float64
	region int32
}

// share is the map of one kind.
type share struct {
	setup   *Setup
	now     *layers
	then    *layers // as they were one horizon ago, for learning; the same as now at horizon 1
	weights [numSources]float64
	region  [][numSources]float64
	samples []sample
	oldest  int
	age     int // buckets since the last fit
}

func newShare(s *Setup, now, then *layers) *share {
	sh := &share{setup: s, now: now, then: then, region: make([][numSources]float64, len(s.Regions))}
	sh.weights = priorWeights()
	for r := range sh.region {
		sh.region[r] = sh.weights
	}
	return sh
}

// priorWeights are those before any event: half on the long half-lives, the rest about evenly.
func priorWeights() (w [numSources]float64) {
	sum := 0.0
	for j, src := range sources {
		switch {
		case src.from == evenly:
			w[j] = 0.1
		case src.days >= 100:
			w[j] = 3
		case src.days < 7:
			w[j] = 0.5
		default:
			w[j] = 1
		}
		sum += w[j]
	}
	for j := range w {
		w[j] /= sum
	}
	return w
}

// learn takes an event before it is added to the layers.
func (sh *share) learn(c count.Count) {
	s := sample{n: math.Min(float64(c.N), burstOfEvents), region: sh.setup.RegionOf[c.Place]}
	sh.then.at(c.Place, &s.x)
	if len(sh.samples) < keptEvents {
		sh.samples = append(sh.samples, s)
		return
	}
	sh.samples[sh.oldest] = s
	sh.oldest = (sh.oldest + 1) % keptEvents
}

// tick ends a bucket.
func (sh *share) tick() {
	sh.age++
	if sh.age >= refitDays*sh.setup.Axis.PerDay() || sh.age >= sh.setup.Axis.PerDay() && len(sh.samples) < 500 {
		sh.fit()
		sh.age = 0
	}
}

// fit refits the weights to the kept events.
func (sh *share) fit() {
	if len(sh.samples) == 0 {
		return
	}
	prior := priorWeights()
	byRegion := make([][]int, len(sh.region))
	all := make([]int, len(sh.samples))
	for i := range sh.samples {
		all[i] = i
		byRegion[sh.samples[i].region] = append(byRegion[sh.samples[i].region], i)
	}
	sh.weights = sh.expectMaximise(all, sh.weights, &prior, weightEvents)
	for r := range sh.region {
		sh.region[r] = sh.weights
		if len(byRegion[r]) > 0 {
			sh.region[r] = sh.expectMaximise(byRegion[r], sh.weights, &sh.weights, regionEvents)
		}
	}
}

// expectMaximise fits mixture weights to some of the samples under a Dirichlet prior.
func (sh *share) expectMaximise(of []int, w [numSources]float64, prior *[numSources]float64, strength float64) [numSources]float64 {
	for range roundsOfEM {
		var next [numSources]float64
		sum := strength
		for j := range next {
			next[j] = strength * prior[j]
		}
		for _, i := range of {
			s := &sh.samples[i]
			p := 0.0
			for j := range w {
				p += w[j] * s.x[j]
			}
			for j := range w {
				next[j] += s.n * w[j] * s.x[j] / p
			}
			sum += s.n
		}
		for j := range w {
			w[j] = next[j] / sum
		}
	}
	return w
}

// predict gives the share of each place; they sum to 1.
func (sh *share) predict(out []float64) {
	var x [numSources]float64
	sum := 0.0
	for c := range out {
		sh.now.at(int32(c), &x)
		w := &sh.region[sh.setup.RegionOf[c]]
		p := 0.0
		for j := range x {
			p += w[j] * x[j]
		}
		out[c] = p
		sum += p
	}
	for c := range out {
		out[c] /= sum
	}
}

// past keeps the counts of the last buckets, for layers that lag behind.
type past struct {
	buckets [][]count.Count
	lag     int
}

// push takes the counts of a bucket and gives back those of the bucket that is lag older.
func (p *past) push(counts []count.Count) []count.Count {
	p.buckets = append(p.buckets, slices.Clone(counts))
	if len(p.buckets) <= p.lag {
		return nil
	}
	old := p.buckets[0]
	p.buckets = p.buckets[1:]
	return old
}
