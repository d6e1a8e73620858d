package row

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// suggestionJSON is engine.Suggestion.
type suggestionJSON struct {
	Assignment *assignmentJSON `json:"assignment"`
	Mode       engine.Mode     `json:"mode,omitempty"`
	Applies    stamp           `json:"applies,omitzero"`
}

func toSuggestion(s *engine.Suggestion) *suggestionJSON {
	if s == nil {
		return nil
	}
	return &suggestionJSON{toAssignment(&s.Assignment), s.Mode, toStamp(s.Applies)}
}

func (s *suggestionJSON) suggestion() *engine.Suggestion {
	if s == nil || s.Assignment == nil {
		return nil
	}
	return &engine.Suggestion{Assignment: *s.Assignment.assignment(), Mode: s.Mode, Applies: s.Applies.time()}
}

// conductJSON is engine.Conduct.
type conductJSON struct {
	Policy  string        `json:"policy,omitempty"`
	Version int32         `json:"version,omitempty"`
	Weights *weightsJSON  `json:"weights,omitempty"`
	Freeze  time.Duration `json:"freezeNanos,omitempty"`
	Rules   []ruleJSON    `json:"rules,omitempty"`
}

type ruleJSON struct {
	Team           string        `json:"team,omitempty"`
	Building       string        `json:"building,omitempty"`
	Mode           engine.Mode   `json:"mode,omitempty"`
	Veto           time.Duration `json:"vetoNanos,omitempty"`
	OfferNormal    time.Duration `json:"offerNormalNanos,omitempty"`
	OfferEmergency time.Duration `json:"offerEmergencyNanos,omitempty"`
	EscalateAbove  float64       `json:"escalateAbove,omitempty"`
}

// weightsJSON is engine.Weights.
type weightsJSON struct {
	Unserved     int64      `json:"unserved"`
	PerPriority  int64      `json:"unservedPerPriority,omitempty"`
	SkillSurplus int64      `json:"skillSurplus,omitempty"`
	MovedPromise int64      `json:"movedPromise,omitempty"`
	Normal       []stepJSON `json:"normal,omitempty"`
	Emergency    []stepJSON `json:"emergency,omitempty"`
}

type stepJSON struct {
	After   dispatch.Tick `json:"after,omitempty"`
	PerTick int64         `json:"perTick"`
}

func toStep(s dispatch.LatenessStep) stepJSON   { return stepJSON(s) }
func fromStep(s stepJSON) dispatch.LatenessStep { return dispatch.LatenessStep(s) }
func toRule(r engine.Rule) ruleJSON             { return ruleJSON(r) }
func fromRule(r ruleJSON) engine.Rule           { return engine.Rule(r) }

func toConduct(c *engine.Conduct) *conductJSON {
	if c == nil {
		return nil
	}
	out := &conductJSON{Policy: c.Policy, Version: c.Version, Freeze: c.Freeze, Rules: mapSlice(c.Rules, toRule)}
	if w := c.Weights; w != nil {
		out.Weights = &weightsJSON{
			w.Unserved, w.UnservedPerPriority, w.SkillSurplus, w.MovedPromise, mapSlice(w.Normal, toStep), mapSlice(w.Emergency, toStep),
		}
	}
	return out
}

func (c *conductJSON) conduct() *engine.Conduct {
	if c == nil {
		return nil
	}
	out := &engine.Conduct{Policy: c.Policy, Version: c.Version, Freeze: c.Freeze, Rules: mapSlice(c.Rules, fromRule)}
	if w := c.Weights; w != nil {
		out.Weights = &engine.Weights{
			Unserved: w.Unserved, UnservedPerPriority: w.PerPriority, SkillSurplus: w.SkillSurplus, MovedPromise: w.MovedPromise,
			Normal: mapSlice(w.Normal, fromStep), Emergency: mapSlice(w.Emergency, fromStep),
		}
	}
	return out
}
