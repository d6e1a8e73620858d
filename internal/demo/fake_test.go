package demo

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	identityv1 "fettle/api/gen/fettle/identity/v1"
	"fettle/geo"
	"fettle/simulate/city"
)

// manual is a clock that a test moves.
type manual struct {
	mu  sync.Mutex
	now time.Time
}

func (c *manual) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manual) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// told is one verb that the fake was sent.
type told struct {
	order, verb, technician, key string
	from, to                     dispatchv1.WorkOrder_State
	at                           time.Time
}

// fake is a service that keeps just enough state to refuse what the contract refuses. An offer goes to the technician of
// the trade who has least to do, and to the next one when it is declined or let pass.
type fake struct {
	dispatchv1.UnimplementedWorkOrderServiceServer
	dispatchv1.UnimplementedTechnicianServiceServer
	dispatchv1.UnimplementedPositionServiceServer
	dispatchv1.UnimplementedEventServiceServer
	identityv1.UnimplementedIdentityServiceServer

	clock Clock

	mu        sync.Mutex
	people    []*dispatchv1.Technician
	users     []*identityv1.User
	orders    []*dispatchv1.WorkOrder
	refusers  map[string][]string // by order: who declined or let pass
	verbs     []told
	illegal   []told // verbs from a state from which they are not legal
	unkeyed   []string
	events    []*dispatchv1.Event
	positions []*dispatchv1.PositionReport
	failing   int           // how many of the next calls are refused as unavailable
	breaks    int           // how many times the stream breaks, after each event
	changed   chan struct{} // closed and renewed with each event
	streams   []int64       // where each stream began
	updates   []*dispatchv1.UpdateWorkOrderRequest
}

func newFake(c Clock) *fake {
	return &fake{clock: c, refusers: map[string][]string{}, changed: make(chan struct{})}
}

// dial serves the fake in process and returns a connection to it.
func (f *fake) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := grpc.NewServer(grpc.UnaryInterceptor(f.intercept))
	dispatchv1.RegisterWorkOrderServiceServer(s, f)
	dispatchv1.RegisterTechnicianServiceServer(s, f)
	dispatchv1.RegisterPositionServiceServer(s, f)
	dispatchv1.RegisterEventServiceServer(s, f)
	identityv1.RegisterIdentityServiceServer(s, f)
	stopped := make(chan struct{})
	go func() { defer close(stopped); _ = s.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:///fake", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop()
		<-stopped
	})
	return conn
}

// intercept fails calls on demand and notes who forgot the key.
func (f *fake) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	f.mu.Lock()
	fail := f.failing > 0
	if fail {
		f.failing--
	}
	reads := []string{
		dispatchv1.TechnicianService_ListTechnicians_FullMethodName, dispatchv1.TechnicianService_ListAssignments_FullMethodName,
		dispatchv1.PositionService_ReportPositions_FullMethodName,
	}
	if keyOf(ctx) == "" && !slices.Contains(reads, info.FullMethod) {
		f.unkeyed = append(f.unkeyed, info.FullMethod)
	}
	f.mu.Unlock()
	if fail {
		return nil, status.Error(codes.Unavailable, "try again")
	}
	return next(ctx, req)
}

func keyOf(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get("idempotency-key"); len(v) == 1 {
		return v[0]
	}
	return ""
}

// emit appends an event about an order. The caller holds the lock.
func (f *fake) emit(kind string, wo *dispatchv1.WorkOrder, about string) {
	f.events = append(f.events, &dispatchv1.Event{
		Sequence: float64(len(f.events) + 1), Time: timestamppb.New(f.clock.Now()), Type: kind, WorkOrderId: wo.GetId(), TechnicianId: about,
		WorkOrder: &dispatchv1.OrderSummary{Id: wo.GetId(), State: wo.GetState(), TechnicianId: wo.GetAssignment().GetTechnicianId()},
	})
	close(f.changed)
	f.changed = make(chan struct{})
}

// since returns the events after a number.
func (f *fake) since(n int) []*dispatchv1.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events[min(n, len(f.events)):])
}

// assign offers an order to somebody. The caller holds the lock.
func (f *fake) assign(wo *dispatchv1.WorkOrder) {
	best, least := "", 1<<30
	for _, t := range f.people {
		need := wo.GetRequiredSkills()[0]
		able := slices.ContainsFunc(t.GetSkills(), func(s *dispatchv1.SkillLevel) bool {
			return s.GetSkill() == need.GetSkill() && s.GetLevel() >= need.GetLevel()
		})
		who, on := f.who(t), false
		if who != nil {
			d, working := dutyAt(who, f.clock.Now())
			on = working && f.clock.Now().Add(time.Hour).Before(d.end)
		}
		if !able || !on || slices.Contains(f.refusers[wo.GetId()], t.GetId()) {
			continue
		}
		if n := len(f.todo(t.GetId())); n < least {
			best, least = t.GetId(), n
		}
	}
	if best == "" {
		wo.State, wo.Assignment = dispatchv1.WorkOrder_NEW, nil
		delete(f.refusers, wo.GetId())
		return
	}
	wo.State = dispatchv1.WorkOrder_ASSIGNED
	at := f.clock.Now()
	wo.Assignment = &dispatchv1.Assignment{
		TechnicianId: best, PlannedArrival: timestamppb.New(at.Add(time.Duration(least+1) * 20 * time.Minute)),
		AcceptBy: timestamppb.New(at.Add(10 * time.Minute)),
	}
	f.emit("work_order.assigned", wo, best)
}

func (f *fake) who(t *dispatchv1.Technician) *city.Technician {
	for i := range town().Technicians {
		if displayName(&town().Technicians[i]) == t.GetDisplayName() {
			return &town().Technicians[i]
		}
	}
	return nil
}

// sweep passes offers on that were let pass, and tries again for orders that nobody has.
func (f *fake) sweep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, wo := range f.orders {
		switch {
		case wo.GetState() == dispatchv1.WorkOrder_NEW:
			f.assign(wo)
		case wo.GetState() == dispatchv1.WorkOrder_ASSIGNED && f.clock.Now().After(wo.GetAssignment().GetAcceptBy().AsTime()):
			was := wo.GetAssignment().GetTechnicianId()
			f.refusers[wo.GetId()] = append(f.refusers[wo.GetId()], was)
			f.emit("work_order.offer_expired", wo, was)
			f.assign(wo)
		}
	}
}

// todo lists the open orders of a technician, started ones first. The caller holds the lock.
func (f *fake) todo(id string) []*dispatchv1.WorkOrder {
	var started, rest []*dispatchv1.WorkOrder
	for _, wo := range f.orders {
		if wo.GetAssignment().GetTechnicianId() != id {
			continue
		}
		switch wo.GetState() {
		case dispatchv1.WorkOrder_EN_ROUTE, dispatchv1.WorkOrder_ON_SITE, dispatchv1.WorkOrder_WORKING:
			started = append(started, wo)
		case dispatchv1.WorkOrder_ASSIGNED, dispatchv1.WorkOrder_ACCEPTED, dispatchv1.WorkOrder_PAUSED:
			rest = append(rest, wo)
		default:
		}
	}
	return append(started, rest...)
}

func (f *fake) CreateTechnician(_ context.Context, r *dispatchv1.CreateTechnicianRequest) (*dispatchv1.Technician, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Technician.Id = fmt.Sprintf("tech-%03d", len(f.people))
	f.people = append(f.people, r.GetTechnician())
	return r.GetTechnician(), nil
}

func (f *fake) CreateUser(_ context.Context, r *identityv1.CreateUserRequest) (*identityv1.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users = append(f.users, r.GetUser())
	return r.GetUser(), nil
}

func (f *fake) ListTechnicians(context.Context, *dispatchv1.ListTechniciansRequest) (*dispatchv1.ListTechniciansResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &dispatchv1.ListTechniciansResponse{Technicians: slices.Clone(f.people)}, nil
}

func (f *fake) ListAssignments(_ context.Context, r *dispatchv1.ListAssignmentsRequest) (*dispatchv1.ListAssignmentsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	resp := &dispatchv1.ListAssignmentsResponse{}
	for _, wo := range f.todo(r.GetId()) {
		resp.Assignments = append(resp.Assignments, &dispatchv1.WorkOrderAssignment{
			WorkOrderId: wo.GetId(), State: wo.GetState().String(), Location: wo.GetLocation(), Urgency: wo.GetUrgency().String(),
			OnSiteDuration: wo.GetOnSiteDuration(), PlannedArrival: wo.GetAssignment().GetPlannedArrival(), AcceptBy: wo.GetAssignment().GetAcceptBy(),
		})
	}
	return resp, nil
}

func (f *fake) CreateWorkOrder(_ context.Context, r *dispatchv1.CreateWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	wo := r.GetWorkOrder()
	wo.Id, wo.Visit = fmt.Sprintf("wo-%05d", len(f.orders)), 1
	wo.CreateTime = timestamppb.New(f.clock.Now())
	wo.DueTimes = &dispatchv1.DueTimes{Accept: timestamppb.New(f.clock.Now().Add(2 * time.Hour))}
	wo.State = dispatchv1.WorkOrder_NEW
	f.orders = append(f.orders, wo)
	f.assign(wo)
	return proto.CloneOf(wo), nil
}

func (f *fake) UpdateWorkOrder(_ context.Context, r *dispatchv1.UpdateWorkOrderRequest) (*dispatchv1.WorkOrder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates = append(f.updates, r)
	wo := proto.CloneOf(r.GetWorkOrder())
	wo.State, wo.Etag = dispatchv1.WorkOrder_ASSIGNED, "2"
	return wo, nil
}

func (f *fake) ReportPositions(_ context.Context, r *dispatchv1.ReportPositionsRequest) (*dispatchv1.ReportPositionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.positions = append(f.positions, r.GetPositions()...)
	return &dispatchv1.ReportPositionsResponse{Accepted: int32(len(r.GetPositions()))}, nil
}

func (f *fake) WatchEvents(r *dispatchv1.WatchEventsRequest, s grpc.ServerStreamingServer[dispatchv1.Event]) error {
	f.mu.Lock()
	at := int(r.GetAfterSequence())
	f.streams = append(f.streams, r.GetAfterSequence())
	if at == 0 {
		at = len(f.events)
	}
	f.mu.Unlock()
	for {
		f.mu.Lock()
		changed, fresh := f.changed, slices.Clone(f.events[at:])
		broken := f.breaks > 0 && len(fresh) > 0
		if broken {
			f.breaks--
			fresh = fresh[:1]
		}
		f.mu.Unlock()
		for _, e := range fresh {
			if err := s.Send(e); err != nil {
				return err
			}
		}
		if at += len(fresh); broken {
			return status.Error(codes.Unavailable, "broken on purpose")
		}
		select {
		case <-changed:
		case <-s.Context().Done():
			return s.Context().Err()
		}
	}
}

// cancelOrder is a dispatcher's decision.
func (f *fake) cancelOrder(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, wo := range f.orders {
		if wo.GetId() == id {
			wo.State = dispatchv1.WorkOrder_CANCELED
			f.emit("work_order.canceled", wo, "")
		}
	}
}

// verb applies a verb that is legal from some states.
func (f *fake) verb(ctx context.Context, name string, r *dispatchv1.WorkOrderVerbRequest, to dispatchv1.WorkOrder_State, from ...dispatchv1.WorkOrder_State) (
	*dispatchv1.WorkOrder, error,
) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.orders, func(wo *dispatchv1.WorkOrder) bool { return wo.GetId() == r.GetId() })
	if i < 0 {
		return nil, status.Error(codes.NotFound, r.GetId())
	}
	wo := f.orders[i]
	v := told{
		order: r.GetId(), verb: name, technician: r.GetTechnicianId(), key: keyOf(ctx), from: wo.GetState(), to: to, at: f.clock.Now(),
	}
	if !slices.Contains(from, wo.GetState()) || r.GetTechnicianId() != "" && r.GetTechnicianId() != wo.GetAssignment().GetTechnicianId() {
		f.illegal = append(f.illegal, v)
		return nil, status.Error(codes.FailedPrecondition, wo.GetState().String())
	}
	f.verbs = append(f.verbs, v)
	was := wo.GetAssignment().GetTechnicianId()
	wo.State = to
	if to == dispatchv1.WorkOrder_NEW {
		wo.Assignment = nil
		if name == "decline" {
			f.refusers[wo.GetId()] = append(f.refusers[wo.GetId()], was)
		} else {
			wo.Visit++
		}
		f.assign(wo)
	}
	f.emit("work_order."+name, wo, was)
	return proto.CloneOf(wo), nil
}

type request = dispatchv1.WorkOrderVerbRequest

const (
	stNew       = dispatchv1.WorkOrder_NEW
	stAssigned  = dispatchv1.WorkOrder_ASSIGNED
	stAccepted  = dispatchv1.WorkOrder_ACCEPTED
	stEnRoute   = dispatchv1.WorkOrder_EN_ROUTE
	stOnSite    = dispatchv1.WorkOrder_ON_SITE
	stWorking   = dispatchv1.WorkOrder_WORKING
	stPaused    = dispatchv1.WorkOrder_PAUSED
	stCompleted = dispatchv1.WorkOrder_COMPLETED
	stVerified  = dispatchv1.WorkOrder_VERIFIED
	stCanceled  = dispatchv1.WorkOrder_CANCELED
)

func (f *fake) AcceptWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "accept", r, stAccepted, stAssigned)
}

func (f *fake) DeclineWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "decline", r, stNew, stAssigned)
}

func (f *fake) DepartWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "depart", r, stEnRoute, stAccepted)
}

func (f *fake) ArriveWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "arrive", r, stOnSite, stEnRoute)
}

func (f *fake) StartWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "start", r, stWorking, stOnSite)
}

func (f *fake) PauseWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "pause", r, stPaused, stWorking)
}

func (f *fake) ResumeWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "resume", r, stNew, stPaused)
}

func (f *fake) CompleteWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "complete", r, stCompleted, stOnSite, stWorking)
}

func (f *fake) RateWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "rate", r, stVerified, stCompleted)
}

func (f *fake) VerifyWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "verify", r, stVerified, stCompleted)
}

func (f *fake) ReopenWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "reopen", r, stNew, stCompleted)
}

func (f *fake) CancelWorkOrder(ctx context.Context, r *request) (*dispatchv1.WorkOrder, error) {
	return f.verb(ctx, "cancel", r, stCanceled, stNew, stAssigned, stAccepted, stEnRoute, stOnSite, stWorking, stPaused)
}

// town is the city of the tests.
var town = sync.OnceValue(func() *city.City { return city.New(7) })

// monday is an instant of a working day.
func monday() time.Time { return time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC) }

// offStreet is how far a place is from the nearest street, in metres.
func offStreet(c *city.City, p geo.Point) float64 {
	best := 1e9
	for i := range c.Streets {
		pts := c.Streets[i].Points
		for k := 1; k < len(pts); k++ {
			best = min(best, segmentMeters(p, pts[k-1], pts[k]))
		}
	}
	return best
}

// segmentMeters is the distance of p from the segment ab on the tangent plane at p, good to 1 % over some kilometres.
func segmentMeters(p, a, b geo.Point) float64 {
	ax, ay := planar(p, a)
	bx, by := planar(p, b)
	dx, dy := bx-ax, by-ay
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = min(max(-(ax*dx+ay*dy)/l, 0), 1)
	}
	return float64(geo.DistanceEquirect(p, geo.Point{Lat: a.Lat + t*(b.Lat-a.Lat), Lon: a.Lon + t*(b.Lon-a.Lon)}))
}

// planar is a in metres east and north of p.
func planar(p, a geo.Point) (x, y float64) {
	x = float64(geo.DistanceEquirect(p, geo.Point{Lat: p.Lat, Lon: a.Lon}))
	y = float64(geo.DistanceEquirect(p, geo.Point{Lat: a.Lat, Lon: p.Lon}))
	if a.Lon < p.Lon {
		x = -x
	}
	if a.Lat < p.Lat {
		y = -y
	}
	return x, y
}
