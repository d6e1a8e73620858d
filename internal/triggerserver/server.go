// Package triggerserver is what is done for tenants without being asked: rules that tell them something before a lease ends, and the
// road of entitlements. It decodes, lets rental/renewal/trigger and rental/renewal/roadmap decide on records of the registry, and
// encodes; Morning does both for a day.
package triggerserver

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/residence"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/trigger"
)

// Hour is when rules run, in the zone of orgs.
const Hour = 9

// Letter is a message as a rule makes it.
type Letter struct {
	ID, Rule, Lease, Renter, Unit string
	Template, Text                string
	End                           calendar.Date
	Owed                          bool // a reminder: it is told whatever others have told
	At                            time.Time
}

// Fate is what would become of a letter.
type Fate struct {
	Outcome string // SEND, HELD, CAPPED, OPTED_OUT or NO_CHANNEL
	Channel string
	Until   time.Time // for HELD
}

// Post carries letters to tenants.
type Post interface {
	// Reaches reports whether there is any way to people.
	Reaches() bool
	// Letter makes the work of telling a letter.
	Letter(o org.ID, l *Letter) (ledger.DueWork, error)
	// Foresee says what would become of letters, in their order, one after the other.
	Foresee(ctx context.Context, o org.ID, letters []Letter) ([]Fate, error)
}

// Visit is a cleaning as it is asked for.
type Visit struct {
	Order, Unit string
	From, To    time.Time
}

// Config says what the services need. All must be given.
type Config struct {
	Registry  *registry.Registry
	Residence *residence.Reader
	Clock     call.Clock
	Post      Post
	// Tenant fills in what is known of a tenant: tags, segment, signals.
	Tenant func(ctx context.Context, o org.ID, t *trigger.Tenant) error
	// Clean makes a work order of a visit, unless there is one of its id.
	Clean func(ctx context.Context, o org.ID, actor string, v Visit) error
}

// Server serves rules and road maps.
type Server struct {
	triggers *triggers
	roads    *roads
}

// New makes a server.
func New(c Config) *Server {
	h := &house{c}
	return &Server{triggers: newTriggers(h), roads: newRoads(h)}
}

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	renewalv1.RegisterTriggerServiceServer(r, s.triggers)
	renewalv1.RegisterRoadMapServiceServer(r, s.roads)
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := renewalv1.RegisterTriggerServiceHandlerClient(ctx, m, renewalv1.NewTriggerServiceClient(conn)); err != nil {
		return err
	}
	return renewalv1.RegisterRoadMapServiceHandlerClient(ctx, m, renewalv1.NewRoadMapServiceClient(conn))
}

// Morning runs the rules of a day and grants what is reached. Run again it does what is left.
func (s *Server) Morning(ctx context.Context, o org.ID) error {
	if err := s.triggers.run(ctx, o); err != nil {
		return err
	}
	return s.roads.grant(ctx, o)
}

// house is what both services share.
type house struct{ Config }

// today is the day in the zone of orgs.
func (h *house) today() calendar.Date { return calendar.DateOf(h.Clock.Now(), h.Residence.Zone) }

// running lists the leases that run.
func (h *house) running(ctx context.Context, o org.ID) (out []lease.Lease, err error) {
	err = h.Residence.Leases(ctx, o, h.today(), func(l *lease.Lease) {
		if l.State == lease.Active || l.State == lease.Expiring {
			out = append(out, *l)
		}
	})
	return out, err
}

// page is how many records are read at once.
const page = 1000

// each calls do with every value that a query selects.
func each[T any](ctx context.Context, k *registry.Kind[T], s ledger.Reader, o org.ID, q ledger.Query, do func(item *registry.Item[T])) error {
	for {
		items, next, err := k.List(ctx, s, o, q, page)
		if err != nil {
			return err
		}
		for _, item := range items {
			do(item)
		}
		if next == (ledger.Place{}) {
			return nil
		}
		q.After = next
	}
}
