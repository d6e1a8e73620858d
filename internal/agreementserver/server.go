// Package agreementserver is AgreementService: agreements with third parties, and the gate that asks for one before anything leaves.
package agreementserver

import (
	"context"
	"slices"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/policy"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/agreement"
)

// Config says what the service needs. All but Required must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	Zone     *time.Location
	// Required says that nothing leaves without an agreement.
	Required bool
	// Ways lists by which ways something leaves an org.
	Ways func(ctx context.Context, o org.ID) ([]string, error)
}

// Server implements AgreementService.
type Server struct {
	compliancev1.UnimplementedAgreementServiceServer
	c          Config
	agreements registry.Resource[agreement.Agreement, *compliancev1.ProcessingAgreement]
}

// byWay finds agreements by a way that they name.
const byWay = "integration"

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.agreements = registry.Resource[agreement.Agreement, *compliancev1.ProcessingAgreement]{
		Registry: c.Registry, Field: "agreement", FromMessage: read, ToMessage: s.show,
		Kind: &registry.Kind[agreement.Agreement]{Name: "processingAgreements", Prefix: "pa_", Keys: func(a *agreement.Agreement) (keys []ledger.Key) {
			for _, way := range a.Integrations {
				keys = append(keys, ledger.Key{Name: byWay, Value: ledger.Text(way)})
			}
			return keys
		}},
	}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { compliancev1.RegisterAgreementServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return compliancev1.RegisterAgreementServiceHandlerClient(ctx, m, compliancev1.NewAgreementServiceClient(conn))
}

func (s *Server) today() calendar.Date { return calendar.DateOf(s.c.Clock.Now(), s.c.Zone) }

func read(m *compliancev1.ProcessingAgreement) (agreement.Agreement, error) {
	a := agreement.Agreement{
		Party: m.GetParty(), Purpose: m.GetPurpose(), Version: m.GetVersion(), Integrations: slices.Clone(m.GetIntegrations()),
		Fields: slices.Clone(m.GetFields()), Note: m.GetNote(),
	}
	for _, d := range []struct {
		field, text string
		to          *calendar.Date
	}{{"signedDate", m.GetSignedDate(), &a.Signed}, {"expireDate", m.GetExpireDate(), &a.Expires}} {
		day, err := calendar.ParseDate(d.text)
		if err != nil {
			return a, &invalid.Error{Field: d.field, Value: d.text, Want: "a day that exists, as YYYY-MM-DD"}
		}
		*d.to = day
	}
	return a, a.Check()
}

func (s *Server) show(item *registry.Item[agreement.Agreement]) *compliancev1.ProcessingAgreement {
	a := &item.Value
	return &compliancev1.ProcessingAgreement{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		Party: a.Party, Purpose: a.Purpose, Version: a.Version, Integrations: slices.Clone(a.Integrations), Fields: slices.Clone(a.Fields),
		SignedDate: a.Signed.String(), ExpireDate: a.Expires.String(), Note: a.Note, Reason: a.Reason,
		State: compliancev1.ProcessingAgreement_State(compliancev1.ProcessingAgreement_State_value[string(a.On(s.today()))]),
	}
}

// CreateProcessingAgreement implements the method of the same name.
func (s *Server) CreateProcessingAgreement(ctx context.Context, r *compliancev1.CreateProcessingAgreementRequest) (*compliancev1.ProcessingAgreement, error) {
	return s.agreements.Create(ctx, r, r.GetAgreement())
}

// GetProcessingAgreement implements the method of the same name.
func (s *Server) GetProcessingAgreement(ctx context.Context, r *compliancev1.GetProcessingAgreementRequest) (*compliancev1.ProcessingAgreement, error) {
	return s.agreements.Get(ctx, r.GetId())
}

// ListProcessingAgreements implements the method of the same name.
func (s *Server) ListProcessingAgreements(
	ctx context.Context, r *compliancev1.ListProcessingAgreementsRequest,
) (*compliancev1.ListProcessingAgreementsResponse, error) {
	q := s.agreements.All()
	if r.GetIntegration() != "" {
		q = s.agreements.Where(byWay, ledger.Text(r.GetIntegration()))
	}
	found, next, err := s.agreements.List(ctx, r, q)
	return &compliancev1.ListProcessingAgreementsResponse{Agreements: found, NextPageToken: next}, err
}

// EndProcessingAgreement implements the method of the same name.
func (s *Server) EndProcessingAgreement(ctx context.Context, r *compliancev1.EndProcessingAgreementRequest) (*compliancev1.ProcessingAgreement, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.ProcessingAgreement, error) {
		item, err := s.agreements.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if err := item.Value.End(item.ID, r.GetReason(), s.today()); err != nil {
			return nil, err
		}
		tx.About(s.agreements.Name, item.ID, "state")
		tx.Purpose(r.GetReason())
		if err := s.agreements.Save(tx, item); err != nil {
			return nil, err
		}
		return s.show(item), nil
	})
}

// find is the agreement that opens a way today for the longest, nil for none.
func (s *Server) find(ctx context.Context, o org.ID, way string) (best *registry.Item[agreement.Agreement], err error) {
	items, _, err := s.agreements.Kind.List(ctx, s.c.Store, o, s.agreements.Where(byWay, ledger.Text(way)), policy.MaxPageSize)
	if err != nil {
		return nil, err
	}
	today := s.today()
	for _, item := range items {
		if item.Value.Covers(way, today) && (best == nil || best.Value.Expires.Before(item.Value.Expires)) {
			best = item
		}
	}
	return best, nil
}

// Agreed reports whether something may leave an org by a way, and which fields of it; none means all. Where no agreement is required everything
// may.
func (s *Server) Agreed(ctx context.Context, o org.ID, way string) (fields []string, ok bool, err error) {
	if !s.c.Required {
		return nil, true, nil
	}
	item, err := s.find(ctx, o, way)
	if err != nil || item == nil {
		return nil, false, err
	}
	return item.Value.Fields, true, nil
}

// Missing lists the ways by which something leaves an org without an agreement that is valid today.
func (s *Server) Missing(ctx context.Context, o org.ID) (out []string, err error) {
	ways, err := s.c.Ways(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, way := range ways {
		item, err := s.find(ctx, o, way)
		if err != nil {
			return nil, err
		}
		if item == nil {
			out = append(out, way)
		}
	}
	return out, nil
}

// GetAgreementCoverage implements the method of the same name.
func (s *Server) GetAgreementCoverage(ctx context.Context, _ *compliancev1.GetAgreementCoverageRequest) (*compliancev1.AgreementCoverage, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	ways, err := s.c.Ways(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	out := &compliancev1.AgreementCoverage{Required: s.c.Required}
	for _, way := range ways {
		item, err := s.find(ctx, who.Org, way)
		if err != nil {
			return nil, err
		}
		w := &compliancev1.AgreementCoverage_Way{Integration: way, Covered: item != nil}
		if item == nil {
			out.MissingCount++
		} else {
			w.AgreementId, w.ExpireDate = item.ID, item.Value.Expires.String()
		}
		out.Ways = append(out.Ways, w)
	}
	return out, nil
}
