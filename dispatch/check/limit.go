package check

import "fettle/dispatch"

// limits holds the route to the technician's most visits, travel and distance; 0 means no limit.
func (t *tour) limits() {
	if n, most := int64(t.countVisits()), int64(t.who.MaxVisits); most > 0 && n > most {
		t.fault(dispatch.ReasonMaxVisits, -1, n-most, "Technician %s has %d visits, at most %d are allowed.", t.who.ID, n, most)
	}
	travel, distance := totals(&t.result)
	if most := int64(t.who.MaxTravel); most > 0 && travel > most {
		t.fault(dispatch.ReasonMaxTravel, -1, travel-most, "Technician %s travels %s, at most %s is allowed.", t.who.ID, length(t.p, travel), length(t.p, most))
	}
	if most := t.who.MaxDistance; most > 0 && distance > most {
		t.fault(dispatch.ReasonMaxDistance, -1, distance-most, "Technician %s covers a distance of %d, at most %d is allowed.", t.who.ID, distance, most)
	}
}

// totals sums travel time and distance of a route.
func totals(r *dispatch.Route) (travel, distance int64) {
	travel, distance = int64(r.EndTravel), r.EndDistance
	for i := range r.Stops {
		travel += int64(r.Stops[i].Travel)
		distance += r.Stops[i].Distance
	}
	return travel, distance
}
