// Package task is work that is no repair and that nobody drives to: a parcel in the wrong locker, a room-mate who left. A kind says
// whose work it is and by when. There is no clock and no store here.
package task

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/invalid"
)

// Kind of a task.
type Kind string

// The kinds.
const (
	Parcel       Kind = "PARCEL"
	Keys         Kind = "KEYS"
	Noise        Kind = "NOISE"
	RoommateLeft Kind = "ROOMMATE_LEFT"
	Matching     Kind = "MATCHING" // finds who moves into the room
	Billing      Kind = "BILLING"
	Other        Kind = "OTHER"
)

// Rule says whose work a kind is and what is promised.
type Rule struct {
	Role        string // as the API names it
	Claim, Done time.Duration
}

const (
	desk        = "FRONT_DESK"
	finance     = "FINANCE"
	supervisors = "SUPERVISOR"
	day         = 24 * time.Hour
)

// rules are those of kinds.
var rules = map[Kind]Rule{ //nolint:gochecknoglobals // a constant table
	Parcel: {desk, 30 * time.Minute, 4 * time.Hour}, Keys: {desk, 30 * time.Minute, 2 * time.Hour}, Noise: {desk, 30 * time.Minute, day},
	RoommateLeft: {desk, 4 * time.Hour, day}, Matching: {supervisors, day, 14 * day}, Billing: {finance, 4 * time.Hour, 2 * day},
	Other: {desk, 4 * time.Hour, 2 * day},
}

// RuleOf is the rule of a kind, and whether there is such a kind.
func RuleOf(k Kind) (Rule, bool) {
	r, ok := rules[k]
	return r, ok
}

// Kinds lists the kinds in the order of the API.
func Kinds() []Kind { return []Kind{Parcel, Keys, Noise, RoommateLeft, Matching, Billing, Other} }

// State of a task.
type State string

// The states.
const (
	New      State = "NEW"
	Claimed  State = "CLAIMED"
	Done     State = "DONE"
	Canceled State = "CANCELED"
)

// Promise is what is promised of a task.
type Promise string

// The promises.
const (
	ToClaim Promise = "CLAIM"
	ToDo    Promise = "DONE"
)

// Task is work that is no repair.
type Task struct {
	Kind              Kind
	State             State
	Role, Unit        string
	Text              string
	Channel           dispatch.Channel
	Parent            string
	Owner             string
	Opened            time.Time
	ClaimDue, DoneDue time.Time
	ClaimedAt, Ended  time.Time
	Breached          []Promise
	Outcome           string
	Proposals         []Proposal
}

// ProposalState is what became of a proposal.
type ProposalState string

// The states of proposals.
const (
	Proposed ProposalState = "PROPOSED"
	Agreed   ProposalState = "AGREED"
	Declined ProposalState = "DECLINED"
)

// Proposal is a tenant who might move in.
type Proposal struct {
	Tenant string
	State  ProposalState
	Note   string
	Time   time.Time
}

// Open makes a task of a kind.
func Open(k Kind, unit, text string, ch dispatch.Channel, now time.Time) (Task, error) {
	r, ok := rules[k]
	if !ok {
		return Task{}, &invalid.Error{Field: "kind", Value: string(k), Want: "a kind of task"}
	}
	if (k == RoommateLeft || k == Matching) && unit == "" {
		return Task{}, &invalid.Error{Field: "unitId", Want: "the dwelling whose room is free"}
	}
	return Task{Kind: k, State: New, Role: r.Role, Unit: unit, Text: text, Channel: ch, Opened: now, ClaimDue: now.Add(r.Claim), DoneDue: now.Add(r.Done)}, nil
}

// Follow is the task that follows from one that is opened, nil for none: who looks for the next room-mate.
func (t *Task) Follow() *Task {
	if t.Kind != RoommateLeft {
		return nil
	}
	next, err := Open(Matching, t.Unit, t.Text, t.Channel, t.Opened)
	if err != nil {
		return nil // the dwelling is known: Open has asked for it
	}
	return &next
}

// legal refuses a verb from a state that it does not start from.
func (t *Task) legal(verb string, from ...State) error {
	if slices.Contains(from, t.State) {
		return nil
	}
	return &engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.State(t.State), Detail: verb + " needs a task that is " + list(from)}
}

func list(states []State) (s string) {
	for i, state := range states {
		if i > 0 {
			s += " or "
		}
		s += string(state)
	}
	return s
}

// Claim gives the task to somebody.
func (t *Task) Claim(who string, now time.Time) error {
	if err := t.legal("claim", New); err != nil {
		return err
	}
	t.breach(now)
	t.State, t.Owner, t.ClaimedAt = Claimed, who, cmp.Or(t.ClaimedAt, now)
	return nil
}

// Release takes it from who has it.
func (t *Task) Release() error {
	if err := t.legal("release", Claimed); err != nil {
		return err
	}
	t.State, t.Owner = New, ""
	return nil
}

// Complete ends the task.
func (t *Task) Complete(who, outcome string, now time.Time) error {
	if err := t.legal("complete", New, Claimed); err != nil {
		return err
	}
	if outcome == "" {
		return &invalid.Error{Field: "outcome", Want: "how it ended"}
	}
	if t.Kind == Matching && !slices.ContainsFunc(t.Proposals, func(p Proposal) bool { return p.State == Agreed }) {
		return &engine.ConflictError{Reason: "NOBODY_AGREED", State: engine.State(t.State), Detail: "nobody who was proposed has agreed: propose, or cancel the task"}
	}
	t.breach(now)
	t.State, t.Owner, t.ClaimedAt, t.Ended, t.Outcome = Done, cmp.Or(t.Owner, who), cmp.Or(t.ClaimedAt, now), now, outcome
	return nil
}

// Cancel ends a task that is not to be done.
func (t *Task) Cancel(reason string, now time.Time) error {
	if err := t.legal("cancel", New, Claimed); err != nil {
		return err
	}
	if reason == "" {
		return &invalid.Error{Field: "outcome", Want: "why it is canceled"}
	}
	t.State, t.Ended, t.Outcome = Canceled, now, reason
	return nil
}

// maxProposals is how many tenants may be proposed for a room.
const maxProposals = 100

// Propose notes that a tenant might move in, or what became of that.
func (t *Task) Propose(p Proposal) error {
	if err := t.legal("propose", New, Claimed); err != nil {
		return err
	}
	if t.Kind != Matching {
		return &engine.ConflictError{Reason: "ILLEGAL_KIND", State: engine.State(t.State), Detail: "propose needs a task of kind MATCHING"}
	}
	p.State = cmp.Or(p.State, Proposed)
	at := slices.IndexFunc(t.Proposals, func(x Proposal) bool { return x.Tenant == p.Tenant })
	switch {
	case at >= 0:
		t.Proposals[at] = p
	case len(t.Proposals) >= maxProposals:
		return &invalid.Error{Field: "tenantId", Value: p.Tenant, Want: "one of those who are proposed: there are 100"}
	default:
		t.Proposals = append(t.Proposals, p)
	}
	return nil
}

// breach counts the promises that are broken by now and were not counted.
func (t *Task) breach(now time.Time) (fresh []Promise) {
	for _, p := range []struct {
		promise Promise
		due     time.Time
		kept    bool
	}{{ToClaim, t.ClaimDue, !t.ClaimedAt.IsZero()}, {ToDo, t.DoneDue, !t.Ended.IsZero()}} {
		if !p.kept && now.After(p.due) && !slices.Contains(t.Breached, p.promise) {
			t.Breached = append(t.Breached, p.promise)
			fresh = append(fresh, p.promise)
		}
	}
	return fresh
}

// Due notes what is broken by now: the promises that were not noted before. A task that has ended breaks nothing.
func (t *Task) Due(now time.Time) []Promise {
	if t.State != New && t.State != Claimed {
		return nil
	}
	return t.breach(now)
}

// Next is when the next promise is broken unless it is kept; zero for never.
func (t *Task) Next() time.Time {
	switch {
	case t.State != New && t.State != Claimed:
	case t.ClaimedAt.IsZero() && !slices.Contains(t.Breached, ToClaim):
		return t.ClaimDue.Add(1)
	case !slices.Contains(t.Breached, ToDo):
		return t.DoneDue.Add(1)
	}
	return time.Time{}
}
