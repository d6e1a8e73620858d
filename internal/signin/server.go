package signin

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	identityv1 "fettle/api/gen/fettle/identity/v1"
	"fettle/internal/auth"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org"
	"fettle/org/private"
)

// Service is the full name of the service.
const Service = "fettle.identity.v1.SignInService"

// Server implements SignInService.
type Server struct {
	identityv1.UnimplementedSignInServiceServer
	desk *Desk
}

// NewServer makes the service.
func NewServer(d *Desk) *Server { return &Server{desk: d} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { identityv1.RegisterSignInServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return identityv1.RegisterSignInServiceHandlerClient(ctx, m, identityv1.NewSignInServiceClient(conn))
}

// number reads a telephone number.
func number(text string) (private.Phone, error) {
	p, err := private.ParsePhone(text)
	if err != nil {
		return p, &invalid.Error{Field: "phone", Want: "a mobile number of mainland China, or + and a country code with up to 15 digits in all"}
	}
	return p, nil
}

// SendCode implements the method of the same name. Whether the number is somebody's is found out after the answer.
func (s *Server) SendCode(ctx context.Context, r *identityv1.SendCodeRequest) (*identityv1.SendCodeResponse, error) {
	d := s.desk
	if d.c.Send == nil {
		return nil, auth.ErrNoCodes
	}
	p, err := number(r.GetPhone())
	if err != nil {
		return nil, err
	}
	c, err := d.caller(ctx, org.ID(r.GetOrg()), p, r.GetDevice())
	if err != nil {
		return nil, err
	}
	sends, err := d.mayAsk(c, d.now())
	if err != nil {
		return nil, err
	}
	if sends && d.c.Serves(c.org) && !d.later(func(ctx context.Context) {
		if err := d.send(ctx, c); err != nil {
			d.c.Log.LogAttrs(ctx, slog.LevelError, "code was not sent", slog.Any("error", err))
		}
	}) {
		return nil, auth.ErrTooOften
	}
	return &identityv1.SendCodeResponse{
		Digits: codeDigits, LifeSeconds: int32(codeLife / time.Second), WaitSeconds: int32(codeWait / time.Second),
	}, nil
}

// RedeemCode implements the method of the same name.
func (s *Server) RedeemCode(ctx context.Context, r *identityv1.RedeemCodeRequest) (*identityv1.TechnicianSession, error) {
	p, err := number(r.GetPhone())
	if err != nil {
		return nil, err
	}
	c, err := s.desk.caller(ctx, org.ID(r.GetOrg()), p, r.GetDevice())
	if err != nil {
		return nil, err
	}
	t, err := s.desk.Redeem(ctx, c, strings.Join(strings.Fields(r.GetCode()), ""))
	if err != nil {
		return nil, err
	}
	return show(t), nil
}

// RefreshSession implements the method of the same name.
func (s *Server) RefreshSession(ctx context.Context, r *identityv1.RefreshSessionRequest) (*identityv1.TechnicianSession, error) {
	t, err := s.desk.Refresh(ctx, r.GetRefreshToken())
	if err != nil {
		return nil, err
	}
	return show(t), nil
}

// SignOut implements the method of the same name.
func (s *Server) SignOut(ctx context.Context, _ *identityv1.SignOutRequest) (*emptypb.Empty, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	if who.Session == "" {
		return nil, &invalid.Error{Field: "Authorization", Want: "the token of a session: a key is deleted instead"}
	}
	return &emptypb.Empty{}, s.desk.SignOut(ctx, who)
}

// SignOutUser implements the method of the same name.
func (s *Server) SignOutUser(ctx context.Context, r *identityv1.SignOutUserRequest) (*emptypb.Empty, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return &emptypb.Empty{}, s.desk.SignOutUser(ctx, who, r.GetId())
}

func show(t *Tokens) *identityv1.TechnicianSession {
	return &identityv1.TechnicianSession{
		Token: t.Token, ExpireTime: wire.Timestamp(t.TokenEnds), RefreshToken: t.Refresh, RefreshExpireTime: wire.Timestamp(t.RefreshEnds),
		Device: t.Device, TechnicianId: t.Technician,
	}
}
