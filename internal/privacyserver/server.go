// Package privacyserver is PrivacyService: what is kept of the whereabouts of technicians, and who looked.
package privacyserver

import (
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	privacyv1 "fettle/api/gen/fettle/privacy/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/whereabouts"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Service is the full name of the service.
const Service = "fettle.privacy.v1.PrivacyService"

// Store is what is read.
type Store interface {
	ledger.AuditReader
	Technician(ctx context.Context, o org.ID, id dispatch.TechnicianID) (*engine.Technician, error)
}

// Config says whom the service asks. All must be given.
type Config struct {
	Store Store
	Trace *whereabouts.Trace
	Clock interface{ Now() time.Time } // of the service
	// Note writes an entry of the audit down, durably; it sets the entry's time.
	Note func(ctx context.Context, o org.ID, e ledger.Entry) error
	// Name is what a person is called whose credential stands so in the log; "" for what is none.
	Name      func(ctx context.Context, o org.ID, actor string) string
	RequestID func(ctx context.Context) string
}

// Server implements PrivacyService.
type Server struct {
	privacyv1.UnimplementedPrivacyServiceServer
	c Config
}

// New makes the service.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { privacyv1.RegisterPrivacyServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return privacyv1.RegisterPrivacyServiceHandlerClient(ctx, m, privacyv1.NewPrivacyServiceClient(conn))
}

const (
	usualSpan = 24 * time.Hour
	mostSpan  = 31 * 24 * time.Hour
	// shortest is how long a purpose is at least, in bytes.
	shortest = 3
)

// GetTrace implements the method of the same name.
func (s *Server) GetTrace(ctx context.Context, r *privacyv1.GetTraceRequest) (*privacyv1.Trace, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from, to, err := s.span(r)
	if err != nil {
		return nil, err
	}
	own := who.Technician != "" && who.Technician == r.GetId()
	if !own && len(r.GetPurpose()) < shortest {
		return nil, &invalid.Error{Field: "purpose", Value: fmt.Sprintf("%.20q", r.GetPurpose()), Want: "why you look at where somebody was, in 3 to 200 characters"}
	}
	if _, err := s.c.Store.Technician(ctx, who.Org, dispatch.TechnicianID(r.GetId())); err != nil {
		return nil, err
	}
	if !own { // before anything is shown, or nothing is
		method, _ := grpc.Method(ctx)
		if err := s.c.Note(context.WithoutCancel(ctx), who.Org, ledger.Entry{
			Actor: who.Name, Method: method, Kind: whereabouts.LookKind, ID: r.GetId(), Result: ledger.OK, Reason: r.GetPurpose(), RequestID: s.c.RequestID(ctx),
		}); err != nil {
			return nil, err
		}
	}
	points, err := s.c.Trace.Read(ctx, who.Org, dispatch.TechnicianID(r.GetId()), from, to)
	if err != nil {
		return nil, err
	}
	exact, keep := s.c.Trace.Kept()
	out := &privacyv1.Trace{ExactHours: int32(exact / time.Hour), KeepDays: int32(keep / (24 * time.Hour))}
	for i := range points {
		out.Points = append(out.Points, show(&points[i], own))
	}
	return out, nil
}

func (s *Server) span(r *privacyv1.GetTraceRequest) (from, to time.Time, err error) {
	if to, err = wire.Instant("to", r.GetTo()); err != nil {
		return from, to, err
	}
	if to.IsZero() {
		to = s.c.Clock.Now().UTC()
	}
	if from, err = wire.Instant("from", r.GetFrom()); err != nil {
		return from, to, err
	}
	if from.IsZero() {
		from = to.Add(-usualSpan)
	}
	if !from.Before(to) || to.Sub(from) > mostSpan {
		err = &invalid.Error{Field: "from", Value: from.Format(time.RFC3339), Want: "an instant before to, by at most 31 days"}
	}
	return from, to, err
}

// show writes a place: exactly to its own technician alone.
func show(p *whereabouts.Point, own bool) *privacyv1.TracePoint {
	out := &privacyv1.TracePoint{Time: wire.Timestamp(p.At), Cell: p.Cell}
	if own && p.Exact() {
		out.Location, out.AccuracyMeters = wire.LatLng(p.Point), p.Accuracy
	}
	return out
}

// ListLooks implements the method of the same name.
func (s *Server) ListLooks(ctx context.Context, r *privacyv1.ListLooksRequest) (*privacyv1.ListLooksResponse, error) {
	o, _ := org.FromContext(ctx)
	if _, err := s.c.Store.Technician(ctx, o, dispatch.TechnicianID(r.GetId())); err != nil {
		return nil, err
	}
	filter := call.Filter(Service, o, r.GetId())
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	q := ledger.AuditQuery{Kind: whereabouts.LookKind, ID: r.GetId()}
	if after != "" {
		var at int64
		if _, err := fmt.Sscanf(after, "%d.%d.%d", &at, &q.Before.Sequence, &q.Before.Position); err != nil {
			return nil, &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before"}
		}
		q.Before.Time = time.UnixMicro(at).UTC()
	}
	size := call.PageSize(r.GetPageSize())
	entries, err := s.c.Store.AuditEntries(ctx, o, q, size+1)
	if err != nil {
		return nil, err
	}
	out := &privacyv1.ListLooksResponse{}
	if len(entries) > size {
		entries = entries[:size]
		at := entries[size-1].Place()
		out.NextPageToken = call.PageToken(fmt.Sprintf("%d.%d.%d", at.Time.UnixMicro(), at.Sequence, at.Position), filter)
	}
	names := map[string]string{}
	for i := range entries {
		e := &entries[i]
		if _, known := names[e.Actor]; !known {
			names[e.Actor] = s.c.Name(ctx, o, e.Actor)
		}
		out.Looks = append(out.Looks, &privacyv1.Look{
			Time: wire.Timestamp(e.Time), Actor: e.Actor, DisplayName: names[e.Actor], Method: e.Method, Purpose: e.Reason,
		})
	}
	return out, nil
}
