// Package renewalserver is the methods of fettle.renewal.v1: decode, let the packages below rental/renewal decide on records of
// the registry, encode.
package renewalserver

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
)

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    registry.Store
	Clock    call.Clock
}

// Server serves what is done so that tenants stay.
type Server struct {
	experiments *experiments
	models      *models
}

// New makes a server.
func New(c Config) *Server { return &Server{experiments: newExperiments(c), models: newModels(c)} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	renewalv1.RegisterExperimentServiceServer(r, s.experiments)
	renewalv1.RegisterRenewalModelServiceServer(r, s.models)
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := renewalv1.RegisterExperimentServiceHandlerClient(ctx, m, renewalv1.NewExperimentServiceClient(conn)); err != nil {
		return err
	}
	return renewalv1.RegisterRenewalModelServiceHandlerClient(ctx, m, renewalv1.NewRenewalModelServiceClient(conn))
}

// pageSize is how many records are read at once where all are needed.
const pageSize = 1000
