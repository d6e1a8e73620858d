package server

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/fault"
	"fettle/internal/wire"
)

// intake implements IntakeService.
type intake struct {
	*Server
	dispatchv1.UnimplementedIntakeServiceServer
}

// TriageDescription implements the method of the same name.
func (s *intake) TriageDescription(_ context.Context, r *dispatchv1.TriageDescriptionRequest) (*dispatchv1.Triage, error) {
	got := fault.Suggest(r.GetDescription())
	out := &dispatchv1.Triage{SuggestedUrgency: dispatchv1.WorkOrder_NORMAL, UrgencyWords: got.Words}
	if got.Emergency {
		out.SuggestedUrgency = dispatchv1.WorkOrder_EMERGENCY
	}
	for _, f := range got.Findings {
		out.Findings = append(out.Findings, &dispatchv1.FaultFinding{Fault: string(f.Kind), Skill: f.Trade, Role: f.Role, Words: f.Words})
		if out.GetSuggestedSkill() == "" {
			out.SuggestedSkill = f.Trade
		}
	}
	if len(got.Findings) > 0 && got.Findings[0].Trade == "" {
		out.SuggestedSkill, out.SuggestedRole = "", got.Findings[0].Role
	}
	return out, nil
}

// ListReports implements the method of the same name.
func (s *intake) ListReports(ctx context.Context, r *dispatchv1.ListReportsRequest) (*dispatchv1.ListReportsResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.cfg.Store.Order(ctx, c.org, dispatch.WorkOrderID(r.GetId()))
	if err != nil {
		return nil, err
	}
	all := []*engine.Order{o}
	for i := 0; i < len(all); i++ { // what was merged into a report is a report too
		for _, id := range all[i].Reports {
			report, err := s.cfg.Store.Order(ctx, c.org, id)
			if errors.Is(err, engine.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if report.MergedInto == all[i].ID { // else it was taken out again after this one was closed
				all = append(all, report)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *engine.Order) int { return a.Created.Compare(b.Created) })
	out := &dispatchv1.ListReportsResponse{}
	for _, o := range all {
		out.Reports = append(out.Reports, &dispatchv1.Report{
			WorkOrderId: string(o.ID), Time: wire.Timestamp(o.Created), Description: o.Description, Urgency: wire.Urgency(o.Urgency),
			Channel: dispatchv1.WorkOrder_Channel(dispatchv1.WorkOrder_Channel_value[string(o.Channel)]),
		})
	}
	return out, nil
}

// Limits of the search for duplicates.
const (
	duplicateDays  = 30
	maxDuplicates  = 20
	duplicateScore = 0.5
)

// ListDuplicates implements the method of the same name.
func (s *intake) ListDuplicates(ctx context.Context, r *dispatchv1.ListDuplicatesRequest) (*dispatchv1.ListDuplicatesResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.cfg.Store.Order(ctx, c.org, dispatch.WorkOrderID(r.GetId()))
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ListDuplicatesResponse{}
	if o.UnitID == "" {
		return out, nil
	}
	rows, err := s.cfg.Store.Orders(ctx, c.org, engine.OrderFilter{UnitID: o.UnitID}, "", maxAssignments)
	if err != nil {
		return nil, err
	}
	for _, other := range rows {
		like := fault.Same(o.Description, other.Description)
		apart := other.Created.Sub(o.Created).Abs()
		if other.ID == o.ID || other.State == engine.StateCanceled || like.Score < duplicateScore || apart > duplicateDays*24*time.Hour {
			continue
		}
		out.Duplicates = append(out.Duplicates, &dispatchv1.Duplicate{
			WorkOrderId: string(other.ID), Time: wire.Timestamp(other.Created), State: wire.OrderState(other.State),
			Description: other.Description, Score: like.Score, Fault: string(like.Kind),
		})
	}
	slices.SortStableFunc(out.Duplicates, func(a, b *dispatchv1.Duplicate) int { return cmp.Compare(b.GetScore(), a.GetScore()) })
	out.Duplicates = out.Duplicates[:min(maxDuplicates, len(out.Duplicates))]
	return out, nil
}
