package experiment

import (
	"fmt"
	"time"

	"fettle/rental/fault"
)

// Metric is what a household does.
type Metric string

// The metrics.
const (
	Click Metric = "CLICK" // the proposal was opened: what the test is about
	Sign  Metric = "SIGN"  // the renewal was signed: the guard-rail
)

// Exposure is the log of one household that was drawn: what it was shown first, and what it did. Instants are those at which
// the service heard of it, so that nothing written later can change what an earlier analysis has seen.
type Exposure struct {
	Experiment string    `json:"experiment"`
	Household  string    `json:"household"`
	Variant    int       `json:"variant"`
	At         time.Time `json:"at"` // the first exposure
	Seen       int       `json:"seen"`
	Clicked    time.Time `json:"clicked,omitzero"`
	Signed     time.Time `json:"signed,omitzero"`
}

// Record notes what a household did; what it has done before stays as it was.
func (e *Exposure) Record(m Metric, now time.Time) error {
	if now.Before(e.At) {
		return fault.New("time", now.Format(time.RFC3339), "not before the exposure, "+e.At.Format(time.RFC3339))
	}
	switch m {
	case Click:
		if e.Clicked.IsZero() {
			e.Clicked = now
		}
	case Sign:
		if e.Signed.IsZero() {
			e.Signed = now
		}
	default:
		return fault.New("metric", m, fmt.Sprintf("%s or %s", Click, Sign))
	}
	return nil
}

// NotExposed is the error for an outcome of a household that was not shown a text: it would count for nobody.
func NotExposed(experiment, household string) error {
	return fault.New("householdId", household, "a household that experiment "+experiment+" has drawn and that was exposed")
}

// clicked says when the outcome of a household is known, and whether it is a click: a click at once, none when the window is
// over.
func (e *Exposure) clicked(window time.Duration) (known time.Time, click bool) {
	end := e.At.Add(window)
	if !e.Clicked.IsZero() && e.Clicked.Before(end) {
		return e.Clicked, true
	}
	return end, false
}
