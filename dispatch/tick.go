package dispatch

import (
	"fmt"
	"math"
	"time"
)

// Tick is an instant or a length of time in the integer unit of a Problem, counted from the problem's origin. How long a
// tick is, is the problem's own matter (Scale): one second for real days, a tenth of a unit for benchmark files whose
// distances are truncated to 0.1. Integers make every sum and comparison exact and the same on every machine.
type Tick int32

// Far is later than any instant a problem may use. It is small enough that Far plus a day's travel does not overflow.
const Far Tick = math.MaxInt32 / 2

// NoTick marks an instant that is not set.
const NoTick Tick = math.MinInt32

// Scale says how the integers of a problem relate to the numbers of its source.
type Scale struct {
	TicksPerUnit int32  // ticks in one time unit of the source; 0 means 1
	Unit         string // name of that unit for people: "s", "min" or "" when the source is abstract
	CostPerUnit  int64  // integer cost in one cost unit of the source; 0 means 1
}

// Ticks is the number of ticks in one source unit, never less than one.
func (s Scale) Ticks() int32 { return max(s.TicksPerUnit, 1) }

// Cost is the integer cost of one source cost unit, never less than one.
func (s Scale) Cost() int64 { return max(s.CostPerUnit, 1) }

// Units converts a tick to source units.
func (s Scale) Units(t Tick) float64 { return float64(t) / float64(s.Ticks()) }

// TimeWindow is the half-open interval [Start, End) in which work may start.
type TimeWindow struct {
	Start, End Tick
}

// Empty reports whether no instant lies in the window.
func (w TimeWindow) Empty() bool { return w.End <= w.Start }

// Contains reports whether work may start at t.
func (w TimeWindow) Contains(t Tick) bool { return w.Start <= t && t < w.End }

// At gives the wall time of a tick for a problem with an origin and ticks of a whole part or multiple of a second.
func (p *Problem) At(t Tick) time.Time {
	return p.Origin.Add(time.Duration(float64(t) / float64(p.Scale.Ticks()) * float64(time.Second)))
}

// checkWindows refuses empty, unsorted or overlapping windows; two windows may not touch either, for then they are one.
func checkWindows(field string, windows []TimeWindow) error {
	for k, w := range windows {
		if w.Empty() {
			return &InvalidError{Field: fmt.Sprintf("%s[%d]", field, k), Value: fmt.Sprintf("[%d, %d)", w.Start, w.End), Want: "a start before the end"}
		}
		if k > 0 && w.Start < windows[k-1].End {
			return &InvalidError{
				Field: fmt.Sprintf("%s[%d]", field, k), Value: fmt.Sprintf("[%d, %d)", w.Start, w.End),
				Want: "windows in order that do not overlap",
			}
		}
	}
	return nil
}
