package server

import (
	"context"
	"slices"
	"strconv"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/sift"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/org"
)

// workOrders implements WorkOrderService.
type workOrders struct {
	*Server
	dispatchv1.UnimplementedWorkOrderServiceServer
}

// openStates are those with work still to do.
var openStates = []engine.State{
	engine.StateNew, engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite,
	engine.StateWorking, engine.StatePaused,
}

// CreateWorkOrder implements the method of the same name.
func (s *workOrders) CreateWorkOrder(ctx context.Context, r *dispatchv1.CreateWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	wish, err := wire.Wish(r.GetWorkOrder())
	if err != nil {
		return nil, wire.In("workOrder", err)
	}
	cmd := engine.CreateOrder{ID: dispatch.WorkOrderID(s.ids.Next("wo_")), Wish: wish}
	return s.change(ctx, c, r, territory.Request{Command: cmd})
}

func (s *workOrders) change(ctx context.Context, c caller, r message, t territory.Request) (*dispatchv1.WorkOrder, error) {
	return change(ctx, c, r, t, func(result territory.Result) *dispatchv1.WorkOrder {
		if result.Order == nil {
			return &dispatchv1.WorkOrder{}
		}
		o := wire.WorkOrder(result.Order, c.Name)
		for i := range result.Events {
			if e := &result.Events[i]; e.Type == engine.OrderTappedLate {
				o.LateTap = lateTap(e, c.Name)
			}
		}
		return o
	})
}

// GetWorkOrder implements the method of the same name.
func (s *workOrders) GetWorkOrder(ctx context.Context, r *dispatchv1.GetWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.cfg.Store.Order(ctx, c.org, dispatch.WorkOrderID(r.GetId()))
	if err != nil {
		return nil, err
	}
	return wire.WorkOrder(o, c.Name), nil
}

// ListWorkOrders implements the method of the same name. What a filter demands of states, technician and dwelling is looked up by
// an index.
func (s *workOrders) ListWorkOrders(ctx context.Context, r *dispatchv1.ListWorkOrdersRequest) (*dispatchv1.ListWorkOrdersResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	f := engine.OrderFilter{Technician: dispatch.TechnicianID(r.GetTechnicianId()), UnitID: r.GetUnitId(), States: statesOf(r)}
	sel, err := s.selects(c, r, &dispatchv1.WorkOrder{}, call.Filter("workOrders", c.org, f.States, f.Technician, strconv.Quote(f.UnitID)))
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ListWorkOrdersResponse{}
	if r.GetOpen() && len(f.States) == 0 || !narrow(&f, sel.filter) {
		return out, nil // open, and in a state that is not
	}
	out.WorkOrders, out.NextPageToken, err = page(sel, func(after string, limit int) ([]row[*dispatchv1.WorkOrder], error) {
		orders, err := s.cfg.Store.Orders(ctx, c.org, f, dispatch.WorkOrderID(after), limit)
		rows := make([]row[*dispatchv1.WorkOrder], len(orders))
		for i, o := range orders {
			rows[i] = row[*dispatchv1.WorkOrder]{string(o.ID), wire.WorkOrder(o, c.Name)}
		}
		return rows, err
	})
	return out, err
}

// narrow lets the store select what a filter demands; false when nothing can be both.
func narrow(f *engine.OrderFilter, by *sift.Filter) bool {
	if states, ok := by.Equal("state"); ok {
		var both []engine.State
		for _, s := range states {
			if state := engine.State(s); len(f.States) == 0 || slices.Contains(f.States, state) {
				both = append(both, state)
			}
		}
		if f.States = both; len(both) == 0 {
			return false
		}
		slices.Sort(f.States)
		f.States = slices.Compact(f.States)
	}
	if ids, ok := by.Equal("assignment.technicianId"); ok && len(ids) == 1 && f.Technician == "" {
		f.Technician = dispatch.TechnicianID(ids[0])
	}
	if ids, ok := by.Equal("unitId"); ok && len(ids) == 1 && f.UnitID == "" {
		f.UnitID = ids[0]
	}
	return true
}

// statesOf are the states to list, in order and each once; none means any.
func statesOf(r *dispatchv1.ListWorkOrdersRequest) []engine.State {
	var out []engine.State
	for _, s := range r.GetStates() {
		if state := engine.State(s.String()); !r.GetOpen() || state.Open() {
			out = append(out, state)
		}
	}
	if r.GetOpen() && len(r.GetStates()) == 0 {
		return openStates
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// UpdateWorkOrder implements the method of the same name.
func (s *workOrders) UpdateWorkOrder(ctx context.Context, r *dispatchv1.UpdateWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.WorkOrderID(r.GetWorkOrder().GetId())
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	row, err := s.cfg.Store.Order(ctx, c.org, id)
	if err != nil {
		return nil, err
	}
	merged := wire.WorkOrder(row, c.Name)
	if err := call.ApplyMask(merged, r.GetWorkOrder(), r.GetUpdateMask()); err != nil {
		return nil, err
	}
	if err := wire.Validate(merged); err != nil {
		return nil, wire.In("workOrder", err)
	}
	wish, err := wire.Wish(merged)
	if err != nil {
		return nil, wire.In("workOrder", err)
	}
	if version == engine.AnyVersion {
		version = row.Version // the mask was applied to this one
	}
	cmd := engine.UpdateOrder{ID: id, IfVersion: version, Wish: wish}
	return s.change(ctx, c, r, territory.Request{Command: cmd, Recall: id})
}

// ExplainWorkOrder implements the method of the same name.
func (s *workOrders) ExplainWorkOrder(ctx context.Context, r *dispatchv1.ExplainWorkOrderRequest) (*dispatchv1.Explanation, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	e, err := c.Explain(ctx, dispatch.WorkOrderID(r.GetId()))
	if err != nil {
		return nil, err
	}
	return wire.Explanation(e, c.Name), nil
}

// SuggestSlots implements the method of the same name.
func (s *workOrders) SuggestSlots(ctx context.Context, r *dispatchv1.SuggestSlotsRequest) (*dispatchv1.SuggestSlotsResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	q, err := wire.SlotQuery(r)
	if err != nil {
		return nil, err
	}
	if err := s.welcome(ctx, c.org, &q); err != nil {
		return nil, err
	}
	found, err := c.SuggestSlots(ctx, q)
	if err != nil {
		return nil, err
	}
	return wire.Slots(found, c.Name), nil
}

// welcomeAhead is how far welcome times are looked up when a request names no end.
const welcomeAhead = 48 * time.Hour

// welcome keeps slots to the times at which visits are welcome, when the request names none and nobody is in danger.
func (s *workOrders) welcome(ctx context.Context, o org.ID, q *engine.SlotQuery) error {
	w := &q.Wish
	if s.cfg.Welcome == nil || w.UnitID == "" || len(w.Windows) > 0 || w.Urgency == dispatch.UrgencyEmergency {
		return nil
	}
	from, to := s.cfg.Clock.Now(), q.To
	if q.From.After(from) {
		from = q.From
	}
	if to.IsZero() {
		to = from.Add(welcomeAhead)
	}
	var err error
	w.Windows, err = s.cfg.Welcome(ctx, o, w.UnitID, from, to)
	return err
}
