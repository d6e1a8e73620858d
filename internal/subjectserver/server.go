// Package subjectserver is SubjectService: what tenants may ask for as persons. Read holdings.go for what is held about somebody and
// where, export.go for the copy of it, erase.go for how somebody is forgotten.
package subjectserver

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/fault"
	"fettle/rental/tenant"
)

// Store is what the service reads.
type Store interface {
	ledger.Reader
	ledger.AuditReader
	// AuditReasons lists the entries of the audit that have a reason, and EraseReasons takes the reasons out of some.
	AuditReasons(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error)
	EraseReasons(ctx context.Context, o org.ID, entries []ledger.Entry) error
	Apply(ctx context.Context, o org.ID, c *ledger.Change) error
}

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    Store
	Clock    call.Clock
	Zone     *time.Location
	// Tenants is how tenants are kept, Remains how is kept what is left of those who were erased.
	Tenants, Remains *registry.Kind[tenant.Tenant]
	// Orders lists the orders of a dwelling that were made from one instant until before another, the oldest first.
	Orders func(ctx context.Context, o org.ID, unit string, from, to time.Time) ([]Order, error)
	// EraseOrder takes what people wrote out of an order and its log; false for one that is open, whose words are needed.
	EraseOrder func(ctx context.Context, o org.ID, id string) (done bool, err error)
	// EraseAnswers empties the answers kept under idempotency keys that hold one of some ids.
	EraseAnswers func(ctx context.Context, o org.ID, ids []string) error
	// Forget remembers outside of the store that somebody was erased: (*secret.Ring).Forget.
	Forget func(o org.ID, person string) error
}

// Order is what is held of an order about those who live where it is.
type Order struct {
	ID          string    `json:"id"`
	State       string    `json:"state"`
	Created     time.Time `json:"createTime"`
	Channel     string    `json:"channel,omitempty"`
	Description string    `json:"description,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Rating      int32     `json:"rating,omitempty"`
	Comment     string    `json:"ratingComment,omitempty"`
}

// Server implements SubjectService.
type Server struct {
	compliancev1.UnimplementedSubjectServiceServer
	c Config
}

// New makes the service.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { compliancev1.RegisterSubjectServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return compliancev1.RegisterSubjectServiceHandlerClient(ctx, m, compliancev1.NewSubjectServiceClient(conn))
}

// today is the day in the zone of orgs.
func (s *Server) today(now time.Time) calendar.Date { return calendar.DateOf(now, s.c.Zone) }

// HoldSubject implements the method of the same name.
func (s *Server) HoldSubject(ctx context.Context, r *compliancev1.HoldSubjectRequest) (*compliancev1.Hold, error) {
	until, err := calendar.ParseDate(r.GetUntilDate())
	if err != nil {
		return nil, &invalid.Error{Field: "untilDate", Value: r.GetUntilDate(), Want: "a day that exists, as YYYY-MM-DD"}
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.Hold, error) {
		if until.Before(s.today(tx.Now)) {
			return nil, fault.New("untilDate", until, "today or later")
		}
		return s.held(tx, r.GetId(), r.GetReason(), tenant.Hold{Reason: r.GetReason(), Until: until})
	})
}

// ReleaseSubject implements the method of the same name.
func (s *Server) ReleaseSubject(ctx context.Context, r *compliancev1.ReleaseSubjectRequest) (*compliancev1.Hold, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.Hold, error) {
		return s.held(tx, r.GetId(), r.GetReason(), tenant.Hold{})
	})
}

// held writes whether a tenant is held.
func (s *Server) held(tx *registry.Tx, id, why string, h tenant.Hold) (*compliancev1.Hold, error) {
	item, err := s.c.Tenants.Load(tx, id)
	if err != nil {
		return nil, err
	}
	if !item.Value.Erased.IsZero() {
		return nil, erased(id, "hold")
	}
	if h.Reason == "" && item.Value.Hold.Reason == "" {
		return nil, &fault.StateError{Thing: "tenant " + id, State: "NOT_HELD", Verb: "release", Legal: "a hold"}
	}
	item.Value.Hold = h
	tx.About(s.c.Tenants.Name, id, "hold")
	tx.Purpose(why)
	if err := s.c.Tenants.Save(tx, item); err != nil {
		return nil, err
	}
	return &compliancev1.Hold{TenantId: id, Held: h.Reason != "", Reason: h.Reason, UntilDate: h.Until.String()}, nil
}

// erased refuses what cannot be done to somebody who was erased.
func erased(id, verb string) error {
	return &fault.StateError{Thing: "tenant " + id, State: "ERASED", Verb: verb, Legal: "tenants who are not erased"}
}
