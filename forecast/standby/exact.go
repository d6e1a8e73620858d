package standby

import "slices"

// fewChoices is how many choices are tried one by one: a small team in a small district, in some milliseconds.
const fewChoices = 100_000

// exact replaces the choice by the best there is and says true, where the choices are few enough to try all of them.
func (s *state) exact() bool {
	choices := 1
	for i := range s.place {
		if choices *= len(s.allowed(i)) + 1; choices > fewChoices {
			return false
		}
	}
	best, most := slices.Clone(s.place), s.cover()
	for i := range s.place {
		s.take(i)
	}
	s.try(0, 0, best, &most)
	for i, place := range best {
		s.put(i, place)
	}
	return true
}

// try places the technicians from i on in every way that moves allow, over those before him who cover so much, and keeps
// what covers most.
func (s *state) try(i int, covered float64, best []int, most *float64) {
	if i == len(s.place) {
		if covered > *most+tiny {
			*most = covered
			copy(best, s.place)
		}
		return
	}
	if at := s.p.Technicians[i].At; at >= 0 {
		s.tryAt(i, at, covered, best, most)
	}
	for _, a := range s.allowed(i) {
		if int(a) != s.p.Technicians[i].At {
			s.tryAt(i, int(a), covered, best, most)
		}
	}
}

func (s *state) tryAt(i, place int, covered float64, best []int, most *float64) {
	if !s.home(i, place) && s.p.MaxMoves > 0 && s.moved >= s.p.MaxMoves {
		return
	}
	gain := s.gain(place)
	s.put(i, place)
	s.try(i+1, covered+gain, best, most)
	s.take(i)
}
