// Package breachserver is BreachService: which orders are likely to break their promise, told to supervisors before they do, with the
// table by which everybody sees what these forecasts are worth. What a forecast was and what became of it are records, so that
// calibration survives restarts.
//
// Read in this order: watch.go (what is done each minute), record.go (what is kept), server.go (the methods).
package breachserver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	breachv1 "fettle/api/gen/fettle/breach/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/kpi/breach"
	"fettle/ledger"
	"fettle/org"
)

// Store is what is read and written.
type Store interface {
	ledger.Reader
	Apply(ctx context.Context, o org.ID, c *ledger.Change) error
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
}

// Config says what the service needs. All must be given.
type Config struct {
	Store Store
	// Foresee copies the plan of an org.
	Foresee func(ctx context.Context, o org.ID) (*territory.Prospect, error)
	// Conduct is the policy that rules.
	Conduct func(ctx context.Context, o org.ID) (engine.Conduct, error)
	// Escalate tells supervisors of an order, once however often it is called.
	Escalate func(ctx context.Context, o org.ID, id dispatch.WorkOrderID, why string) error
	Zone     *time.Location
}

// Server implements BreachService.
type Server struct {
	breachv1.UnimplementedBreachServiceServer
	c     Config
	mu    sync.Mutex
	known map[org.ID]*memory
}

// New makes the service.
func New(c Config) *Server { return &Server{c: c, known: map[org.ID]*memory{}} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { breachv1.RegisterBreachServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return breachv1.RegisterBreachServiceHandlerClient(ctx, m, breachv1.NewBreachServiceClient(conn))
}

// memory is what is known of an org, read when it is first asked for.
func (s *Server) memory(ctx context.Context, o org.ID) (*memory, error) {
	if m := s.known[o]; m != nil {
		return m, nil
	}
	m, err := remember(ctx, s.c.Store, o)
	if err == nil {
		s.known[o] = m
	}
	return m, err
}

// sight is the open orders of an instant with their chances.
type sight struct {
	now     time.Time
	orders  map[dispatch.WorkOrderID]*engine.Order
	chances []breach.Chance
}

func (s *Server) look(ctx context.Context, o org.ID) (*sight, error) {
	p, err := s.c.Foresee(ctx, o)
	if err != nil {
		return nil, err
	}
	out := &sight{now: p.Time, orders: map[dispatch.WorkOrderID]*engine.Order{}, chances: breach.Forecast(p.Snapshot, p.Open, p.Variability, p.Time)}
	for _, order := range p.Open {
		out.orders[order.ID] = order
	}
	return out, nil
}

// forecasts shows what is known of open orders.
func (s *Server) forecasts(ctx context.Context, o org.ID) (now time.Time, out []*breachv1.BreachForecast, err error) {
	seen, err := s.look(ctx, o)
	if err != nil {
		return now, nil, err
	}
	rules, err := s.c.Conduct(ctx, o)
	if err != nil {
		return now, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.memory(ctx, o)
	if err != nil {
		return now, nil, err
	}
	for i := range seen.chances {
		c := &seen.chances[i]
		f := &breachv1.BreachForecast{
			WorkOrderId: string(c.Order), TechnicianId: string(c.Technician), DueTime: wire.Timestamp(c.Due), PlannedArrival: wire.Timestamp(c.Planned),
			Basis: basisOf(c.Basis), Probability: proto.Float64(m.calibrator.Chance(c.Basis, c.Raw)), RawProbability: proto.Float64(c.Raw),
		}
		if above := breach.Above(&rules, seen.orders[c.Order]); above > 0 {
			f.EscalateAbove = proto.Float64(above)
		}
		escalated(f, m.open[c.Order])
		out = append(out, f)
	}
	return seen.now, out, nil
}

func escalated(f *breachv1.BreachForecast, k *kept) {
	if k != nil && !k.Escalated.IsZero() {
		f.EscalateTime, f.EscalateProbability = wire.Timestamp(k.Escalated), k.Chance
	}
}

func basisOf(b breach.Basis) breachv1.BreachForecast_Basis {
	return breachv1.BreachForecast_Basis(breachv1.BreachForecast_Basis_value[string(b)])
}

// ForecastBreaches implements the method of the same name.
func (s *Server) ForecastBreaches(ctx context.Context, r *breachv1.ForecastBreachesRequest) (*breachv1.ForecastBreachesResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	now, all, err := s.forecasts(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f *breachv1.BreachForecast) bool { return f.GetProbability() < r.GetLeastProbability() })
	slices.SortStableFunc(all, func(a, b *breachv1.BreachForecast) int { return cmp.Compare(b.GetProbability(), a.GetProbability()) })
	return &breachv1.ForecastBreachesResponse{Time: wire.Timestamp(now), Forecasts: all[:min(len(all), call.PageSize(r.GetPageSize()))]}, nil
}

// GetBreachForecast implements the method of the same name.
func (s *Server) GetBreachForecast(ctx context.Context, r *breachv1.GetBreachForecastRequest) (*breachv1.BreachForecast, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	order, err := s.c.Store.Order(ctx, who.Org, dispatch.WorkOrderID(r.GetWorkOrderId()))
	if err != nil {
		return nil, err
	}
	_, all, err := s.forecasts(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(all, func(f *breachv1.BreachForecast) bool { return f.GetWorkOrderId() == r.GetWorkOrderId() }); at >= 0 {
		return all[at], nil
	}
	out := &breachv1.BreachForecast{WorkOrderId: r.GetWorkOrderId(), TechnicianId: string(order.TechnicianID()), DueTime: wire.Timestamp(order.Due.OnSite)}
	rec, err := s.c.Store.Record(ctx, who.Org, kind, r.GetWorkOrderId())
	if errors.Is(err, ledger.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	k, err := decode(rec)
	if err != nil {
		return nil, err
	}
	escalated(out, k)
	return out, nil
}

// GetBreachCalibration implements the method of the same name.
func (s *Server) GetBreachCalibration(ctx context.Context, _ *breachv1.GetBreachCalibrationRequest) (*breachv1.BreachCalibration, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.memory(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	rows, score := m.calibrator.Table()
	out := &breachv1.BreachCalibration{Forecasts: int32(score.Forecasts), Broken: int32(score.Broken)}
	if score.Forecasts > 0 {
		out.BrierScore, out.BaseBrierScore = proto.Float64(score.Brier), proto.Float64(score.Base)
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, &breachv1.BreachCalibration_Row{
			Basis: basisOf(r.Basis), From: r.From, To: r.To, Forecasts: int32(r.Forecasts), Broken: int32(r.Broken), MeanRaw: r.Raw, MeanTold: r.Told, ToldNow: r.Now,
		})
	}
	return out, nil
}
