package constraint

import "fettle/dispatch"

// pause is a break as the walk sees it.
type pause struct {
	windows  windowSet
	duration int32
}

func newPause(b *dispatch.Break) pause {
	return pause{windows: newWindowSet(b.Windows), duration: int32(b.Duration)}
}

// drive is the earliest arrival after leaving at t on a leg of d ticks with the given breaks on the way. While waiting
// for a break to open the technician goes on driving; false when a break can no longer start.
func drive(t, d int32, breaks []pause) (int32, bool) {
	for k := range breaks {
		b := &breaks[k]
		start := b.windows.open(t)
		if start > b.windows.last {
			return 0, false
		}
		d -= min(d, start-t)
		t = start + b.duration
	}
	return t + d, true
}

// driveLatest is the latest departure on a leg of d ticks with the given breaks so as to arrive at t or before; false when
// a break could not have started.
func driveLatest(t, d int32, breaks []pause) (int32, bool) {
	for k := len(breaks) - 1; k >= 0; k-- {
		b := &breaks[k]
		// Driving after the break is put off as far as the break's last opening demands, the rest is driven before it.
		start := b.windows.latest(t - b.duration)
		if start < b.windows.first {
			return 0, false
		}
		d -= min(d, t-b.duration-start)
		t = start
	}
	return t - d, true
}
