package engine

import (
	"fmt"
	"slices"
)

// legal says from which states each verb may start: the one place where this is decided (DESIGN section 6). What the state
// is afterwards follows from the events, see fold.
var legal = map[Verb][]State{ //nolint:gochecknoglobals // a constant table
	Accept:   {StateAssigned},
	Decline:  {StateAssigned},
	Depart:   {StateAccepted},
	Arrive:   {StateEnRoute},
	Start:    {StateOnSite},
	Pause:    {StateWorking},
	Resume:   {StatePaused},
	Complete: {StateOnSite, StateWorking},
	Rate:     {StateCompleted},
	Verify:   {StateCompleted},
	Reopen:   {StateCompleted},
	Cancel:   {StateNew, StateAssigned, StateAccepted, StateEnRoute, StateOnSite, StateWorking, StatePaused},
	Reassign: {StateNew, StateAssigned, StateAccepted},
	PinOrder: {StateNew, StateAssigned, StateAccepted},
	Unpin:    {StateNew, StateAssigned, StateAccepted},
	Merge:    {StateNew, StateAssigned, StateAccepted},
	Unmerge:  {StateMerged},
	LogCall:  {StateNew, StateAssigned, StateAccepted, StateEnRoute, StateOnSite, StateWorking, StatePaused},
	Escalate: {StateNew, StateAssigned, StateAccepted, StateEnRoute, StateOnSite, StateWorking, StatePaused},

	AcceptSuggestion: {StateNew},
	RejectSuggestion: {StateNew, StateAssigned},
	ReviewTaps:       states,
}

// Legal reports whether a verb may be applied in a state.
func Legal(v Verb, s State) bool {
	return slices.Contains(legal[v], s)
}

// checkLegal is nil or the conflict that forbids a verb.
func checkLegal(v Verb, o *Order) error {
	if Legal(v, o.State) {
		return nil
	}
	return &ConflictError{
		Reason: "ILLEGAL_STATE", State: o.State,
		Detail: fmt.Sprintf("%s needs an order that is %s", v, oneOf(legal[v])),
	}
}

func oneOf(states []State) (s string) {
	for i, state := range states {
		switch {
		case i > 0 && i == len(states)-1:
			s += " or "
		case i > 0:
			s += ", "
		}
		s += string(state)
	}
	return s
}
