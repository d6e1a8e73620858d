package cost

import (
	"math"

	"fettle/dispatch"
)

// PromisedTechnician is the price of sending somebody else than who was promised.
func PromisedTechnician(p *dispatch.Policy, t *dispatch.Technician, v *dispatch.Visit) int64 {
	if v.Promise == nil || v.Promise.Technician == "" || v.Promise.Technician == t.ID {
		return 0
	}
	return p.Stability.Technician
}

// PromisedStart is the price of moving a promised start: Free is the last start that costs nothing, and starting later
// costs Moved and PerTick for each tick. It never falls with a later start.
type PromisedStart struct {
	Free           dispatch.Tick
	Moved, PerTick int64
}

// At is the price of starting at an instant.
func (s *PromisedStart) At(start dispatch.Tick) int64 {
	if start <= s.Free {
		return 0
	}
	return s.Moved + s.PerTick*(int64(start)-int64(s.Free))
}

// Promised is the price of a visit's start; false when no time was promised or its change costs nothing. Windows are the
// visit's own, or what a pin leaves of them. When they all end before the promise begins, nobody can keep it: then it
// costs Moved whenever work starts. Otherwise the promise also shortens the windows: see PromisedWindows.
func Promised(p *dispatch.Policy, v *dispatch.Visit, windows []dispatch.TimeWindow) (PromisedStart, bool) {
	s := &p.Stability
	if !v.Promise.Timed() || (s.Moved == 0 && s.PerTick == 0) {
		return PromisedStart{}, false
	}
	if n := len(windows); n > 0 && windows[n-1].End <= v.Promise.Window.Start {
		return PromisedStart{Free: math.MinInt32, Moved: s.Moved}, true
	}
	return PromisedStart{Free: v.Promise.Window.End - 1, Moved: s.Moved, PerTick: s.PerTick}, true
}

// PromisedWindows are what a promise leaves of the windows in which work may start: nobody starts before a promised window
// opens. The windows stay as they are when no time was promised, its change costs nothing, or nobody can keep it.
func PromisedWindows(p *dispatch.Policy, v *dispatch.Visit, windows []dispatch.TimeWindow) []dispatch.TimeWindow {
	at, ok := Promised(p, v, windows)
	if !ok || at.Free == math.MinInt32 {
		return windows
	}
	from := v.Promise.Window.Start
	if len(windows) == 0 {
		return []dispatch.TimeWindow{{Start: from, End: dispatch.Far}}
	}
	var out []dispatch.TimeWindow
	for _, w := range windows {
		if w.End > from {
			out = append(out, dispatch.TimeWindow{Start: max(w.Start, from), End: w.End})
		}
	}
	return out
}
