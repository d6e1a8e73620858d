package explain

import (
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/cost"
	"fettle/geo"
)

// trial is a problem of the two routes that an exchange is about, small enough to be compiled again for each change that is
// tried. What it finds holds for the whole problem: other routes cost the same before and after, and fairness is counted
// with the loads of everybody.
type trial struct {
	b      *board
	p      dispatch.Problem
	times  [][]int32 // travel tables by technician of the small problem
	places []int32   // small -> whole
	visits []int32   // small -> whole
	techs  []int32   // small -> whole
	routes []int32   // small -> whole: the unit's own, if any, and the other
	stops  [][]int32 // by route of the small problem, the own route without the unit
	own    bool      // route 0 is the unit's own
	whole  []int32   // stops of the own route with the unit
	u      unit      // in the small problem
	loads  []int64   // of everybody, less the routes of the trial
	load   []int32   // by route of the small problem: index in loads
	left   int64     // cost of leaving the unit out
}

// newTrial prepares the exchange of a unit to another route; nil when the routes' ranks reach beyond the trial.
func (b *board) newTrial(o *origin, u unit, other int32) *trial {
	if b.ranked {
		if rank, _ := b.m.Rank(u.head); rank > 0 {
			return nil
		}
	}
	t := &trial{b: b, own: o.r != none, left: b.unserved(u)}
	t.p = dispatch.Problem{Dimensions: b.p.Dimensions, Policy: b.p.Policy, Scale: b.p.Scale}
	t.p.Policy.Fairness = 0
	t.routes = []int32{other}
	if t.own {
		t.routes = []int32{o.r, other}
	}
	t.collect(u)
	t.staff()
	t.tables()
	t.travel()
	t.pair()
	t.encode(o, u)
	t.weigh()
	return t
}

// small is the index of x in a list of indices of the whole problem, which it joins when it is new.
func small(list *[]int32, x int32) int32 {
	if x == dispatch.NoPlace {
		return x
	}
	if i := slices.Index(*list, x); i >= 0 {
		return int32(i)
	}
	*list = append(*list, x)
	return int32(len(*list) - 1)
}

// collect lists the visits and technicians.
func (t *trial) collect(u unit) {
	m := t.b.m
	for _, r := range t.routes {
		small(&t.techs, m.Routes[r].Technician)
		for _, code := range t.b.lines[r].stops {
			if code < m.Visits {
				small(&t.visits, code)
			}
		}
	}
	u.each(func(v int32) { small(&t.visits, v) })
	for _, v := range t.visits {
		visit := t.b.p.Visits[v]
		visit.Place = small(&t.places, visit.Place)
		t.p.Visits = append(t.p.Visits, visit)
	}
}

// staff makes the technicians with the shifts of the trial.
func (t *trial) staff() {
	m := t.b.m
	for k, full := range t.techs {
		tech := t.b.p.Technicians[full]
		tech.Depots = slices.Clone(tech.Depots)
		for d := range tech.Depots {
			tech.Depots[d].Place = small(&t.places, tech.Depots[d].Place)
		}
		tech.Shifts = nil
		for _, r := range t.routes {
			if m.Routes[r].Technician != full {
				continue
			}
			s := t.b.p.Technicians[full].Shifts[m.Routes[r].Shift]
			s.StartPlace, s.EndPlace = small(&t.places, s.StartPlace), small(&t.places, s.EndPlace)
			tech.Shifts = append(tech.Shifts, s)
		}
		tech.Travel, tech.SpeedPercent = int32(k), 0
		t.p.Technicians = append(t.p.Technicians, tech)
	}
}

// tables keeps what was decided by visit and technician; a change that is tried does not evaluate expressions anew.
func (t *trial) tables() {
	t.p.Rules = dispatch.PartOf(t.b.p.Rules, t.visits, t.techs)
	if cover := t.b.p.Cover; cover != nil {
		part := cover.Part(t.visits, t.techs)
		t.p.Cover = &part
	}
}

// travel makes the places, and for each technician travel tables at the technician's speed.
func (t *trial) travel() {
	n := len(t.places)
	t.p.Places = make([]dispatch.Place, n)
	for _, full := range t.techs {
		route := &t.b.m.Routes[t.routes[0]]
		if route.Technician != full {
			route = &t.b.m.Routes[t.routes[1]]
		}
		distances := t.b.p.Travel[t.b.p.Technicians[full].Travel].Distance
		times, metres := make([]int32, n*n), make([]int32, n*n)
		for i, a := range t.places {
			for j, c := range t.places {
				times[i*n+j] = route.Leg(a, c)
				if distances != nil {
					metres[i*n+j] = distances.At(a, c)
				}
			}
		}
		t.times = append(t.times, times)
		profile := dispatch.Travel{Time: dense(n, times)}
		if distances != nil {
			profile.Distance = dense(n, metres)
		}
		t.p.Travel = append(t.p.Travel, profile)
	}
}

// dense wraps a table that is square and not negative; nil would be refused by constraint.New.
func dense(n int, values []int32) *geo.Matrix {
	m, err := geo.NewDense(n, values)
	if err != nil {
		return nil
	}
	return m
}

// pair keeps the pairs of the visits.
func (t *trial) pair() {
	for _, pair := range t.b.p.Pairs {
		first, second := slices.Index(t.visits, pair.First), slices.Index(t.visits, pair.Second)
		if first >= 0 && second >= 0 {
			t.p.Pairs = append(t.p.Pairs, dispatch.Pair{First: int32(first), Second: int32(second), Amount: pair.Amount})
		}
	}
}

// encode turns the routes' stops into those of the small problem.
func (t *trial) encode(o *origin, u unit) {
	n := int32(len(t.visits))
	encode := func(stops []int32) []int32 {
		out := make([]int32, 0, len(stops))
		for _, code := range stops {
			if code < t.b.m.Visits {
				out = append(out, int32(slices.Index(t.visits, code)))
			} else {
				out = append(out, n+code-t.b.m.Visits)
			}
		}
		return out
	}
	for _, r := range t.routes {
		t.stops = append(t.stops, encode(t.b.lineFor(o, r).stops))
	}
	if t.own {
		t.whole = encode(t.b.lines[o.r].stops)
	}
	t.u = unit{int32(slices.Index(t.visits, u.head)), none}
	if u.tail != none {
		t.u.tail = int32(slices.Index(t.visits, u.tail))
	}
}

// weigh takes the work of the trial's routes out of everybody's loads.
func (t *trial) weigh() {
	f := &t.b.fair
	if f.weight == 0 {
		return
	}
	t.loads = slices.Clone(f.loads)
	for _, r := range t.routes {
		at := f.index[t.b.m.Routes[r].Technician]
		t.loads[at] -= t.b.load(r, t.b.lines[r].stops)
		t.load = append(t.load, at)
	}
}

// evaluate gives the cost of the exchange less that of leaving things as they are, under a changed problem; false when the
// plan as it is does not work there or the exchange does not.
func (t *trial) evaluate(p *dispatch.Problem) (difference int64, possible bool) {
	m, err := constraint.New(p)
	if err != nil {
		return 0, false
	}
	b := newBoard(m, t.stops)
	other := int32(len(t.stops) - 1)
	for r := range b.lines {
		if b.lines[r].broken != "" {
			return 0, false
		}
	}
	now := t.left
	if t.own {
		with, ok := b.w.Cost(&m.Routes[0], t.whole)
		if !ok {
			return 0, false
		}
		now = with - b.lines[0].cost
	}
	if !b.allowed(other, t.u) {
		return 0, false
	}
	s := b.newScan(other, &b.lines[other], t.u)
	s.misses = false
	if s.run(); s.best.p == none {
		return 0, false
	}
	return s.best.cost - b.lines[other].cost - now + t.fairer(b, other), true
}

// fairer is what the exchange changes in the cost of fairness.
func (t *trial) fairer(b *board, other int32) int64 {
	weight := t.b.fair.weight
	if weight == 0 {
		return 0
	}
	before, after := slices.Clone(t.loads), slices.Clone(t.loads)
	for r := range b.lines {
		work := b.load(int32(r), b.lines[r].stops)
		before[t.load[r]] += work
		after[t.load[r]] += work
	}
	if t.own {
		before[t.load[0]] += b.onSite(0, t.u)
	}
	after[t.load[other]] += b.onSite(other, t.u)
	return cost.Fairness(weight, after) - cost.Fairness(weight, before)
}
