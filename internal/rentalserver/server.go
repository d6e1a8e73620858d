// Package rentalserver is the methods of the rental API: leases and the reminders that they owe. It decodes, asks
// internal/leasing, and encodes.
//
// A request with an idempotency key is answered once: the answer is part of the transaction of its effect, and whoever sends
// the request again gets the same one.
package rentalserver

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/leasing"
	"fettle/ledger"
)

// Store is what the methods read.
type Store interface {
	ledger.Reader
	ledger.KeyReader
}

// Config says what the methods need. All must be given.
type Config struct {
	Store Store
	Desk  *leasing.Desk
	Clock clock.Clock
}

// Server holds what the services share.
type Server struct{ c Config }

// New makes the services.
func New(c Config) *Server { return &Server{c} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	rentalv1.RegisterLeaseServiceServer(r, &leases{Server: s})
	rentalv1.RegisterObligationServiceServer(r, &obligations{Server: s})
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := rentalv1.RegisterLeaseServiceHandlerClient(ctx, m, rentalv1.NewLeaseServiceClient(conn)); err != nil {
		return err
	}
	return rentalv1.RegisterObligationServiceHandlerClient(ctx, m, rentalv1.NewObligationServiceClient(conn))
}

// caller is who asks.
func (s *Server) caller(ctx context.Context) (*auth.Principal, error) {
	p, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return p, nil
}

// newID makes an id that rises with the millisecond: a prefix, 12 hexadecimal digits of time and 16 of chance.
func (s *Server) newID(prefix string) string {
	var b [14]byte
	binary.BigEndian.PutUint64(b[:8], uint64(s.c.Clock.Now().UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // does not fail: the program ends when the system has no randomness
	return prefix + hex.EncodeToString(b[:])
}
