// Package steeringserver is how dispatch is steered: what would change if, by which policy it decides, and what became of what it
// has suggested.
package steeringserver

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
)

// Live is what is asked of the live state of an org: *territory.Territory.
type Live interface {
	Fork(ctx context.Context) (e *engine.Engine, now time.Time, err error)
}

// Store is what is read: records, orders and the log.
type Store interface {
	ledger.Reader
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error)
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Config says whom the service asks. All must be given.
type Config struct {
	// Live finds the live state of an org; an error when it is not served here.
	Live     func(org.ID) (Live, error)
	Store    Store
	Registry *registry.Registry
	// Machine measures how long a search takes.
	Machine interface{ Now() time.Time }
	Zone    *time.Location // of the org
	// Follow lets the engine follow what rules now. What cannot be written at once is tried again, and no error.
	Follow func(ctx context.Context, o org.ID) error
}

// Server is the services of the package.
type Server struct {
	steeringv1.UnimplementedWhatIfServiceServer
	c       Config
	asking  chan struct{} // has room for the questions that are being answered
	turning sync.Mutex    // held while policies are numbered, and while what rules is changed
	tallies tallies
}

// maxAsking is how many questions are answered at a time; others wait, so that they cannot take the processor from the writer.
const maxAsking = 2

// New makes a server.
func New(c Config) *Server { return &Server{c: c, asking: make(chan struct{}, maxAsking)} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	steeringv1.RegisterWhatIfServiceServer(r, s)
	steeringv1.RegisterPolicyServiceServer(r, newPolicies(s))
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return errors.Join(
		steeringv1.RegisterWhatIfServiceHandlerClient(ctx, m, steeringv1.NewWhatIfServiceClient(conn)),
		steeringv1.RegisterPolicyServiceHandlerClient(ctx, m, steeringv1.NewPolicyServiceClient(conn)),
	)
}

// live is the live state of who asks.
func (s *Server) live(ctx context.Context) (Live, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return s.c.Live(who.Org)
}
