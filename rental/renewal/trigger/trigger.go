// Package trigger is rules as data: who is told what, how long before a lease ends, and how often at most. Plan says for a day what
// would be told to whom; the same function decides what is told when the day has come, so that a dry run and the day itself can
// differ only by what has changed in between.
//
// Rules add to the ladder of reminders 60, 30 and 7 days before the end and take nothing from it: it is owed whatever the rules say
// (rental/obligation).
package trigger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Rule is one rule as it stands in a version.
type Rule struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	// From and Until are days before the last day of the lease: it fires on the first day on which its conditions hold, at most
	// From and at least Until days before the end.
	From  int `json:"from"`
	Until int `json:"until"`
	// What must hold, all of it; what is empty holds for everybody.
	Tag     string      `json:"tag,omitempty"`
	Segment string      `json:"segment,omitempty"`
	Signals []Condition `json:"signals,omitempty"`
	// What is told: Template of the catalog, or the one that says Text.
	Template string `json:"template,omitempty"`
	Text     string `json:"text,omitempty"`
	// Rest is how many days a lease rests after this rule has told it something: 0 for once in a term.
	Rest int `json:"rest,omitempty"`
	// Rank orders rules that meet on a day: the lowest is told, others wait for another day.
	Rank int `json:"rank,omitempty"`
}

// Condition wants a signal of at least a value, or of at most one when Below.
type Condition struct {
	Signal string  `json:"signal"`
	Value  float64 `json:"value"`
	Below  bool    `json:"below,omitempty"`
}

// Versioned is a rule with its past: the last of Versions is in use.
type Versioned struct {
	Versions []Version `json:"versions"`
}

// Version is a rule as somebody has written it.
type Version struct {
	Rule
	Number int       `json:"number"` // from 1
	At     time.Time `json:"at"`
	By     string    `json:"by"`
}

// Bounds of rules.
const (
	MaxDays     = 365
	MaxVersions = 200
	// PerWeek is how many messages of rules a lease gets in seven days.
	PerWeek = 1
	week    = 7
)

// Current is the version in use.
func (v *Versioned) Current() *Version { return &v.Versions[len(v.Versions)-1] }

// Write adds a version. One that changes nothing is none.
func (v *Versioned) Write(r Rule, by string, now time.Time) error {
	if err := r.check(); err != nil {
		return err
	}
	n := len(v.Versions)
	if n > 0 && v.Current().same(&r) {
		return nil
	}
	if n >= MaxVersions {
		return fault.New("trigger", n, fmt.Sprintf("at most %d versions of a rule: write another rule", MaxVersions))
	}
	v.Versions = append(v.Versions, Version{Rule: r, Number: n + 1, At: now, By: by})
	return nil
}

func (r *Rule) same(o *Rule) bool {
	a, b := *r, *o
	a.Signals, b.Signals = nil, nil
	return fmt.Sprint(a) == fmt.Sprint(b) && slices.Equal(r.Signals, o.Signals)
}

func (r *Rule) check() error {
	switch {
	case strings.TrimSpace(r.Name) == "":
		return fault.New("displayName", r.Name, "a name")
	case r.From < 0 || r.From > MaxDays:
		return fault.New("fromDays", r.From, fmt.Sprintf("0 to %d days before the end", MaxDays))
	case r.Until < 0 || r.Until > r.From:
		return fault.New("untilDays", r.Until, fmt.Sprintf("0 to fromDays, %d", r.From))
	case r.Rest < 0 || r.Rest > MaxDays:
		return fault.New("restDays", r.Rest, fmt.Sprintf("0 to %d", MaxDays))
	case (strings.TrimSpace(r.Text) == "") == (r.Template == ""):
		return fault.New("text", r.Text, "either a text or a templateId")
	}
	return nil
}

// Tenant is who may be told something.
type Tenant struct {
	Lease   string
	Unit    string
	Renter  string
	Start   calendar.Date
	End     calendar.Date // last day of the lease
	Segment string
	Signals map[string]float64
	// Tags are held until the instants given, if they are set.
	Tags map[string]time.Time
}

// Told is a message that a rule has caused.
type Told struct {
	Rule  string
	Lease string
	End   calendar.Date // of the term that it was about
	Day   calendar.Date
}

// Active is a rule that may fire.
type Active struct {
	ID      string
	Version int
	Rule
}

// Outcome is what becomes of a rule that fires.
type Outcome string

// The outcomes.
const (
	Send  Outcome = "SEND"
	Waits Outcome = "WAITS" // another message of a rule has been told within a week: it waits for the first day on which it may
)

// Item is a rule that fires for a lease on a day.
type Item struct {
	Rule    string
	Version int
	Lease   string
	Day     calendar.Date
	Outcome Outcome
	Reason  string // why it fires, or why it waits
	// What would be told.
	Template, Text string
	Tenant         *Tenant
}

// Plan says what rules tell whom on a day, in the order of leases; at is the instant of the run. Told is what was told before: it
// grows by what this day sends, so that days can be planned in a row.
func Plan(day calendar.Date, at time.Time, rules []Active, tenants []Tenant, told []Told) ([]Item, []Told) {
	past := map[string][]Told{}
	for _, t := range told {
		past[t.Lease] = append(past[t.Lease], t)
	}
	order := slices.Clone(rules)
	slices.SortFunc(order, func(a, b Active) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
	who := slices.Clone(tenants)
	slices.SortFunc(who, func(a, b Tenant) int { return cmp.Compare(a.Lease, b.Lease) })
	var out []Item
	for i := range who {
		t := &who[i]
		for j := range order {
			r := &order[j]
			why, fires := r.fires(t, day, at, past[t.Lease])
			if !fires {
				continue
			}
			item := Item{
				Rule: r.ID, Version: r.Version, Lease: t.Lease, Day: day, Outcome: Send, Reason: why, Template: r.Template, Text: r.Text, Tenant: t,
			}
			if n := recent(past[t.Lease], day); n >= PerWeek {
				item.Outcome, item.Reason = Waits, fmt.Sprintf("%d message of rules within %d days", n, week)
			} else {
				x := Told{Rule: r.ID, Lease: t.Lease, End: t.End, Day: day}
				past[t.Lease] = append(past[t.Lease], x)
				told = append(told, x)
			}
			out = append(out, item)
		}
	}
	return out, told
}

// recent counts what was told in the week that ends with a day.
func recent(past []Told, day calendar.Date) (n int) {
	for _, t := range past {
		if ago := day.Sub(t.Day); ago >= 0 && ago < week {
			n++
		}
	}
	return n
}

// fires reports whether a rule has something to tell a lease on a day, and why.
func (r *Active) fires(t *Tenant, day calendar.Date, at time.Time, past []Told) (string, bool) {
	left := t.End.Sub(day)
	if !r.Enabled || t.End.IsZero() || left > r.From || left < r.Until || r.rests(t, day, past) {
		return "", false
	}
	why, ok := r.holds(t, at)
	return strings.Join(append([]string{fmt.Sprintf("%d days before the end", left)}, why...), ", "), ok
}

// rests reports whether the rule has told the lease enough for now.
func (r *Active) rests(t *Tenant, day calendar.Date, past []Told) bool {
	return slices.ContainsFunc(past, func(x Told) bool {
		return x.Rule == r.ID && x.End == t.End && (r.Rest == 0 || day.Sub(x.Day) < r.Rest)
	})
}

// holds reports whether all conditions hold, and which there are. What is not known does not hold.
func (r *Active) holds(t *Tenant, at time.Time) (why []string, ok bool) {
	if r.Tag != "" {
		until, held := t.Tags[r.Tag]
		if !held || !until.IsZero() && !at.Before(until) {
			return nil, false
		}
		why = append(why, "tag "+r.Tag)
	}
	if r.Segment != "" {
		if t.Segment != r.Segment {
			return nil, false
		}
		why = append(why, "segment "+r.Segment)
	}
	for _, c := range r.Signals {
		v, known := t.Signals[c.Signal]
		if !known || c.Below && v > c.Value || !c.Below && v < c.Value {
			return nil, false
		}
		why = append(why, fmt.Sprintf("%s is %g", c.Signal, v))
	}
	return why, true
}

// Words is a rule as people read it.
func (r *Rule) Words() string {
	parts := []string{fmt.Sprintf("%d to %d days before the end", r.From, r.Until)}
	if r.Tag != "" {
		parts = append(parts, "tag "+r.Tag)
	}
	if r.Segment != "" {
		parts = append(parts, "segment "+r.Segment)
	}
	for _, c := range r.Signals {
		parts = append(parts, fmt.Sprintf("%s %s %g", c.Signal, map[bool]string{false: "at least", true: "at most"}[c.Below], c.Value))
	}
	if r.Rest > 0 {
		parts = append(parts, fmt.Sprintf("again after %d days", r.Rest))
	}
	state := "off"
	if r.Enabled {
		state = "on"
	}
	return fmt.Sprintf("%s (%s, rank %d): %s: %q", r.Name, state, r.Rank, strings.Join(parts, ", "), cmp.Or(r.Text, r.Template))
}
