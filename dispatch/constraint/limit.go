package constraint

import "fettle/dispatch"

// limitsKept tests the limits of one route: number of visits, travel time and distance.
func (r *Route) limitsKept(visits int32, travel, distance int64) (dispatch.Reason, int64) {
	switch {
	case visits > r.MaxVisits:
		return dispatch.ReasonMaxVisits, int64(visits - r.MaxVisits)
	case travel > r.MaxTravel:
		return dispatch.ReasonMaxTravel, travel - r.MaxTravel
	case distance > r.MaxDistance:
		return dispatch.ReasonMaxDistance, distance - r.MaxDistance
	}
	return "", 0
}
