package improvement

import (
	"slices"

	"fettle/invalid"
	"fettle/rental/fault"
)

// States of an idea.
const (
	IdeaSubmitted = "SUBMITTED"
	IdeaAccepted  = "ACCEPTED"
	IdeaPiloted   = "PILOTED"
	IdeaAdopted   = "ADOPTED"
	IdeaRejected  = "REJECTED"
)

// Idea is what somebody thinks should be done otherwise.
type Idea struct {
	State               string
	Title, Text, Author string
	Voters              []string // who votes for it, each once
	Pilot, Award        string
	Reason              string
}

// Vote counts or withdraws the vote of a person. To vote again changes nothing.
func (i *Idea) Vote(who string, withdraw bool) {
	i.Voters = slices.DeleteFunc(slices.Clone(i.Voters), func(v string) bool { return v == who })
	if !withdraw {
		i.Voters = append(i.Voters, who)
	}
}

// next are the states that may follow.
var next = map[string][]string{ //nolint:gochecknoglobals // a constant table
	IdeaSubmitted: {IdeaAccepted, IdeaRejected},
	IdeaAccepted:  {IdeaPiloted, IdeaAdopted, IdeaRejected},
	IdeaPiloted:   {IdeaAdopted, IdeaRejected},
}

// Decide says what becomes of an idea. The error is an *invalid.Error or a *fault.StateError.
func (i *Idea) Decide(state, reason, pilot, award string) error {
	if !slices.Contains(next[i.State], state) {
		return &fault.StateError{Thing: "the idea", State: i.State, Verb: "make it " + state, Legal: "an earlier state"}
	}
	switch {
	case (state == IdeaPiloted) != (pilot != ""):
		return &invalid.Error{Field: "pilotId", Value: pilot, Want: "the pilot of an idea that becomes PILOTED, nothing else"}
	case award != "" && state != IdeaAdopted:
		return &invalid.Error{Field: "award", Value: award, Want: "nothing: an award goes with ADOPTED"}
	case state == IdeaRejected && reason == "":
		return &invalid.Error{Field: "reason", Want: "why it is rejected"}
	}
	i.State, i.Reason = state, reason
	if pilot != "" {
		i.Pilot = pilot
	}
	i.Award = award
	return nil
}
