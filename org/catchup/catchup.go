// Package catchup decides what becomes of obligations that were missed: after an outage each is performed, performed late or
// superseded by a later one with a record of it, and none is left unaccounted for.
//
// Obligations that are about the same thing form a series, such as the reminders 60, 30 and 7 days before a lease ends, or
// the messages to one tenant about one order. Whoever was away for a while is not told all of it one after the other: what is
// too old gives way to the nearest stage that is due.
package catchup

import "time"

// Fate is what becomes of a stage.
type Fate string

// The fates. Each stage has exactly one of them at any instant.
const (
	Waiting    Fate = "WAITING"    // its instant is still to come
	Settled    Fate = "SETTLED"    // it was accounted for before
	Send       Fate = "SENT"       // perform it now, in time
	SendLate   Fate = "LATE"       // perform it now, and say that it is late
	Superseded Fate = "SUPERSEDED" // do not perform it: By, or the end of what it was about, has taken its place
)

// Stage is one obligation of a series.
type Stage struct {
	Due time.Time
	// Ends is when it stops to make sense, such as the end of the lease; zero means never.
	Ends time.Time
	// Settled says that it was performed or superseded before.
	Settled bool
}

// Rule says how late is late, and how long a stage is worth performing although a later one is due.
type Rule struct {
	Grace time.Duration // in time up to this long after its instant
	Keep  time.Duration // performed up to this long after its instant, whatever came later
}

// Verdict is what becomes of one stage.
type Verdict struct {
	Fate Fate
	// By is the index of the stage that supersedes it; -1 when none does, or when it has ended.
	By int
	// Late is how long after its instant it is performed or given up.
	Late time.Duration
}

// Judge says what becomes of each stage of a series, which is in the order of Due. The last stage that is due is performed
// unless it has ended; the ones before it are performed as long as they are kept, and superseded by it afterwards.
func Judge(now time.Time, r Rule, series []Stage) []Verdict {
	last := -1
	for i := range series {
		if !series[i].Due.After(now) {
			last = i
		}
	}
	out := make([]Verdict, len(series))
	for i := range series {
		s, v := &series[i], &out[i]
		v.By = -1
		late := now.Sub(s.Due)
		switch {
		case s.Settled:
			v.Fate = Settled
		case i > last:
			v.Fate = Waiting
		case !s.Ends.IsZero() && !now.Before(s.Ends):
			v.Fate, v.Late = Superseded, late
		case i < last && late > r.Keep:
			v.Fate, v.By, v.Late = Superseded, last, late
		case late > r.Grace:
			v.Fate, v.Late = SendLate, late
		default:
			v.Fate, v.Late = Send, late
		}
	}
	return out
}
