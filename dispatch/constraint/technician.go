package constraint

import (
	"slices"

	"fettle/dispatch"
)

// technicianWanted tests the rules that name technicians: excluded, required and pinned.
func technicianWanted(t *dispatch.Technician, v *dispatch.Visit) dispatch.Reason {
	switch {
	case v.Pin != nil && v.Pin.Technician != "" && v.Pin.Technician != t.ID:
		return dispatch.ReasonPinned
	case slices.Contains(v.Excluded, t.ID):
		return dispatch.ReasonExcluded
	case len(v.Only) > 0 && !slices.Contains(v.Only, t.ID):
		return dispatch.ReasonNotRequired
	}
	return ""
}
