package voice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/rental/fault"
)

// Mood is what a tenant taps.
type Mood string

// The moods.
const (
	Good    Mood = "GOOD"
	Neutral Mood = "NEUTRAL"
	Bad     Mood = "BAD"
)

// Tap is the mood beside one bill: a lease has one a month.
type Tap struct {
	Lease   string    `json:"lease"`
	Month   string    `json:"month"` // of the bill, as 2026-03
	Mood    Mood      `json:"mood"`
	At      time.Time `json:"at"`                // of the first tap
	Changes int       `json:"changes,omitempty"` // taps after it
}

const (
	// MindFor is how long after the first tap another one counts: a slip of the thumb.
	MindFor = 10 * time.Minute
	// MaxChanges is how often a tap can be changed.
	MaxChanges = 3
	// InARow is how many bills in a row without joy call for somebody.
	InARow = 3
)

const monthForm = "2006-01"

// CheckMonth refuses what is no month, or one that has not begun.
func CheckMonth(month string, now time.Time) error {
	m, err := time.Parse(monthForm, month)
	if err != nil || m.After(now.AddDate(0, 0, 1)) {
		return fault.New("month", month, "the month of a bill that is out, as 2026-03")
	}
	return nil
}

// Change replaces the mood of a bill, shortly after it was tapped.
func (t *Tap) Change(m Mood, now time.Time) error {
	if now.Sub(t.At) > MindFor || t.Changes >= MaxChanges {
		return &fault.StateError{
			Thing: "mood of " + t.Month, State: "GIVEN", Verb: "change",
			Legal: fmt.Sprintf("the first %s, %d times", MindFor, MaxChanges),
		}
	}
	t.Mood = m
	t.Changes++
	return nil
}

// Follow says why somebody should call after a tap, "" for no reason. Taps are all of a lease, that one included, in any order: a
// bad mood calls at once, a neutral one when it is the third bill in a row without a good one.
func Follow(taps []Tap, month string) string {
	by := map[string]Mood{}
	for i := range taps {
		by[taps[i].Month] = taps[i].Mood
	}
	if by[month] == Bad {
		return "mood BAD beside the bill of " + month
	}
	at, err := time.Parse(monthForm, month)
	if err != nil {
		return ""
	}
	var row []string
	for n := range InARow {
		m := at.AddDate(0, -n, 0).Format(monthForm)
		if mood, ok := by[m]; !ok || mood == Good {
			return ""
		}
		row = append(row, m)
	}
	slices.Reverse(row)
	return "no good mood beside the bills of " + strings.Join(row, ", ")
}

// Pattern is how a tenant's moods looked in the end.
type Pattern string

// The patterns, the first that fits.
const (
	PatternNone    Pattern = "NO_MOOD"       // nothing was tapped
	PatternBad     Pattern = "LAST_BAD"      // the last one was bad
	PatternNeutral Pattern = "THREE_NEUTRAL" // the last three bills in a row were neutral
	PatternOther   Pattern = "OTHER"
)

// PatternOf judges the taps of a lease up to the month of its last day.
func PatternOf(taps []Tap, until string) Pattern {
	sorted := slices.DeleteFunc(slices.Clone(taps), func(t Tap) bool { return t.Month > until })
	slices.SortFunc(sorted, func(a, b Tap) int { return strings.Compare(a.Month, b.Month) })
	if len(sorted) == 0 {
		return PatternNone
	}
	last := sorted[len(sorted)-1]
	if last.Mood == Bad {
		return PatternBad
	}
	for i := range InARow {
		k := len(sorted) - 1 - i
		at, _ := time.Parse(monthForm, last.Month) // it was checked when it came
		if k < 0 || sorted[k].Mood != Neutral || sorted[k].Month != at.AddDate(0, -i, 0).Format(monthForm) {
			return PatternOther
		}
	}
	return PatternNeutral
}

// CareState is where a task stands.
type CareState string

// The states.
const (
	CareOpen CareState = "OPEN"
	CareDone CareState = "DONE"
)

// CareFor is how long somebody has to call.
const CareFor = 48 * time.Hour

// Care is a task: somebody calls a tenant.
type Care struct {
	Lease   string    `json:"lease"`
	Unit    string    `json:"unit,omitempty"`
	Reason  string    `json:"reason"`
	State   CareState `json:"state"`
	Due     time.Time `json:"due"`
	Outcome string    `json:"outcome,omitempty"`
	By      string    `json:"by,omitempty"`
	DoneAt  time.Time `json:"doneAt,omitzero"`
}

// Close says what came of the call.
func (c *Care) Close(id, outcome, by string, now time.Time) error {
	if c.State != CareOpen {
		return &fault.StateError{Thing: "care task " + id, State: string(c.State), Verb: "close", Legal: string(CareOpen)}
	}
	if strings.TrimSpace(outcome) == "" {
		return fault.New("outcome", outcome, "what came of the call")
	}
	c.State, c.Outcome, c.By, c.DoneAt = CareDone, outcome, by, now
	return nil
}
