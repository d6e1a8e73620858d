package check

import (
	"math"

	"fettle/dispatch"
)

// never is earlier than any instant, also after a day's subtraction: no instant will do.
const never = math.MinInt64 / 4

// opening is the first instant at or after t that lies in a window, and t itself when there are none. When all windows
// are over it is t, and missed says how much earlier t would have to be. Windows are half-open: End itself is too late.
func opening(windows []dispatch.TimeWindow, t int64) (start, missed int64) {
	if len(windows) == 0 {
		return t, 0
	}
	for _, w := range windows {
		if t < int64(w.End) && w.Start < w.End {
			return max(t, int64(w.Start)), 0
		}
	}
	return t, max(t-int64(windows[len(windows)-1].End)+1, 1)
}

// lastOpening is the inverse of opening: the latest t whose opening is not after limit, or never.
func lastOpening(windows []dispatch.TimeWindow, limit int64) int64 {
	if len(windows) == 0 {
		return limit
	}
	last := int64(never)
	for _, w := range windows {
		if w.Start < w.End && int64(w.Start) <= limit {
			last = max(last, min(limit, int64(w.End)-1))
		}
	}
	return last
}

// drive leaves at t on a leg of the given travel and takes the breaks on the way, in order. Driving goes on until a break
// opens, stops while it lasts, and the rest follows.
func drive(t, travel int64, breaks []dispatch.Break) (arrival, missed int64) {
	for i := range breaks {
		start, late := opening(breaks[i].Windows, t)
		travel -= min(travel, start-t)
		t = start + int64(breaks[i].Duration)
		missed += late
	}
	return t + travel, missed
}

// lastLeave is the inverse of drive: the latest t that arrives at limit or before. With breaks b1..bm the arrival is at
// most limit exactly if bm starts at limit - duration or before (leave bounds the end of each break, from the last to the
// first), and if driving through plus all durations keep the limit (arrive).
func lastLeave(limit, travel int64, breaks []dispatch.Break) int64 {
	leave, arrive := limit, limit
	for i := len(breaks) - 1; i >= 0; i-- {
		leave = lastOpening(breaks[i].Windows, leave-int64(breaks[i].Duration))
		arrive -= int64(breaks[i].Duration)
	}
	return min(leave, arrive-travel)
}

// tick brings an instant back to the range of dispatch.Tick.
func tick(t int64) dispatch.Tick {
	return dispatch.Tick(min(max(t, math.MinInt32+1), math.MaxInt32))
}
