// Package auditserver is AuditService: who did what, page by page, the latest first.
package auditserver

import (
	"context"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	auditv1 "fettle/api/gen/fettle/audit/v1"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Service is the full name of the service.
const Service = "fettle.audit.v1.AuditService"

// Server implements AuditService.
type Server struct {
	auditv1.UnimplementedAuditServiceServer
	store ledger.AuditReader
}

// New makes a server.
func New(s ledger.AuditReader) *Server { return &Server{store: s} }

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { auditv1.RegisterAuditServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return auditv1.RegisterAuditServiceHandlerClient(ctx, m, auditv1.NewAuditServiceClient(conn))
}

// ListAuditEvents implements the method of the same name.
func (s *Server) ListAuditEvents(ctx context.Context, r *auditv1.ListAuditEventsRequest) (*auditv1.ListAuditEventsResponse, error) {
	o, _ := org.FromContext(ctx)
	q, err := query(r)
	if err != nil {
		return nil, err
	}
	filter := call.Filter(Service, o, q.Actor, q.Method, q.Kind, q.ID, q.From.UnixMicro(), q.To.UnixMicro())
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	if q.Before, err = place(after); err != nil {
		return nil, err
	}
	size := call.PageSize(r.GetPageSize())
	entries, err := s.store.AuditEntries(ctx, o, q, size+1)
	if err != nil {
		return nil, err
	}
	out := &auditv1.ListAuditEventsResponse{}
	if len(entries) > size {
		entries = entries[:size]
		at := entries[size-1].Place()
		out.NextPageToken = call.PageToken(fmt.Sprintf("%d.%d.%d", at.Time.UnixMicro(), at.Sequence, at.Position), filter)
	}
	for i := range entries {
		out.AuditEvents = append(out.AuditEvents, show(&entries[i]))
	}
	return out, nil
}

func query(r *auditv1.ListAuditEventsRequest) (q ledger.AuditQuery, err error) {
	q = ledger.AuditQuery{Actor: r.GetActor(), Method: r.GetMethod(), Kind: r.GetObjectKind(), ID: r.GetObjectId()}
	if (q.Kind == "") != (q.ID == "") {
		return q, &invalid.Error{Field: "objectId", Value: q.ID, Want: "objectKind and objectId together, or neither"}
	}
	if q.From, err = wire.Instant("from", r.GetFrom()); err != nil {
		return q, err
	}
	if q.To, err = wire.Instant("to", r.GetTo()); err != nil {
		return q, err
	}
	if !q.To.IsZero() && !q.From.Before(q.To) {
		return q, &invalid.Error{Field: "to", Value: q.To.Format(time.RFC3339), Want: "an instant after from"}
	}
	return q, nil
}

// place reads where the page before ended.
func place(after string) (p ledger.AuditPlace, err error) {
	if after == "" {
		return p, nil
	}
	var at int64
	if _, err := fmt.Sscanf(after, "%d.%d.%d", &at, &p.Sequence, &p.Position); err != nil {
		return p, &invalid.Error{Field: "pageToken", Want: "the nextPageToken of the page before"}
	}
	p.Time = time.UnixMicro(at).UTC()
	return p, nil
}

// erased stands where a reason was.
const erased = "erased"

func show(e *ledger.Entry) *auditv1.AuditEvent {
	reason := e.Reason
	if e.Erased() {
		reason = erased
	}
	return &auditv1.AuditEvent{
		Id: e.Name(), Time: wire.Timestamp(e.Time), Actor: e.Actor, Method: e.Method,
		ObjectKind: e.Kind, ObjectId: e.ID, Result: e.Result, Purpose: reason, RequestId: e.RequestID, Fields: e.Fields,
	}
}
