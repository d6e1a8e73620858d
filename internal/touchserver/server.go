// Package touchserver is TouchPointService and the widgets that other pages embed: a page in a frame, with a code to scan on screens
// that others see, or a button on a device of one's own. It decodes, keeps touch points as resources of the registry, and encodes.
//
// A widget is shown with a signed context: which touch point, and for one tenant which proposal. Nothing personal is in what it shows.
// Who scans a code in public says a telephone number, and hears of a proposal there, by message: the screen says the same to
// everybody, and what follows is done after the answer.
package touchserver

import (
	"context"
	"errors"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/throttle"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/renewal/proposal"
	"fettle/rental/renewal/touch"
)

// Config says what the service needs. All but Base and Tell must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock // of the service
	Zone     *time.Location
	// Index makes the keyed hash of a value of a kind in an org, Serves reports whether an org is one of ours.
	Index  func(o org.ID, kind, value string) (string, error)
	Serves func(o org.ID) bool
	// Renewal reads a proposal, or ledger.ErrNotFound; Each calls do with all of an org; Open is the open one of whoever has a telephone
	// number and the dwelling it is for, "" when there is none.
	Renewal func(ctx context.Context, o org.ID, id string) (*proposal.Proposal, error)
	Each    func(ctx context.Context, o org.ID, do func(p *proposal.Proposal)) error
	Open    func(ctx context.Context, o org.ID, phone string) (renewal, unit string, err error)
	// Link signs the credential of a tenant for a proposal and its lease.
	Link func(o org.ID, leaseID, renewalID string, expires time.Time) (string, error)
	// Base is where people reach the service, as "https://rent.example.org"; addresses are without it when "".
	Base string
	// Tell sends an address to the telephone of a dwelling; nil when there is no way to, or no Base.
	Tell func(ctx context.Context, o org.ID, l *Letter) error
}

// Letter is the address of a proposal on its way to a telephone.
type Letter struct {
	ID      string // new for each
	Unit    string // whose tenant is told
	Phone   string // 11 digits
	Address string
}

// Server implements TouchPointService.
type Server struct {
	renewalv1.UnimplementedTouchPointServiceServer
	Config
	resource registry.Resource[touch.Point, *renewalv1.TouchPoint]
	shown    *throttle.Limiter
	asked    *throttle.Limiter
}

// What an address may do.
const (
	askWindow = 10 * time.Minute
	askMost   = 5
)

// New makes the service.
func New(c Config) *Server {
	s := &Server{Config: c, shown: throttle.New(1, time.Minute), asked: throttle.New(askMost, askWindow)}
	s.resource = registry.Resource[touch.Point, *renewalv1.TouchPoint]{
		Registry: c.Registry, Kind: &registry.Kind[touch.Point]{Name: "touchPoints", Prefix: "tp_"}, Field: "touchPoint",
		FromMessage: pointOf, ToMessage: showPoint,
	}
	return s
}

// days are the counts of touch points by day, under the id of both.
func days() *registry.Kind[touch.Day] {
	return &registry.Kind[touch.Day]{Name: "touchDays", Prefix: "td_", Keys: func(d *touch.Day) []ledger.Key {
		return []ledger.Key{{Name: keyDay, Value: ledger.Text(d.Day.String(), d.Point), Unique: true}}
	}}
}

// asks are telephone numbers that wait for an answer.
func asks() *registry.Kind[touch.Ask] {
	return &registry.Kind[touch.Ask]{Name: "touchAsks", Prefix: "ta_"}
}

const keyDay = "day"

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { renewalv1.RegisterTouchPointServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return renewalv1.RegisterTouchPointServiceHandlerClient(ctx, m, renewalv1.NewTouchPointServiceClient(conn))
}

// CreateTouchPoint implements the method of the same name.
func (s *Server) CreateTouchPoint(ctx context.Context, r *renewalv1.CreateTouchPointRequest) (*renewalv1.TouchPoint, error) {
	return s.resource.Create(ctx, r, r.GetTouchPoint())
}

// GetTouchPoint implements the method of the same name.
func (s *Server) GetTouchPoint(ctx context.Context, r *renewalv1.GetTouchPointRequest) (*renewalv1.TouchPoint, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListTouchPoints implements the method of the same name.
func (s *Server) ListTouchPoints(ctx context.Context, r *renewalv1.ListTouchPointsRequest) (*renewalv1.ListTouchPointsResponse, error) {
	list, next, err := s.resource.List(ctx, r, s.resource.All())
	return &renewalv1.ListTouchPointsResponse{TouchPoints: list, NextPageToken: next}, err
}

// UpdateTouchPoint implements the method of the same name.
func (s *Server) UpdateTouchPoint(ctx context.Context, r *renewalv1.UpdateTouchPointRequest) (*renewalv1.TouchPoint, error) {
	return s.resource.Update(ctx, r, r.GetTouchPoint().GetId(), r.GetTouchPoint())
}

// DeleteTouchPoint implements the method of the same name.
func (s *Server) DeleteTouchPoint(ctx context.Context, r *renewalv1.DeleteTouchPointRequest) (*emptypb.Empty, error) {
	return s.resource.Delete(ctx, r, r.GetId(), r.GetEtag())
}

// DueAsk is the due work of a telephone number that waits; its key is the id of the record.
const DueAsk = "touch.ask"

// Answer is the handler of due work of DueAsk: who has the number and an open proposal gets its address by message, once.
func (s *Server) Answer(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		kind := asks()
		item, err := kind.Read(ctx, s.Store, o, w.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		ask := item.Value
		err = s.Registry.Work(ctx, o, DueAsk, func(tx *registry.Tx) error {
			item, err := kind.Load(tx, w.Key)
			if err != nil {
				return err
			}
			tx.About(s.resource.Name, ask.Point)
			tx.Remove(ledger.Ref{Kind: kind.Name, ID: item.ID, Version: item.Version}) // before it is sent: a crash in between sends nothing, and the tenant asks again
			return nil
		})
		if err != nil || s.Tell == nil {
			return err
		}
		return s.tell(ctx, o, w.Key, &ask)
	}
}

func (s *Server) tell(ctx context.Context, o org.ID, id string, ask *touch.Ask) error {
	renewal, unit, err := s.Open(ctx, o, ask.Phone)
	if err != nil || renewal == "" {
		return err
	}
	p, err := s.Renewal(ctx, o, renewal)
	if err != nil {
		return err
	}
	token, err := s.sign(o, &claim{Point: ask.Point, Renewal: renewal, Expires: p.Expires.Unix()})
	if err != nil {
		return err
	}
	return s.Tell(ctx, o, &Letter{ID: id, Unit: unit, Phone: ask.Phone, Address: s.Base + "/w/" + token + "/go"})
}
