package check

import (
	"slices"

	"fettle/dispatch"
)

// tools demands every tool on board: carried from the start, or picked up at a depot that has them all.
func (t *tour) tools() {
	all := false
	for k := range t.stops {
		v := t.visit(k)
		if v == nil {
			all = all || t.who.Depots[t.stops[k].Depot].AllTools
			continue
		}
		for _, tool := range v.Tools {
			if !all && !slices.Contains(t.who.Tools, tool) {
				t.fault(dispatch.ReasonToolMissing, k, 0, "Visit %s needs tool %s, which technician %s has not on board.", v.ID, tool, t.who.ID)
			}
		}
	}
}
