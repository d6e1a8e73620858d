package route

import "math"

// When there is more work than time, the true prices of leaving visits out are often so much larger than any saving of
// travel that no temperature would ever trade one visit for another. The search then pays less, in the same proportion:
// PrizeHot mean legs for the cheapest visit at the start, PrizeCold at the end. The best plan is judged by the true price.

// crowded is the share of absent visits in the first plan above which prizes are scaled: where visits weigh differently,
// and where they all weigh the same, so that a first plan that merely missed a few is not taken for a lack of time.
const crowded, crowdedAlike = 0.01, 0.3

// scalePrizes sets what the search pays for absent visits at a share of the budget.
func (s *search) scalePrizes(share float64) {
	if s.leastPrize == 0 {
		return
	}
	legs := s.tune.PrizeHot * math.Pow(s.tune.PrizeCold/s.tune.PrizeHot, share)
	factor := min(legs*s.edge/float64(s.leastPrize), 1)
	for _, v := range s.absent {
		s.current -= s.prize[v]
	}
	for v := range s.prize {
		s.prize[v] = max(int64(float64(s.truePrize[v])*factor), 1)
	}
	for _, v := range s.absent {
		s.current += s.prize[v]
	}
}

// crowd decides from the first plan whether prizes are scaled: only where there is more work than time, and never without
// a PrizeHot.
func (s *search) crowd() {
	s.leastPrize = 0
	if s.tune.PrizeHot == 0 {
		return
	}
	least := crowdedAlike
	if s.optional {
		least = crowded
	}
	if float64(len(s.absent)) < least*float64(s.n) {
		return
	}
	s.leastPrize = math.MaxInt64
	for _, p := range s.truePrize {
		if p > 0 {
			s.leastPrize = min(s.leastPrize, p)
		}
	}
}
