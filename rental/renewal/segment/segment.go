// Package segment sorts tenants into a few kinds that a person can check: by what draws them (company, price, service), or OTHER
// when nothing stands out.
//
// The model is small on purpose. Each tenant is three numbers, one a dimension, made of signals that are named; they are put on
// one scale (logarithm, mean 0, deviation 1), k-means finds groups in them (Lloyd 1982, begun by k-means++: Arthur and Vassilvitskii
// 2007), and a rule names a group by the dimension that stands out in it. Stability is how well groups of resampled tenants agree
// with the groups of all, by the adjusted Rand index (Hubert and Arabie 1985): near 1 they are there, near 0 they are noise.
//
// Same tenants, same seed: same segments. Time is O(restarts * rounds * n * k) for n tenants.
package segment

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"fettle/rental/fault"
)

// Name is a segment.
type Name string

// The segments.
const (
	Social  Name = "SOCIAL"
	Price   Name = "PRICE"
	Service Name = "SERVICE"
	Other   Name = "OTHER"
)

// Names lists them; they add to the whole.
func Names() []Name { return []Name{Social, Price, Service, Other} }

// dims is how many dimensions there are: those of Names but Other.
const dims = 3

// Tenant is who is sorted: counts over the last year, none negative.
type Tenant struct {
	ID      string
	Social  float64 // events visited, neighbors met, posts
	Price   float64 // prices viewed, coupons used
	Service float64 // repairs and services asked for
}

// Signals are the signals that each dimension sums, by name, for those who make Tenants of facts.
func Signals(n Name) []string {
	switch n {
	case Social:
		return []string{"eventsVisited", "neighborsMet", "posts"}
	case Price:
		return []string{"priceViews", "couponsUsed"}
	case Service:
		return []string{"repairs", "serviceRequests"}
	case Other:
	}
	return nil
}

// Bounds of a fit.
const (
	MinTenants = 20
	// Stands is how far a dimension of a group's center has to stand out above the mean of all, in deviations, to name it, and
	// Leads how far above the others of that center.
	Stands = 0.5
	Leads  = 0.3
	// groups is k: one for each name.
	groups    = 4
	restarts  = 20
	rounds    = 100
	resamples = 20
	again     = 5 // restarts of a resample
	// UnstableBelow is the stability under which groups are not to be trusted: in noise alone it is about 0.5 to 0.7.
	UnstableBelow = 0.8
)

// Model is what was fitted.
type Model struct {
	Tenants   int             `json:"tenants"`
	Mean      [dims]float64   `json:"mean"` // of log(1+x)
	Deviation [dims]float64   `json:"deviation"`
	Centers   [][dims]float64 `json:"centers"`
	Named     []Name          `json:"named"`     // of each center
	Stability float64         `json:"stability"` // mean adjusted Rand index of resamples
	Explained float64         `json:"explained"` // share of the variance that lies between groups
	Seed      uint64          `json:"seed"`
}

// Placed is a tenant with the reasons.
type Placed struct {
	ID      string        `json:"id"`
	Segment Name          `json:"segment"`
	Scores  [dims]float64 `json:"scores"` // social, price, service, in deviations from the mean of all
	Margin  float64       `json:"margin"` // how much nearer the center is than that of the nearest other segment; 0 is a toss-up
	Reasons []string      `json:"reasons"`
}

// Fit finds the groups of tenants.
func Fit(tenants []Tenant, seed uint64) (*Model, error) {
	if len(tenants) < MinTenants {
		return nil, fault.New("leases", len(tenants), fmt.Sprintf("at least %d leases with signals", MinTenants))
	}
	m := &Model{Tenants: len(tenants), Seed: seed}
	raw := make([][dims]float64, len(tenants))
	for i := range tenants {
		raw[i] = logs(&tenants[i])
	}
	for d := range dims {
		column := make([]float64, len(raw))
		for i := range raw {
			column[i] = raw[i][d]
		}
		m.Mean[d], m.Deviation[d] = stat.MeanStdDev(column, nil)
		if m.Deviation[d] == 0 {
			m.Deviation[d] = 1 // all the same: the dimension says nothing
		}
	}
	points := make([][dims]float64, len(raw))
	for i := range raw {
		points[i] = m.scale(raw[i])
	}
	r := rand.New(rand.NewPCG(seed, 52)) //nolint:gosec // reproducible, not secret
	var within float64
	m.Centers, within = cluster(points, r, restarts)
	total := 0.0
	for i := range points {
		total += distance(points[i], [dims]float64{})
	}
	if total > 0 {
		m.Explained = 1 - within/total
	}
	for _, c := range m.Centers {
		m.Named = append(m.Named, named(c))
	}
	m.Stability = m.stability(points, r)
	return m, nil
}

func logs(t *Tenant) [dims]float64 {
	return [dims]float64{math.Log1p(max(t.Social, 0)), math.Log1p(max(t.Price, 0)), math.Log1p(max(t.Service, 0))}
}

func (m *Model) scale(x [dims]float64) (out [dims]float64) {
	for d := range dims {
		out[d] = (x[d] - m.Mean[d]) / m.Deviation[d]
	}
	return out
}

// named is the rule: the dimension that stands out names a group.
func named(c [dims]float64) Name {
	best := 0
	for d := range dims {
		if c[d] > c[best] {
			best = d
		}
	}
	for d := range dims {
		if d != best && c[best]-c[d] < Leads {
			return Other
		}
	}
	if c[best] < Stands {
		return Other
	}
	return Names()[best]
}

// Place sorts one tenant, with reasons.
func (m *Model) Place(t *Tenant) Placed {
	x := m.scale(logs(t))
	near := nearest(m.Centers, x)
	p := Placed{ID: t.ID, Segment: m.Named[near], Scores: x}
	other := math.Inf(1)
	for i := range m.Centers {
		if m.Named[i] != p.Segment {
			other = min(other, math.Sqrt(distance(m.Centers[i], x)))
		}
	}
	if !math.IsInf(other, 1) {
		p.Margin = other - math.Sqrt(distance(m.Centers[near], x))
	}
	for d, value := range []float64{t.Social, t.Price, t.Service} {
		p.Reasons = append(p.Reasons, fmt.Sprintf("%s %.3g: %+.1f deviations from the mean of all", Names()[d], value, x[d]))
	}
	if p.Segment == Other {
		p.Reasons = append(p.Reasons, "nothing stands out in the nearest group")
	}
	return p
}

// cluster is k-means with restarts: the best centers and the sum of squares within.
func cluster(points [][dims]float64, r *rand.Rand, times int) (best [][dims]float64, within float64) {
	within = math.Inf(1)
	for range times {
		centers := begin(points, r)
		sum := math.Inf(1)
		for range rounds {
			next, now := round(points, centers)
			centers = next
			if now >= sum-1e-12 {
				break
			}
			sum = now
		}
		if sum < within {
			best, within = centers, sum
		}
	}
	slices.SortFunc(best, func(a, b [dims]float64) int { return slices.Compare(a[:], b[:]) })
	return best, within
}

// begin is k-means++: each center by its squared distance from those that there are.
func begin(points [][dims]float64, r *rand.Rand) [][dims]float64 {
	centers := [][dims]float64{points[r.IntN(len(points))]}
	for len(centers) < groups {
		weights, sum := make([]float64, len(points)), 0.0
		for i := range points {
			weights[i] = distance(points[i], centers[nearest(centers, points[i])])
			sum += weights[i]
		}
		pick, at := len(points)-1, r.Float64()*sum
		for i, w := range weights {
			if at -= w; at < 0 {
				pick = i
				break
			}
		}
		centers = append(centers, points[pick])
	}
	return centers
}

// round moves each center to the mean of its points, and returns the sum of squares before. An empty one stays.
func round(points, centers [][dims]float64) (next [][dims]float64, within float64) {
	next = make([][dims]float64, len(centers))
	count := make([]int, len(centers))
	for i := range points {
		c := nearest(centers, points[i])
		within += distance(points[i], centers[c])
		count[c]++
		for d := range dims {
			next[c][d] += points[i][d]
		}
	}
	for c := range next {
		if count[c] == 0 {
			next[c] = centers[c]
			continue
		}
		for d := range dims {
			next[c][d] /= float64(count[c])
		}
	}
	return next, within
}

func nearest(centers [][dims]float64, x [dims]float64) int {
	best := 0
	for i := range centers {
		if distance(centers[i], x) < distance(centers[best], x) {
			best = i
		}
	}
	return best
}

// distance is squared.
func distance(a, b [dims]float64) (sum float64) {
	for d := range dims {
		sum += (a[d] - b[d]) * (a[d] - b[d])
	}
	return sum
}

// stability fits resamples of the points and compares where they put all points with where the model does.
func (m *Model) stability(points [][dims]float64, r *rand.Rand) float64 {
	own := make([]int, len(points))
	for i := range points {
		own[i] = nearest(m.Centers, points[i])
	}
	sum := 0.0
	for range resamples {
		sample := make([][dims]float64, len(points))
		for i := range sample {
			sample[i] = points[r.IntN(len(points))]
		}
		centers, _ := cluster(sample, r, again)
		other := make([]int, len(points))
		for i := range points {
			other[i] = nearest(centers, points[i])
		}
		sum += Rand(own, other)
	}
	return sum / resamples
}

// Rand is the adjusted Rand index of two ways to sort the same things: 1 for the same, 0 for chance.
func Rand(a, b []int) float64 {
	type pair struct{ a, b int }
	both, left, right := map[pair]int{}, map[int]int{}, map[int]int{}
	for i := range a {
		both[pair{a[i], b[i]}]++
		left[a[i]]++
		right[b[i]]++
	}
	two := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	index, rows, columns := 0.0, 0.0, 0.0
	for _, n := range both {
		index += two(n)
	}
	for _, n := range left {
		rows += two(n)
	}
	for _, n := range right {
		columns += two(n)
	}
	expected, most := rows*columns/two(len(a)), (rows+columns)/2
	if most == expected {
		return 1
	}
	return (index - expected) / (most - expected)
}

// Share is how many are in a segment.
type Share struct {
	Segment Name
	Tenants int
	Share   float64
}

// Shares counts segments, all of Names: they add to 1 unless there is nobody.
func Shares(of []Name) []Share {
	out := make([]Share, 0, len(Names()))
	for _, n := range Names() {
		s := Share{Segment: n}
		for _, x := range of {
			if cmp.Compare(x, n) == 0 {
				s.Tenants++
			}
		}
		if len(of) > 0 {
			s.Share = float64(s.Tenants) / float64(len(of))
		}
		out = append(out, s)
	}
	return out
}
