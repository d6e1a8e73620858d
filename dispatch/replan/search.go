package replan

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// state is a plan of the part: the stops of each route, in the numbers of the part.
type state struct {
	stops [][]int32
	costs []int64 // by route
	at    []int32 // by free visit: its route, -1 for none
	kept  []bool  // by free visit: served held
	total int64   // routes and visits left out
	moved int     // promises that are not kept
}

func (s *state) clone() *state {
	out := *s
	out.stops = make([][]int32, len(s.stops))
	for r := range out.stops {
		out.stops[r] = slices.Clone(s.stops[r])
	}
	out.costs, out.at, out.kept = slices.Clone(s.costs), slices.Clone(s.at), slices.Clone(s.kept)
	return &out
}

// search ruins and recreates a plan of the part. For one number of further promises after the other it starts from the
// best plan that moves no more and refuses those that move more; what a moved promise costs beside changes from iteration
// to iteration. Whatever it meets is kept if it is the cheapest with its number of promises moved: from that the curve is
// read, which falls by construction.
type search struct {
	part *part
	o    *Options
	rng  *rand.Rand
	state
	tables  []table
	first   []int32 // by visit of the part: window
	last    []int32
	fixed   []bool   // by free visit: ranked, stays on its route
	best    []*state // by number of promises moved
	forced  int
	points  []int
	edge    float64 // mean cost of a leg
	choices []choice
	removed []int32
	journal []undo
	saved   []int32 // routes saved in this iteration
	backup  [][]int32
	before  []int64
	scratch []int32
	open    []int32 // free visits that have not started

	iterations int64
	cancelled  bool
	done       <-chan struct{}
	limit      time.Duration
}

// undo is where a visit was.
type undo struct {
	visit, at int32
	kept      bool
}

// manyMoved is above how many further promises the numbers are not told apart, and noPrize what leaving out a visit counts
// whose leaving out is free: such a visit is served where it can be.
const (
	manyMoved = 64
	noPrize   = math.MaxInt64 >> 20
)

// afterSearch and afterPerVisit are the time kept for making and judging the answer.
const afterSearch, afterPerVisit = 2 * time.Millisecond, 6 * time.Microsecond

func newSearch(part *part, o *Options) *search {
	s := &search{part: part, o: o, rng: rand.New(rand.NewPCG(o.Seed, 0x4e91)), limit: o.TimeLimit}
	m, n := part.m, len(part.visits)
	for v := range int(m.Visits) {
		first, last := int32(math.MaxInt32), int32(math.MinInt32)
		m.Windows(int32(v), func(a, b int32) { first, last = min(first, a), max(last, b) })
		s.first, s.last = append(s.first, first), append(s.last, last)
	}
	s.stops, s.costs, s.tables = make([][]int32, len(part.routes)), make([]int64, len(part.routes)), make([]table, len(part.routes))
	s.backup, s.before = make([][]int32, len(part.routes)), make([]int64, len(part.routes))
	s.at, s.kept, s.fixed = make([]int32, n), make([]bool, n), make([]bool, n)
	for v := range n {
		rank, _ := m.Rank(int32(v))
		s.at[v], s.fixed[v] = -1, rank != 0
		if !part.started(int32(v)) && !part.c.over(part.visits[v]) {
			s.open = append(s.open, int32(v))
		}
	}
	if o.TimeLimit > 0 {
		after := afterSearch + time.Duration(len(part.c.p.Visits))*afterPerVisit
		s.limit = max(o.TimeLimit-after, o.TimeLimit/2)
	}
	s.pointsOf()
	s.begin()
	return s
}

// pointsOf lists the numbers of further promises for which to search, rising; -1, for any, is last.
func (s *search) pointsOf() {
	s.points = slices.Clone(s.o.Points)
	if s.o.Points == nil {
		s.points = []int{0, 1, 2, 5, 10, 20, -1}
	}
	s.points = append(s.points, s.o.MaxMoved)
	for i, p := range s.points {
		if p < 0 || p > manyMoved {
			s.points[i] = -1
		}
	}
	slices.SortFunc(s.points, func(a, b int) int { return cmp.Compare(uint(a), uint(b)) })
	s.points = slices.Compact(s.points)
}

// begin lays out what was committed. Where started work takes so long that not all promises of a route can be kept, the
// fewest and cheapest leave it.
func (s *search) begin() {
	for r := range s.part.routes {
		own := &s.part.routes[r]
		s.stops[r] = slices.Clone(own.start)
		if _, ok := s.part.walk.Cost(&s.part.m.Routes[r], s.stops[r]); !ok {
			s.stops[r] = s.keepMost(int32(r))
		}
		for _, code := range s.stops[r] {
			if code < s.part.m.Visits {
				v := s.part.base[code]
				s.at[v], s.kept[v] = int32(r), code != v
			}
		}
		s.refresh(int32(r))
	}
	legs := 0
	for v := range s.part.visits {
		if s.part.prize[v] == 0 {
			s.part.prize[v] = noPrize
		}
		if s.at[v] < 0 {
			s.total += s.part.prize[v]
		}
		if s.part.held[v] >= 0 && !s.kept[v] {
			s.moved++
		}
	}
	for r := range s.stops {
		s.total += s.costs[r]
		for i := range s.tables[r].gaps {
			s.edge += float64(s.tables[r].gaps[i].leg) * float64(max(s.part.m.Routes[r].Rates.Travel, 1))
			legs++
		}
	}
	s.edge /= float64(max(legs, 1))
	s.forced = s.moved
	s.best = make([]*state, s.moved+manyMoved+2)
	s.record()
}

// keepMost finds the most of the open stops of a route that can stay on it together, among equals those that cost most to
// leave out. It is exact where one or two must leave.
func (s *search) keepMost(r int32) []int32 {
	own := &s.part.routes[r]
	all, done := own.start, int(own.done)
	d := dropping{s: s, r: r, least: math.MaxInt64}
	for i := done; i < len(all); i++ {
		d.try(i, i)
	}
	const mostPairs = 40
	for i := done; d.out == nil && len(all)-done <= mostPairs && i < len(all); i++ {
		for k := i + 1; k < len(all); k++ {
			d.try(i, k)
		}
	}
	if d.out != nil {
		return d.out
	}
	out := slices.Clone(all)
	for len(out) > done {
		if _, ok := s.part.walk.Cost(&s.part.m.Routes[r], out); ok {
			return out
		}
		at := s.part.walk.Fail.Stop
		if at < done || at >= len(out) {
			at = len(out) - 1
		}
		out = slices.Delete(out, at, at+1)
	}
	return out
}

// dropping looks for the cheapest way to leave stops of a route out.
type dropping struct {
	s     *search
	r     int32
	out   []int32
	least int64
}

// try leaves out two stops, or one when they are the same.
func (d *dropping) try(i, k int) {
	s, price := d.s, int64(0)
	s.scratch = s.scratch[:0]
	for at, code := range s.part.routes[d.r].start {
		switch {
		case at != i && at != k:
			s.scratch = append(s.scratch, code)
		case code < s.part.m.Visits:
			price += s.part.prize[s.part.base[code]]
		}
	}
	if price >= d.least {
		return
	}
	if _, ok := s.part.walk.Cost(&s.part.m.Routes[d.r], s.scratch); ok {
		d.out, d.least = slices.Clone(s.scratch), price
	}
}

// run searches for one number of further promises after the other, several times. The one that is asked for gets more time than the rest.
func (s *search) run(ctx context.Context) {
	s.done = ctx.Done()
	if len(s.open) == 0 || len(s.part.routes) == 0 {
		return
	}
	total := s.o.Iterations
	if total <= 0 && s.limit <= 0 {
		total = defaultIterations
	}
	var begun time.Duration
	if s.limit > 0 {
		begun = s.o.Elapsed()
	}
	share := 0.0
	for turn := range rounds * len(s.points) {
		point, from := s.points[turn%len(s.points)], share
		share += s.weight(point) / rounds
		s.resume(point)
		if turn == 0 {
			s.fill(point)
		}
		b := budget{s: s, until: begun + time.Duration(float64(s.limit-begun)*share), begun: begun + time.Duration(float64(s.limit-begun)*from)}
		if total > 0 {
			b.iterations = int64(math.Round(float64(total)*share)) - s.iterations
		}
		for b.more() {
			s.iterate(point, b.heat)
		}
		if s.cancelled {
			return
		}
	}
}

// rounds is how often the search goes through the points: what a later point finds may do for an earlier one, and annealing
// begins anew from the best.
const rounds = 10

// budget is the part of the budget that a point has.
type budget struct {
	s            *search
	iterations   int64 // 0 without a limit of iterations
	begun, until time.Duration
	done         int64
	heat         float64
}

// more tells whether there is some left, and sets the heat, which falls from 1 to 0.
func (b *budget) more() bool {
	const lookEvery = 8
	s, k := b.s, b.done
	b.done++
	if k%lookEvery != 0 {
		return b.iterations <= 0 || k < b.iterations
	}
	b.heat = 0
	if b.iterations > 0 {
		b.heat = 1 - float64(k)/float64(b.iterations)
	}
	if s.limit > 0 {
		left := float64(b.until-s.o.Elapsed()) / float64(max(b.until-b.begun, 1))
		if left <= 0 {
			return false
		}
		if b.iterations <= 0 {
			b.heat = left
		}
	}
	return !s.stopped() && (b.heat > 0 || s.limit > 0)
}

func (s *search) stopped() bool {
	select {
	case <-s.done:
		s.cancelled = true
		return true
	default:
		return false
	}
}

// weight is the share of the budget that a point gets.
func (s *search) weight(point int) float64 {
	const chosen = 3 // parts, to one for each other point
	parts := float64(len(s.points) - 1 + chosen)
	if point == s.o.MaxMoved || (point < 0 && s.o.MaxMoved > manyMoved) {
		return chosen / parts
	}
	return 1 / parts
}

// bestWithin is the cheapest plan that moves no more than so many further promises.
func (s *search) bestWithin(extra int) *state {
	limit := len(s.best) - 1
	if extra >= 0 {
		limit = min(limit, s.forced+extra)
	}
	var out *state
	for _, b := range s.best[:limit+1] {
		if b != nil && (out == nil || b.total < out.total) {
			out = b
		}
	}
	return out
}

// resume goes on from the best plan within a number of further promises.
func (s *search) resume(extra int) {
	from := s.bestWithin(extra)
	if from.total == s.total && from.moved == s.moved {
		return
	}
	s.state = *from.clone()
	for r := range s.stops {
		s.refresh(int32(r))
	}
}

// record keeps the plan in hand if it is the cheapest with its number of promises moved.
func (s *search) record() {
	k := min(s.moved, len(s.best)-1)
	if b := s.best[k]; b != nil && b.total <= s.total {
		return
	}
	s.settleKept()
	s.forced = min(s.forced, s.moved)
	k = min(s.moved, len(s.best)-1)
	if b := s.best[k]; b == nil || b.total > s.total {
		s.best[k] = s.clone()
	}
}

// settleKept finds the promises that are kept although nothing held them: the technician is the same and the start close.
func (s *search) settleKept() {
	for _, v := range s.open {
		r := s.at[v]
		if r < 0 || s.kept[v] || s.part.home[v] != r || s.part.held[v] < 0 {
			continue
		}
		held := s.part.held[v]
		s.save(r)
		i := slices.Index(s.stops[r], v)
		s.stops[r][i] = held
		cost, ok := s.part.walk.Cost(&s.part.m.Routes[r], s.stops[r])
		if !ok || cost != s.costs[r] {
			s.stops[r][i] = v
			continue
		}
		s.setAt(v, r, true, true)
		s.refresh(r)
	}
}

// fill gives every visit that nobody has the cheapest place, those that cost most to leave out first.
func (s *search) fill(point int) {
	s.startIteration()
	for _, v := range s.open {
		if s.at[v] < 0 {
			s.removed = append(s.removed, v)
		}
	}
	slices.SortStableFunc(s.removed, func(a, b int32) int { return cmp.Compare(s.part.prize[b], s.part.prize[a]) })
	for _, v := range s.removed {
		s.insert(v, noPrice, false)
	}
	if s.within(point) {
		s.record()
		return
	}
	s.revert()
}

func (s *search) within(point int) bool { return point < 0 || s.moved-s.forced <= point }

// noPrice keeps a promise whatever it costs, as long as it can be.
const noPrice = math.MaxInt64 >> 10

// iterate ruins and recreates once.
func (s *search) iterate(point int, heat float64) {
	s.iterations++
	s.startIteration()
	total, moved := s.total, s.moved
	if !s.ruin() {
		s.revert()
		return
	}
	s.sortRemoved()
	price := s.price(point)
	for _, v := range s.removed {
		s.insert(v, price, true)
	}
	const tie = 0.05 // legs that a moved promise counts where it is free
	change := float64(s.total-total) + tie*s.edge*float64(s.moved-moved)
	if s.within(point) {
		if k := min(s.moved, len(s.best)-1); s.best[k] == nil || s.total < s.best[k].total {
			s.record()
		}
		if change <= 0 || change < -0.3*heat*s.edge*math.Log(1-s.rng.Float64()) {
			return
		}
	}
	s.revert()
}

// price is what a moved promise counts in an iteration: a matter of chance, and more where few may be moved.
func (s *search) price(point int) int64 {
	if point == 0 {
		return noPrice
	}
	legs := math.Exp2(6*s.rng.Float64() - 3) // an eighth to eight
	if point > 0 {
		legs *= 4 / math.Sqrt(float64(point))
	}
	return int64(legs * s.edge)
}
