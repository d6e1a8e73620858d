package check

import (
	"slices"

	"fettle/dispatch"
)

// territory demands that the technician serves the visit's territory; a technician without territories serves all.
func (t *tour) territory() {
	for k := range t.stops {
		v := t.visit(k)
		if v == nil || v.Territory == "" || len(t.who.Territories) == 0 || slices.Contains(t.who.Territories, v.Territory) {
			continue
		}
		t.fault(dispatch.ReasonCoverageArea, k, 0, "Visit %s lies in territory %s, which technician %s does not serve.", v.ID, v.Territory, t.who.ID)
	}
}
