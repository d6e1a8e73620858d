package cost

import (
	"slices"

	"fettle/dispatch"
)

// Preference is the price of sending somebody else than those whom a visit prefers.
func Preference(p *dispatch.Policy, t *dispatch.Technician, v *dispatch.Visit) int64 {
	if len(v.Preferred) == 0 || slices.Contains(v.Preferred, t.ID) {
		return 0
	}
	return p.NotPreferred
}
