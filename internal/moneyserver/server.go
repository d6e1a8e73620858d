// Package moneyserver is PaymentService and DepositService: what tenants have paid, and what they get back, as resources of the
// registry. The rules are those of rental/payment and rental/deposit.
package moneyserver

import (
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/deposit"
	"fettle/rental/payment"
)

// Config says what the services need. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	Zone     *time.Location // whose days are meant
}

// Server holds what the services share.
type Server struct{ c Config }

// New makes the services.
func New(c Config) *Server { return &Server{c} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	p := &payments{Server: s}
	p.Resource = registry.Resource[payment.Payment, *tenancyv1.Payment]{
		Registry: s.c.Registry, Kind: Payments(), Field: "payment", FromMessage: p.read, ToMessage: p.show,
	}
	tenancyv1.RegisterPaymentServiceServer(r, p)
	d := &deposits{Server: s, books: Books()}
	d.Resource = registry.Resource[deposit.Case, *tenancyv1.Deposit]{
		Registry: s.c.Registry, Kind: Deposits(), Field: "deposit", FromMessage: readDeposit, ToMessage: showDeposit, Check: d.check,
	}
	tenancyv1.RegisterDepositServiceServer(r, d)
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := tenancyv1.RegisterPaymentServiceHandlerClient(ctx, m, tenancyv1.NewPaymentServiceClient(conn)); err != nil {
		return err
	}
	return tenancyv1.RegisterDepositServiceHandlerClient(ctx, m, tenancyv1.NewDepositServiceClient(conn))
}

// pageSize is how many records are read at once.
const pageSize = 1000

// today is the present day where the dwellings are.
func (s *Server) today() calendar.Date { return calendar.DateOf(s.c.Clock.Now(), s.c.Zone) }

// day reads a day; "" is none.
func day(field, text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, &invalid.Error{Field: field, Value: text, Want: "a day that exists, as YYYY-MM-DD"}
	}
	return d, nil
}

// enumOr is the name of a value of an enum, or another for the one that is not set.
func enumOr[E interface {
	~int32
	fmt.Stringer
}](e E, none string) string {
	if e == 0 {
		return none
	}
	return e.String()
}

// given counts what is so.
func given(these ...bool) (n int) {
	for _, is := range these {
		if is {
			n++
		}
	}
	return n
}

// at loads a value at the version that an etag names, any for none.
func at[T any](tx *registry.Tx, k *registry.Kind[T], id, etag string) (*registry.Item[T], error) {
	version, err := call.Version(etag)
	if err != nil {
		return nil, err
	}
	item, err := k.Load(tx, id)
	if err == nil && version != call.AnyVersion && item.Version != version {
		err = ledger.ErrStale
	}
	return item, err
}

// caller is who asks.
func caller(ctx context.Context) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return who, nil
}
