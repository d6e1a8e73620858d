package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/explain"
)

// Explanation says why an order is where it is.
type Explanation struct {
	Order        *Order
	Recorded     bool // as recorded when it was decided
	Cost         dispatch.Cost
	Arrival      time.Time
	Travel       time.Duration
	Alternatives []ExplainedAlternative
	Infeasible   []ExplainedRefusal
	Unassigned   *dispatch.Unassigned
	Sentences    []string
	Time         time.Time
}

// ExplainedAlternative is another technician for an order.
type ExplainedAlternative struct {
	Technician  dispatch.TechnicianID
	Difference  int64
	BindingRule string
	Flip        string
	Arrival     time.Time
}

// ExplainedRefusal is a technician who cannot.
type ExplainedRefusal struct {
	Technician dispatch.TechnicianID
	Reason     dispatch.Reason
	Short      int64
	Detail     string
}

// maxRefusals is how many technicians who cannot are listed, nearest to being able first.
const maxRefusals = 20

// lens is a snapshot laid out for explanations, at the first of them: that takes most of the time.
type lens struct {
	sync.Mutex
	problem   *dispatch.Problem
	explainer *explain.Explainer
	visits    map[dispatch.WorkOrderID]int32
}

// grind lays the snapshot out. Who has accepted an order holds it; that alone would be the explanation, so orders are
// explained without it.
func (l *lens) grind(s *Snapshot) error {
	if l.explainer != nil || s.Problem == nil {
		return nil
	}
	p := *s.Problem
	p.Visits = slices.Clone(p.Visits)
	for _, v := range s.held {
		p.Visits[v].Pin = nil
	}
	m, err := constraint.New(&p)
	if err != nil {
		return err
	}
	l.visits = make(map[dispatch.WorkOrderID]int32, len(p.Visits))
	for v := range p.Visits {
		l.visits[p.Visits[v].WorkOrder] = int32(v)
	}
	l.problem, l.explainer = &p, explain.New(m, s.Plan)
	return nil
}

// Explain says why an order is where it is: from the plan while it may still move, else as recorded.
func (s *Snapshot) Explain(o *Order) (*Explanation, error) {
	l := &s.lens
	l.Lock()
	defer l.Unlock()
	if err := l.grind(s); err != nil {
		return nil, fmt.Errorf("explain order %s: %w", o.ID, err)
	}
	v, ok := l.visits[o.ID]
	if !ok || o.State != StateNew && !o.State.Planned() {
		return recorded(o), nil
	}
	p, card := l.problem, l.explainer.Visit(v)
	out := &Explanation{Order: o, Time: s.Taken, Cost: card.Marginal, Unassigned: card.Unassigned, Sentences: waiting(card.Sentences(p))}
	if card.Technician >= 0 {
		out.Arrival, out.Travel = p.At(card.Stop.Arrival), time.Duration(card.Stop.Travel)*time.Second
	}
	for i := range card.Alternatives {
		a := &card.Alternatives[i]
		if a.Technician == card.Technician {
			continue // another shift of the same person
		}
		x := ExplainedAlternative{
			Technician: p.Technicians[a.Technician].ID, Difference: a.Difference, BindingRule: a.BindingRule, Arrival: p.At(a.Stop.Arrival),
		}
		if a.Flip != nil {
			x.Flip = a.Flip.Text
		}
		out.Alternatives = append(out.Alternatives, x)
	}
	for i := range card.Refused[:min(len(card.Refused), maxRefusals)] {
		r := &card.Refused[i]
		x := ExplainedRefusal{Technician: p.Technicians[r.Technician].ID, Reason: r.Reason, Short: r.Short, Detail: r.Detail}
		if r.Flip != nil {
			x.Detail += " " + r.Flip.Text
		}
		out.Infeasible = append(out.Infeasible, x)
	}
	return out, nil
}

// afterReport finds how late a visit is against its due instant, which for live orders is the report (waitsFrom).
var afterReport = regexp.MustCompile(`, ([0-9a-z ]+) late\b`)

// waiting says in the words of live dispatch what package explain says of lateness.
func waiting(sentences []string) []string {
	for i, s := range sentences {
		s = afterReport.ReplaceAllString(s, ", $1 after the report")
		sentences[i] = strings.ReplaceAll(s, dispatch.TermLateness.String(), "waiting")
	}
	return sentences
}

// recorded is the explanation that was kept with the decision.
func recorded(o *Order) *Explanation {
	out := &Explanation{Order: o, Recorded: true, Unassigned: o.Unassigned, Time: o.Updated}
	a := o.Assignment
	if a == nil {
		if o.Unassigned != nil {
			out.Sentences = []string{o.Unassigned.Detail}
		}
		return out
	}
	out.Cost, out.Arrival, out.Time = a.Cost, a.Arrival, a.Offered
	out.Sentences = append(out.Sentences, fmt.Sprintf("Technician %s was chosen: it cost %d more with the visit than without.", a.Technician, a.Cost.Total()))
	for i := range a.Alternatives {
		x := &a.Alternatives[i]
		out.Alternatives = append(out.Alternatives, ExplainedAlternative{
			Technician: x.Technician, Difference: x.Difference, BindingRule: x.Term.String(), Arrival: x.Arrival,
		})
		out.Sentences = append(out.Sentences, fmt.Sprintf("Technician %s would have cost %d more, most of all for %s.", x.Technician, x.Difference, x.Term))
	}
	return out
}
