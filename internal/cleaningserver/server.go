// Package cleaningserver is CleaningService: a look at all tenants and leases each quarter, and the list of what is to be mended. Read run.go
// for the look.
package cleaningserver

import (
	"context"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/cleaning"
	"fettle/rental/fault"
	"fettle/rental/tenant"
)

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	Zone     *time.Location
	Tenants  *registry.Kind[tenant.Tenant] // how tenants are kept
}

// Server implements CleaningService.
type Server struct {
	compliancev1.UnimplementedCleaningServiceServer
	c        Config
	findings registry.Resource[finding, *compliancev1.CleaningFinding]
	reports  registry.Resource[report, *compliancev1.CleaningReport]
	looking  sync.Mutex // one looks at a time: two would write the same finding
}

// The states of a finding.
const (
	open     = "OPEN"
	resolved = "RESOLVED"
	gone     = "GONE"
)

// finding is one as it is kept.
type finding struct {
	cleaning.Finding
	State   string `json:"state"`
	Outcome string `json:"outcome,omitempty"`
	Note    string `json:"note,omitempty"`
	By      string `json:"by,omitempty"`
}

// report is what one look has found.
type report struct {
	Quarter string           `json:"quarter"`
	Tenants int32            `json:"tenants"`
	Leases  int32            `json:"leases"`
	Counts  map[string]int32 `json:"counts,omitempty"`
	New     int32            `json:"new"`
	Gone    int32            `json:"gone"`
	Open    int32            `json:"open"`
}

// The keys of findings and reports.
const (
	byState   = "state"
	bySame    = "same" // one record for the same thing wrong
	byQuarter = "quarter"
)

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.findings = registry.Resource[finding, *compliancev1.CleaningFinding]{Registry: c.Registry, Field: "finding", ToMessage: showFinding, Kind: &registry.Kind[finding]{
		Name: "cleaningFindings", Prefix: "cf_", State: func(f *finding) string { return f.State },
		Keys: func(f *finding) []ledger.Key {
			return []ledger.Key{{Name: byState, Value: ledger.Text(f.State)}, {Name: bySame, Value: ledger.Text(f.Same()), Unique: true}}
		},
	}}
	s.reports = registry.Resource[report, *compliancev1.CleaningReport]{Registry: c.Registry, Field: "report", ToMessage: showReport, Kind: &registry.Kind[report]{
		Name: "cleaningReports", Prefix: "cr_",
		Keys: func(r *report) []ledger.Key { return []ledger.Key{{Name: byQuarter, Value: ledger.Text(r.Quarter)}} },
	}}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { compliancev1.RegisterCleaningServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return compliancev1.RegisterCleaningServiceHandlerClient(ctx, m, compliancev1.NewCleaningServiceClient(conn))
}

func showFinding(item *registry.Item[finding]) *compliancev1.CleaningFinding {
	f := &item.Value
	return &compliancev1.CleaningFinding{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		Kind:  compliancev1.CleaningFinding_Kind(compliancev1.CleaningFinding_Kind_value[string(f.Kind)]),
		State: compliancev1.CleaningFinding_State(compliancev1.CleaningFinding_State_value[f.State]), ObjectKind: f.Object, ObjectId: f.ID,
		OtherId: f.Other, Wish: f.Wish, Outcome: compliancev1.CleaningFinding_Outcome(compliancev1.CleaningFinding_Outcome_value[f.Outcome]),
		Note: f.Note, ResolvedBy: f.By,
	}
}

func showReport(item *registry.Item[report]) *compliancev1.CleaningReport {
	r := &item.Value
	return &compliancev1.CleaningReport{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), Quarter: r.Quarter, TenantCount: r.Tenants, LeaseCount: r.Leases, Counts: r.Counts,
		NewCount: r.New, GoneCount: r.Gone, OpenCount: r.Open,
	}
}

// ListCleaningFindings implements the method of the same name.
func (s *Server) ListCleaningFindings(ctx context.Context, r *compliancev1.ListCleaningFindingsRequest) (*compliancev1.ListCleaningFindingsResponse, error) {
	state := open
	if r.GetState() != compliancev1.CleaningFinding_STATE_UNSPECIFIED {
		state = r.GetState().String()
	}
	found, next, err := s.findings.List(ctx, r, s.findings.Where(byState, ledger.Text(state)))
	return &compliancev1.ListCleaningFindingsResponse{Findings: found, NextPageToken: next}, err
}

// GetCleaningFinding implements the method of the same name.
func (s *Server) GetCleaningFinding(ctx context.Context, r *compliancev1.GetCleaningFindingRequest) (*compliancev1.CleaningFinding, error) {
	return s.findings.Get(ctx, r.GetId())
}

// ResolveCleaningFinding implements the method of the same name.
func (s *Server) ResolveCleaningFinding(ctx context.Context, r *compliancev1.ResolveCleaningFindingRequest) (*compliancev1.CleaningFinding, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.CleaningFinding, error) {
		item, err := s.findings.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		f := &item.Value
		if f.State != open {
			return nil, &fault.StateError{Thing: "finding " + item.ID, State: f.State, Verb: "resolve", Legal: open}
		}
		f.State, f.Outcome, f.Note, f.By = resolved, r.GetOutcome().String(), r.GetNote(), tx.Who.Name
		tx.About(s.findings.Name, item.ID, "state")
		return showFinding(item), s.findings.Save(tx, item)
	})
}

// ListCleaningReports implements the method of the same name.
func (s *Server) ListCleaningReports(ctx context.Context, r *compliancev1.ListCleaningReportsRequest) (*compliancev1.ListCleaningReportsResponse, error) {
	q := s.reports.Between(byQuarter, "", "")
	q.Descending = true
	found, next, err := s.reports.List(ctx, r, q)
	if err != nil {
		return nil, err
	}
	at := cleaning.NextQuarter(calendar.DateOf(s.c.Clock.Now(), s.c.Zone)).At(calendar.Clock{Hour: Hour}, s.c.Zone)
	return &compliancev1.ListCleaningReportsResponse{Reports: found, NextPageToken: next, NextRunTime: wire.Timestamp(at)}, nil
}
