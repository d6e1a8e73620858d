package obligation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/lease"
)

// Rung names a step of the ladder within the terms of a lease.
type Rung string

// The floor: what every lease with an end has, and Review, which an open-ended lease has instead.
const (
	Survey   Rung = "60"
	Proposal Rung = "30"
	Notice   Rung = "7"
	Review   Rung = "review"
)

// Floor are the rungs that no rule can remove, in the order in which they are due.
func Floor() []Rung { return []Rung{Survey, Proposal, Notice} }

// Days is how long before the end a rung of the floor is due.
func (r Rung) Days() int {
	return map[Rung]int{Survey: 60, Proposal: 30, Notice: 7, Review: reviewDays}[r]
}

// Floor reports whether the rung belongs to the floor.
func (r Rung) Floor() bool { return r.Days() > 0 }

// reviewDays is how long before the review of an open-ended lease its approver is reminded.
const reviewDays = 7

// Rule changes the ladder of every lease of an org. It has one of two forms: with DaysBefore it adds a touch, without it says
// what a rung of the floor is to carry.
type Rule struct {
	Name       string `json:"name"` // of the touch: letters, digits, dashes
	DaysBefore int    `json:"daysBefore,omitempty"`
	Rung       Rung   `json:"rung,omitempty"`
	Template   string `json:"template,omitempty"` // what it says; the rung's own when empty
	Channel    string `json:"channel,omitempty"`  // how it goes; the org's own when empty
}

// MaxDaysBefore is how long before the end a touch may be.
const MaxDaysBefore = 365

// Validate refuses a rule that is neither of the two forms.
func (r *Rule) Validate() error {
	switch {
	case r.Name == "" || len(r.Name) > 40 || strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fault.New("name", r.Name, "1 to 40 lower-case letters, digits and dashes")
	case r.DaysBefore != 0 && r.Rung != "":
		return fault.New("daysBefore", r.DaysBefore, "nothing beside rung: a rung of the floor keeps its day")
	case r.Rung != "" && (!r.Rung.Floor() || r.Rung == Review):
		return fault.New("rung", r.Rung, "60, 30 or 7")
	case r.Rung == "" && (r.DaysBefore <= Notice.Days() || r.DaysBefore > MaxDaysBefore):
		return fault.New("daysBefore", r.DaysBefore, fmt.Sprintf("more than %d and at most %d days before the end", Notice.Days(), MaxDaysBefore))
	}
	return nil
}

// Policy is how an org reminds.
type Policy struct {
	Zone  *time.Location
	Hour  int // of the local day at which reminders go out, from 0 to 23
	Rules []Rule
}

// DefaultHour is when reminders go out unless an org says otherwise.
const DefaultHour = 9

// Derive returns what the terms in force call for, in the order of the days: the floor, and the touches of the rules that lie
// within the lease. A lease that nobody is to be reminded of calls for nothing, and so does one whose end is not settled: that
// one is an exception and listed as such.
func Derive(l *lease.Lease, p *Policy) []Obligation {
	if l.State.Closed() {
		return nil
	}
	return p.of(l, l.Current())
}

// of returns what a version of the terms calls for.
func (p *Policy) of(l *lease.Lease, t *lease.Terms) []Obligation {
	var out []Obligation
	switch t.Class {
	case lease.FixedTerm:
		for _, r := range p.Rules {
			due := t.End.Add(-r.DaysBefore)
			if r.Rung == "" && !due.Before(t.Start) {
				out = append(out, p.one(l, t, Rung("touch-"+r.Name), due))
			}
		}
		for _, r := range Floor() {
			out = append(out, p.one(l, t, r, t.End.Add(-r.Days())))
		}
	case lease.OpenEnded:
		out = append(out, p.one(l, t, Review, t.Open.Review.Add(-Review.Days())))
	}
	slices.SortStableFunc(out, func(a, b Obligation) int { return a.Due.Compare(b.Due) })
	return out
}

// one makes an obligation. What would be due before the lease begins goes out on its first day, and what would be due before
// its terms were known goes out at once: a lease shorter than its ladder has all its rungs nevertheless.
func (p *Policy) one(l *lease.Lease, t *lease.Terms, r Rung, due calendar.Date) Obligation {
	day := due
	if day.Before(t.Start) {
		day = t.Start
	}
	at := day.At(calendar.Clock{Hour: p.Hour}, p.Zone)
	if at.Before(t.From) {
		at = t.From
	}
	return Obligation{ID: ID(l.ID, t.Version, r), Lease: l.ID, Version: t.Version, Rung: r, Due: due, At: at, State: Due}
}

// ID is the name of an obligation, and of the message that fulfils it: the same for every attempt, for ever.
func ID(l lease.ID, version int, r Rung) string { return fmt.Sprintf("%s.v%d.%s", l, version, r) }

// Says returns the template and the channel that the rules give a rung; the last rule that names it wins.
func (p *Policy) Says(r Rung) (template, channel string) {
	for _, rule := range p.Rules {
		if rule.Rung == r || rule.Rung == "" && Rung("touch-"+rule.Name) == r {
			template, channel = rule.Template, rule.Channel
		}
	}
	return template, channel
}
