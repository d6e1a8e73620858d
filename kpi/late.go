package kpi

import (
	"slices"

	"fettle/dispatch/engine"
)

// LateTaps lists what technicians told when the order had moved on and nobody has looked at since, in the order of the log after a
// sequence, and counts all of it. The slice is the caller's.
func (b *Book) LateTaps(after int64) (taps []engine.Event, total int) {
	i, _ := slices.BinarySearchFunc(b.late, after+1, func(e engine.Event, at int64) int { return int(e.Sequence - at) })
	return slices.Clone(b.late[i:]), len(b.late)
}

// noteLate keeps a late tap until somebody looks at those of its order.
func (b *Book) noteLate(ev *engine.Event) {
	switch ev.Type { //nolint:exhaustive // others have nothing to do with it
	case engine.OrderTappedLate:
		b.late = append(b.late, *ev)
	case engine.TapsReviewed:
		b.late = slices.DeleteFunc(b.late, func(e engine.Event) bool { return e.Order == ev.Order })
	}
}

// history reports whether an event tells of an order without changing it.
func history(ev *engine.Event) bool {
	return ev.Type == engine.OrderTappedLate || ev.Type == engine.TapsReviewed
}
