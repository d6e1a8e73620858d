// Package visitserver is VisitService, the visits of a work order as its log tells them, and ArrivalService, who seems to have arrived.
package visitserver

import (
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	visitv1 "fettle/api/gen/fettle/visit/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/visit"
	"fettle/internal/wire"
	"fettle/org"
)

// Config says whom the service asks.
type Config struct {
	Store Store
	// Name is what a technician of an org is called.
	Name func(o org.ID, id dispatch.TechnicianID) string
}

// Store is what the service reads.
type Store interface {
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Server implements VisitService.
type Server struct {
	visitv1.UnimplementedVisitServiceServer
	c Config
}

// New makes the service.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { visitv1.RegisterVisitServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return visitv1.RegisterVisitServiceHandlerClient(ctx, m, visitv1.NewVisitServiceClient(conn))
}

// page is how many events are read at once.
const page = 1000

// ListVisits implements the method of the same name.
func (s *Server) ListVisits(ctx context.Context, r *visitv1.ListVisitsRequest) (*visitv1.ListVisitsResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	id := dispatch.WorkOrderID(r.GetWorkOrderId())
	if _, err := s.c.Store.Order(ctx, who.Org, id); err != nil {
		return nil, err
	}
	var events []engine.Event
	for after := int64(0); ; {
		more, err := s.c.Store.OrderEvents(ctx, who.Org, id, after, page)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
		if len(more) < page {
			break
		}
		after = more[len(more)-1].Sequence
	}
	out := &visitv1.ListVisitsResponse{}
	for _, v := range visit.Of(events) {
		out.Visits = append(out.Visits, s.show(who.Org, id, &v))
	}
	return out, nil
}

func (s *Server) show(o org.ID, id dispatch.WorkOrderID, v *visit.Visit) *visitv1.Visit {
	out := &visitv1.Visit{
		Id: fmt.Sprintf("%s.%d", id, v.Number), Number: int32(v.Number), Reason: v.Reason, TechnicianId: string(v.Technician),
		State:          visitv1.Visit_State(visitv1.Visit_State_value[string(v.State)]),
		Cause:          visitv1.Visit_Cause(visitv1.Visit_Cause_value[string(v.Cause)]),
		PlannedArrival: stamp(v.Arrival), PlannedEnd: stamp(v.End), CreateTime: stamp(v.Created), OfferTime: stamp(v.Offered),
		AcceptTime: stamp(v.AcceptedAt), DepartTime: stamp(v.Departed), ArriveTime: stamp(v.Arrived), StartTime: stamp(v.Started),
		EndTime: stamp(v.Ended), Reassignments: int32(v.Reassignments),
	}
	if v.Technician != "" {
		out.TechnicianName = s.c.Name(o, v.Technician)
	}
	if !v.Window.Start.IsZero() {
		out.Window = &dispatchv1.TimeWindow{StartTime: stamp(v.Window.Start), EndTime: stamp(v.Window.End)}
	}
	return out
}

// stamp is an instant in a message, nil for none.
func stamp(t time.Time) *timestamppb.Timestamp { return wire.Timestamp(t) }
