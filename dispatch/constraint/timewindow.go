package constraint

import (
	"slices"

	"fettle/dispatch"
)

// windowSet is the windows of one stop, inclusive at both ends: work may start at first..last. Several windows are in
// more, and first and last are then the extremes.
type windowSet struct {
	first, last int32
	more        [][2]int32
}

func newWindowSet(windows []dispatch.TimeWindow) windowSet {
	if len(windows) == 0 {
		return windowSet{first: -far, last: far}
	}
	w := windowSet{first: int32(windows[0].Start), last: int32(windows[len(windows)-1].End) - 1}
	if len(windows) > 1 {
		for _, x := range windows {
			w.more = append(w.more, [2]int32{int32(x.Start), int32(x.End) - 1})
		}
	}
	return w
}

// startWindows narrows the windows of a visit to a pinned start. A start that lies in none of them leaves a window that
// nobody can meet.
func startWindows(v *dispatch.Visit) []dispatch.TimeWindow {
	if v.Pin == nil || v.Pin.Start == dispatch.NoTick {
		return v.Windows
	}
	at := v.Pin.Start
	if len(v.Windows) > 0 && !slices.ContainsFunc(v.Windows, func(w dispatch.TimeWindow) bool { return w.Contains(at) }) {
		return []dispatch.TimeWindow{{Start: at + 1, End: at + 1}}
	}
	return []dispatch.TimeWindow{{Start: at, End: at + 1}}
}

// open is the earliest start at or after t; more than last when there is none.
func (w *windowSet) open(t int32) int32 {
	if t <= w.first {
		return w.first
	}
	if w.more == nil || t > w.last {
		return t
	}
	return w.openLater(t)
}

func (w *windowSet) openLater(t int32) int32 {
	for _, x := range w.more {
		if t <= x[1] {
			return max(t, x[0])
		}
	}
	return t
}

// latest is the latest start at or before t; less than first when there is none.
func (w *windowSet) latest(t int32) int32 {
	if t >= w.last {
		return w.last
	}
	if w.more == nil {
		return t
	}
	for k := len(w.more) - 1; k >= 0; k-- {
		if t >= w.more[k][0] {
			return min(t, w.more[k][1])
		}
	}
	return w.first - 1
}
