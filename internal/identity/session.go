package identity

import (
	"context"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	identityv1 "fettle/api/gen/fettle/identity/v1"
	"fettle/dispatch"
	"fettle/internal/auth"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org"
)

// Here is when and where the service lives: what a page cannot know by itself.
type Here struct {
	Clock Clock          // of the service, which may be simulated
	Zone  *time.Location // of times of day; UTC when nil
	// RequestID is the id of a call, for the audit; none unless given.
	RequestID func(ctx context.Context) string
}

// CreateLink implements the method of the same name.
func (s *Server) CreateLink(ctx context.Context, r *identityv1.CreateLinkRequest) (*identityv1.Link, error) {
	o, _ := org.FromContext(ctx)
	if (r.GetWorkOrderId() == "") == (r.GetUnitId() == "") {
		return nil, &invalid.Error{Field: "workOrderId", Want: "either workOrderId or unitId"}
	}
	if id := dispatch.WorkOrderID(r.GetWorkOrderId()); id != "" {
		if _, err := s.orders.Order(ctx, o, id); err != nil {
			return nil, err
		}
	}
	asked, err := wire.Instant("expireTime", r.GetExpireTime())
	if err != nil {
		return nil, err
	}
	expires, err := expiry("expireTime", asked, s.links.Clock.Now(), linkLife, maxLinkLife)
	if err != nil {
		return nil, err
	}
	about, err := aboutOf(r)
	if err != nil {
		return nil, err
	}
	token, err := s.links.Make(o, about, expires)
	if err != nil {
		return nil, err
	}
	return &identityv1.Link{Token: token, ExpireTime: wire.Timestamp(expires.Truncate(time.Second))}, nil
}

// aboutOf reads what a link shall be about.
func aboutOf(r *identityv1.CreateLinkRequest) (About, error) {
	out := About{Order: r.GetWorkOrderId(), Unit: r.GetUnitId()}
	if r.GetLocation() == nil {
		return out, nil
	}
	if out.Unit == "" {
		return out, &invalid.Error{Field: "location", Want: "nothing: the order says where it is"}
	}
	p, err := wire.Point("location", r.GetLocation())
	if err != nil {
		return out, err
	}
	out.Place = &[2]float64{p.Lat, p.Lon}
	return out, nil
}

// GetSession implements the method of the same name.
func (s *Server) GetSession(ctx context.Context, _ *identityv1.GetSessionRequest) (*identityv1.Session, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	zone := time.UTC
	if s.here.Zone != nil {
		zone = s.here.Zone
	}
	out := &identityv1.Session{
		Name: who.Name, Roles: spelled(who.Roles), TechnicianId: who.Technician, WorkOrderId: who.Order, UnitId: who.Unit,
		LeaseId: who.Lease, RenewalId: who.Renewal, SignatureId: who.Signature,
		Time: wire.Timestamp(s.here.Clock.Now()), TimeZone: zone.String(),
	}
	if who.Place != nil {
		out.Location = &dispatchv1.LatLng{Latitude: who.Place[0], Longitude: who.Place[1]}
	}
	return out, nil
}
