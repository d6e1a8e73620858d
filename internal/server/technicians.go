package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/call"
	"fettle/internal/territory"
	"fettle/internal/wire"
)

// technicians implements TechnicianService.
type technicians struct {
	*Server
	dispatchv1.UnimplementedTechnicianServiceServer
}

// defaultShift is how long a shift lasts that is begun without an end.
const defaultShift = 8 * time.Hour

// CreateTechnician implements the method of the same name.
func (s *technicians) CreateTechnician(ctx context.Context, r *dispatchv1.CreateTechnicianRequest) (*dispatchv1.Technician, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	profile, err := wire.Profile(r.GetTechnician())
	if err != nil {
		return nil, wire.In("technician", err)
	}
	cmd := engine.CreateTechnician{ID: dispatch.TechnicianID(s.ids.Next("te_")), Profile: profile}
	return s.change(ctx, c, r, cmd)
}

func (s *technicians) change(ctx context.Context, c caller, r message, cmd engine.Command) (*dispatchv1.Technician, error) {
	return change(ctx, c, r, territory.Request{Command: cmd}, func(result territory.Result) *dispatchv1.Technician {
		if result.Technician == nil {
			return &dispatchv1.Technician{}
		}
		return s.show(ctx, c, result.Technician)
	})
}

// show writes a technician with what is known at the moment: state and position.
func (s *technicians) show(ctx context.Context, c caller, t *engine.Technician) *dispatchv1.Technician {
	now := s.cfg.Clock.Now()
	out := wire.Technician(t)
	out.State = s.state(ctx, c, t, now)
	if p, stale, ok := c.Position(t.ID); ok {
		out.Position = wire.Position(&p, stale, now)
	}
	return out
}

// state is what a technician does now.
func (s *technicians) state(ctx context.Context, c caller, t *engine.Technician, now time.Time) dispatchv1.Technician_State {
	if t.Current != "" {
		if o, err := s.cfg.Store.Order(ctx, c.org, t.Current); err == nil && o.State == engine.StateEnRoute {
			return dispatchv1.Technician_EN_ROUTE
		}
		return dispatchv1.Technician_WORKING
	}
	if t.OnShift(s.zone(t), now) {
		return dispatchv1.Technician_AVAILABLE
	}
	return dispatchv1.Technician_OFF_SHIFT
}

// zone is that of a technician's weekly shifts, which is read from the disk once.
func (s *Server) zone(t *engine.Technician) *time.Location {
	if z, ok := s.zones.Load(t.Zone); ok {
		if known, ok := z.(*time.Location); ok {
			return known
		}
	}
	z := t.ZoneOr(s.cfg.Zone)
	s.zones.Store(t.Zone, z)
	return z
}

// GetTechnician implements the method of the same name.
func (s *technicians) GetTechnician(ctx context.Context, r *dispatchv1.GetTechnicianRequest) (*dispatchv1.Technician, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.cfg.Store.Technician(ctx, c.org, dispatch.TechnicianID(r.GetId()))
	if err != nil {
		return nil, err
	}
	return s.show(ctx, c, t), nil
}

// ListTechnicians implements the method of the same name.
func (s *technicians) ListTechnicians(ctx context.Context, r *dispatchv1.ListTechniciansRequest) (*dispatchv1.ListTechniciansResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	sel, err := s.selects(c, r, &dispatchv1.Technician{}, call.Filter("technicians", c.org))
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ListTechniciansResponse{}
	out.Technicians, out.NextPageToken, err = page(sel, func(after string, limit int) ([]row[*dispatchv1.Technician], error) {
		people, err := s.cfg.Store.Technicians(ctx, c.org, dispatch.TechnicianID(after), limit)
		rows := make([]row[*dispatchv1.Technician], len(people))
		for i, t := range people {
			rows[i] = row[*dispatchv1.Technician]{string(t.ID), s.show(ctx, c, t)}
		}
		return rows, err
	})
	return out, err
}

// UpdateTechnician implements the method of the same name.
func (s *technicians) UpdateTechnician(ctx context.Context, r *dispatchv1.UpdateTechnicianRequest) (*dispatchv1.Technician, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.TechnicianID(r.GetTechnician().GetId())
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	row, err := s.cfg.Store.Technician(ctx, c.org, id)
	if err != nil {
		return nil, err
	}
	merged := wire.Technician(row)
	if err := call.ApplyMask(merged, r.GetTechnician(), r.GetUpdateMask()); err != nil {
		return nil, err
	}
	if err := wire.Validate(merged); err != nil {
		return nil, wire.In("technician", err)
	}
	profile, err := wire.Profile(merged)
	if err != nil {
		return nil, wire.In("technician", err)
	}
	if version == engine.AnyVersion {
		version = row.Version // the mask was applied to this one
	}
	return s.change(ctx, c, r, engine.UpdateTechnician{ID: id, IfVersion: version, Profile: profile})
}

// DeleteTechnician implements the method of the same name.
func (s *technicians) DeleteTechnician(ctx context.Context, r *dispatchv1.DeleteTechnicianRequest) (*emptypb.Empty, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	cmd := engine.DeleteTechnician{ID: dispatch.TechnicianID(r.GetId()), IfVersion: version}
	return change(ctx, c, r, territory.Request{Command: cmd}, func(territory.Result) *emptypb.Empty { return &emptypb.Empty{} })
}

// StartShift implements the method of the same name.
func (s *technicians) StartShift(ctx context.Context, r *dispatchv1.StartShiftRequest) (*dispatchv1.Technician, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	end, err := wire.Instant("endTime", r.GetEndTime())
	if err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	if end.IsZero() {
		end = now.Add(defaultShift)
	} else if !end.After(now) {
		return nil, &dispatch.InvalidError{Field: "endTime", Value: end.Format(time.RFC3339), Want: "a time to come"}
	}
	return s.change(ctx, c, r, engine.StartShift{ID: dispatch.TechnicianID(r.GetId()), End: end})
}

// EndShift implements the method of the same name.
func (s *technicians) EndShift(ctx context.Context, r *dispatchv1.EndShiftRequest) (*dispatchv1.Technician, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, c, r, engine.EndShift{ID: dispatch.TechnicianID(r.GetId()), Reason: r.GetReason()})
}

// Limits of nearby lists.
const defaultNear, maxNear = 10, 100

// NearbyTechnicians implements the method of the same name.
func (s *technicians) NearbyTechnicians(ctx context.Context, r *dispatchv1.NearbyTechniciansRequest) (*dispatchv1.NearbyTechniciansResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	p, err := wire.PointOf(geo.Point{Lat: r.GetLatitude(), Lon: r.GetLongitude()}, r.GetDatum())
	if err != nil {
		return nil, err
	}
	n := int(r.GetLimit())
	if n == 0 {
		n = defaultNear
	}
	skill := dispatch.SkillLevel{Skill: dispatch.Skill(r.GetSkill()), Level: max(r.GetLevel(), 1)}
	now := s.cfg.Clock.Now()
	out := &dispatchv1.NearbyTechniciansResponse{}
	for _, near := range c.Nearby(p, skill, min(n, maxNear), geo.Meters(r.GetRadiusMeters())) {
		t := near.Technician
		out.Technicians = append(out.Technicians, &dispatchv1.NearbyTechniciansResponse_Near{
			TechnicianId: string(t.ID), DisplayName: t.Name, State: s.state(ctx, c, t, now),
			Position: wire.Position(&near.Position, near.Stale, now), DistanceMeters: near.Meters,
		})
	}
	return out, nil
}

// GetRoute implements the method of the same name.
func (s *technicians) GetRoute(ctx context.Context, r *dispatchv1.GetRouteRequest) (*dispatchv1.TechnicianRoute, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	route, err := c.Route(ctx, dispatch.TechnicianID(r.GetId()))
	if err != nil {
		return nil, err
	}
	return wire.Route(&route), nil
}

// ListAssignments implements the method of the same name. With the headers if-none-match and prefer it waits for a change.
func (s *technicians) ListAssignments(ctx context.Context, r *dispatchv1.ListAssignmentsRequest) (*dispatchv1.ListAssignmentsResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.TechnicianID(r.GetId())
	if _, err := s.cfg.Store.Technician(ctx, c.org, id); err != nil {
		return nil, err
	}
	wait, known := call.Wait(ctx), call.Header(ctx, "if-none-match")
	if wait > 0 && known != "" {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		return s.assignmentsAfter(ctx, waiting, c, id, known)
	}
	return s.assignments(ctx, c, id)
}

// assignmentsAfter is the list when it differs from a known one, or when waiting ends.
func (s *technicians) assignmentsAfter(
	ctx, waiting context.Context, c caller, id dispatch.TechnicianID, known string,
) (*dispatchv1.ListAssignmentsResponse, error) {
	for {
		last := s.cfg.Feed.Last(c.org)
		list, err := s.assignments(ctx, c, id)
		if err != nil || !matches(known, list.GetEtag()) {
			return list, err
		}
		if _, err := s.cfg.Feed.AwaitTechnician(waiting, c.org, id, last); err != nil {
			return list, ctx.Err()
		}
	}
}

func (s *technicians) assignments(ctx context.Context, c caller, id dispatch.TechnicianID) (*dispatchv1.ListAssignmentsResponse, error) {
	rows, err := s.cfg.Store.Orders(ctx, c.org, engine.OrderFilter{States: openStates, Technician: id}, "", maxAssignments)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b *engine.Order) int {
		return cmp.Or(rank(a)-rank(b), arrival(a).Compare(arrival(b)), cmp.Compare(a.ID, b.ID))
	})
	sum := sha256.New()
	out := &dispatchv1.ListAssignmentsResponse{}
	for _, o := range rows {
		sum.Write(fmt.Appendf(nil, "%s %d\n", o.ID, o.Version)) // a hash does not fail
		out.Assignments = append(out.Assignments, wire.OrderAssignment(o))
	}
	out.Etag = hex.EncodeToString(sum.Sum(nil)[:8])
	return out, nil
}

// maxAssignments is more open orders than a technician can have.
const maxAssignments = 1000

func rank(o *engine.Order) int {
	switch {
	case o.State.Started():
		return 0
	case o.State.Planned():
		return 1
	}
	return 2
}

func arrival(o *engine.Order) time.Time {
	if o.Assignment == nil {
		return time.Time{}
	}
	return o.Assignment.Arrival
}
