package constraint

import (
	"slices"

	"fettle/dispatch"
)

// territoryServed reports whether a technician works where a visit is.
func territoryServed(t *dispatch.Technician, v *dispatch.Visit) bool {
	return v.Territory == "" || len(t.Territories) == 0 || slices.Contains(t.Territories, v.Territory)
}
