package improveserver

import (
	"context"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/improvement"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/kpi"
	"fettle/rental/fault"
)

func readPlan(m *steeringv1.ImprovementPlan) (improvement.Plan, error) {
	p := improvement.Plan{
		State: improvement.PlanOpen, Name: m.GetDisplayName(), KPI: kpi.ID(m.GetKpi()), Building: m.GetBuildingId(), Trade: m.GetTrade(),
		Target: m.GetTarget(), Owner: m.GetOwner(), Deadline: m.GetDeadlineDate(),
	}
	return p, p.Check()
}

func showPlan(item *registry.Item[improvement.Plan]) *steeringv1.ImprovementPlan {
	p := &item.Value
	return &steeringv1.ImprovementPlan{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		State:       steeringv1.ImprovementPlan_State(steeringv1.ImprovementPlan_State_value[p.State]),
		DisplayName: p.Name, Kpi: string(p.KPI), BuildingId: p.Building, Trade: p.Trade, Target: p.Target, Owner: p.Owner, DeadlineDate: p.Deadline,
		Baseline: p.Baseline, Current: p.Final, Reached: p.Reached(p.Final), Outcome: p.Outcome,
	}
}

// CreateImprovementPlan implements the method of the same name.
func (s *Server) CreateImprovementPlan(ctx context.Context, r *steeringv1.CreateImprovementPlanRequest) (*steeringv1.ImprovementPlan, error) {
	p, err := readPlan(r.GetImprovementPlan())
	if err != nil {
		return nil, wire.In(s.plans.Field, err)
	}
	return registry.Do(ctx, s.plans.Registry, r, func(tx *registry.Tx) (*steeringv1.ImprovementPlan, error) {
		if p.Baseline, err = s.current(ctx, tx.Org, &p, tx.Now); err != nil {
			return nil, err
		}
		item, err := s.plans.Insert(tx, p)
		if err != nil {
			return nil, err
		}
		tx.About(s.plans.Name, item.ID)
		return showPlan(item), nil
	})
}

// GetImprovementPlan implements the method of the same name.
func (s *Server) GetImprovementPlan(ctx context.Context, r *steeringv1.GetImprovementPlanRequest) (*steeringv1.ImprovementPlan, error) {
	m, err := s.plans.Get(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	return m, s.fresh(ctx, m)
}

// fresh sets the present figure of a plan that is open.
func (s *Server) fresh(ctx context.Context, m *steeringv1.ImprovementPlan) error {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return auth.ErrUnknown
	}
	if m.GetState() != steeringv1.ImprovementPlan_OPEN {
		return nil
	}
	p := improvement.Plan{KPI: kpi.ID(m.GetKpi()), Building: m.GetBuildingId(), Trade: m.GetTrade(), Target: m.GetTarget()}
	now, err := s.current(ctx, who.Org, &p, s.c.Clock.Now())
	m.Current, m.Reached = now, p.Reached(now)
	return err
}

// ListImprovementPlans implements the method of the same name.
func (s *Server) ListImprovementPlans(ctx context.Context, r *steeringv1.ListImprovementPlansRequest) (*steeringv1.ListImprovementPlansResponse, error) {
	found, next, err := s.plans.List(ctx, r, s.plans.All())
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if err := s.fresh(ctx, m); err != nil {
			return nil, err
		}
	}
	return &steeringv1.ListImprovementPlansResponse{ImprovementPlans: found, NextPageToken: next}, nil
}

// CloseImprovementPlan implements the method of the same name.
func (s *Server) CloseImprovementPlan(ctx context.Context, r *steeringv1.CloseImprovementPlanRequest) (*steeringv1.ImprovementPlan, error) {
	return registry.Do(ctx, s.plans.Registry, r, func(tx *registry.Tx) (*steeringv1.ImprovementPlan, error) {
		item, err := s.plans.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		p := &item.Value
		if p.State != improvement.PlanOpen {
			return nil, &fault.StateError{Thing: "plan " + item.ID, State: p.State, Verb: "close", Legal: improvement.PlanOpen}
		}
		if p.Final, err = s.current(ctx, tx.Org, p, tx.Now); err != nil {
			return nil, err
		}
		p.State, p.Outcome = improvement.PlanClosed, r.GetOutcome()
		tx.About(s.plans.Name, item.ID, "state")
		if err := s.plans.Save(tx, item); err != nil {
			return nil, err
		}
		return showPlan(item), nil
	})
}
