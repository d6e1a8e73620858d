package steering

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Default is what the policy is called that rules while none is active.
const Default = "default"

// mostChanged is how many of the latest suggestions that were not followed a score lists.
const mostChanged = 50

// Score is what became of the suggestions under a policy.
type Score struct {
	Waiting, Followed, Unopposed, Changed, Lapsed, Rejected int
	// Extra is what was done minus what was suggested, summed over Changed.
	Extra dispatch.Cost
	// Told counts orders where somebody came to the door, OnTime those in time: as suggested, and changed.
	AsSuggested, AsChanged Kept
	// Thought is the time until somebody decided, summed over Followed and Changed.
	Thought time.Duration
	Latest  []Change // the latest last
}

// Kept counts promises.
type Kept struct{ Told, OnTime int }

// Change is a suggestion that was not followed.
type Change struct {
	Order         dispatch.WorkOrderID
	Time          time.Time
	Suggested, To dispatch.TechnicianID
	Actor, Reason string
	Extra         int64
}

// Tally reads the log in its order and keeps the score of each policy. The zero value has read nothing. It is not safe for
// concurrent use.
type Tally struct {
	last   int64
	scores map[string]*Score
	open   map[dispatch.WorkOrderID]*followed
}

// followed is an order about which something was suggested.
type followed struct {
	policy  string
	waits   *engine.Assignment // what is suggested; nil once decided
	since   time.Time
	decided bool
	changed bool
	onSite  time.Time
}

// Last is the sequence of the last event that was read.
func (t *Tally) Last() int64 { return t.last }

// Score is that of a policy.
func (t *Tally) Score(policy string) Score {
	var out Score
	if s := t.scores[policy]; s != nil {
		out = *s
		out.Latest = slices.Clone(s.Latest)
	}
	for _, f := range t.open {
		if f.policy == policy && f.waits != nil {
			out.Waiting++
		}
	}
	return out
}

// Add takes in the next events of the log.
func (t *Tally) Add(events []engine.Event) {
	if t.open == nil {
		t.open, t.scores = map[dispatch.WorkOrderID]*followed{}, map[string]*Score{}
	}
	for i := range events {
		t.add(&events[i])
		t.last = events[i].Sequence
	}
}

func (t *Tally) add(ev *engine.Event) {
	f := t.open[ev.Order]
	if ev.Type == engine.OrderSuggested {
		t.suggested(ev, f)
		return
	}
	if ev.Order == "" || f == nil {
		if ev.Type == engine.OrderCreated && ev.Due != nil {
			t.open[ev.Order] = &followed{onSite: ev.Due.OnSite}
		}
		return
	}
	if ev.Due != nil {
		f.onSite = ev.Due.OnSite
	}
	switch ev.Type { //nolint:exhaustive // the others decide nothing
	case engine.OrderAssigned:
		t.assigned(ev, f)
	case engine.SuggestionRejected:
		t.of(f).Rejected++
		f.waits = nil
	case engine.OrderUnassigned:
		t.lapse(f)
	case engine.OrderArrived:
		t.arrived(ev, f)
	case engine.OrderCompleted, engine.OrderVerified, engine.OrderCanceled, engine.OrderMerged:
		t.lapse(f)
		delete(t.open, ev.Order)
	}
}

// of is the score that an order counts in.
func (t *Tally) of(f *followed) *Score {
	s := t.scores[f.policy]
	if s == nil {
		s = &Score{}
		t.scores[f.policy] = s
	}
	return s
}

// suggested notes a suggestion; one that waits is replaced, and counts once.
func (t *Tally) suggested(ev *engine.Event, f *followed) {
	if f == nil {
		f = &followed{}
		t.open[ev.Order] = f
	}
	if f.waits == nil || f.decided {
		f.since = ev.Time
	}
	f.policy, f.waits, f.decided = cmp.Or(ev.Assignment.Policy, Default), ev.Assignment, false
}

func (t *Tally) assigned(ev *engine.Event, f *followed) {
	was := f.waits
	if was == nil || ev.Assignment == nil {
		return
	}
	s := t.of(f)
	f.waits, f.decided, f.changed = nil, true, was.Technician != ev.Assignment.Technician
	switch {
	case f.changed:
		extra := ev.Assignment.Cost.Minus(was.Cost)
		s.Changed++
		for k := range extra {
			s.Extra[k] += extra[k]
		}
		s.Thought += ev.Time.Sub(f.since)
		s.Latest = append(s.Latest, Change{
			Order: ev.Order, Time: ev.Time, Suggested: was.Technician, To: ev.Assignment.Technician, Actor: ev.Actor, Reason: ev.Reason, Extra: extra.Total(),
		})
		s.Latest = slices.Delete(s.Latest, 0, max(0, len(s.Latest)-mostChanged))
	case ev.Actor == service:
		s.Unopposed++
	default:
		s.Followed++
		s.Thought += ev.Time.Sub(f.since)
	}
}

// service is the actor of what nobody asked for.
const service = "service"

func (t *Tally) lapse(f *followed) {
	if f.waits != nil {
		t.of(f).Lapsed++
		f.waits = nil
	}
}

func (t *Tally) arrived(ev *engine.Event, f *followed) {
	if !f.decided {
		return
	}
	s := t.of(f)
	k := &s.AsSuggested
	if f.changed {
		k = &s.AsChanged
	}
	k.Told++
	if !ev.Time.After(f.onSite) {
		k.OnTime++
	}
	f.decided = false
}
