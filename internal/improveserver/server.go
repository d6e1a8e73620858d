// Package improveserver is ImprovementService: plans with a metric, pilots of policies, ideas of everybody, as resources of the
// registry. A pilot that runs decides which policy the engine follows where and when (Conduct).
package improveserver

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch/engine"
	"fettle/improvement"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/steering"
)

// DueTurn is the kind of due work by which a pilot in blocks goes on to the next; the key is the id of the pilot.
const DueTurn = "pilot.turn"

// Store is what is read: records and the log.
type Store interface {
	ledger.Reader
	Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error)
}

// Config says whom the service asks. All must be given.
type Config struct {
	Store    Store
	Registry *registry.Registry
	Policies *registry.Kind[steering.Policy]
	// Ruling is the id of the policy that rules, "" for the default.
	Ruling func(ctx context.Context, o org.ID) (string, error)
	// Adopt lets a policy rule, within the decision.
	Adopt func(tx *registry.Tx, id string) error
	// Follow lets the engine follow what should rule now.
	Follow func(ctx context.Context, o org.ID) error
	Clock  interface{ Now() time.Time } // of the service
}

// Server implements ImprovementService.
type Server struct {
	steeringv1.UnimplementedImprovementServiceServer
	c      Config
	books  books
	plans  registry.Resource[improvement.Plan, *steeringv1.ImprovementPlan]
	pilots registry.Resource[improvement.Pilot, *steeringv1.Pilot]
	ideas  registry.Resource[improvement.Idea, *steeringv1.Idea]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.plans = registry.Resource[improvement.Plan, *steeringv1.ImprovementPlan]{
		Registry: c.Registry, Kind: &registry.Kind[improvement.Plan]{
			Name: "improvementPlans", Prefix: "ip_", State: func(p *improvement.Plan) string { return p.State },
		}, Field: "improvementPlan", FromMessage: readPlan, ToMessage: showPlan,
	}
	s.pilots = registry.Resource[improvement.Pilot, *steeringv1.Pilot]{
		Registry: c.Registry, Kind: Pilots(), Field: "pilot", FromMessage: readPilot, ToMessage: showPilot,
	}
	s.ideas = registry.Resource[improvement.Idea, *steeringv1.Idea]{
		Registry: c.Registry, Kind: &registry.Kind[improvement.Idea]{
			Name: "ideas", Prefix: "id_", State: func(i *improvement.Idea) string { return i.State },
		}, Field: "idea", FromMessage: readIdea, ToMessage: showIdea,
	}
	return s
}

// keyRuns is the key of the pilot that runs: one does.
const keyRuns = "runs"

// Pilots is how pilots are kept.
func Pilots() *registry.Kind[improvement.Pilot] {
	return &registry.Kind[improvement.Pilot]{
		Name: "pilots", Prefix: "pi_", State: func(p *improvement.Pilot) string { return p.State },
		Keys: func(p *improvement.Pilot) []ledger.Key {
			if p.State != improvement.PilotRunning {
				return nil
			}
			return []ledger.Key{{Name: keyRuns, Unique: true}}
		},
	}
}

// Running is the pilot that runs in an org, nil when none does.
func Running(ctx context.Context, s ledger.Reader, o org.ID) (*registry.Item[improvement.Pilot], error) {
	k := Pilots()
	found, _, err := k.List(ctx, s, o, k.Where(keyRuns, ""), 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Conduct is what the engine should follow at an instant: what rules, with a pilot that runs laid over it.
func Conduct(ctx context.Context, s ledger.Reader, o org.ID, rules engine.Conduct, policies *registry.Kind[steering.Policy], now time.Time) (engine.Conduct, error) {
	item, err := Running(ctx, s, o)
	if err != nil || item == nil {
		return rules, err
	}
	p := &item.Value
	tried, err := policies.Read(ctx, s, o, p.Policy)
	if err != nil {
		return rules, err
	}
	if p.Rules(now) {
		return tried.Value.Conduct(tried.ID), nil
	}
	if len(p.Buildings) > 0 {
		var own []engine.Rule
		for _, b := range p.TreatedUnits() {
			r := tried.Value.Rule
			r.Building = b
			own = append(own, r)
		}
		rules.Rules = append(own, rules.Rules...)
	}
	return rules, nil
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { steeringv1.RegisterImprovementServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return steeringv1.RegisterImprovementServiceHandlerClient(ctx, m, steeringv1.NewImprovementServiceClient(conn))
}
