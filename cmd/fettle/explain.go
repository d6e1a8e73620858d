package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"fettle/dispatch"
	"fettle/dispatch/explain"
	"fettle/dispatch/problem"
)

// writeJSON writes plan JSON, with explanations when there are any.
func writeJSON(w io.Writer, doc *problem.Document, a *answer) error {
	if a.cards == nil {
		return problem.WritePlanJSON(w, doc, a.plan)
	}
	cards := make([]jsonCard, len(a.cards))
	for i := range a.cards {
		cards[i] = newJSONCard(doc.Problem, &a.cards[i])
	}
	explanations, err := json.Marshal(cards)
	if err != nil {
		return fmt.Errorf("write explanations: %w", err)
	}
	return problem.WriteExplainedPlanJSON(w, doc, a.plan, explanations)
}

// writeExplanations says why, visit by visit, in sentences.
func writeExplanations(w io.Writer, p *dispatch.Problem, a *answer) error {
	var b strings.Builder
	if len(a.cards) < len(p.Visits) {
		fmt.Fprintf(&b, "There was time to explain %d of %d visits; a larger --time explains more, --iterations all.\n", len(a.cards), len(p.Visits))
	}
	for i := range a.cards {
		for k, sentence := range a.cards[i].Sentences(p) {
			if k > 0 {
				b.WriteString("    ")
			}
			b.WriteString(sentence + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// jsonCard is a card in plan JSON: indices are ids, costs are integers as everywhere in the file.
type jsonCard struct {
	Visit        dispatch.VisitID      `json:"visitId"`
	Partner      dispatch.VisitID      `json:"partnerVisitId,omitempty"`
	Technician   dispatch.TechnicianID `json:"technicianId,omitempty"`
	Shift        *int32                `json:"shift,omitempty"`
	Position     *int32                `json:"position,omitempty"`
	Cost         int64                 `json:"cost"`
	Terms        map[string]int64      `json:"terms"`
	Blocked      *jsonRefusal          `json:"blocked,omitempty"`
	Elsewhere    *jsonAlternative      `json:"elsewhere,omitempty"`
	Alternatives []jsonAlternative     `json:"alternatives"`
	Others       int                   `json:"others,omitempty"`
	Refused      []jsonRefusal         `json:"refused"` // the nearest to being able; RefusedBy counts them all
	RefusedBy    map[string]int        `json:"refusedBy"`
	Reason       dispatch.Reason       `json:"reason,omitempty"` // of a visit left out
	Text         []string              `json:"text"`
}

type jsonAlternative struct {
	Technician  dispatch.TechnicianID `json:"technicianId"`
	Shift       int32                 `json:"shift"`
	Position    int32                 `json:"position"`
	Difference  int64                 `json:"difference"`
	Terms       map[string]int64      `json:"terms"`
	BindingRule string                `json:"bindingRule,omitempty"`
	Flip        *jsonFlip             `json:"flip,omitempty"`
}

type jsonRefusal struct {
	Technician dispatch.TechnicianID `json:"technicianId"`
	Reason     dispatch.Reason       `json:"reason"`
	Short      int64                 `json:"short,omitempty"`
	Visit      dispatch.VisitID      `json:"visitId,omitempty"`
	Detail     string                `json:"detail"`
	Flip       *jsonFlip             `json:"flip,omitempty"`
}

type jsonFlip struct {
	Kind       explain.FlipKind      `json:"kind"`
	Amount     int64                 `json:"amount"`
	Visit      dispatch.VisitID      `json:"visitId,omitempty"`
	Technician dispatch.TechnicianID `json:"technicianId,omitempty"`
	Skill      dispatch.Skill        `json:"skill,omitempty"`
	Text       string                `json:"text"`
}

// maxRefused is how many refusals a card lists: with hundreds of technicians the full list is most of the file.
const maxRefused = 5

func newJSONCard(p *dispatch.Problem, c *explain.Card) jsonCard {
	out := jsonCard{
		Visit: visitID(p, c.Visit), Partner: visitID(p, c.Partner), Technician: technicianID(p, c.Technician),
		Cost: c.Marginal.Total(), Terms: terms(p, c.Marginal), Alternatives: make([]jsonAlternative, len(c.Alternatives)),
		Others: c.Others, Refused: make([]jsonRefusal, min(len(c.Refused), maxRefused)), RefusedBy: map[string]int{}, Text: c.Sentences(p),
	}
	if c.Technician >= 0 {
		out.Shift, out.Position = &c.Shift, &c.Position
	}
	if c.Blocked.Reason != "" {
		blocked := newJSONRefusal(p, &c.Blocked)
		out.Blocked = &blocked
	}
	if c.Elsewhere != nil {
		elsewhere := newJSONAlternative(p, c.Elsewhere)
		out.Elsewhere = &elsewhere
	}
	for i := range c.Alternatives {
		out.Alternatives[i] = newJSONAlternative(p, &c.Alternatives[i])
	}
	for i := range c.Refused {
		out.RefusedBy[string(c.Refused[i].Reason)]++
		if i < maxRefused {
			out.Refused[i] = newJSONRefusal(p, &c.Refused[i])
		}
	}
	if c.Unassigned != nil {
		out.Reason = c.Unassigned.Reason
	}
	return out
}

func newJSONAlternative(p *dispatch.Problem, a *explain.Alternative) jsonAlternative {
	return jsonAlternative{
		Technician: technicianID(p, a.Technician), Shift: a.Shift, Position: a.Position, Difference: a.Difference,
		Terms: terms(p, a.Terms), BindingRule: a.BindingRule, Flip: newJSONFlip(p, a.Flip),
	}
}

func newJSONRefusal(p *dispatch.Problem, r *explain.Refusal) jsonRefusal {
	return jsonRefusal{
		Technician: technicianID(p, r.Technician), Reason: r.Reason, Short: r.Short, Visit: visitID(p, r.Visit),
		Detail: r.Detail, Flip: newJSONFlip(p, r.Flip),
	}
}

func newJSONFlip(p *dispatch.Problem, f *explain.Flip) *jsonFlip {
	if f == nil {
		return nil
	}
	return &jsonFlip{
		Kind: f.Kind, Amount: f.Amount, Visit: visitID(p, f.Visit), Technician: technicianID(p, f.Technician), Skill: f.Skill, Text: f.Text,
	}
}

// visitID is "" where the index stands for none.
func visitID(p *dispatch.Problem, v int32) dispatch.VisitID {
	if v < 0 {
		return ""
	}
	return p.Visits[v].ID
}

// technicianID is "" where the index stands for none.
func technicianID(p *dispatch.Problem, t int32) dispatch.TechnicianID {
	if t < 0 {
		return ""
	}
	return p.Technicians[t].ID
}

// terms are those that are not zero.
func terms(p *dispatch.Problem, c dispatch.Cost) map[string]int64 {
	out := map[string]int64{}
	for term := range dispatch.Terms {
		if c[term] != 0 {
			out[p.Policy.TermName(term)] = c[term]
		}
	}
	return out
}
