package improveserver

import (
	"context"
	"errors"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/improvement"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/kpi"
	"fettle/ledger"
	"fettle/rental/fault"
	"fettle/simulate/pilot"
)

// CreatePilot implements the method of the same name.
func (s *Server) CreatePilot(ctx context.Context, r *steeringv1.CreatePilotRequest) (*steeringv1.Pilot, error) {
	p, err := readPilot(r.GetPilot())
	if err != nil {
		return nil, wire.In(s.pilots.Field, err)
	}
	return registry.Do(ctx, s.pilots.Registry, r, func(tx *registry.Tx) (*steeringv1.Pilot, error) {
		tried, err := s.c.Policies.Depend(tx, p.Policy)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, &invalid.Error{Field: "pilot.policyId", Value: p.Policy, Want: "the id of a policy"}
		}
		if err != nil {
			return nil, err
		}
		if err := s.planThere(tx, p.Plan); err != nil {
			return nil, err
		}
		if err := p.Check(tried.Value.Weights != nil || tried.Value.Freeze != 0); err != nil {
			return nil, wire.In(s.pilots.Field, err)
		}
		if err := s.foresee(ctx, tx, &p); err != nil {
			return nil, err
		}
		item, err := s.pilots.Insert(tx, p)
		if err != nil {
			return nil, err
		}
		tx.About(s.pilots.Name, item.ID)
		return showPilot(item), nil
	})
}

// planThere wants the plan of a pilot to be there, when it names one.
func (s *Server) planThere(tx *registry.Tx, id string) error {
	if id == "" {
		return nil
	}
	_, err := s.plans.Depend(tx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return &invalid.Error{Field: "pilot.improvementPlanId", Value: id, Want: "the id of an improvement plan"}
	}
	return err
}

// foresee says what the design of a pilot can show.
func (s *Server) foresee(ctx context.Context, tx *registry.Tx, p *improvement.Pilot) error {
	var failed error
	err := s.measured(ctx, tx.Org, func(b *kpi.Book) { failed = p.Foresee(tx.Now, measure(b, p.KPI, tx.Now)) })
	return errors.Join(err, failed)
}

// GetPilot implements the method of the same name.
func (s *Server) GetPilot(ctx context.Context, r *steeringv1.GetPilotRequest) (*steeringv1.Pilot, error) {
	return s.pilots.Get(ctx, r.GetId())
}

// ListPilots implements the method of the same name.
func (s *Server) ListPilots(ctx context.Context, r *steeringv1.ListPilotsRequest) (*steeringv1.ListPilotsResponse, error) {
	found, next, err := s.pilots.List(ctx, r, s.pilots.All())
	if err != nil {
		return nil, err
	}
	return &steeringv1.ListPilotsResponse{Pilots: found, NextPageToken: next}, nil
}

// StartPilot implements the method of the same name.
func (s *Server) StartPilot(ctx context.Context, r *steeringv1.StartPilotRequest) (*steeringv1.Pilot, error) {
	out, err := registry.Do(ctx, s.pilots.Registry, r, func(tx *registry.Tx) (*steeringv1.Pilot, error) {
		item, err := s.pilots.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if other, err := Running(ctx, s.c.Store, tx.Org); err != nil {
			return nil, err
		} else if other != nil {
			return nil, &fault.StateError{Thing: "pilot " + other.ID, State: other.Value.State, Verb: "start another", Legal: "no pilot that runs"}
		}
		against, err := s.c.Ruling(ctx, tx.Org)
		if err != nil {
			return nil, err
		}
		if against == item.Value.Policy {
			return nil, &fault.StateError{Thing: "policy " + against, State: "ACTIVE", Verb: "try it", Legal: "a policy that does not rule already"}
		}
		if err := item.Value.Start(tx.Now, uint64(r.GetSeed()), against, r.GetDespite()); err != nil {
			return nil, err
		}
		tx.About(s.pilots.Name, item.ID, "state")
		tx.Purpose(r.GetDespite())
		if at := item.Value.Turns(tx.Now); !at.IsZero() {
			tx.Due(ledger.DueWork{Kind: DueTurn, Key: item.ID, At: at})
		}
		if err := s.pilots.Save(tx, item); err != nil {
			return nil, err
		}
		return showPilot(item), nil
	})
	return out, s.follow(ctx, err)
}

// follow lets the engine follow what should rule now, after a change that succeeded.
func (s *Server) follow(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	who, ok := auth.FromContext(ctx)
	if !ok {
		return auth.ErrUnknown
	}
	return s.c.Follow(ctx, who.Org)
}

// figures are what the units of a pilot have shown.
func (s *Server) figures(ctx context.Context, who *auth.Principal, p *improvement.Pilot) ([]pilot.Figure, error) {
	now := s.c.Clock.Now()
	var out []pilot.Figure
	var failed error
	err := s.measured(ctx, who.Org, func(b *kpi.Book) { out, failed = p.Figures(now, measure(b, p.KPI, now)) })
	return out, errors.Join(err, failed)
}

// JudgePilot implements the method of the same name.
func (s *Server) JudgePilot(ctx context.Context, r *steeringv1.JudgePilotRequest) (*steeringv1.PilotFinding, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.pilots.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	if rec := item.Value.Record; rec != nil {
		return showFinding(&rec.Finding, rec.Figures, rec.Snapshot), nil
	}
	figures, err := s.figures(ctx, who, &item.Value)
	if err != nil {
		return nil, err
	}
	found, err := pilot.Judge(&item.Value.Design, figures)
	if err != nil {
		return nil, err
	}
	snapshot, err := pilot.Snapshot(&item.Value.Design, figures)
	return showFinding(found, figures, snapshot), err
}

// DecidePilot implements the method of the same name.
func (s *Server) DecidePilot(ctx context.Context, r *steeringv1.DecidePilotRequest) (*steeringv1.Pilot, error) {
	out, err := registry.Do(ctx, s.pilots.Registry, r, func(tx *registry.Tx) (*steeringv1.Pilot, error) {
		item, err := s.pilots.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		figures, err := s.figures(ctx, tx.Who, &item.Value)
		if err != nil {
			return nil, err
		}
		if err := item.Value.Decide(tx.Now, item.ID, tx.Who.Name, r.GetDecision(), r.GetReason(), figures); err != nil {
			return nil, err
		}
		if r.GetDecision() == "ADOPT" {
			if err := s.c.Adopt(tx, item.Value.Policy); err != nil {
				return nil, err
			}
		}
		tx.Done(ledger.DueWork{Kind: DueTurn, Key: item.ID})
		tx.About(s.pilots.Name, item.ID, "state")
		tx.Purpose(r.GetReason())
		if err := s.pilots.Save(tx, item); err != nil {
			return nil, err
		}
		return showPilot(item), nil
	})
	return out, s.follow(ctx, err)
}
