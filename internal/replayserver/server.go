// Package replayserver is ReplayService: recorded days played again, exactly and under other policies.
package replayserver

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/wire"
	"fettle/org"
	"fettle/simulate/day"
	"fettle/simulate/replay"
	"fettle/simulate/trial"
	"fettle/steering"
)

// Config says whom the service asks. All must be given.
type Config struct {
	// Events reads the log.
	Events func(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error)
	// Policy is one of an org by id; ledger.ErrNotFound when there is none.
	Policy func(ctx context.Context, o org.ID, id string) (*steering.Policy, error)
	Zone   *time.Location // of the org
}

// Server implements ReplayService.
type Server struct {
	steeringv1.UnimplementedReplayServiceServer
	c       Config
	playing chan struct{} // has room for one
}

// New makes a server.
func New(c Config) *Server { return &Server{c: c, playing: make(chan struct{}, 1)} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { steeringv1.RegisterReplayServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return steeringv1.RegisterReplayServiceHandlerClient(ctx, m, steeringv1.NewReplayServiceClient(conn))
}

// ReplayDays implements the method of the same name.
func (s *Server) ReplayDays(ctx context.Context, r *steeringv1.ReplayDaysRequest) (*steeringv1.ReplayAnswer, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from, err := time.ParseInLocation(time.DateOnly, r.GetStartDate(), s.c.Zone)
	if err != nil {
		return nil, &dispatch.InvalidError{Field: "startDate", Value: r.GetStartDate(), Want: "a day such as 2026-03-02"}
	}
	policies, err := s.policies(ctx, who.Org, r)
	if err != nil {
		return nil, err
	}
	select {
	case s.playing <- struct{}{}:
		defer func() { <-s.playing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	days := int(max(r.GetDays(), 1))
	read := func(after int64, limit int) ([]engine.Event, error) { return s.c.Events(ctx, who.Org, after, limit) }
	record, err := replay.Read(read, s.c.Zone, from, from.AddDate(0, 0, days))
	if err != nil {
		return nil, err
	}
	return answer(ctx, record, days, policies)
}

// policies are those that live the days; none when the log alone is played.
func (s *Server) policies(ctx context.Context, o org.ID, r *steeringv1.ReplayDaysRequest) ([]day.Policy, error) {
	if len(r.GetPolicies())+len(r.GetPolicyIds()) == 0 {
		return nil, nil
	}
	own, err := day.Named("greedy")
	if err != nil {
		return nil, err
	}
	out := []day.Policy{own}
	for i, name := range r.GetPolicies() {
		p, err := day.Named(name)
		if err != nil {
			return nil, &dispatch.InvalidError{Field: fmt.Sprintf("policies[%d]", i), Value: name, Want: fmt.Sprintf("one of %v", day.Names())}
		}
		if name != own.Name {
			out = append(out, p)
		}
	}
	for i, id := range r.GetPolicyIds() {
		kept, err := s.c.Policy(ctx, o, id)
		if err != nil {
			return nil, fmt.Errorf("policyIds[%d]: %w", i, err)
		}
		p := own
		conduct := kept.Conduct(id)
		p.Name, p.Conduct = id, &conduct
		out = append(out, p)
	}
	return out, nil
}

// answer plays the days.
func answer(ctx context.Context, r *replay.Recording, days int, policies []day.Policy) (*steeringv1.ReplayAnswer, error) {
	p := &r.Part
	out := &steeringv1.ReplayAnswer{
		StartTime: wire.Timestamp(p.From), EndTime: wire.Timestamp(p.To), Events: int32(p.Events), Hash: p.Hash, StateHash: p.State,
		Identical: p.Hash == p.Stored && r.Fold().First == nil,
	}
	if d := r.Fold().First; d != nil {
		out.FirstDifference, out.DifferentField = float64(d.Sequence), d.Field
	}
	answers, judged := r.Answers()
	out.Answers = &steeringv1.ReplayAnswers{Judged: int32(judged), Followed: answers.Follow, After: durationpb.New(answers.After)}
	for i := range policies {
		policies[i].Answers = answers
	}
	levels := day.DefaultLevels()
	var kpi []day.KPI
	for n := range days {
		span := dispatch.TimeSpan{Start: p.From.AddDate(0, 0, n), End: p.From.AddDate(0, 0, n+1)}
		reports, lives := r.Recorded(span)
		out.Orders += int32(len(reports))
		kpi = append(kpi, day.Measure(reports, lives, &levels))
	}
	out.Recorded = figures(func(m day.Metric) trial.Interval {
		column := make([]float64, len(kpi))
		for i := range kpi {
			column[i] = kpi[i][m]
		}
		return trial.Mean(column)
	})
	if len(policies) == 0 {
		return out, nil
	}
	if out.GetOrders() == 0 {
		return nil, &dispatch.InvalidError{
			Field: "startDate", Value: p.From.Format(time.DateOnly), Want: "days of the log with reports; it ends at " + r.Ends.Format(time.RFC3339),
		}
	}
	table, err := trial.Compare(ctx, days, policies, func(n int) *day.World { return r.World(p.From.AddDate(0, 0, n)) })
	if err != nil {
		return nil, err
	}
	for i := range policies {
		out.Lives = append(out.Lives, life(table, i))
	}
	return out, nil
}

// life shows what a policy made of the days.
func life(t *trial.Table, i int) *steeringv1.ReplayLife {
	trace := fnv.New64a()
	for _, one := range t.Traces[i] {
		_, _ = fmt.Fprintf(trace, "%016x", one) // a hash takes everything
	}
	out := &steeringv1.ReplayLife{
		Policy: t.Policies[i].Name, Trace: fmt.Sprintf("%016x", trace.Sum64()), Figures: figures(func(m day.Metric) trial.Interval { return t.Mean(i, m) }),
	}
	if i > 0 {
		out.Differences = figures(func(m day.Metric) trial.Interval { return t.Difference(i, m) })
	}
	return out
}

// figures are the metrics that there was something to measure of.
func figures(of func(day.Metric) trial.Interval) (out []*steeringv1.ReplayFigure) {
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		v = math.Round(v*1e4) / 1e4
		return &v
	}
	for _, m := range day.Metrics() {
		if v := of(m); v.N > 0 {
			out = append(out, &steeringv1.ReplayFigure{Name: m.String(), Mean: number(v.Mean), Low: number(v.Low), High: number(v.High)})
		}
	}
	return out
}
