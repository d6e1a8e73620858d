package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"fettle/internal/auth"
	"fettle/internal/fair"
	"fettle/internal/feed"
	"fettle/internal/guard"
	"fettle/internal/policy"
	"fettle/internal/territory"
	"fettle/internal/throttle"
	"fettle/ledger"
	"fettle/org"
)

// Clock tells the time of the machine: deadlines of connections are set by it.
type Clock interface{ Now() time.Time }

// Config says what the edge needs. Register, Auth, Guard, Feed and Clock must be given.
type Config struct {
	// Register adds the services to a server: (*server.Server).Register.
	Register func(grpc.ServiceRegistrar)
	// REST adds the REST paths of services beside those of the dispatch API.
	REST  []RESTService
	Auth  Authenticator
	Guard *guard.Guard
	Feed  *feed.Feed
	Clock Clock // of the machine
	Log   *slog.Logger
	// Proxies are addresses whose X-Forwarded-For is believed; none unless given.
	Proxies []netip.Prefix
	// Limits bound what each org may ask for; its zero value means the defaults of fair.Config.
	Limits fair.Config
	// Broken reports whether the service refuses all changes, whoever sends them: what is refused by that is not counted
	// against an org. It must be quick. Nil means never.
	Broken func() bool
	// Ready says why the service cannot work, nil when it can.
	Ready func(ctx context.Context) error
	// Audit, when not nil, writes down what calls leave in the audit by their policy.
	Audit Audit
	// Looked, when not nil, hears of each answer that shows where others than the caller are, before it goes out.
	Looked Looked
	// Shown, when not nil, counts what answers to questions show, before they go out.
	Shown Shown
	// Recheck is how often an open stream asks whether its caller may still have it; 3 s unless given.
	Recheck time.Duration
	// Ended, when not nil, is told of each call of a method that has ended, with its gRPC code and the time it took.
	Ended func(method, code string, stream bool, took time.Duration)
	// Trace, when not nil, begins the span of a call; the function that it returns ends it with a gRPC code.
	Trace func(ctx context.Context, method, org string) (context.Context, func(code string))
	// OpenAPI is the description of the API; 404 when empty.
	OpenAPI []byte
	// Root serves every path that nothing else does: the console. 404 when nil.
	Root http.Handler
	// Extra serves further paths, by patterns of http.ServeMux.
	Extra map[string]http.Handler
}

// Gateway is the edge of the service: an http.Handler that also speaks gRPC.
type Gateway struct {
	cfg        Config
	gate       *gate
	local      *local
	mux        *http.ServeMux
	grpc       map[int]*grpc.Server // by the largest message that they take
	reflection *grpc.Server
	draining   atomic.Bool
}

// New lays out the edge. It fails when a method of a service has no policy.
func New(ctx context.Context, c Config) (*Gateway, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Ended == nil {
		c.Ended = func(string, string, bool, time.Duration) {}
	}
	if c.Trace == nil {
		c.Trace = func(ctx context.Context, _, _ string) (context.Context, func(string)) { return ctx, func(string) {} }
	}
	if c.Recheck <= 0 {
		c.Recheck = recheck
	}
	if c.Broken == nil {
		c.Broken = func() bool { return false }
	}
	if c.Audit == nil {
		c.Audit = func(context.Context, org.ID, ledger.Entry) error { return nil }
	}
	g := &gate{
		audit: c.Audit, looked: c.Looked, counted: c.Shown,
		auth: c.Auth, guard: c.Guard, log: c.Log, clock: c.Clock, recheck: c.Recheck, ended: c.Ended, fair: fair.New(c.Limits), trace: c.Trace,
		broken: c.Broken, strangers: throttle.New(strangersMost, time.Minute),
	}
	l := newLocal(g)
	c.Register(l)
	var err error
	if g.methods, err = policy.Read(l.names...); err != nil {
		return nil, err
	}
	e := &Gateway{cfg: c, gate: g, local: l, mux: http.NewServeMux(), grpc: grpcServers(c.Register, g)}
	e.reflection = reflectionServer(e.grpc[policy.DefaultMaxBytes], g)
	api, err := newREST(ctx, g, l, c.Clock, c.REST)
	if err != nil {
		return nil, err
	}
	return e, e.mount(api)
}

// mount lays out the paths.
func (e *Gateway) mount(api http.Handler) error {
	e.mux.Handle("/v1/", api)
	e.mux.Handle(streamPath, &stream{gate: e.gate, feed: e.cfg.Feed, clock: e.cfg.Clock})
	e.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	e.mux.HandleFunc("GET /readyz", e.ready)
	e.mux.HandleFunc("GET /openapi.json", e.openAPI)
	for pattern, h := range e.cfg.Extra {
		if pattern == "" || h == nil {
			return fmt.Errorf("mount %q: want a pattern and a handler", pattern)
		}
		e.mux.Handle(pattern, h)
	}
	if e.cfg.Root != nil {
		e.mux.Handle("/", e.cfg.Root)
	} else {
		e.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fail(r.Context(), w, errNoRoute, "") })
	}
	return nil
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text + "\n")) // the caller may have gone
}

func (e *Gateway) ready(w http.ResponseWriter, r *http.Request) {
	err := e.cfg.Ready(r.Context())
	if e.draining.Load() {
		err = territory.ErrClosed
	}
	if err != nil {
		s, _ := statusOf(err)
		plain(w, http.StatusServiceUnavailable, "not ready: "+ruleOf(s).reason)
		return
	}
	plain(w, http.StatusOK, "ready")
}

func (e *Gateway) openAPI(w http.ResponseWriter, r *http.Request) {
	if len(e.cfg.OpenAPI) == 0 {
		fail(r.Context(), w, errNoRoute, "")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(e.cfg.OpenAPI) // the caller may have gone
}

// ServeHTTP implements http.Handler.
func (e *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(auth.WithAddress(r.Context(), addressOf(r, e.cfg.Proxies)))
	if isGRPC(r) {
		e.serveGRPC(w, r)
		return
	}
	ctx := withRequestID(r.Context(), r.Header.Get("X-Request-Id"))
	r = r.WithContext(ctx)
	h := w.Header()
	h.Set("X-Request-Id", requestID(ctx))
	harden(h, r.TLS != nil)
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		h.Set("Cache-Control", "no-store")
	}
	// A deadline of a request before, on the same connection, holds until it is set anew.
	_ = http.NewResponseController(w).SetWriteDeadline(e.cfg.Clock.Now().Add(policy.DefaultDeadline + writeTime))
	defer e.rescue(w, r)
	e.mux.ServeHTTP(w, r)
}

// rescue turns a panic into an answer. http.ErrAbortHandler goes on: it is how a handler drops a connection.
func (e *Gateway) rescue(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(err) //nolint:forbidigo // net/http knows this value and drops the connection without a word
	}
	fail(r.Context(), w, e.gate.recovered(r.Context(), r.Pattern, cause), "")
}

// Drain says that the service is about to stop: it is no longer ready, and streams end. Calls are still served.
func (e *Gateway) Drain() {
	e.draining.Store(true)
	e.cfg.Feed.Close()
}

// Shed is how many calls were refused because their org sent more than its share.
func (e *Gateway) Shed() int64 { return e.gate.shed.Load() }

// Panics is how many calls have panicked since the start.
func (e *Gateway) Panics() int64 { return e.gate.panics.Load() }
