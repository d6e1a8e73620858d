package day

import (
	"math"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Answers are how dispatchers answer what the engine suggests, where a Conduct has it ask. Times are log-normal draws.
type Answers struct {
	After  time.Duration // median from the suggestion to the answer
	Spread float64       // standard deviation of the logarithm
	Follow float64       // share of suggestions that are followed
}

// UsualAnswers are assumed where nobody's answers are known.
func UsualAnswers() Answers { return Answers{After: 6 * time.Minute, Spread: 0.8, Follow: 0.9} }

// suggested has a dispatcher look at a suggestion when there is time for it: emergencies at any hour, the rest in the hours of the
// desk. One look answers whatever is suggested by then.
func (r *run) suggested(o *order) {
	if o.asked {
		return
	}
	o.asked = true
	from := r.now
	if o.report.Wish.Urgency != dispatch.UrgencyEmergency {
		from = r.opens(from, deskOpens, deskCloses)
	}
	d := r.w.dice(forLook, o.judged, string(o.Report))
	r.at(from.Add(d.around(r.p.Answers.After, r.p.Answers.Spread)), func() error { return r.judge(o) })
}

// judge answers the suggestion for an order: it is followed, or not. Where suggestions are only for the record dispatchers give the
// order as they would have done.
func (r *run) judge(o *order) error {
	o.asked = false
	at, ok := r.e.Order(o.Report)
	if !ok || at.State != engine.StateNew || at.Suggestion == nil {
		return nil // the next suggestion is looked at when it comes
	}
	d := r.w.dice(forFollow, o.judged, string(o.Report))
	o.judged++
	switch follow := d.float() < r.p.Answers.Follow; {
	case at.Suggestion.Mode == engine.ModeShadow:
		return r.unaided(o)
	case at.Suggestion.Mode == engine.ModeVeto && follow:
		return nil // silence
	case follow:
		return r.orLater(o, engine.Act{Verb: engine.AcceptSuggestion, Order: o.Report})
	}
	return r.orLater(o, engine.Act{Verb: engine.RejectSuggestion, Order: o.Report, Reason: "somebody else would do better"})
}

// orLater does something to an order that waits, or has it looked at again.
func (r *run) orLater(o *order, act engine.Act) error {
	done, err := r.try("dispatcher", act)
	if err == nil && !done {
		r.suggested(o)
	}
	return err
}

// unaided gives an order to somebody as people do: whoever is free and nearest, else whoever has the least to do of those on shift.
func (r *run) unaided(o *order) error {
	best := r.nearest(o)
	if best == nil {
		least := math.MaxInt
		for _, a := range r.agents {
			if a.phase != off && a.can(o) && !o.refused[a.person.ID] && len(a.todo) < least {
				best, least = a, len(a.todo)
			}
		}
	}
	if best == nil {
		r.suggested(o)
		return nil
	}
	return r.orLater(o, engine.Act{Verb: engine.Reassign, Order: o.Report, Technician: best.person.ID})
}
