package server

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/feed"
	"fettle/internal/policy"
	"fettle/internal/territory"
	"fettle/org"
)

// Territory is what the service asks of the live state of an org: *territory.Territory.
type Territory interface {
	Do(ctx context.Context, r territory.Request) (territory.Answer, error)
	Look
}

// Look is the part of a territory that only tells.
type Look interface {
	Report(ctx context.Context, ps []engine.Position) ([]territory.PositionError, error)
	Position(id dispatch.TechnicianID) (p engine.Position, stale, ok bool)
	Nearby(p geo.Point, skill dispatch.SkillLevel, n int, radius geo.Meters) []territory.Near
	Route(ctx context.Context, id dispatch.TechnicianID) (engine.Route, error)
	Plan(ctx context.Context) (routes []engine.Route, unassigned []*engine.Order, at time.Time, err error)
	Explain(ctx context.Context, id dispatch.WorkOrderID) (*engine.Explanation, error)
	SuggestSlots(ctx context.Context, q engine.SlotQuery) (*engine.Slots, error)
	Name(id dispatch.TechnicianID) string
}

// Store is what the service reads: committed rows and the log.
type Store interface {
	engine.OrderReader
	engine.TechnicianReader
	engine.EventReader
}

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Config says what the services need. All but Machine, More and Zone must be given.
type Config struct {
	// Territory finds the live state of an org; an error when it is not served here.
	Territory func(org.ID) (Territory, error)
	Store     Store
	Feed      *feed.Feed
	Clock     Clock // of the service
	// Machine is the clock that measures how long a search takes, where that of the service runs faster; Clock unless given.
	Machine Clock
	// More are further services that are served beside these, whose methods ListMethods lists too.
	More []string
	// RequestID is the id of a call, for the audit entry; none unless given.
	RequestID func(ctx context.Context) string
	// Zone is that of weekly shifts that name none; UTC unless given.
	Zone *time.Location
	// Welcome are the intervals in which visits to a dwelling are welcome, from one instant until another: slots are suggested
	// in them when the request names no windows. nil, or none, means any time.
	Welcome func(ctx context.Context, o org.ID, unit string, from, to time.Time) ([]dispatch.TimeSpan, error)
}

// Server holds what all services share.
type Server struct {
	cfg     Config
	ids     *call.IDs
	methods policy.Table
	solving chan struct{}
	books   *books
	fields  policy.Fields
	zones   sync.Map // *time.Location of shifts, by name, as they were read: what a name means does not change
}

// Services lists the full names of the services that Register adds.
func Services() []string {
	return []string{
		dispatchv1.TechnicianService_ServiceDesc.ServiceName,
		dispatchv1.PositionService_ServiceDesc.ServiceName,
		dispatchv1.WorkOrderService_ServiceDesc.ServiceName,
		dispatchv1.PlanService_ServiceDesc.ServiceName,
		dispatchv1.EventService_ServiceDesc.ServiceName,
		dispatchv1.IntakeService_ServiceDesc.ServiceName,
		dispatchv1.KPIService_ServiceDesc.ServiceName,
		dispatchv1.MetaService_ServiceDesc.ServiceName,
	}
}

// New makes the services. It fails when a method has no policy.
func New(c Config) (*Server, error) {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.RequestID == nil {
		c.RequestID = func(context.Context) string { return "" }
	}
	if c.Machine == nil {
		c.Machine = c.Clock
	}
	methods, err := policy.Read(append(Services(), c.More...)...)
	if err != nil {
		return nil, err
	}
	return &Server{cfg: c, ids: call.NewIDs(c.Clock), methods: methods, solving: make(chan struct{}, maxSolving), books: newBooks(c.Store)}, nil
}

// Register adds all services.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	dispatchv1.RegisterTechnicianServiceServer(r, &technicians{Server: s})
	dispatchv1.RegisterPositionServiceServer(r, &positions{Server: s})
	dispatchv1.RegisterWorkOrderServiceServer(r, &workOrders{Server: s})
	dispatchv1.RegisterPlanServiceServer(r, &plans{Server: s})
	dispatchv1.RegisterEventServiceServer(r, &events{Server: s})
	dispatchv1.RegisterIntakeServiceServer(r, &intake{Server: s})
	dispatchv1.RegisterKPIServiceServer(r, &kpis{Server: s})
	dispatchv1.RegisterMetaServiceServer(r, &meta{Server: s})
}

// caller is who asks, with the live state of their org.
type caller struct {
	Territory
	principal *auth.Principal
	org       org.ID
	request   string // id of the call
}

func (s *Server) caller(ctx context.Context) (caller, error) {
	p, ok := auth.FromContext(ctx)
	if !ok {
		return caller{}, auth.ErrUnknown
	}
	t, err := s.cfg.Territory(p.Org)
	return caller{Territory: t, principal: p, org: p.Org, request: s.cfg.RequestID(ctx)}, err
}
