package replay

import (
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/simulate/day"
)

// fewAnswers is how many answers of dispatchers it takes before they are more than anecdotes.
const fewAnswers = 20

// suggestion is what was suggested for an order and not answered yet.
type suggestion struct {
	technician dispatch.TechnicianID
	first      time.Time // when the first of those that nobody has answered was made
	mode       engine.Mode
}

// answers are what dispatchers said to suggestions.
type answers struct {
	took     []float64 // logarithms of seconds
	followed int
	judged   int
}

// follow learns how suggestions are answered.
func (a *answers) follow(t *track, ev *engine.Event) {
	s := &t.suggested
	switch ev.Type {
	case engine.OrderSuggested:
		if s.first.IsZero() {
			s.first = ev.Time
		}
		s.technician, s.mode = ev.Assignment.Technician, ev.Mode
		return
	case engine.OrderAssigned, engine.SuggestionRejected:
		byHand := ev.Actor != "service" // nobody objected
		if !s.first.IsZero() && s.mode != engine.ModeShadow {
			a.judged++
			if !byHand || ev.Type == engine.OrderAssigned && ev.Assignment.Technician == s.technician {
				a.followed++
			}
			if byHand {
				a.took = append(a.took, math.Log(max(ev.Time.Sub(s.first).Seconds(), 1)))
			}
		}
	case engine.OrderCanceled, engine.OrderMerged:
	default:
		return
	}
	*s = suggestion{}
}

// Answers are how the dispatchers of the log answered suggestions, and how many were answered. Where there are too few to go by, they
// are those of day.UsualAnswers.
func (r *Recording) Answers() (day.Answers, int) {
	out := day.UsualAnswers()
	a := &r.answers
	if a.judged >= fewAnswers {
		out.Follow = float64(a.followed) / float64(a.judged)
	}
	if n := len(a.took); n >= fewAnswers {
		took := slices.Sorted(slices.Values(a.took))
		out.After = time.Duration(math.Exp((took[(n-1)/2]+took[n/2])/2) * float64(time.Second)).Round(time.Second)
		mean, sum := 0.0, 0.0
		for _, x := range took {
			mean += x / float64(n)
		}
		for _, x := range took {
			sum += (x - mean) * (x - mean)
		}
		out.Spread = math.Sqrt(sum / float64(n-1))
	}
	return out, a.judged
}
