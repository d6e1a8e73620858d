// Package proposalserver is the methods by which tenants are offered to stay: the catalogue of offers, and proposals from the
// offer to the lease that follows. It decodes, lets rental/renewal/proposal decide on records of the registry, and encodes.
//
// An acceptance is one transaction: the proposal, the stock of what was chosen, the lease that follows with its reminders, the
// audit and the answer are kept together or not at all.
package proposalserver

import (
	"context"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/call"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/residence"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/proposal"
)

// Config says what the services need. All must be given.
type Config struct {
	Registry  *registry.Registry
	Residence *residence.Reader
	Desk      *leasing.Desk
	Clock     call.Clock
	// Link signs the credential of a tenant for a proposal and its lease.
	Link func(o org.ID, leaseID, renewalID string, expires time.Time) (string, error)
	// Facts are more figures of the life of a lease, such as a profile holds them.
	Facts func(ctx context.Context, o org.ID, leaseID string) ([]proposal.Figure, error)
}

// Server serves the catalogue and the proposals.
type Server struct {
	offers   *offers
	renewals *renewals
}

// New makes a server.
func New(c Config) *Server {
	kind := catalogue()
	return &Server{offers: newOffers(&c, kind), renewals: newRenewals(&c, kind)}
}

// catalogue is how the catalogue is kept.
func catalogue() *registry.Kind[proposal.Offer] {
	return &registry.Kind[proposal.Offer]{Name: "offers", Prefix: "of_"}
}

// The keys of proposals: their lease, their state, and their lease while something can still come of them.
const (
	keyLease = "lease"
	keyState = "state"
	keyOpen  = "open"
)

// proposals is how proposals are kept: a lease has one that is open.
func proposals() *registry.Kind[proposal.Proposal] {
	return &registry.Kind[proposal.Proposal]{
		Name: "renewals", Prefix: "rn_",
		State: func(p *proposal.Proposal) string { return string(p.State) },
		Keys: func(p *proposal.Proposal) []ledger.Key {
			keys := []ledger.Key{{Name: keyLease, Value: ledger.Text(string(p.Lease))}, {Name: keyState, Value: ledger.Text(string(p.State))}}
			if p.State.Open() {
				keys = append(keys, ledger.Key{Name: keyOpen, Value: ledger.Text(string(p.Lease)), Unique: true})
			}
			return keys
		},
	}
}

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	renewalv1.RegisterOfferServiceServer(r, s.offers)
	renewalv1.RegisterRenewalServiceServer(r, s.renewals)
}

// Expire is the handler of due work of DueExpire: it notes that the time of a proposal is over.
func (s *Server) Expire(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error { return s.renewals.expire(ctx, o, w.Key) }
}

// Read returns one proposal, or ledger.ErrNotFound.
func (s *Server) Read(ctx context.Context, o org.ID, id string) (*proposal.Proposal, error) {
	item, err := s.renewals.resource.Read(ctx, s.renewals.Residence.Store, o, id)
	if err != nil {
		return nil, err
	}
	return &item.Value, nil
}

// Open is the id of the open proposal of a lease, "" when there is none.
func (s *Server) Open(ctx context.Context, o org.ID, id lease.ID) (string, error) {
	r := &s.renewals.resource
	found, _, err := r.Kind.List(ctx, s.renewals.Residence.Store, o, r.Where(keyOpen, ledger.Text(string(id))), 1)
	if err != nil || len(found) == 0 || !found[0].Value.On(s.renewals.Clock.Now()).Open() {
		return "", err
	}
	return found[0].ID, nil
}

// Each calls do with every proposal of an org, in the order of their creation.
func (s *Server) Each(ctx context.Context, o org.ID, do func(p *proposal.Proposal)) error {
	const page = 1000
	kind := s.renewals.resource.Kind
	q := kind.All()
	for {
		items, next, err := kind.List(ctx, s.renewals.Residence.Store, o, q, page)
		if err != nil {
			return err
		}
		for _, item := range items {
			do(&item.Value)
		}
		if next == (ledger.Place{}) {
			return nil
		}
		q.After = next
	}
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := renewalv1.RegisterOfferServiceHandlerClient(ctx, m, renewalv1.NewOfferServiceClient(conn)); err != nil {
		return err
	}
	return renewalv1.RegisterRenewalServiceHandlerClient(ctx, m, renewalv1.NewRenewalServiceClient(conn))
}

// house is what both services share.
type house struct {
	*Config
	// accepting is held while an acceptance is decided and kept: they meet in the stock of offers, and who comes second decides
	// on what the first has left. Another process meets them at the commit.
	accepting sync.Mutex
}

// today is the day in the zone of orgs.
func (h *house) today() calendar.Date { return calendar.DateOf(h.Clock.Now(), h.Residence.Zone) }
