package check

import (
	"slices"

	"fettle/dispatch"
)

// allowed demands that the visit does not exclude the technician and, where it names who alone may go, names this one.
func (t *tour) allowed() {
	for k := range t.stops {
		v := t.visit(k)
		if v == nil {
			continue
		}
		if slices.Contains(v.Excluded, t.who.ID) {
			t.fault(dispatch.ReasonExcluded, k, 0, "Visit %s excludes technician %s.", v.ID, t.who.ID)
		}
		if len(v.Only) > 0 && !slices.Contains(v.Only, t.who.ID) {
			t.fault(dispatch.ReasonNotRequired, k, 0, "Visit %s may only be done by %v, not by technician %s.", v.ID, v.Only, t.who.ID)
		}
	}
}
