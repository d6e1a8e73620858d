package route

// Where stock alone bounds the number of routes from below and the plan has some more, annealing does not find its way to
// fewer: in between lie plans that cost more. One part of the search then empties routes on purpose, as the fleet
// minimisation of Christiaens and Vanden Berghe (2020), section 4.3, does: no route may be opened, visits may be absent, and
// a visit gets dearer to leave out each time that it is. When nobody is absent, the route whose visits were absent least is
// emptied next. The annealing then goes on from the fewest routes.

// squeezeShare is the share of its part of the search that squeezing takes, at most.
const squeezeShare = 0.35

// fewSpare and manySpare say when it is worth trying, as shares of the routes that stock needs: at least so many more, and
// at most so many, for else it is time and not stock that binds.
const fewSpare, manySpare = 0.1, 0.2

// squeezeAt is the share of the budget at which a search that would anneal once decides that, for the number of routes has
// settled by then. Others decide after their first part.
const squeezeAt = 0.3

// answer is yes, no, or not known yet.
type answer int8

const (
	no answer = iota
	maybe
	yes
)

// weighSqueeze decides whether one part of the search squeezes; if so, there are two at least.
func (s *search) weighSqueeze() {
	if s.squeezer = no; s.squeezable() {
		s.squeezer, s.parts = yes, max(s.parts, 2)
	}
}

// squeezable reports whether the plan has a few more routes than its stock needs.
func (s *search) squeezable() bool {
	if s.rich || s.heads != nil || s.warmed || s.leastPrize > 0 || !s.short() || len(s.absent) > 0 || len(s.empty) != 1 {
		return false
	}
	need := 0
	for d := range s.dims {
		sum, most := int64(0), int64(1)
		for v := range int(s.n) {
			sum += int64(s.demand[v*s.dims+d])
		}
		for r := range s.routes {
			most = max(most, int64(s.capacity[r*s.dims+d]))
		}
		need = max(need, int((sum+most-1)/most))
	}
	spare := float64(s.usedRoutes()-need) / float64(need)
	return need > 0 && spare >= fewSpare && spare <= manySpare
}

// squeeze begins to empty routes, if every visit has a place.
func (s *search) squeeze() {
	if len(s.absent) > 0 {
		return
	}
	s.squeezing, s.mayUse = true, s.usedRoutes()
	for v := range s.prize {
		s.prize[v] = s.squeezeUnit()
	}
}

// squeezeUnit is what each absence adds to the price of leaving a visit out.
func (s *search) squeezeUnit() int64 { return int64(2*s.edge) + 1 }

// squeezeOn makes the visits that this iteration left out dearer, or empties another route when there are none.
func (s *search) squeezeOn() {
	for _, v := range s.absent {
		s.prize[v] += s.squeezeUnit()
		s.current += s.squeezeUnit()
	}
	if len(s.absent) > 0 {
		return
	}
	s.fewest = plan{stops: make([][]int32, len(s.routes))}
	least, dearness := int32(-1), int64(0)
	for r := range int32(len(s.routes)) {
		if s.routes[r].size == 0 {
			continue
		}
		s.fewest.stops[r] = s.collect(r, nil)
		sum := int64(0)
		for _, v := range s.fewest.stops[r] {
			sum += s.prize[v]
		}
		if least < 0 || sum < dearness {
			least, dearness = r, sum
		}
	}
	s.unlink(s.nodes[s.start(least)].next, s.nodes[s.end(least)].prev)
	s.mayUse = s.usedRoutes()
	s.accept()
}

// squeezed ends it: the search goes on from the fewest routes on which every visit had a place.
func (s *search) squeezed() {
	s.squeezing = false
	copy(s.prize, s.truePrize)
	if s.fewest.stops != nil {
		s.load(&s.fewest)
	}
}
