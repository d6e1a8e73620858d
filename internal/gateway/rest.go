package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/policy"
	"fettle/internal/wire"
)

// rest serves the REST paths of the API.
type rest struct {
	gate   *gate
	routes routes
	mux    *runtime.ServeMux
	clock  Clock
}

// callKey carries the restCall of a request in its context.
type callKey struct{}

// restCall is what the parts of a REST call share.
type restCall struct {
	policy *policy.Policy
	query  string
	path   string
	known  string // If-None-Match of a GET
	file   *wire.File
}

// parseQueries sets how queries are read. The library keeps that for all muxes of a process: it is set once, before the first of ours.
var parseQueries = sync.OnceFunc(func() { runtime.NewServeMux(runtime.SetQueryParameterParser(&queryParser{})) })

func newREST(ctx context.Context, g *gate, l *local, clock Clock, more []RESTService) (*rest, error) {
	parseQueries()
	h := &rest{gate: g, routes: newRoutes(g.methods), clock: clock}
	h.mux = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, jsonFormat{}),
		runtime.WithIncomingHeaderMatcher(passHeader),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithErrorHandler(h.failed),
		runtime.WithForwardResponseOption(h.answer),
		runtime.WithDisableHTTPMethodOverride(), runtime.WithDisablePathLengthFallback(),
		runtime.WithWriteContentLength(),
	)
	for _, register := range []func(context.Context, *runtime.ServeMux) error{
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterTechnicianServiceHandlerClient(ctx, m, dispatchv1.NewTechnicianServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterPositionServiceHandlerClient(ctx, m, dispatchv1.NewPositionServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterWorkOrderServiceHandlerClient(ctx, m, dispatchv1.NewWorkOrderServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterPlanServiceHandlerClient(ctx, m, dispatchv1.NewPlanServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterIntakeServiceHandlerClient(ctx, m, dispatchv1.NewIntakeServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterKPIServiceHandlerClient(ctx, m, dispatchv1.NewKPIServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterEventServiceHandlerClient(ctx, m, dispatchv1.NewEventServiceClient(l))
		},
		func(ctx context.Context, m *runtime.ServeMux) error {
			return dispatchv1.RegisterMetaServiceHandlerClient(ctx, m, dispatchv1.NewMetaServiceClient(l))
		},
	} {
		if err := register(ctx, h.mux); err != nil {
			return nil, err
		}
	}
	for _, register := range more {
		if err := register(ctx, h.mux, l); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// RESTService adds the REST paths of a service that is reached over a connection: a generated Register...HandlerClient with
// its client.
type RESTService func(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error

// passHeader names the headers that services see.
func passHeader(name string) (string, bool) {
	name = strings.ToLower(name)
	return name, slices.Contains([]string{keyHeader, ifMatchHeader, "if-none-match", "prefer"}, name)
}

// ServeHTTP implements http.Handler.
func (h *rest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	p, allowed := h.routes.find(r.Method, r.URL.Path)
	switch {
	case len(allowed) > 0:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		fail(ctx, w, errWrongMethod, "")
		return
	case p == nil:
		fail(ctx, w, errNoRoute, "")
		return
	}
	ctx, err := h.gate.admit(ctx, p, r.Header.Get("Authorization"), objectIn(r.URL.Path))
	if err != nil {
		h.refuse(ctx, w, p, err)
		return
	}
	call := &restCall{policy: p, query: r.URL.RawQuery, path: r.URL.Path}
	if r.Method == http.MethodGet {
		call.known = r.Header.Get("If-None-Match")
	}
	rc := http.NewResponseController(w)
	// A writer that has no deadlines is one of a test.
	_ = rc.SetWriteDeadline(h.clock.Now().Add(p.Deadline + writeTime))
	var body []byte
	if p.Body != "" {
		_ = rc.SetReadDeadline(h.clock.Now().Add(readTime))
		if body, err = readBody(w, r, p.MaxBytes, takesFile(p)); err != nil {
			h.refuse(ctx, w, p, err)
			return
		}
		_ = rc.SetReadDeadline(time.Time{})
	}
	if ctx, err = h.gate.takeOrder(ctx, p, body); err != nil {
		h.refuse(ctx, w, p, err)
		return
	}
	tellRoom(ctx, w.Header())
	ctx, call.file = wire.WithFile(ctx)
	r = r.WithContext(context.WithValue(ctx, callKey{}, call))
	r.Body = newTextBody(body)
	if takesFile(p) {
		if r.Body, err = newFileBody(r.Header.Get("Content-Type"), body); err != nil {
			h.refuse(ctx, w, p, err)
			return
		}
	}
	r.ContentLength = int64(len(body))
	h.mux.ServeHTTP(w, r)
}

func (h *rest) refuse(ctx context.Context, w http.ResponseWriter, p *policy.Policy, err error) {
	err = h.gate.shown(ctx, p.Method, err)
	h.gate.done(ctx, p.Method, err, false, 0)
	fail(ctx, w, err, bodyField(p))
}

// bodyField is the field that the body fills, as JSON spells it.
func bodyField(p *policy.Policy) string {
	if p.Body == "" || p.Body == "*" {
		return p.Body
	}
	return p.Request.Fields().ByName(protoName(p.Body)).JSONName()
}

// failed writes errors of the library and of the services.
func (h *rest) failed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	call, ok := r.Context().Value(callKey{}).(*restCall)
	if !ok {
		fail(r.Context(), w, errNoRoute, "")
		return
	}
	body := bodyField(call.policy)
	if s, ok := status.FromError(err); ok {
		if fault, ok := faultIn(s.Message()); ok {
			err = fault
		}
	}
	fail(ctx, w, err, body)
}

// conditional lists the methods whose answer is the same as long as its etag is. That of a technician is not: it shows where
// the technician is.
var conditional = []string{
	dispatchv1.WorkOrderService_GetWorkOrder_FullMethodName, dispatchv1.TechnicianService_ListAssignments_FullMethodName,
	"/fettle.tenant.v1.TenantService/TrackWorkOrder",
}

// answer writes the head of an answer: status, ETag, Link.
func (h *rest) answer(ctx context.Context, w http.ResponseWriter, m proto.Message) error {
	call, ok := ctx.Value(callKey{}).(*restCall)
	if !ok {
		return nil
	}
	if file, ok := m.(*httpbody.HttpBody); ok {
		fileHeaders(w.Header(), call.path, file.GetContentType())
		return h.writeFile(ctx, w, call.file)
	}
	method := call.policy.Method
	etag := textOf(m, "etag")
	if etag != "" {
		w.Header().Set("ETag", `"`+etag+`"`)
	}
	if next := textOf(m, "next_page_token"); next != "" {
		w.Header().Set("Link", "<"+nextPage(call, next)+`>; rel="next"`)
	}
	switch {
	case etag != "" && call.known != "" && slices.Contains(conditional, method) && matches(call.known, etag):
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified) // the library's attempt to write a body is ignored
	case strings.Contains(method, "/Create"):
		w.WriteHeader(http.StatusCreated)
	}
	return nil
}

// matches reports whether a header If-None-Match names an etag: a list, weak or strong, or *.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.Trim(strings.TrimPrefix(part, "W/"), `"`) == etag {
			return true
		}
	}
	return false
}
