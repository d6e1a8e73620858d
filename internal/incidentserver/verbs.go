package incidentserver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	incidentv1 "fettle/api/gen/fettle/incident/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/incident"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// DueSettle is the due work that carries out what is pending of an incident; its key is the id.
const DueSettle = "incident.settle"

type item = registry.Item[incident.Incident]

// GroupIncident implements the method of the same name.
func (s *Server) GroupIncident(ctx context.Context, r *incidentv1.GroupIncidentRequest) (*incidentv1.Incident, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*incidentv1.Incident, error) {
		return s.change(tx, r, "members", func(i *item) error {
			orders, err := s.orders(ctx, tx.Org, r.GetWorkOrderIds())
			if err != nil {
				return err
			}
			return i.Value.Group(tx.Now, orders)
		})
	})
}

// UngroupIncident implements the method of the same name.
func (s *Server) UngroupIncident(ctx context.Context, r *incidentv1.UngroupIncidentRequest) (*incidentv1.Incident, error) {
	ids := make([]dispatch.WorkOrderID, len(r.GetWorkOrderIds()))
	for i, id := range r.GetWorkOrderIds() {
		ids[i] = dispatch.WorkOrderID(id)
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*incidentv1.Incident, error) {
		tx.Purpose(r.GetReason())
		return s.change(tx, r, "members", func(i *item) error { return i.Value.Ungroup(tx.Now, ids, r.GetReason()) })
	})
}

// CloseIncident implements the method of the same name.
func (s *Server) CloseIncident(ctx context.Context, r *incidentv1.CloseIncidentRequest) (*incidentv1.Incident, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*incidentv1.Incident, error) {
		return s.change(tx, r, "state", func(i *item) error {
			main, err := s.c.Store.Order(ctx, tx.Org, i.Value.Main)
			if err != nil {
				return err
			}
			return i.Value.Close(tx.Now, r.GetOutcome(), r.GetRelease(), main)
		})
	})
}

// maxNotices is how often people are told of one incident.
const maxNotices = 50

// NotifyIncident implements the method of the same name.
func (s *Server) NotifyIncident(ctx context.Context, r *incidentv1.NotifyIncidentRequest) (*incidentv1.Incident, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*incidentv1.Incident, error) {
		return s.change(tx, r, "notices", func(i *item) error {
			v, whole := &i.Value, r.GetAudience() == incidentv1.Incident_BUILDING
			switch {
			case v.State != incident.Open:
				return &engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.State(v.State), Detail: "notify needs an incident that is OPEN"}
			case len(v.Notices) >= maxNotices:
				return &engine.ConflictError{Reason: "TOO_MANY_NOTICES", Detail: fmt.Sprintf("people were told %d times already", maxNotices)}
			case whole && v.Property == "":
				return &invalid.Error{Field: "audience", Value: "BUILDING", Want: "REPORTERS: it is not known in which building the incident is"}
			}
			told := v.Affected()
			if whole {
				var err error
				if told, err = s.neighbours(ctx, tx.Org, v, told); err != nil {
					return err
				}
			}
			for n, m := range told {
				l := Letter{ID: fmt.Sprintf("%s.%d.%d", i.ID, len(v.Notices)+1, n+1), Incident: i.ID, Order: string(m.Order), Unit: m.Unit, Text: r.GetText()}
				work, err := s.c.Tell(tx.Org, &l)
				if err != nil {
					return err
				}
				work.At = tx.Now
				tx.Due(work)
			}
			v.Notices = append(v.Notices, incident.Notice{Time: tx.Now, Text: r.GetText(), Building: whole, Count: len(told), By: who.Name})
			return nil
		})
	})
}

// neighbours adds the other dwellings of the building to those who are told.
func (s *Server) neighbours(ctx context.Context, o org.ID, i *incident.Incident, told []incident.Member) ([]incident.Member, error) {
	all, err := s.c.Buildings(ctx, o)
	if err != nil {
		return nil, err
	}
	var more []string
	for unit, building := range all {
		if building == i.Property && !slices.ContainsFunc(told, func(m incident.Member) bool { return m.Unit == unit }) {
			more = append(more, unit)
		}
	}
	slices.Sort(more)
	for _, unit := range more {
		told = append(told, incident.Member{Unit: unit})
	}
	return told, nil
}

// Settle does the due work of kind DueSettle. Each step asks what the order is now, so that it may be done again.
func (s *Server) Settle(ctx context.Context, o org.ID, w ledger.DueWork) error {
	return s.c.Registry.Work(ctx, o, DueSettle, func(tx *registry.Tx) error {
		tx.Done(w)
		tx.About(s.incidents.Name, w.Key, "members")
		i, err := s.incidents.Load(tx, w.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range i.Value.Pending() {
			if err := s.step(ctx, o, &i.Value, m); err != nil {
				return err
			}
		}
		return s.incidents.Save(tx, i)
	})
}

// step brings a member to where it is to be. A conflict is what the order has become meanwhile: it is looked at once more.
func (s *Server) step(ctx context.Context, o org.ID, i *incident.Incident, m *incident.Member) error {
	var conflict *engine.ConflictError
	for tries := 0; ; tries++ {
		now, err := s.c.Store.Order(ctx, o, m.Order)
		if err != nil {
			return fmt.Errorf("order of incident: %w", err)
		}
		a := i.Step(m, now)
		if a == nil {
			return nil
		}
		err = s.c.Act(ctx, o, *a)
		switch {
		case errors.As(err, &conflict) && tries >= 2:
			m.Refused(conflict.Detail)
			return nil
		case err != nil && !errors.As(err, &conflict):
			return err
		}
	}
}
