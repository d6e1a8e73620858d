// Package dueserver is DueService: the account of due work, and what was laid aside.
package dueserver

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	duev1 "fettle/api/gen/fettle/due/v1"
	"fettle/internal/clock"
	"fettle/internal/policy"
	"fettle/internal/reconcile"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Config says whom the service asks.
type Config struct {
	// Reconciler finds that of an org.
	Reconciler func(o org.ID) (*reconcile.Reconciler, error)
	// Uncovered lists the ways by which data leave an org that no agreement covers.
	Uncovered func(ctx context.Context, o org.ID) ([]string, error)
	Store     ledger.DueStore
	Clock     clock.Clock
}

// Server implements DueService.
type Server struct {
	duev1.UnimplementedDueServiceServer
	c Config
}

// New makes a server.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { duev1.RegisterDueServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return duev1.RegisterDueServiceHandlerClient(ctx, m, duev1.NewDueServiceClient(conn))
}

// GetReconciliation implements the method of the same name.
func (s *Server) GetReconciliation(ctx context.Context, r *duev1.GetReconciliationRequest) (*duev1.Reconciliation, error) {
	return s.reconcile(ctx, r.GetFrom(), r.GetTo(), false)
}

// RepairReconciliation implements the method of the same name.
func (s *Server) RepairReconciliation(ctx context.Context, r *duev1.RepairReconciliationRequest) (*duev1.Reconciliation, error) {
	return s.reconcile(ctx, r.GetFrom(), r.GetTo(), true)
}

// Unless asked otherwise the account begins a day ago and ends with all that is to come.
const day = 24 * time.Hour

var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *Server) reconcile(ctx context.Context, since, until *timestamppb.Timestamp, repair bool) (*duev1.Reconciliation, error) {
	o, _ := org.FromContext(ctx)
	r, err := s.c.Reconciler(o)
	if err != nil {
		return nil, err
	}
	from, to := s.c.Clock.Now().Add(-day), never
	for _, f := range []struct {
		name  string
		given *timestamppb.Timestamp
		at    *time.Time
	}{{"from", since, &from}, {"to", until, &to}} {
		if f.given == nil {
			continue
		}
		if f.given.CheckValid() != nil {
			return nil, &invalid.Error{Field: f.name, Value: f.given.String(), Want: "an instant as 2026-03-08T09:00:00+08:00"}
		}
		*f.at = f.given.AsTime()
	}
	if !from.Before(to) {
		return nil, &invalid.Error{Field: "to", Value: to.Format(time.RFC3339), Want: "an instant after from, " + from.Format(time.RFC3339)}
	}
	rep, err := r.Look(ctx, from, to, repair)
	if err != nil {
		return nil, err
	}
	out := &duev1.Reconciliation{Time: timestamppb.New(rep.Time), From: timestamppb.New(rep.From), To: timestamppb.New(rep.To)}
	if out.UncoveredIntegrations, err = s.c.Uncovered(ctx, o); err != nil {
		return nil, err
	}
	for i := range rep.Lines {
		l := &rep.Lines[i]
		out.Lines = append(out.Lines, &duev1.ReconciliationLine{
			Kind: l.Kind, Expected: int32(l.Expected), Scheduled: int32(l.Scheduled), Done: int32(l.Done), Late: int32(l.Late),
			Superseded: int32(l.Superseded), Dead: int32(l.Dead), Missing: int32(l.Missing), Extra: int32(l.Extra), Repaired: int32(l.Repaired),
		})
	}
	return out, nil
}

// ListDeadDueWork implements the method of the same name.
func (s *Server) ListDeadDueWork(ctx context.Context, r *duev1.ListDeadDueWorkRequest) (*duev1.ListDeadDueWorkResponse, error) {
	o, _ := org.FromContext(ctx)
	size := int(r.GetPageSize())
	if size <= 0 {
		size = policy.DefaultPageSize
	}
	kind, key, err := readToken(r.GetPageToken())
	if err != nil {
		return nil, err
	}
	rows, err := s.c.Store.DeadDue(ctx, o, kind, key, size+1)
	if err != nil {
		return nil, err
	}
	out := &duev1.ListDeadDueWorkResponse{}
	if len(rows) > size {
		rows = rows[:size]
		last := &rows[size-1]
		out.NextPageToken = base64.RawURLEncoding.EncodeToString([]byte(last.Kind + "\x00" + last.Key))
	}
	for i := range rows {
		w := &rows[i]
		out.DueWork = append(out.DueWork, &duev1.DeadDueWork{
			Kind: w.Kind, Key: w.Key, DueTime: timestamppb.New(w.At), Attempts: int32(w.Attempt), Problem: w.Problem,
		})
	}
	return out, nil
}

// readToken reads where a page begins.
func readToken(token string) (kind, key string, err error) {
	if token == "" {
		return "", "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	kind, key, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok {
		return "", "", &invalid.Error{Field: "pageToken", Value: token, Want: "the nextPageToken of the page before"}
	}
	return kind, key, nil
}

// ReviveDueWork implements the method of the same name.
func (s *Server) ReviveDueWork(ctx context.Context, r *duev1.ReviveDueWorkRequest) (*duev1.ReviveDueWorkResponse, error) {
	o, _ := org.FromContext(ctx)
	if err := s.c.Store.ReviveDue(ctx, o, r.GetKind(), r.GetKey()); err != nil {
		return nil, err
	}
	return &duev1.ReviveDueWorkResponse{}, nil
}
