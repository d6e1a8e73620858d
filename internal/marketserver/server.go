// Package marketserver is MarketService: what like dwellings cost nearby, from offers that were seen, and what empty ones cost, from
// leases. The rules are those of rental/comparable and rental/vacancy.
package marketserver

import (
	"context"
	"errors"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/geo"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/comparable"
	"fettle/rental/estate"
)

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	Zone     *time.Location // whose days are meant
}

// Server implements MarketService.
type Server struct {
	tenancyv1.UnimplementedMarketServiceServer
	c       Config
	offers  *registry.Kind[comparable.Offer]
	markets markets
}

// New makes the service.
func New(c Config) *Server { return &Server{c: c, offers: Offers()} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { tenancyv1.RegisterMarketServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return tenancyv1.RegisterMarketServiceHandlerClient(ctx, m, tenancyv1.NewMarketServiceClient(conn))
}

// byNumber is the key of an offer: its id at its source.
const byNumber = "number"

// Offers is how offers are kept.
func Offers() *registry.Kind[comparable.Offer] {
	return &registry.Kind[comparable.Offer]{Name: "offers", Prefix: "of_", Keys: func(o *comparable.Offer) []ledger.Key {
		return []ledger.Key{{Name: byNumber, Value: ledger.Text(o.ID), Unique: true}}
	}}
}

// units and properties are how dwellings and buildings are read; who keeps them is internal/estateserver.
func units() *registry.Kind[estate.Unit] { return &registry.Kind[estate.Unit]{Name: "units"} }

func properties() *registry.Kind[estate.Property] {
	return &registry.Kind[estate.Property]{Name: "properties"}
}

// ofProperty is the key of a unit by its property.
const ofProperty = "property"

// caller is who asks.
func caller(ctx context.Context) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return who, nil
}

func (s *Server) today() calendar.Date { return calendar.DateOf(s.c.Clock.Now(), s.c.Zone) }

// ImportComparables implements the method of the same name.
func (s *Server) ImportComparables(ctx context.Context, r *tenancyv1.ImportComparablesRequest) (*tenancyv1.ImportComparablesResponse, error) {
	offers, err := readOffers(r)
	if err != nil {
		return nil, err
	}
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	out, err := registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.ImportComparablesResponse, error) {
		out := &tenancyv1.ImportComparablesResponse{}
		tx.About(s.offers.Name, "")
		for _, o := range offers {
			known, _, err := s.offers.List(ctx, tx.Store(), tx.Org, s.offers.Where(byNumber, ledger.Text(o.ID)), 1)
			switch {
			case err != nil:
				return nil, err
			case len(known) == 0:
				out.AddedCount++
				_, err = s.offers.Insert(tx, o)
			case known[0].Value == o:
				out.KnownCount++
			default:
				out.ReplacedCount++
				known[0].Value = o
				err = s.offers.Save(tx, known[0])
			}
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	})
	if err == nil {
		s.markets.of(who.Org).add(offers)
	}
	return out, err
}

// GetUnitComparables implements the method of the same name.
func (s *Server) GetUnitComparables(ctx context.Context, r *tenancyv1.GetUnitComparablesRequest) (*tenancyv1.Comparables, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	unit, err := units().Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	building, err := properties().Read(ctx, s.c.Store, who.Org, unit.Value.Property)
	if err != nil {
		return nil, err
	}
	if unit.Value.Area == 0 {
		return &tenancyv1.Comparables{NoData: "the unit has no areaSquareMeters to compare by"}, nil
	}
	return s.ask(ctx, who, &comparable.Query{
		Place: building.Value.Location, Area: unit.Value.Area, K: int(r.GetCount()), MaxMeters: geo.Meters(r.GetMaxMeters()), MaxDays: int(r.GetMaxDays()),
	})
}

// NearbyComparables implements the method of the same name.
func (s *Server) NearbyComparables(ctx context.Context, r *tenancyv1.NearbyComparablesRequest) (*tenancyv1.Comparables, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	at, err := wire.Point("location", r.GetLocation())
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, who, &comparable.Query{
		Place: at, Area: r.GetAreaSquareMeters(), K: int(r.GetCount()), MaxMeters: geo.Meters(r.GetMaxMeters()), MaxDays: int(r.GetMaxDays()),
	})
}

// ask compares with the offers of an org.
func (s *Server) ask(ctx context.Context, who *auth.Principal, q *comparable.Query) (*tenancyv1.Comparables, error) {
	q.Today = s.today()
	m := s.markets.of(who.Org)
	if err := m.load(ctx, s.c.Store, s.offers, who.Org); err != nil {
		return nil, err
	}
	a, err := comparable.Ask(m, *q)
	if err != nil {
		return nil, err
	}
	return showAnswer(&a, q.Area), nil
}

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

// gone reports whether what was asked for is not there.
func gone(err error) bool { return errors.Is(err, ledger.ErrNotFound) }
