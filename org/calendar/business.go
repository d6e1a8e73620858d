package calendar

import "time"

// maxClosed is how many closed days in a row are believed: more than that is a calendar on which nobody ever works.
const maxClosed = 366

// Business says on which days people work. The zero value is Monday to Friday without holidays.
type Business struct {
	// Weekend holds the days of the week on which nobody works; Saturday and Sunday when it is empty.
	Weekend []time.Weekday
	// Closed and Open are single days that differ from their day of the week: holidays, and the days worked in exchange.
	// A day that is in both is closed.
	Closed, Open map[Date]bool
}

// Works reports whether people work on a day.
func (b *Business) Works(d Date) bool {
	switch {
	case b.Closed[d]:
		return false
	case b.Open[d]:
		return true
	}
	w := d.Weekday()
	if len(b.Weekend) == 0 {
		return w != time.Saturday && w != time.Sunday
	}
	for _, off := range b.Weekend {
		if off == w {
			return false
		}
	}
	return true
}

// Add is the n-th day after d on which people work, the n-th before it when n is negative. For 0 it is d, or the first such
// day after it. It is false when there is none within a year of the one before.
func (b *Business) Add(d Date, n int) (Date, bool) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	if n == 0 {
		return b.next(d, step)
	}
	for range n {
		var ok bool
		if d, ok = b.next(d.Add(step), step); !ok {
			return d, false
		}
	}
	return d, true
}

// next is d or the first day from it on which people work.
func (b *Business) next(d Date, step int) (Date, bool) {
	for range maxClosed {
		if b.Works(d) {
			return d, true
		}
		d = d.Add(step)
	}
	return d, false
}
