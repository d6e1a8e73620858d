package visitserver

import (
	"context"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	arrivalv1 "fettle/api/gen/fettle/arrival/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/intake/arrival"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/org"
)

// ArrivalConfig says whom Arrivals ask. All must be given.
type ArrivalConfig struct {
	// Route is what a technician is doing, or engine.ErrNotFound.
	Route func(ctx context.Context, o org.ID, id dispatch.TechnicianID) (engine.Route, error)
	Clock call.Clock
}

// Arrivals implements ArrivalService: it keeps the last minutes of positions in memory and says of a technician who is on the way
// whether he seems to have arrived. What it knows ends with the process and is never written.
type Arrivals struct {
	arrivalv1.UnimplementedArrivalServiceServer
	c      ArrivalConfig
	mu     sync.Mutex
	trails map[technician]*arrival.Trail
}

// technician is one of an org.
type technician struct {
	org org.ID
	id  dispatch.TechnicianID
}

// NewArrivals makes the service.
func NewArrivals(c ArrivalConfig) *Arrivals {
	return &Arrivals{c: c, trails: map[technician]*arrival.Trail{}}
}

// Register adds the service to a server.
func (s *Arrivals) Register(r grpc.ServiceRegistrar) { arrivalv1.RegisterArrivalServiceServer(r, s) }

// RESTArrivals adds the path of the service.
func RESTArrivals(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return arrivalv1.RegisterArrivalServiceHandlerClient(ctx, m, arrivalv1.NewArrivalServiceClient(conn))
}

// Saw takes in positions that the service has believed.
func (s *Arrivals) Saw(o org.ID, ps []engine.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range ps {
		p := &ps[i]
		k := technician{o, p.Technician}
		if s.trails[k] == nil {
			s.trails[k] = &arrival.Trail{}
		}
		s.trails[k].Add(arrival.Sight{Point: p.Point, Accuracy: geo.Meters(p.AccuracyMeters), At: p.At})
	}
}

// GetArrival implements the method of the same name.
func (s *Arrivals) GetArrival(ctx context.Context, r *arrivalv1.GetArrivalRequest) (*arrivalv1.Arrival, error) {
	caller, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	id := dispatch.TechnicianID(r.GetId())
	route, err := s.c.Route(ctx, caller.Org, id)
	if err != nil {
		return nil, err
	}
	fence := arrival.Usual()
	out := &arrivalv1.Arrival{TechnicianId: r.GetId(), RadiusMeters: float64(fence.Radius)}
	if len(route.Stops) == 0 || route.Stops[0].Order.State != engine.StateEnRoute {
		return out, nil
	}
	o := route.Stops[0].Order
	out.WorkOrderId = string(o.ID)
	f := s.look(technician{caller.Org, id}, o, fence)
	out.Suggested, out.SeenTime, out.SinceTime = f.Arrived, wire.Timestamp(f.Seen), wire.Timestamp(f.Since)
	return out, nil
}

func (s *Arrivals) look(k technician, o *engine.Order, fence arrival.Fence) arrival.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.trails[k]
	if t == nil {
		return arrival.Finding{}
	}
	return fence.Look(t, o.Location, s.c.Clock.Now().Truncate(time.Microsecond))
}
