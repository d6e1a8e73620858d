// Package voiceserver is the methods by which tenants are heard: surveys, moods, and the care tasks that they lead to. It decodes,
// lets rental/renewal/voice decide on records of the registry, and encodes.
package voiceserver

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
	"fettle/rental/renewal/voice"
)

// Config says what the service needs. All but Invite must be given.
type Config struct {
	Registry  *registry.Registry
	Residence *residence.Reader
	Clock     call.Clock
	// Link signs the credential of the tenant of a lease.
	Link func(o org.ID, leaseID, renewalID string, expires time.Time) (string, error)
	// Invite makes the work of telling a tenant of a survey; nil when there is no way to.
	Invite func(o org.ID, v *Invitation) (ledger.DueWork, error)
}

// Server implements SurveyService.
type Server struct {
	renewalv1.UnimplementedSurveyServiceServer
	Config
	surveys registry.Resource[survey, *renewalv1.Survey]
	answers registry.Kind[voice.Answer]
	taps    registry.Kind[voice.Tap]
	care    registry.Resource[voice.Care, *renewalv1.CareTask]
}

// survey is a survey as it is kept.
type survey struct {
	voice.Survey
	Repeat bool `json:"repeat,omitempty"`
	// Announce says that tenants are told when it opens; Told is how many were, up to the lease Last in the order of ids.
	Announce bool   `json:"announce,omitempty"`
	Told     int    `json:"told,omitempty"`
	Last     string `json:"last,omitempty"`
}

// The keys of records: a quarter and an answer of a lease are unique, and so are the mood of a bill and the open task of a lease.
const (
	keyQuarter = "quarter"
	keySurvey  = "survey"
	keyOnce    = "once"
	keyLease   = "lease"
	keyMonth   = "month"
	keyState   = "state"
)

// New makes a server.
func New(c Config) *Server {
	s := &Server{Config: c}
	s.surveys = registry.Resource[survey, *renewalv1.Survey]{
		Registry: c.Registry, Field: "survey",
		Kind: &registry.Kind[survey]{Name: "surveys", Prefix: "sv_", Keys: func(v *survey) []ledger.Key {
			return []ledger.Key{{Name: keyQuarter, Value: ledger.Text(v.Quarter), Unique: true}}
		}},
		ToMessage: func(item *registry.Item[survey]) *renewalv1.Survey { return showSurvey(item, c.Clock.Now()) },
	}
	s.answers = registry.Kind[voice.Answer]{Name: "surveyAnswers", Prefix: "sa_", Keys: func(a *voice.Answer) []ledger.Key {
		return []ledger.Key{{Name: keySurvey, Value: ledger.Text(a.Survey)}, {Name: keyOnce, Value: ledger.Text(a.Survey, a.Lease), Unique: true}}
	}}
	s.taps = registry.Kind[voice.Tap]{Name: "moods", Prefix: "mo_", Keys: func(t *voice.Tap) []ledger.Key {
		return []ledger.Key{
			{Name: keyLease, Value: ledger.Text(t.Lease)},
			{Name: keyMonth, Value: ledger.Text(t.Month)},
			{Name: keyOnce, Value: ledger.Text(t.Lease, t.Month), Unique: true},
		}
	}}
	s.care = registry.Resource[voice.Care, *renewalv1.CareTask]{
		Registry: c.Registry, ToMessage: showCare,
		Kind: &registry.Kind[voice.Care]{
			Name: "careTasks", Prefix: "ct_", State: func(v *voice.Care) string { return string(v.State) },
			Keys: func(v *voice.Care) []ledger.Key {
				keys := []ledger.Key{{Name: keyState, Value: ledger.Text(string(v.State))}}
				if v.State == voice.CareOpen {
					keys = append(keys, ledger.Key{Name: keyOnce, Value: ledger.Text(v.Lease), Unique: true})
				}
				return keys
			},
		},
	}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { renewalv1.RegisterSurveyServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return renewalv1.RegisterSurveyServiceHandlerClient(ctx, m, renewalv1.NewSurveyServiceClient(conn))
}

// today is the day in the zone of orgs.
func (s *Server) today() calendar.Date { return calendar.DateOf(s.Clock.Now(), s.Residence.Zone) }

// running counts the leases that run today.
func (s *Server) running(ctx context.Context, o org.ID) (n int, err error) {
	err = s.Residence.Leases(ctx, o, s.today(), func(l *lease.Lease) {
		if l.State == lease.Active || l.State == lease.Expiring {
			n++
		}
	})
	return n, err
}

// all reads every value that a query selects.
func all[T any](ctx context.Context, k *registry.Kind[T], s ledger.Reader, o org.ID, q ledger.Query) (out []T, err error) {
	const page = 1000
	for {
		items, next, err := k.List(ctx, s, o, q, page)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			out = append(out, item.Value)
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}
