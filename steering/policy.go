package steering

import (
	"fmt"
	"time"

	"fettle/dispatch/engine"
	"fettle/invalid"
)

// State of a policy.
type State string

// The states.
const (
	Draft   State = "DRAFT"
	Active  State = "ACTIVE"
	Retired State = "RETIRED" // was active
)

// DefaultVeto is how long a suggestion waits for an objection unless a policy says otherwise.
const DefaultVeto = 10 * time.Minute

// Policy is a version of how orders are dispatched.
type Policy struct {
	State      State
	Version    int32 // counts the policies of an org from 1
	Name, Note string
	// Weights of the objective; nil means those of the default.
	Weights *engine.Weights
	Freeze  time.Duration
	// Rule is that of orders whose territory has no entry in Teams.
	Rule  engine.Rule
	Teams []engine.Rule

	Activated, Retired time.Time // the latest; zero for never
	ActivatedBy        string
	Previous           string // id of what ruled before it; "" means the default
}

// Check refuses a policy that cannot be followed. The error is an *invalid.Error.
func (p *Policy) Check() error {
	if p.Name == "" {
		return &invalid.Error{Field: "displayName", Want: "a name"}
	}
	if p.Rule.Team != "" {
		return &invalid.Error{Field: "rule.territory", Value: p.Rule.Team, Want: "nothing: the rule of a territory stands in teams"}
	}
	if err := checkWeights(p.Weights); err != nil {
		return err
	}
	if err := checkRule("rule", &p.Rule); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range p.Teams {
		field, r := fmt.Sprintf("teams[%d]", i), &p.Teams[i]
		if r.Team == "" {
			return &invalid.Error{Field: field + ".territory", Want: "a territory"}
		}
		if seen[r.Team] {
			return &invalid.Error{Field: field + ".territory", Value: r.Team, Want: "each territory once"}
		}
		seen[r.Team] = true
		if err := checkRule(field, r); err != nil {
			return err
		}
	}
	return nil
}

func checkRule(field string, r *engine.Rule) error {
	if r.Mode == "" {
		r.Mode = engine.ModeAuto
	}
	if !r.Mode.Valid() {
		return &invalid.Error{Field: field + ".mode", Value: string(r.Mode), Want: "SHADOW, SUGGEST, AUTO_WITH_VETO or AUTO"}
	}
	switch {
	case r.Mode == engine.ModeVeto && r.Veto == 0:
		r.Veto = DefaultVeto
	case r.Mode != engine.ModeVeto && r.Veto != 0:
		return &invalid.Error{Field: field + ".vetoWindow", Value: r.Veto.String(), Want: "nothing: only AUTO_WITH_VETO waits for objections"}
	}
	return nil
}

// checkWeights wants waiting to be priced by steps in order.
func checkWeights(w *engine.Weights) error {
	if w == nil {
		return nil
	}
	if w.Unserved <= 0 {
		return &invalid.Error{Field: "weights.unserved", Value: fmt.Sprint(w.Unserved), Want: "a positive price"}
	}
	for i := 1; i < len(w.Normal); i++ {
		if w.Normal[i].After <= w.Normal[i-1].After {
			return &invalid.Error{Field: fmt.Sprintf("weights.normal[%d].after", i), Value: fmt.Sprintf("%ds", w.Normal[i].After), Want: "later than the step before"}
		}
	}
	for i := 1; i < len(w.Emergency); i++ {
		if w.Emergency[i].After <= w.Emergency[i-1].After {
			return &invalid.Error{
				Field: fmt.Sprintf("weights.emergency[%d].after", i), Value: fmt.Sprintf("%ds", w.Emergency[i].After), Want: "later than the step before",
			}
		}
	}
	return nil
}

// Conduct is the policy as the engine follows it.
func (p *Policy) Conduct(id string) engine.Conduct {
	return engine.Conduct{
		Policy: id, Version: p.Version, Weights: p.Weights, Freeze: p.Freeze, Rules: append([]engine.Rule{p.Rule}, p.Teams...),
	}
}

// Activate makes the policy rule from now on, in place of another.
func (p *Policy) Activate(now time.Time, by, previous string) {
	p.State, p.Activated, p.ActivatedBy, p.Previous = Active, now, by, previous
}

// Restore makes the policy rule again: what it has replaced stays what it was.
func (p *Policy) Restore(now time.Time, by string) {
	p.State, p.Activated, p.ActivatedBy = Active, now, by
}

// Retire ends the rule of the policy.
func (p *Policy) Retire(now time.Time) { p.State, p.Retired = Retired, now }
