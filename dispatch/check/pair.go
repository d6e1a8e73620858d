package check

import "fettle/dispatch"

// spot is where a visit is served.
type spot struct{ tour, stop int }

// pairs demands that both visits of a pair are on one route in their order, or both left out.
func (j *judge) pairs(tours []*tour) {
	at := j.spots(tours)
	for i := range j.p.Pairs {
		pair := &j.p.Pairs[i]
		first, ok1 := at[pair.First]
		second, ok2 := at[pair.Second]
		name1, name2 := j.p.Visits[pair.First].ID, j.p.Visits[pair.Second].ID
		switch {
		case !ok1 && !ok2:
		case !ok1:
			tours[second.tour].fault(dispatch.ReasonPair, second.stop, 0, "Visit %s is served without visit %s, which must come before it.", name2, name1)
		case !ok2:
			tours[first.tour].fault(dispatch.ReasonPair, first.stop, 0, "Visit %s is served without visit %s, which must come after it.", name1, name2)
		case first.tour != second.tour:
			tours[second.tour].fault(dispatch.ReasonPair, second.stop, 0, "Visits %s and %s are a pair but on different routes.", name1, name2)
		case first.stop >= second.stop:
			tours[second.tour].fault(dispatch.ReasonPair, second.stop, 0, "Visit %s must come after visit %s.", name2, name1)
		}
	}
}
