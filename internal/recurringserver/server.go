// Package recurringserver is RecurringOrderService: work orders that come again by a rule of org/recurrence. The next occurrence of a
// rule is a row of due work; what became of each occurrence is a record, written with the row of the one after it.
package recurringserver

import (
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	recurringv1 "fettle/api/gen/fettle/recurring/v1"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/fault"
)

// Config says what the service works with. All fields must be given.
type Config struct {
	Registry *registry.Registry
	Store    Store
	Clock    clock.Clock
	Zone     *time.Location // of rules that name none
	// As is a connection to the services in the name of a principal: (*gateway.Gateway).As.
	As func(who *auth.Principal) grpc.ClientConnInterface
}

// Store is what the service reads and writes.
type Store interface {
	ledger.Reader
	ledger.Writer
}

// Server implements RecurringOrderService.
type Server struct {
	recurringv1.UnimplementedRecurringOrderServiceServer
	c     Config
	rules registry.Resource[Recurring, *recurringv1.RecurringOrder]
}

// New makes the service.
func New(c Config) *Server {
	return &Server{c: c, rules: registry.Resource[Recurring, *recurringv1.RecurringOrder]{
		Registry: c.Registry, Kind: Rules(), Field: "recurringOrder", ToMessage: show,
	}}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	recurringv1.RegisterRecurringOrderServiceServer(r, s)
}

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return recurringv1.RegisterRecurringOrderServiceHandlerClient(ctx, m, recurringv1.NewRecurringOrderServiceClient(conn))
}

func (s *Server) now() time.Time { return s.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// upcoming is how many occurrences to come are shown.
const upcoming = 10

// CreateRecurringOrder implements the method of the same name. Occurrences that are over are none.
func (s *Server) CreateRecurringOrder(ctx context.Context, r *recurringv1.CreateRecurringOrderRequest) (*recurringv1.RecurringOrder, error) {
	v, err := read(r.GetRecurringOrder(), s.c.Zone)
	if err != nil {
		return nil, wire.In("recurringOrder", err)
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*recurringv1.RecurringOrder, error) {
		rule, err := v.rule()
		if err != nil {
			return nil, err
		}
		if v.Next = rule.After(tx.Now); v.Next.IsZero() {
			return nil, &invalid.Error{Field: "recurringOrder.rrule", Value: v.Rule, Want: "a rule with an occurrence to come"}
		}
		item, err := s.rules.Insert(tx, v)
		if err != nil {
			return nil, err
		}
		tx.Due(row(item))
		tx.About(s.rules.Name, item.ID)
		return show(item), nil
	})
}

// GetRecurringOrder implements the method of the same name.
func (s *Server) GetRecurringOrder(ctx context.Context, r *recurringv1.GetRecurringOrderRequest) (*recurringv1.RecurringOrder, error) {
	return s.rules.Get(ctx, r.GetId())
}

// ListRecurringOrders implements the method of the same name.
func (s *Server) ListRecurringOrders(ctx context.Context, r *recurringv1.ListRecurringOrdersRequest) (*recurringv1.ListRecurringOrdersResponse, error) {
	found, next, err := s.rules.List(ctx, r, s.rules.All())
	if err != nil {
		return nil, err
	}
	return &recurringv1.ListRecurringOrdersResponse{RecurringOrders: found, NextPageToken: next}, nil
}

// change does something to a rule that is in one of the states.
func (s *Server) change(ctx context.Context, req proto.Message, id, verb string, from State, do func(tx *registry.Tx, item *registry.Item[Recurring]) error,
) (*recurringv1.RecurringOrder, error) {
	return registry.Do(ctx, s.c.Registry, req, func(tx *registry.Tx) (*recurringv1.RecurringOrder, error) {
		item, err := s.rules.Load(tx, id)
		if err != nil {
			return nil, err
		}
		if item.Value.State != from {
			return nil, &fault.StateError{Thing: "recurring order " + id, State: string(item.Value.State), Verb: verb, Legal: string(from)}
		}
		if err := do(tx, item); err != nil {
			return nil, err
		}
		tx.About(s.rules.Name, id, verb)
		if err := s.rules.Save(tx, item); err != nil {
			return nil, err
		}
		return show(item), nil
	})
}

// PauseRecurringOrder implements the method of the same name.
func (s *Server) PauseRecurringOrder(ctx context.Context, r *recurringv1.RecurringOrderVerbRequest) (*recurringv1.RecurringOrder, error) {
	return s.change(ctx, r, r.GetId(), "pause", Active, func(tx *registry.Tx, item *registry.Item[Recurring]) error {
		item.Value.State = Paused
		tx.Done(row(item))
		return nil
	})
}

// ResumeRecurringOrder implements the method of the same name.
func (s *Server) ResumeRecurringOrder(ctx context.Context, r *recurringv1.RecurringOrderVerbRequest) (*recurringv1.RecurringOrder, error) {
	return s.change(ctx, r, r.GetId(), "resume", Paused, func(tx *registry.Tx, item *registry.Item[Recurring]) error {
		rule, err := item.Value.rule()
		if err != nil {
			return err
		}
		if item.Value.Next.Before(tx.Now) { // an occurrence whose order is made already is not made again
			item.Value.Next = rule.After(tx.Now)
		}
		if item.Value.State = Active; item.Value.Next.IsZero() {
			item.Value.State = Ended
			return nil
		}
		tx.Due(row(item))
		return nil
	})
}

// maxSkipped is how many occurrences of a rule may be left out ahead.
const maxSkipped = 100

// SkipRecurringOrder implements the method of the same name.
func (s *Server) SkipRecurringOrder(ctx context.Context, r *recurringv1.SkipRecurringOrderRequest) (*recurringv1.RecurringOrder, error) {
	at, err := wire.Instant("time", r.GetTime())
	if err != nil {
		return nil, err
	}
	return s.change(ctx, r, r.GetId(), "skip", Active, func(_ *registry.Tx, item *registry.Item[Recurring]) error {
		v := &item.Value
		rule, err := v.rule()
		if err != nil {
			return err
		}
		if at.IsZero() {
			at = v.Next
		}
		if at.Before(v.Next) || !rule.After(at.Add(-time.Nanosecond)).Equal(at) {
			return &invalid.Error{Field: "time", Value: at.Format(time.RFC3339), Want: "an occurrence from " + v.Next.Format(time.RFC3339) + " on, whose order is not made yet"}
		}
		for _, t := range v.Skipped {
			if t.Equal(at) {
				return nil
			}
		}
		if len(v.Skipped) >= maxSkipped {
			return &invalid.Error{Field: "time", Value: at.Format(time.RFC3339), Want: fmt.Sprintf("at most %d occurrences skipped ahead: pause the rule", maxSkipped)}
		}
		v.Skipped = append(v.Skipped, at)
		return nil
	})
}

// DeleteRecurringOrder implements the method of the same name. Its due work finds it gone.
func (s *Server) DeleteRecurringOrder(ctx context.Context, r *recurringv1.DeleteRecurringOrderRequest) (*emptypb.Empty, error) {
	return s.rules.Delete(ctx, r, r.GetId(), r.GetEtag())
}

// ListOccurrences implements the method of the same name.
func (s *Server) ListOccurrences(ctx context.Context, r *recurringv1.ListOccurrencesRequest) (*recurringv1.ListOccurrencesResponse, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.rules.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	list := registry.Resource[Occurrence, *recurringv1.Occurrence]{Registry: s.c.Registry, Kind: Occurrences(), ToMessage: showOccurrence}
	q := ledger.Under(list.Name, keyRule, ledger.Text(item.ID))
	q.Descending = true
	out := &recurringv1.ListOccurrencesResponse{}
	if out.Occurrences, out.NextPageToken, err = list.List(ctx, r, q); err != nil {
		return nil, err
	}
	if v := &item.Value; v.State == Active {
		rule, err := v.rule()
		if err != nil {
			return nil, err
		}
		for _, at := range rule.Next(v.Next.Add(-time.Nanosecond), upcoming) {
			one := &recurringv1.Occurrence{Time: wire.Timestamp(at), State: recurringv1.Occurrence_PENDING}
			for _, t := range v.Skipped {
				if t.Equal(at) {
					one.State = recurringv1.Occurrence_SKIPPED
				}
			}
			out.Upcoming = append(out.Upcoming, one)
		}
	}
	return out, nil
}
