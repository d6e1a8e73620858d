package server

import (
	"context"
	"errors"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/org"
)

// act applies a verb. Closed orders are brought back for the verbs that may concern them.
func (s *workOrders) act(ctx context.Context, verb engine.Verb, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	startAt, err := wire.Instant("startTime", r.GetStartTime())
	if err != nil {
		return nil, err
	}
	tapped, err := wire.Instant("tapTime", r.GetTapTime())
	if err != nil {
		return nil, err
	}
	id := dispatch.WorkOrderID(r.GetId())
	cmd := engine.Act{
		Verb: verb, Order: id, IfVersion: version, Reason: r.GetReason(),
		Technician: dispatch.TechnicianID(r.GetTechnicianId()), StartAt: startAt,
		Rating: r.GetRating(), Comment: r.GetComment(), Into: dispatch.WorkOrderID(r.GetInto()), SecondVisit: r.GetSecondVisit(),
		Outcome: engine.CallOutcome(r.GetOutcome()), Tapped: tapped,
	}
	o, err := s.change(ctx, c, r, territory.Request{Command: cmd, Recall: id})
	var conflict *engine.ConflictError
	if errors.As(err, &conflict) && conflict.Reason == "NOT_ASSIGNEE" && string(cmd.Technician) == c.principal.Technician && c.principal.Has(auth.Technician) {
		return nil, engine.ErrNotFound // who has it now is not theirs to know
	}
	return o, err
}

// AcceptWorkOrder implements the method of the same name.
func (s *workOrders) AcceptWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Accept, r)
}

// DeclineWorkOrder implements the method of the same name.
func (s *workOrders) DeclineWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Decline, r)
}

// DepartWorkOrder implements the method of the same name.
func (s *workOrders) DepartWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Depart, r)
}

// ArriveWorkOrder implements the method of the same name.
func (s *workOrders) ArriveWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Arrive, r)
}

// StartWorkOrder implements the method of the same name.
func (s *workOrders) StartWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Start, r)
}

// PauseWorkOrder implements the method of the same name.
func (s *workOrders) PauseWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Pause, r)
}

// ResumeWorkOrder implements the method of the same name.
func (s *workOrders) ResumeWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Resume, r)
}

// CompleteWorkOrder implements the method of the same name.
func (s *workOrders) CompleteWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Complete, r)
}

// RateWorkOrder implements the method of the same name.
func (s *workOrders) RateWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Rate, r)
}

// VerifyWorkOrder implements the method of the same name.
func (s *workOrders) VerifyWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Verify, r)
}

// ReopenWorkOrder implements the method of the same name.
func (s *workOrders) ReopenWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Reopen, r)
}

// CancelWorkOrder implements the method of the same name.
func (s *workOrders) CancelWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	who, ok := auth.FromContext(ctx)
	if ok && !who.Has(auth.OrgAdmin) && !who.Has(auth.Dispatcher) {
		if err := s.beforeAccepted(ctx, who.Org, r); err != nil {
			return nil, err
		}
	}
	return s.act(ctx, engine.Cancel, r)
}

// beforeAccepted refuses a tenant's request when a technician has accepted, and holds it to the version that it was judged by.
func (s *workOrders) beforeAccepted(ctx context.Context, org org.ID, r *dispatchv1.WorkOrderVerbRequest) error {
	o, err := s.cfg.Store.Order(ctx, org, dispatch.WorkOrderID(r.GetId()))
	if err != nil {
		return err
	}
	switch o.State {
	case engine.StateNew, engine.StateAssigned:
		if r.GetEtag() == "" {
			r.Etag = wire.Etag(o.Version)
		}
		return nil
	case engine.StateCanceled: // by the same request, or else it is refused further on
		return nil
	}
	return &engine.ConflictError{Reason: "ALREADY_ACCEPTED", State: o.State, Detail: "a technician has accepted the order: call the front desk"}
}

// ReassignWorkOrder implements the method of the same name.
func (s *workOrders) ReassignWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Reassign, r)
}

// PinWorkOrder implements the method of the same name.
func (s *workOrders) PinWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.PinOrder, r)
}

// UnpinWorkOrder implements the method of the same name.
func (s *workOrders) UnpinWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Unpin, r)
}

// EscalateWorkOrder implements the method of the same name.
func (s *workOrders) EscalateWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Escalate, r)
}

// MergeWorkOrder implements the method of the same name.
func (s *workOrders) MergeWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Merge, r)
}

// AcceptSuggestion implements the method of the same name.
func (s *workOrders) AcceptSuggestion(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.AcceptSuggestion, r)
}

// RejectSuggestion implements the method of the same name.
func (s *workOrders) RejectSuggestion(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.RejectSuggestion, r)
}

// LogCall implements the method of the same name.
func (s *workOrders) LogCall(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.LogCall, r)
}

// ReviewTaps implements the method of the same name.
func (s *workOrders) ReviewTaps(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.ReviewTaps, r)
}

// UnmergeWorkOrder implements the method of the same name.
func (s *workOrders) UnmergeWorkOrder(ctx context.Context, r *dispatchv1.WorkOrderVerbRequest) (*dispatchv1.WorkOrder, error) {
	return s.act(ctx, engine.Unmerge, r)
}
