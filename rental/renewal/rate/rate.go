// Package rate is the renewal rate of a day: which leases count, which of them were renewed, and how sure the share is. The same
// leases give the same figure for the same instant whenever it is asked, so that yesterday's figure can be had today.
//
// A lease counts on a day when it was signed, has a last day, and that day lies among the Days before the day of the figure, the
// day itself left out: its end, or the day on which it was left when it was terminated. It is renewed when another lease that
// renews it was active at the instant of the figure. Leases without an end never count, and neither do those whose end is to come,
// renewed or not.
package rate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
)

// What a figure is unless it is said: over 90 days, as of six in the morning, dangerous below 60 %.
const (
	Days   = 90
	Danger = 0.6
	Hour   = 6
)

// Definition is what the rate means, in words.
const Definition = "Of the signed leases whose last day (the day they were left, for terminated ones) lies in the window of days before the date, " +
	"the share that another, active lease had renewed by the instant of the figure. Leases without an end do not count."

// Window is the days whose ended leases count: from From up to and without To.
type Window struct {
	From, To calendar.Date
	At       time.Time // the instant of the figure: what was signed later does not count as renewed
}

// WindowOf is the window of a figure as of a day, over so many days, at Hour in the zone of the org.
func WindowOf(day calendar.Date, days int, zone *time.Location) Window {
	return Window{From: day.Add(-days), To: day, At: day.At(calendar.Clock{Hour: Hour}, zone)}
}

// Ended is one lease that counts.
type Ended struct {
	Lease   lease.ID
	Group   string
	Last    calendar.Date // its last day
	Renewed bool
}

// Judge says whether a lease counts in a window, and how.
func (w Window) Judge(l *lease.Lease) (Ended, bool) {
	last := l.Current().End
	if l.State == lease.Terminated && !l.LeftOn.IsZero() && (last.IsZero() || l.LeftOn.Before(last)) {
		last = l.LeftOn
	}
	if l.SignedAt.IsZero() || last.IsZero() || last.Before(w.From) || !last.Before(w.To) {
		return Ended{}, false
	}
	return Ended{Lease: l.ID, Last: last, Renewed: l.State == lease.Renewed && !l.ClosedAt.After(w.At)}, true
}

// Row is the rate of a group.
type Row struct {
	Group       string
	Ended       int
	Renewed     int
	Rate        float64 // NaN when nothing has ended
	Low, High   float64 // Wilson's interval, 95 %
	BelowDanger bool    // the rate is below Danger
	SurelyBelow bool    // all of the interval is
}

// Count makes the rates of all groups, by group, and of all together.
func Count(ended []Ended) (all Row, groups []Row) {
	by := map[string]*Row{}
	for i := range ended {
		e := &ended[i]
		g := by[e.Group]
		if g == nil {
			g = &Row{Group: e.Group}
			by[e.Group] = g
		}
		for _, r := range []*Row{g, &all} {
			r.Ended++
			if e.Renewed {
				r.Renewed++
			}
		}
	}
	for _, g := range by {
		g.settle()
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b Row) int { return cmp.Compare(a.Group, b.Group) })
	all.settle()
	return all, groups
}

func (r *Row) settle() {
	r.Rate = math.NaN()
	if r.Ended > 0 {
		r.Rate = float64(r.Renewed) / float64(r.Ended)
	}
	r.Low, r.High = Wilson(r.Renewed, r.Ended)
	r.BelowDanger, r.SurelyBelow = r.Ended > 0 && r.Rate < Danger, r.Ended > 0 && r.High < Danger
}

// normal95 is the 97.5th percentile of the normal distribution.
const normal95 = 1.959963984540054

// Wilson is the 95 % interval of a share: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
// (1927). Of nothing it is everything.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p, m, z := float64(k)/float64(n), float64(n), normal95
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(mid-half, 0), min(mid+half, 1)
}
