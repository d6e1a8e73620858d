package steeringserver

import (
	"cmp"
	"context"
	"sync"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/wire"
	"fettle/org"
	"fettle/steering"
)

// logPage is how many events are read at a time.
const logPage = 2000

// tallies are the scores of each org, read from the log when somebody asks: the first time all of it, then what came since.
type tallies struct {
	mu    sync.Mutex
	byOrg map[org.ID]*tally
}

type tally struct {
	reading chan struct{} // has room for who reads
	tally   steering.Tally
}

// score is that of a policy, up to date. A read that is cut short keeps what it has read.
func (s *policies) score(ctx context.Context, o org.ID, policy string) (steering.Score, error) {
	s.tallies.mu.Lock()
	if s.tallies.byOrg == nil {
		s.tallies.byOrg = map[org.ID]*tally{}
	}
	open := s.tallies.byOrg[o]
	if open == nil {
		open = &tally{reading: make(chan struct{}, 1)}
		s.tallies.byOrg[o] = open
	}
	s.tallies.mu.Unlock()
	select {
	case open.reading <- struct{}{}:
	case <-ctx.Done():
		return steering.Score{}, ctx.Err()
	}
	defer func() { <-open.reading }()
	for {
		events, err := s.c.Store.Events(ctx, o, open.tally.Last(), logPage)
		if err != nil {
			return steering.Score{}, err
		}
		open.tally.Add(events)
		if len(events) < logPage {
			return open.tally.Score(policy), nil
		}
	}
}

// ScorePolicy implements the method of the same name.
func (s *policies) ScorePolicy(ctx context.Context, r *steeringv1.ScorePolicyRequest) (*steeringv1.PolicyScore, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	if r.GetId() != steering.Default {
		if _, err := s.resource.Get(ctx, r.GetId()); err != nil {
			return nil, err
		}
	}
	found, err := s.score(ctx, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	return showScore(r.GetId(), &found), nil
}

func showScore(id string, s *steering.Score) *steeringv1.PolicyScore {
	done := s.Followed + s.Unopposed + s.Changed
	out := &steeringv1.PolicyScore{
		PolicyId: id, Decided: int32(done + s.Lapsed), Waiting: int32(s.Waiting), Followed: int32(s.Followed), Unopposed: int32(s.Unopposed),
		Changed: int32(s.Changed), Lapsed: int32(s.Lapsed), Rejected: int32(s.Rejected), FollowedShare: share(s.Followed+s.Unopposed, done),
		OnTimeShareAsSuggested: share(s.AsSuggested.OnTime, s.AsSuggested.Told), OnTimeShareChanged: share(s.AsChanged.OnTime, s.AsChanged.Told),
	}
	if n := s.Followed + s.Changed; n > 0 {
		minutes := s.Thought.Minutes() / float64(n)
		out.MinutesToDecision = &minutes
	}
	if s.Changed > 0 {
		out.ExtraCost = &dispatchv1.Cost{Total: float64(s.Extra.Total()) / float64(s.Changed), Terms: map[string]float64{}}
		for t, v := range s.Extra {
			if v != 0 {
				out.ExtraCost.Terms[dispatch.Term(t).String()] = float64(v) / float64(s.Changed)
			}
		}
	}
	for _, c := range s.Latest {
		out.LatestChanged = append(out.LatestChanged, &steeringv1.ChangedSuggestion{
			WorkOrderId: string(c.Order), Time: wire.Timestamp(c.Time), SuggestedTechnicianId: string(c.Suggested), TechnicianId: string(c.To),
			Actor: c.Actor, Reason: c.Reason, ExtraCost: float64(c.Extra),
		})
	}
	return out
}

// share is a part of a whole; nil of nothing.
func share(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	f := float64(part) / float64(whole)
	return &f
}

// kinds are the events that are decisions about an order.
var kinds = map[engine.EventType]steeringv1.Decision_Kind{ //nolint:gochecknoglobals // a constant table
	engine.OrderAssigned: steeringv1.Decision_ASSIGNED, engine.OrderRescheduled: steeringv1.Decision_RESCHEDULED,
	engine.OrderSuggested: steeringv1.Decision_SUGGESTED, engine.SuggestionRejected: steeringv1.Decision_REJECTED,
	engine.OrderUnassigned: steeringv1.Decision_UNASSIGNED,
}

// ListDecisions implements the method of the same name.
func (s *policies) ListDecisions(ctx context.Context, r *steeringv1.ListDecisionsRequest) (*steeringv1.ListDecisionsResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	id := dispatch.WorkOrderID(r.GetId())
	if _, err := s.c.Store.Order(ctx, who.Org, id); err != nil {
		return nil, err
	}
	out := &steeringv1.ListDecisionsResponse{}
	for after := int64(0); ; {
		events, err := s.c.Store.OrderEvents(ctx, who.Org, id, after, logPage)
		if err != nil {
			return nil, err
		}
		for i := range events {
			if kind, is := kinds[events[i].Type]; is {
				out.Decisions = append(out.Decisions, showDecision(&events[i], kind))
			}
			after = events[i].Sequence
		}
		if len(events) < logPage {
			return out, nil
		}
	}
}

func showDecision(e *engine.Event, kind steeringv1.Decision_Kind) *steeringv1.Decision {
	out := &steeringv1.Decision{
		Sequence: float64(e.Sequence), Time: wire.Timestamp(e.Time), Actor: e.Actor, Kind: kind, TechnicianId: string(e.Technician), Reason: e.Reason,
	}
	if e.Type == engine.OrderSuggested {
		out.Mode, out.ApplyTime = showMode(e.Mode), wire.Timestamp(e.Next)
	}
	a := e.Assignment
	if a == nil {
		return out
	}
	out.TechnicianId, out.PlannedArrival, out.Window = string(a.Technician), wire.Timestamp(a.Arrival), wire.Window(a.Window)
	out.From, out.Cost, out.PolicyId, out.PolicyVersion = wire.LatLng(a.From), wire.Cost(a.Cost), cmp.Or(a.Policy, steering.Default), a.PolicyVersion
	for _, x := range a.Alternatives {
		out.Alternatives = append(out.Alternatives, &steeringv1.DecisionAlternative{
			TechnicianId: string(x.Technician), Difference: float64(x.Difference), Term: x.Term.String(), PlannedArrival: wire.Timestamp(x.Arrival),
		})
	}
	return out
}
