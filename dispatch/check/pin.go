package check

import (
	"cmp"
	"slices"

	"fettle/dispatch"
)

// pinned demands that a visit pinned to a technician is done by that one. Pinned starts are kept by schedule, as windows.
func (t *tour) pinned() {
	for k := range t.stops {
		v := t.visit(k)
		if v != nil && v.Pin != nil && v.Pin.Technician != "" && v.Pin.Technician != t.who.ID {
			t.fault(dispatch.ReasonPinned, k, 0, "Visit %s is pinned to technician %s but is on the route of %s.", v.ID, v.Pin.Technician, t.who.ID)
		}
	}
}

// ranks demands, for each technician, that pinned visits come by rising rank over all of the technician's routes in order
// of their shifts, and that nothing but breaks lies between an adjacent one and the lower rank before it on the same route,
// or the start of the route when there is none.
func (j *judge) ranks(tours []*tour) {
	order := slices.Clone(tours)
	slices.SortStableFunc(order, func(a, b *tour) int {
		return cmp.Or(cmp.Compare(a.technician, b.technician), cmp.Compare(a.duty.Start, b.duty.Start), cmp.Compare(a.shift, b.shift))
	})
	technician, highest := int32(-1), int32(0)
	var before dispatch.VisitID
	for _, t := range order {
		if t.technician != technician {
			technician, highest = t.technician, 0
		}
		for k := range t.stops {
			rank := t.rank(k)
			if rank == 0 {
				continue
			}
			v := t.visit(k)
			if rank < highest {
				t.fault(dispatch.ReasonPinned, k, int64(highest-rank), "Visit %s has rank %d for technician %s and comes after visit %s of rank %d.",
					v.ID, rank, t.who.ID, before, highest)
			} else {
				highest, before = rank, v.ID
			}
			if v.Pin.Adjacent && k > 0 && (t.rank(k-1) == 0 || t.rank(k-1) >= rank) {
				t.fault(dispatch.ReasonPinned, k, 0, "Visit %s must follow the pinned visit before it, or the start of the route, without a stop in between.", v.ID)
			}
		}
	}
}

// rank is the pinned rank of the k-th kept stop on this technician's route, 0 when free.
func (t *tour) rank(k int) int32 {
	v := t.visit(k)
	if v == nil || v.Pin == nil || v.Pin.Technician != t.who.ID {
		return 0
	}
	return max(v.Pin.Rank, 0)
}
