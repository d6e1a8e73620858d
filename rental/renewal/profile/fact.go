package profile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Source is where a fact comes from.
type Source string

// The sources.
const (
	Leases     Source = "LEASES"       // the ledger of contracts and payments
	Devices    Source = "LOCKS_METERS" // locks and meters
	App        Source = "APP"          // how the app is used
	WorkOrders Source = "WORK_ORDERS"
	Community  Source = "COMMUNITY" // events and groups
)

// Sources lists them.
func Sources() []Source { return []Source{Leases, Devices, App, WorkOrders, Community} }

// Basis is why a fact may be kept.
type Basis string

// The bases.
const (
	Contract Basis = "CONTRACT" // needed to keep the contract
	Consent  Basis = "CONSENT"  // the tenant has agreed, on a day that is kept
)

// Basis is the one of all facts of a source.
func (s Source) Basis() Basis {
	if s == Leases || s == WorkOrders {
		return Contract
	}
	return Consent
}

// Valid reports whether there is such a source.
func (s Source) Valid() bool { return slices.Contains(Sources(), s) }

// Fact is one observation of one lease on one day.
type Fact struct {
	Name  string        `json:"name"` // as gymVisits
	Day   calendar.Date `json:"day"`
	Value float64       `json:"value"`
}

// Keep is how long facts are kept, in days, and Most how many of one lease and source.
const (
	Keep = 400
	Most = 4000
)

// Facts are those of one lease from one source.
type Facts struct {
	Lease     string        `json:"lease"`
	Source    Source        `json:"source"`
	Agreed    calendar.Date `json:"agreed,omitzero"`    // when the tenant agreed, for sources that need it
	Withdrawn time.Time     `json:"withdrawn,omitzero"` // when the tenant took that back: no facts are kept or taken from then on
	At        time.Time     `json:"at"`                 // of the last import
	List      []Fact        `json:"list,omitempty"`     // by name and day, each once
}

// Add takes facts in place of those of the same names and days, and forgets what is older than Keep.
func (f *Facts) Add(facts []Fact, today calendar.Date, now time.Time) error {
	if !f.Withdrawn.IsZero() {
		return &fault.StateError{Thing: fmt.Sprintf("consent of %s to %s", f.Lease, f.Source), State: "WITHDRAWN", Verb: "import", Legal: "GIVEN"}
	}
	by := map[string]Fact{}
	for _, x := range slices.Concat(f.List, facts) {
		if today.Sub(x.Day) <= Keep {
			by[x.Name+" "+x.Day.String()] = x
		}
	}
	f.List = f.List[:0:0]
	for _, x := range by {
		f.List = append(f.List, x)
	}
	slices.SortFunc(f.List, func(a, b Fact) int { return cmp.Or(cmp.Compare(a.Name, b.Name), a.Day.Compare(b.Day)) })
	if len(f.List) > Most {
		return fault.New("content", len(f.List), fmt.Sprintf("at most %d facts of a lease and source", Most))
	}
	f.At = now
	return nil
}

// Withdraw takes the consent back: what was kept is gone.
func (f *Facts) Withdraw(now time.Time) error {
	if f.Source.Basis() != Consent {
		return fault.New("source", f.Source, "a source that needs consent: the contract needs the facts of this one")
	}
	f.List, f.Withdrawn, f.Agreed = nil, now, calendar.Date{}
	return nil
}

// Signal is what facts of one name come to.
type Signal struct {
	Name   string
	Unit   string
	Source Source
	Value  float64 // of the last Over days: their sum, or the latest value where that says more
	Count  int     // facts
	First  calendar.Date
	Last   calendar.Date
	At     time.Time // when the last fact came
	Agreed calendar.Date
}

// Over is how many days a signal looks back.
const Over = 365

// Signals sums the facts of a lease from one source up to a day.
func (f *Facts) Signals(today calendar.Date) []Signal {
	by := map[string]*Signal{}
	for _, x := range f.List {
		if x.Day.After(today) || today.Sub(x.Day) >= Over {
			continue
		}
		s := by[x.Name]
		c := column(f.Source, x.Name)
		if s == nil {
			s = &Signal{Name: x.Name, Unit: c.Unit, Source: f.Source, First: x.Day, At: f.At, Agreed: f.Agreed}
			by[x.Name] = s
		}
		s.Count++
		s.Last = x.Day
		if c.Latest {
			s.Value = x.Value // days rise
		} else {
			s.Value += x.Value
		}
	}
	var out []Signal
	for _, c := range Columns(f.Source) {
		if s := by[c.Name]; s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// Missing lists the sources of which there are no facts, with why.
func Missing(have []Signal, off map[Source]bool) map[Source]string {
	out := map[Source]string{}
	for _, s := range Sources() {
		switch {
		case off[s]:
			out[s] = "the source is switched off"
		case !slices.ContainsFunc(have, func(x Signal) bool { return x.Source == s }):
			out[s] = "nothing has come from it for this lease"
		}
	}
	return out
}
