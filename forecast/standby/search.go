package standby

// state is a choice of places while it is improved.
type state struct {
	p     *Problem
	place []int     // of each technician, -1 while he is nowhere
	count []int     // technicians in reach of each demand
	left  []float64 // probability times demand that nobody covers: demand * busy^count
	power []float64 // busy^k
	all   []int32   // every place, for technicians who may go anywhere
	moved int
}

// Solve finds places for all technicians. It refuses an impossible problem with an *InvalidError.
func Solve(p *Problem) (*Result, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	s := newState(p)
	s.search()
	return s.result(s.exact()), nil
}

// search places everybody and improves until no move helps.
func (s *state) search() {
	for i, t := range s.p.Technicians {
		if t.At >= 0 {
			s.put(i, t.At)
		}
	}
	s.greedy()
	for s.improve() {
		continue
	}
}

func newState(p *Problem) *state {
	s := &state{
		p: p, place: make([]int, len(p.Technicians)), count: make([]int, len(p.Demand)), left: append([]float64(nil), p.Demand...),
		power: make([]float64, len(p.Technicians)+1), all: make([]int32, len(p.Reach)),
	}
	for i := range s.place {
		s.place[i] = -1
	}
	s.power[0] = 1
	for k := 1; k < len(s.power); k++ {
		s.power[k] = s.power[k-1] * p.Busy
	}
	for i := range s.all {
		s.all[i] = int32(i)
	}
	return s
}

// home says that a technician at a place has not been sent away: he is where he was, or had to be placed anyway.
func (s *state) home(i, place int) bool {
	return s.p.Technicians[i].At < 0 || s.p.Technicians[i].At == place
}

func (s *state) put(i, place int) {
	s.place[i] = place
	if !s.home(i, place) {
		s.moved++
	}
	s.shift(place, 1)
}

func (s *state) take(i int) int {
	place := s.place[i]
	s.place[i] = -1
	if !s.home(i, place) {
		s.moved--
	}
	s.shift(place, -1)
	return place
}

func (s *state) shift(place, by int) {
	for _, c := range s.p.Reach[place] {
		s.count[c] += by
		s.left[c] = s.p.Demand[c] * s.power[s.count[c]]
	}
}

// gain is what one more technician at a place would add.
func (s *state) gain(place int) float64 {
	sum := 0.0
	for _, c := range s.p.Reach[place] {
		sum += s.left[c]
	}
	return sum * (1 - s.p.Busy)
}

// allowed lists where a technician may be sent.
func (s *state) allowed(i int) []int32 {
	if s.p.Technicians[i].Allowed == nil {
		return s.all
	}
	return s.p.Technicians[i].Allowed
}

// best is the place with the largest gain for a technician who is nowhere now, as far as moves are left.
func (s *state) best(i int) (place int, gain float64) {
	at := s.p.Technicians[i].At
	place, gain = at, -1
	if at >= 0 {
		gain = s.gain(at)
		if s.p.MaxMoves > 0 && s.moved >= s.p.MaxMoves {
			return at, gain
		}
	}
	for _, a := range s.allowed(i) {
		if g := s.gain(int(a)); g > gain+tiny {
			place, gain = int(a), g
		}
	}
	return place, gain
}

// tiny keeps rounding from moving people.
const tiny = 1e-9

// greedy places those who are nowhere, the one who adds most first.
func (s *state) greedy() {
	for {
		who, where, most := -1, 0, -1.0
		for i, at := range s.place {
			if at >= 0 {
				continue
			}
			if place, gain := s.best(i); gain > most {
				who, where, most = i, place, gain
			}
			if s.p.Technicians[i].Allowed == nil {
				break // the next one without a place of his own would find the same
			}
		}
		if who < 0 {
			return
		}
		s.put(who, where)
	}
}

// improve makes the best move of each technician in turn, then of pairs where moves are limited; false when nothing helped.
func (s *state) improve() bool {
	better := false
	for i := range s.place {
		before := s.take(i)
		old := s.gain(before)
		place, gain := s.best(i)
		if gain <= old+tiny {
			place = before
		} else {
			better = true
		}
		s.put(i, place)
	}
	if !better && s.p.MaxMoves > 0 && s.moved >= s.p.MaxMoves {
		better = s.exchange()
	}
	return better || s.yield()
}

// yield sends one technician to a place that another serves, who then goes where he adds most; true when that covers more.
// It is what helps where one of the two may go to few places.
func (s *state) yield() bool {
	for i := range s.place {
		for j := range s.place {
			if i != j && s.yieldTo(i, j) {
				return true
			}
		}
	}
	return false
}

func (s *state) yieldTo(i, j int) bool {
	stood, served := s.take(i), s.take(j)
	old := s.gain(stood)
	s.shift(stood, 1)
	old += s.gain(served)
	s.shift(stood, -1)

	to, gain := s.best(i) // with j out of the way
	s.put(i, to)
	next, more := s.best(j)
	if gain+more > old+tiny {
		s.put(j, next)
		return true
	}
	s.take(i)
	s.put(i, stood)
	s.put(j, served)
	return false
}

// exchange sends one of those who were moved back and moves another instead, where that covers more.
func (s *state) exchange() bool {
	for i := range s.place {
		if s.home(i, s.place[i]) {
			continue
		}
		from := s.take(i)
		lost := s.gain(from)
		s.put(i, s.p.Technicians[i].At)
		back := s.marginal(i)
		for j := range s.place {
			if j == i || !s.home(j, s.place[j]) {
				continue
			}
			stood := s.take(j)
			old := s.gain(stood)
			place, gain := s.best(j)
			if back-lost+gain-old > tiny {
				s.put(j, place)
				return true
			}
			s.put(j, stood)
		}
		s.take(i)
		s.put(i, from)
	}
	return false
}

// marginal is what a technician adds to the others.
func (s *state) marginal(i int) float64 {
	place := s.take(i)
	gain := s.gain(place)
	s.put(i, place)
	return gain
}

// cover is the expected number of events with a free technician in reach.
func (s *state) cover() float64 {
	sum := 0.0
	for c, d := range s.p.Demand {
		sum += d - s.left[c]
	}
	return sum
}
