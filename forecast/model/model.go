package model

import (
	"fmt"
	"slices"
	"strings"

	"fettle/forecast/count"
	"fettle/forecast/holiday"
	"fettle/forecast/score"
	"fettle/forecast/weather"
)

// Model forecasts totals of buckets.
type Model interface {
	// Observe takes the counts of the next bucket, in any order; buckets come one after another from Setup.First on.
	Observe(counts []count.Count)
	// Predict gives the total of span buckets from first on, which must not be observed yet. It learns nothing and may be
	// called any number of times; the result belongs to the caller.
	Predict(first, span int) *Forecast
}

// Forecast is the distribution of totals over some buckets.
type Forecast struct {
	First   int          // the first bucket
	Span    int          // how many buckets are summed
	Places  []score.Dist // one for each of Setup.Places
	Regions []score.Dist // one for each of Setup.Regions
	Total   score.Dist
}

// Setup says what is forecast and for which horizon a model is tuned.
type Setup struct {
	Axis     count.Axis
	Places   []count.Place
	Regions  []string  // districts: coarser cells
	RegionOf []int32   // district of each place
	Near     [][]int32 // places next to each place
	Kinds    int       // kinds that are told apart
	KindOf   []int     // number of each kind of the table, in [0, Kinds)
	Holidays *holiday.Calendar
	Weather  *weather.Table // of the past, and of the days that are forecast as far as it is known; nil for none
	First    int            // the first bucket that will be observed
	Lead     int            // buckets from the last observed one to the first forecast one, at least 1
	Span     int            // buckets that are summed, at least 1
}

// names lists the models with what makes them, in the order in which they are shown.
func names() []struct {
	name string
	make func(*Setup) Model
} {
	mean := func(make func(*Setup) meanModel) func(*Setup) Model {
		return func(s *Setup) Model { return newCalibrated(s, make(s)) }
	}
	return []struct {
		name string
		make func(*Setup) Model
	}{
		{"hierarchical", func(s *Setup) Model { return newHierarchical(s) }},
		{"seasonal-naive", mean(newSeasonalNaive)},
		{"moving-average", mean(newMovingAverage)},
		{"exponential", mean(newExponential)},
		{"kde", mean(newKDE)},
		{"glm", mean(newGLM)},
	}
}

// Names are the names of the models, ours first.
func Names() []string {
	var list []string
	for _, n := range names() {
		list = append(list, n.name)
	}
	return list
}

// New makes a model by its name, one of Names.
func New(name string, s *Setup) (Model, error) {
	for _, n := range names() {
		if n.name == name {
			return n.make(s), nil
		}
	}
	return nil, &count.InvalidError{Field: "model", Value: name, Want: "one of " + strings.Join(Names(), ", ")}
}

// mostKinds is how many kinds a model tells apart; the rarer ones share one.
const mostKinds = 16

// Horizon is what a model is tuned for, in buckets.
type Horizon struct{ Lead, Span int }

// NewSetup prepares the forecast of a table's places. What it learns of the table (which kinds are frequent) comes from
// the buckets before end.
func NewSetup(t *count.Table, end int, h Horizon, c *holiday.Calendar) (*Setup, error) {
	if h.Lead < 1 || h.Span < 1 {
		return nil, &count.InvalidError{Field: "horizon", Value: fmt.Sprintf("lead %d, sum %d", h.Lead, h.Span), Want: "both at least 1"}
	}
	s := &Setup{
		Axis: t.Axis, Places: t.Places, Holidays: c, First: t.First, Lead: h.Lead, Span: h.Span,
		Near: neighbours(t), RegionOf: make([]int32, len(t.Places)),
	}
	s.groupKinds(t, end)
	return s, s.group(t)
}

// groupKinds numbers the frequent kinds and puts the others together.
func (s *Setup) groupKinds(t *count.Table, end int) {
	events := make([]int, len(t.Kinds))
	for _, c := range t.Range(t.First, end) {
		events[c.Kind] += int(c.N)
	}
	order := make([]int, len(t.Kinds))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return events[b] - events[a] })
	s.KindOf = make([]int, len(t.Kinds))
	for rank, k := range order {
		s.KindOf[k] = min(rank, mostKinds-1)
	}
	s.Kinds = max(1, min(len(t.Kinds), mostKinds))
}

// Fit observes a table up to a bucket (excluded), empty buckets included.
func Fit(m Model, t *count.Table, from, end int) {
	counts := t.Range(from, end)
	for b := from; b < end; b++ {
		n := 0
		for n < len(counts) && int(counts[n].Bucket) == b {
			n++
		}
		m.Observe(counts[:n])
		counts = counts[n:]
	}
}
