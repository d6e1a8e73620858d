// Package tenantserver is TenantService: how a repair goes, told to who rents the dwelling. It reads committed rows and the
// log, and shows of them what concerns tenants: no ids of people, no other visits, a place of the technician only on the way.
// NoteService beside it keeps what tenant, desk and technician write to each other about an order.
package tenantserver

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	tenantv1 "fettle/api/gen/fettle/tenant/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// Service is the full name of the service.
const Service = "fettle.tenant.v1.TenantService"

// Look is what is asked of the live state of an org: *territory.Territory.
type Look interface {
	Position(id dispatch.TechnicianID) (p engine.Position, stale, ok bool)
	Name(id dispatch.TechnicianID) string
}

// Store is what is read: committed rows, the log and records.
type Store interface {
	ledger.Reader
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Feed tells that something has happened to an order: *feed.Feed.
type Feed interface {
	Last(o org.ID) int64
	AwaitOrder(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64) (int64, error)
	Noted(o org.ID) int64
	AwaitRecord(ctx context.Context, o org.ID, kind, id string, after int64) error
}

// Config says whom the service asks. All must be given.
type Config struct {
	// Live finds the live state of an org; an error when it is not served here.
	Live  func(org.ID) (Look, error)
	Store Store
	Feed  Feed
	Clock interface{ Now() time.Time } // of the service
	// Registry keeps notes; Tell makes the work of telling somebody that there is one.
	Registry *registry.Registry
	Tell     func(o org.ID, l *Letter) (ledger.DueWork, error)
}

// Server implements TenantService.
type Server struct {
	tenantv1.UnimplementedTenantServiceServer
	c Config
}

// New makes a server.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	tenantv1.RegisterTenantServiceServer(r, s)
	tenantv1.RegisterNoteServiceServer(r, &notes{c: s.c})
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := tenantv1.RegisterTenantServiceHandlerClient(ctx, m, tenantv1.NewTenantServiceClient(conn)); err != nil {
		return err
	}
	return tenantv1.RegisterNoteServiceHandlerClient(ctx, m, tenantv1.NewNoteServiceClient(conn))
}

const (
	// movingWait is how long a call waits at most while the technician is on the way: places change without an event.
	movingWait = 8 * time.Second
	maxSteps   = 100
	maxMerges  = 10
)

// TrackWorkOrder implements the method of the same name.
func (s *Server) TrackWorkOrder(ctx context.Context, r *tenantv1.TrackWorkOrderRequest) (*tenantv1.Track, error) {
	o, _ := org.FromContext(ctx)
	known := call.Header(ctx, "if-none-match")
	for waited := false; ; waited = true {
		last := s.c.Feed.Last(o)
		shown, track, err := s.track(ctx, o, dispatch.WorkOrderID(r.GetId()))
		if err != nil || waited || known == "" || !strings.Contains(known, `"`+track.GetEtag()+`"`) {
			return track, err
		}
		wait := call.Wait(ctx)
		if track.GetStage() == tenantv1.Track_DEPARTED {
			wait = min(wait, movingWait)
		}
		if wait <= 0 {
			return track, nil
		}
		waiting, cancel := context.WithTimeout(ctx, wait)
		_, err = s.c.Feed.AwaitOrder(waiting, o, shown, last)
		cancel()
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// track reads an order, or the one that it was merged into, and says which it was.
func (s *Server) track(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (dispatch.WorkOrderID, *tenantv1.Track, error) {
	live, err := s.c.Live(o)
	if err != nil {
		return id, nil, err
	}
	own, err := s.c.Store.Order(ctx, o, id)
	if err != nil {
		return id, nil, err
	}
	shown := own
	for range maxMerges {
		if shown.State != engine.StateMerged || shown.MergedInto == "" {
			break
		}
		if shown, err = s.c.Store.Order(ctx, o, shown.MergedInto); err != nil {
			return id, nil, err
		}
	}
	events, err := s.c.Store.OrderEvents(ctx, o, shown.ID, 0, maxSteps)
	if err != nil {
		return id, nil, err
	}
	out := s.order(own, shown, live.Name)
	for i := range events {
		out.Steps = append(out.Steps, step(&events[i], shown == own, live.Name)...)
	}
	out.Etag = strconv.FormatInt(own.Version, 10) + "." + strconv.FormatInt(shown.Version, 10)
	if shown.State == engine.StateEnRoute {
		if p, stale, ok := live.Position(shown.TechnicianID()); ok {
			out.Approach = &tenantv1.Approach{Location: wire.LatLng(p.Point), Time: wire.Timestamp(p.At), Stale: stale}
			out.Etag += fmt.Sprintf(".%d.%t", p.At.UnixMilli(), stale)
		}
	}
	return shown.ID, out, nil
}

// order writes what is shown of an order: of the tenant's own what was told, of the one that is done how it goes.
func (s *Server) order(own, shown *engine.Order, name wire.Namer) *tenantv1.Track {
	full := wire.WorkOrder(shown, name)
	a, now := full.GetAssignment(), s.c.Clock.Now()
	out := &tenantv1.Track{
		WorkOrderId: string(own.ID), Stage: Stage(shown.State), State: full.GetState(), Time: wire.Timestamp(now),
		CreateTime: wire.Timestamp(own.Created), Description: own.Description, UnitId: own.UnitID, Urgency: wire.Urgency(own.Urgency),
		TechnicianName: a.GetTechnicianName(), Window: a.GetWindow(), Location: wire.LatLng(own.Location),
		Rating: shown.Rating, Reason: full.GetReason(), Merged: shown != own,
	}
	switch out.GetStage() {
	case tenantv1.Track_WAITING:
		out.PlannedArrival = a.GetPlannedArrival()
		out.NextPromise = full.GetDueTimes().GetOnSite()
		if a == nil {
			out.NextPromise = full.GetDueTimes().GetAccept()
		}
		out.MayCancel = shown == own && TenantCancels(own.State)
	case tenantv1.Track_DEPARTED:
		out.PlannedArrival = a.GetPlannedArrival()
	case tenantv1.Track_DONE:
		out.MayRate = shown == own && own.State == engine.StateCompleted && own.Rating == 0
	}
	return out
}

// Stage is the label of a state for tenants.
func Stage(s engine.State) tenantv1.Track_Stage {
	switch s {
	case engine.StateEnRoute:
		return tenantv1.Track_DEPARTED
	case engine.StateOnSite, engine.StateWorking, engine.StatePaused:
		return tenantv1.Track_IN_PROGRESS
	case engine.StateCompleted, engine.StateVerified:
		return tenantv1.Track_DONE
	case engine.StateCanceled:
		return tenantv1.Track_CALLED_OFF
	}
	return tenantv1.Track_WAITING
}

// TenantCancels reports whether a tenant may cancel an order in a state: until a technician has accepted it.
func TenantCancels(s engine.State) bool { return s == engine.StateNew || s == engine.StateAssigned }

// told are the events that concern tenants, and whether their reason is for them too.
var told = map[engine.EventType]bool{ //nolint:gochecknoglobals // a constant table
	engine.OrderCreated: false, engine.OrderAssigned: false, engine.OrderUnassigned: false, engine.OrderAccepted: false,
	engine.OrderDeparted: false, engine.OrderArrived: false, engine.OrderStarted: false, engine.OrderPaused: true,
	engine.OrderResumed: false, engine.OrderCompleted: true, engine.OrderReopened: true, engine.OrderCanceled: true,
	engine.OrderRated: false, engine.OrderVerified: false,
}

// step writes an event, or nothing when it does not concern tenants. What was reported and rated by others stays theirs.
func step(e *engine.Event, own bool, name wire.Namer) []*tenantv1.Step {
	reason, ok := told[e.Type]
	if !ok || !own && (e.Type == engine.OrderCreated || e.Type == engine.OrderRated) {
		return nil
	}
	out := &tenantv1.Step{Time: wire.Timestamp(e.Time), Type: string(e.Type)}
	if e.Technician != "" {
		out.TechnicianName = name(e.Technician)
	}
	if reason {
		out.Reason = e.Reason
	}
	return []*tenantv1.Step{out}
}
