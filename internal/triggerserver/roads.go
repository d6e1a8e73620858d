package triggerserver

import (
	"context"
	"errors"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/renewal/roadmap"
)

// DueClean is the due work of a cleaning that was asked for: its order is made. Its key is the id of the entitlement.
const DueClean = "entitlement.clean"

// maxChain is how many leases in a row are followed back.
const maxChain = 50

type roads struct {
	renewalv1.UnimplementedRoadMapServiceServer
	*house
	kind *registry.Kind[roadmap.Entitlement]
}

func newRoads(h *house) *roads {
	return &roads{house: h, kind: &registry.Kind[roadmap.Entitlement]{
		Name: "entitlements", Prefix: "en_", State: func(e *roadmap.Entitlement) string { return string(e.State) },
		Keys: func(e *roadmap.Entitlement) []ledger.Key {
			return []ledger.Key{{Name: keyOnce, Value: ledger.Text(e.Life, string(e.Milestone)), Unique: true}}
		},
	}}
}

// first is the lease at the beginning of a row of renewals.
func (s *roads) first(ctx context.Context, o org.ID, l *lease.Lease) (lease.Lease, error) {
	out := *l
	for range maxChain {
		if out.Previous == "" {
			break
		}
		before, err := s.Residence.Lease(ctx, o, out.Previous, s.today())
		if err != nil {
			return out, err
		}
		out = before
	}
	return out, nil
}

// find reads the entitlement of a life to a milestone, nil for none.
func (s *roads) find(ctx context.Context, o org.ID, life string, m roadmap.Milestone) (*registry.Item[roadmap.Entitlement], error) {
	items, _, err := s.kind.List(ctx, s.Residence.Store, o, s.kind.Where(keyOnce, ledger.Text(life, string(m))), 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return items[0], nil
}

// grant gives what has been reached by today to those whose leases run, each once.
func (s *roads) grant(ctx context.Context, o org.ID) error {
	running, err := s.running(ctx, o)
	if err != nil {
		return err
	}
	for i := range running {
		first, err := s.first(ctx, o, &running[i])
		if err != nil {
			return err
		}
		for _, step := range roadmap.Steps(first.Current().Start) {
			if step.Day.After(s.today()) {
				break
			}
			if err := s.give(ctx, o, &running[i], string(first.ID), step); err != nil {
				return err
			}
		}
	}
	return nil
}

// give keeps one entitlement, unless it was given.
func (s *roads) give(ctx context.Context, o org.ID, l *lease.Lease, life string, step roadmap.Step) error {
	if has, err := s.find(ctx, o, life, step.Milestone); err != nil || has != nil {
		return err
	}
	err := s.Registry.Work(ctx, o, "entitlement.grant", func(tx *registry.Tx) error {
		item, err := s.kind.Insert(tx, roadmap.Grant(life, string(l.ID), l.Unit, step))
		if err == nil {
			tx.About(s.kind.Name, item.ID)
		}
		return err
	})
	if errors.Is(err, ledger.ErrTaken) { // meanwhile, by another process
		return nil
	}
	return err
}

// GetRoadMap implements the method of the same name.
func (s *roads) GetRoadMap(ctx context.Context, r *renewalv1.GetRoadMapRequest) (*renewalv1.RoadMap, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	l, err := s.Residence.Lease(ctx, who.Org, lease.ID(r.GetLeaseId()), s.today())
	if err != nil {
		return nil, err
	}
	first, err := s.first(ctx, who.Org, &l)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.RoadMap{LeaseId: string(l.ID), StartDate: first.Current().Start.String()}
	for _, step := range roadmap.Steps(first.Current().Start) {
		m := &renewalv1.RoadMapStep{Milestone: string(step.Milestone), Months: int32(step.Months), Date: step.Day.String()}
		item, err := s.find(ctx, who.Org, string(first.ID), step.Milestone)
		if err != nil {
			return nil, err
		}
		if item != nil {
			m.Entitlement = s.show(item)
		}
		out.Steps = append(out.Steps, m)
	}
	return out, nil
}

// ListEntitlements implements the method of the same name.
func (s *roads) ListEntitlements(ctx context.Context, r *renewalv1.ListEntitlementsRequest) (*renewalv1.ListEntitlementsResponse, error) {
	list := registry.Resource[roadmap.Entitlement, *renewalv1.Entitlement]{Registry: s.Registry, Kind: s.kind, ToMessage: s.show}
	out, next, err := list.List(ctx, r, s.kind.All())
	return &renewalv1.ListEntitlementsResponse{Entitlements: out, NextPageToken: next}, err
}

// ScheduleEntitlement implements the method of the same name. That it is asked for is on disk before the order is made, and the
// order has an id that follows from the entitlement: a crash in between is made good by due work, and makes no second one.
func (s *roads) ScheduleEntitlement(ctx context.Context, r *renewalv1.ScheduleEntitlementRequest) (*renewalv1.Entitlement, error) {
	from, err := wire.Instant("window.startTime", r.GetWindow().GetStartTime())
	if err != nil {
		return nil, err
	}
	to, err := wire.Instant("window.endTime", r.GetWindow().GetEndTime())
	if err != nil {
		return nil, err
	}
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Entitlement, error) {
		l, err := s.Residence.Lease(ctx, tx.Org, lease.ID(r.GetLeaseId()), s.today())
		if err != nil {
			return nil, err
		}
		first, err := s.first(ctx, tx.Org, &l)
		if err != nil {
			return nil, err
		}
		item, err := s.find(ctx, tx.Org, string(first.ID), roadmap.Cleaning)
		if err != nil {
			return nil, err
		}
		if item == nil {
			return nil, &invalid.Error{Field: "leaseId", Value: r.GetLeaseId(), Want: "a lease whose FREE_CLEANING is granted: see its road map"}
		}
		if err := item.Value.Schedule(item.ID, from, to, tx.Now, s.today()); err != nil {
			return nil, err
		}
		tx.Due(ledger.DueWork{Kind: DueClean, Key: item.ID, At: tx.Now})
		tx.About(s.kind.Name, item.ID, "state")
		return s.show(item), s.kind.Save(tx, item)
	})
	if err != nil {
		return nil, err
	}
	who, _ := auth.FromContext(ctx)
	if err := s.clean(ctx, who.Org, out.GetId()); err != nil {
		return out, nil //nolint:nilerr // it is asked for: due work makes the order as soon as that can be done
	}
	return out, nil
}

// Clean is the handler of due work of DueClean in an org: it makes the order of a cleaning, once.
func (s *Server) Clean(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error { return s.roads.clean(ctx, o, w.Key) }
}

func (s *roads) clean(ctx context.Context, o org.ID, id string) error {
	item, err := s.kind.Read(ctx, s.Residence.Store, o, id)
	if err != nil || item.Value.Order == "" {
		return err
	}
	e := &item.Value
	return s.Clean(ctx, o, "service", Visit{Order: e.Order, Unit: e.Unit, From: e.From, To: e.To})
}

// RedeemEntitlement implements the method of the same name.
func (s *roads) RedeemEntitlement(ctx context.Context, r *renewalv1.RedeemEntitlementRequest) (*renewalv1.Entitlement, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Entitlement, error) {
		item, err := s.kind.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if err := item.Value.Redeem(item.ID, r.GetNote(), tx.Now, s.today()); err != nil {
			return nil, err
		}
		tx.About(s.kind.Name, item.ID, "state")
		return s.show(item), s.kind.Save(tx, item)
	})
}

func (s *roads) show(item *registry.Item[roadmap.Entitlement]) *renewalv1.Entitlement {
	e := &item.Value
	out := &renewalv1.Entitlement{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), LeaseId: e.Lease, Milestone: string(e.Milestone),
		State: renewalv1.Entitlement_State(renewalv1.Entitlement_State_value[string(e.On(s.today()))]), Date: e.Day.String(),
		ExpireDate: e.Expires.String(), WorkOrderId: e.Order, Note: e.Note,
	}
	if !e.From.IsZero() {
		out.Window = &dispatchv1.TimeWindow{StartTime: wire.Timestamp(e.From), EndTime: wire.Timestamp(e.To)}
	}
	return out
}
