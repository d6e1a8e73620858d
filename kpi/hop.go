package kpi

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Hop names in whose hands an order is. The values are stable: they are in the API.
type Hop string

// The hops, in the order of a life without incident.
const (
	HopUnassigned Hop = "UNASSIGNED" // nobody has it
	HopOffered    Hop = "OFFERED"    // a technician has been asked and has not answered
	HopAccepted   Hop = "ACCEPTED"   // agreed; other work is done first
	HopTravel     Hop = "TRAVEL"     // on the way
	HopAtDoor     Hop = "AT_DOOR"    // arrived, not at work yet
	HopWork       Hop = "WORK"       // at work
	HopPaused     Hop = "PAUSED"     // waits for a part or for access
	HopClosed     Hop = "CLOSED"     // done or merged, until it was reopened
)

// Hops lists all hops in the order of a life without incident.
func Hops() []Hop {
	return []Hop{HopUnassigned, HopOffered, HopAccepted, HopTravel, HopAtDoor, HopWork, HopPaused, HopClosed}
}

// hopOf is the hop of a state.
func hopOf(s engine.State) Hop {
	switch s {
	case engine.StateNew:
		return HopUnassigned
	case engine.StateAssigned:
		return HopOffered
	case engine.StateAccepted:
		return HopAccepted
	case engine.StateEnRoute:
		return HopTravel
	case engine.StateOnSite:
		return HopAtDoor
	case engine.StateWorking:
		return HopWork
	case engine.StatePaused:
		return HopPaused
	case engine.StateCompleted, engine.StateVerified, engine.StateMerged, engine.StateCanceled:
		return HopClosed
	}
	return HopUnassigned
}

// Span is a stretch of the life of an order in the same hands: half-open, [From, To).
type Span struct {
	Hop        Hop
	Technician dispatch.TechnicianID // who had it; "" when nobody had
	From, To   time.Time
	// Reason is why the span began, where somebody gave one: of a pause, of a refusal before, of reopening.
	Reason string
}

// Length is how long the span lasts.
func (s *Span) Length() time.Duration { return s.To.Sub(s.From) }

// Waterfall cuts the life of one order into spans, from its report until it was closed for good, or until now while it is
// open. Events are those of one order in sequence; the spans touch each other and sum to the whole. Events that change
// neither the hop nor the hands begin no span. A clock that went back gives spans of no length, never negative ones.
func Waterfall(events []engine.Event, now time.Time) []Span {
	var t trace
	var out []Span
	for i := range events {
		if s, ok := t.add(&events[i]); ok {
			out = append(out, s)
		}
	}
	if s, ok := t.until(now); ok {
		out = append(out, s)
	}
	return out
}

// trace follows an order through its hops. The zero value is an order of which nothing is known.
type trace struct{ open Span } // To is not set

// add takes the next event, and returns the span that it ends. One without length is left out.
func (t *trace) add(ev *engine.Event) (ended Span, ok bool) {
	if history(ev) {
		return Span{}, false
	}
	hop, who, at := hopOf(ev.State), ev.Technician, ev.Time
	held := hop != HopUnassigned && hop != HopClosed
	if !held {
		who = ""
	}
	if t.open.Hop != "" {
		at = later(at, t.open.From)
		if held && who == "" {
			who = t.open.Technician
		}
		if hop == t.open.Hop && who == t.open.Technician {
			return Span{}, false
		}
		ended = t.open
		ended.To = at
	}
	t.open = Span{Hop: hop, Technician: who, From: at, Reason: ev.Reason}
	return ended, ended.Length() > 0
}

// until is the open span as far as an instant. What is closed stays closed for good, so it has none.
func (t *trace) until(now time.Time) (Span, bool) {
	if t.open.Hop == "" || t.open.Hop == HopClosed {
		return Span{}, false
	}
	s := t.open
	s.To = later(now, s.From)
	return s, s.Length() > 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
