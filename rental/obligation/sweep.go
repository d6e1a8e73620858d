package obligation

import (
	"fmt"
	"slices"
	"time"

	"fettle/org/calendar"
	"fettle/rental/lease"
)

// Reconcile returns the obligations that change when a lease has: those of new terms are made, those of older ones that are
// still open are superseded, and nothing that was sent is touched. What the tenant was told of the same end already is not
// told again, and a lease that had ended before its terms were recorded calls for no message; both leave a superseded record.
// The changes belong into the transaction of the lease. Present are all obligations of the lease. Reconcile of its own result
// changes nothing.
func Reconcile(l *lease.Lease, present []Obligation, p *Policy, now time.Time) []Obligation {
	wanted := Derive(l, p)
	var changes []Obligation
	for _, o := range present {
		still := slices.ContainsFunc(wanted, func(w Obligation) bool { return w.ID == o.ID })
		if o.State.Open() && !still {
			o.supersede(now, instead(l, &o))
			changes = append(changes, o)
		}
	}
	over := !l.Current().End.IsZero() && calendar.DateOf(now, p.Zone).After(l.Current().End)
	for _, w := range wanted {
		if slices.ContainsFunc(present, func(o Obligation) bool { return o.ID == w.ID }) {
			continue
		}
		if i := slices.IndexFunc(present, func(o Obligation) bool { return w.told(&o) }); i >= 0 {
			w.supersede(now, "the tenant knows by "+present[i].ID)
		} else if over {
			w.supersede(now, "the lease had ended when these terms were recorded")
		}
		changes = append(changes, w)
	}
	return changes
}

// instead says what stands in the place of an obligation that the lease calls for no more.
func instead(l *lease.Lease, o *Obligation) string {
	switch {
	case l.State.Closed():
		return "the lease is " + string(l.State)
	case o.Version != l.Current().Version:
		return fmt.Sprintf("version %d of the terms", l.Current().Version)
	}
	return "the rules call for it no more"
}

// told reports whether an older obligation makes a new one needless: it has told of the same end, by this rung or by a nearer
// one, or somebody has waived this rung for the same end.
func (o *Obligation) told(older *Obligation) bool {
	switch {
	case o.Rung == older.Rung:
		return o.Due == older.Due && (older.State.Reached() || older.State == Waived)
	case !o.Rung.ladder() || !older.Rung.ladder():
		return false
	}
	return older.State.Reached() && o.end() == older.end() && older.Due.After(o.Due)
}

// ladder reports whether the rung is one of the three before an end.
func (r Rung) ladder() bool { return slices.Contains(Floor(), r) }

// end is the last day that a rung of the ladder is about.
func (o *Obligation) end() calendar.Date { return o.Due.Add(o.Rung.Days()) }

// Sweep decides about what is due in one lease: at most one message, of the nearest rung, and what that supersedes. After an
// outage the tenant hears what counts today, and not three letters at once; each rung that is passed over says so. A touch of a
// rule never stands for a rung of the floor.
//
// Send is the index of the obligation to send, -1 when there is none.
func Sweep(l *lease.Lease, all []Obligation, now time.Time) (send int, changes []Obligation) {
	send = -1
	for i, o := range all {
		if o.State.Open() && !o.At.After(now) && o.Version == l.Current().Version && !l.State.Closed() && (send < 0 || nearer(&o, &all[send])) {
			send = i
		}
	}
	if send < 0 {
		return send, nil
	}
	for i, o := range all {
		if i != send && o.State.Open() && !o.At.After(now) && o.Version == all[send].Version {
			o.supersede(now, fmt.Sprintf("rung %s is nearer to the end and goes out in its place", all[send].Rung))
			changes = append(changes, o)
		}
	}
	return send, changes
}

// nearer reports whether a is to be sent rather than b when both are due.
func nearer(a, b *Obligation) bool {
	if a.Rung.Floor() != b.Rung.Floor() {
		return a.Rung.Floor()
	}
	return a.Due.After(b.Due)
}
