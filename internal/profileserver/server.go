// Package profileserver is the methods of profiles and segments: facts of tenants with their consents, tags, and what draws whom.
// It decodes, lets rental/renewal/profile and rental/renewal/segment decide on records of the registry, and encodes.
package profileserver

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/residence"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/renewal/profile"
)

// Config says what the services need. All must be given.
type Config struct {
	Registry  *registry.Registry
	Residence *residence.Reader
	Clock     call.Clock
}

// Server serves profiles and segments.
type Server struct {
	profiles *profiles
	segments *segments
}

// New makes a server.
func New(c Config) *Server {
	h := &house{Config: c, facts: factsKind(), sources: sourcesKind(), placed: placedKind(), models: modelsKind()}
	return &Server{profiles: &profiles{house: h}, segments: &segments{house: h}}
}

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	renewalv1.RegisterProfileServiceServer(r, s.profiles)
	renewalv1.RegisterSegmentServiceServer(r, s.segments)
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := renewalv1.RegisterProfileServiceHandlerClient(ctx, m, renewalv1.NewProfileServiceClient(conn)); err != nil {
		return err
	}
	return renewalv1.RegisterSegmentServiceHandlerClient(ctx, m, renewalv1.NewSegmentServiceClient(conn))
}

// house is what both services share.
type house struct {
	Config
	facts   *registry.Kind[profile.Facts]
	sources *registry.Kind[sourceState]
	placed  *registry.Kind[placed]
	models  *registry.Kind[fitted]
}

// today is the day in the zone of orgs.
func (h *house) today() calendar.Date { return calendar.DateOf(h.Clock.Now(), h.Residence.Zone) }

// sourceState is whether a source is off; one without a record is on.
type sourceState struct {
	Source profile.Source `json:"source"`
	Off    bool           `json:"off"`
}

// The keys of records. What has the key once is unique.
const (
	keyOnce    = "once"
	keyLease   = "lease"
	keySource  = "source"
	keySegment = "segment"
)

func factsKind() *registry.Kind[profile.Facts] {
	return &registry.Kind[profile.Facts]{Name: "facts", Prefix: "fa_", Keys: func(f *profile.Facts) []ledger.Key {
		return []ledger.Key{
			{Name: keyLease, Value: ledger.Text(f.Lease)},
			{Name: keySource, Value: ledger.Text(string(f.Source))},
			{Name: keyOnce, Value: ledger.Text(f.Lease, string(f.Source)), Unique: true},
		}
	}}
}

func sourcesKind() *registry.Kind[sourceState] {
	return &registry.Kind[sourceState]{Name: "factSources", Prefix: "fs_", Keys: func(s *sourceState) []ledger.Key {
		return []ledger.Key{{Name: keyOnce, Value: ledger.Text(string(s.Source)), Unique: true}}
	}}
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

// one finds the value that has a unique key, nil for none.
func one[T any](ctx context.Context, k *registry.Kind[T], s ledger.Reader, o org.ID, value string) (*registry.Item[T], error) {
	items, _, err := k.List(ctx, s, o, k.Where(keyOnce, value), 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return items[0], nil
}

// off lists the sources that are off.
func (h *house) off(ctx context.Context, o org.ID) (map[profile.Source]bool, error) {
	out := map[profile.Source]bool{}
	err := each(ctx, h.sources, h.Residence.Store, o, h.sources.All(), func(item *registry.Item[sourceState]) {
		if item.Value.Off {
			out[item.Value.Source] = true
		}
	})
	return out, err
}
