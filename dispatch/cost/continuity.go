package cost

import "fettle/dispatch"

// Continuity is the price of sending somebody else than the usual technician of a visit's building.
func Continuity(p *dispatch.Policy, t *dispatch.Technician, v *dispatch.Visit) int64 {
	if v.Usual == "" || v.Usual == t.ID {
		return 0
	}
	return p.Continuity
}
