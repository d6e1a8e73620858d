// Package keyserver is KeyService: it shows and rotates the keys of the caller's org. No key leaves it, only ids.
package keyserver

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	keysv1 "fettle/api/gen/fettle/keys/v1"
	"fettle/internal/secret"
	"fettle/org"
)

// Service is the full name of the service.
const Service = "fettle.keys.v1.KeyService"

// Server implements KeyService.
type Server struct {
	keysv1.UnimplementedKeyServiceServer
	rotator func(org.ID) (*secret.Rotator, error)
}

// New makes a server that finds the rotator of an org by a function.
func New(rotator func(org.ID) (*secret.Rotator, error)) *Server { return &Server{rotator: rotator} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { keysv1.RegisterKeyServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return keysv1.RegisterKeyServiceHandlerClient(ctx, m, keysv1.NewKeyServiceClient(conn))
}

// GetKeys implements the method of the same name.
func (s *Server) GetKeys(ctx context.Context, _ *keysv1.GetKeysRequest) (*keysv1.Keys, error) {
	return s.answer(ctx, (*secret.Rotator).Status)
}

// RotateKeys implements the method of the same name.
func (s *Server) RotateKeys(ctx context.Context, _ *keysv1.RotateKeysRequest) (*keysv1.Keys, error) {
	var err error
	out, found := s.answer(ctx, func(r *secret.Rotator) (st secret.Status) {
		st, err = r.Rotate()
		return st
	})
	if err != nil {
		return nil, err
	}
	return out, found
}

// answer does something with the rotator of the caller's org and tells of its keys.
func (s *Server) answer(ctx context.Context, do func(*secret.Rotator) secret.Status) (*keysv1.Keys, error) {
	o, _ := org.FromContext(ctx)
	r, err := s.rotator(o)
	if err != nil {
		return nil, err
	}
	st := do(r)
	return &keysv1.Keys{Primary: st.Primary, Keys: st.Keys, Resealing: st.Stale, ResealedRows: r.Rows()}, nil
}
