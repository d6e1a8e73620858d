package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"fettle/internal/auditserver"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/fair"
	"fettle/internal/feed"
	"fettle/internal/gateway"
	"fettle/internal/guard"
	"fettle/internal/identity"
	"fettle/internal/server"
	"fettle/internal/signin"
	"fettle/internal/tenantserver"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	adminToken = "token-of-the-admin"
	viewToken  = "token-of-an-auditor"
)

// noon is a Monday in business hours.
var noon = time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC)

// edge is the service behind a listener on the loopback.
type edge struct {
	t    testing.TB
	url  string
	addr string
	desk *desk
	away *desk // of another org
	keys *auth.Tokens
	key  atomic.Int64 // of idempotency
	feed *feed.Feed
	gate *gateway.Gateway
	http *http.Client

	signIn *signin.Desk
	codes  chan *signin.Message // that were sent
}

// elsewhere is an org beside the default one.
const elsewhere org.ID = "elsewhere"

// plainSigner signs links without a secret.
type plainSigner struct{}

func (plainSigner) Index(o org.ID, kind, value string) (string, error) {
	sum := sha256.Sum256([]byte(string(o) + kind + value))
	return hex.EncodeToString(sum[:]), nil
}

// saboteur takes a defence away, to show that the tests would see it.
type saboteur struct {
	authenticator func(gateway.Authenticator) gateway.Authenticator
	store         func(guard.Store) guard.Store
	audit         func(gateway.Audit) gateway.Audit
	limits        fair.Config
}

// unlimited is an edge for benchmarks: nothing is shed.
func unlimited(b *testing.B) *edge {
	b.Helper()
	return sabotaged(b, saboteur{limits: fair.Config{Rate: 1e9, Burst: 1e9}})
}

func newEdge(t testing.TB) *edge {
	t.Helper()
	return sabotaged(t, saboteur{})
}

func sabotaged(t testing.TB, s saboteur) *edge {
	t.Helper()
	if s.authenticator == nil {
		s.authenticator = func(a gateway.Authenticator) gateway.Authenticator { return a }
	}
	if s.store == nil {
		s.store = func(g guard.Store) guard.Store { return g }
	}
	if s.audit == nil {
		s.audit = func(a gateway.Audit) gateway.Audit { return a }
	}
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{})
	check(err)
	t.Cleanup(func() { _ = store.Close() })
	now := clock.NewFake(noon)
	e := &edge{t: t, feed: feed.New(feed.Config{Store: store, Streams: 3, PositionsEvery: time.Millisecond}), http: &http.Client{Transport: &http.Transport{}}}
	e.desk, err = newDesk(org.Default, now, store, e.feed)
	check(err)
	e.away, err = newDesk(elsewhere, now, store, e.feed)
	check(err)
	services, err := server.New(server.Config{
		Territory: func(o org.ID) (server.Territory, error) {
			if o == elsewhere {
				return e.away, nil
			}
			return e.desk, nil
		},
		Store: store, Feed: e.feed, Clock: now, Machine: clock.System(), More: []string{identity.Service, signin.Service, tenantserver.Service},
	})
	check(err)
	directory := identity.NewDirectory(store, clock.System())
	links := &identity.Links{Signer: plainSigner{}, Clock: clock.System(), Serves: func(o org.ID) bool { return o == org.Default || o == elsewhere }}
	who := identity.NewServer(directory, links, store, identity.Here{Clock: now, RequestID: gateway.RequestID})
	e.signIn = signin.New(signin.Config{
		Store: store, Directory: directory, Signer: plainSigner{}, Clock: clock.System(), Serves: links.Serves, Log: slog.New(slog.DiscardHandler),
		Send: func(_ context.Context, m *signin.Message) error { e.codes <- m; return nil },
	})
	e.codes = make(chan *signin.Message, 100)
	e.signIn.Start(t.Context())
	t.Cleanup(e.signIn.Wait)
	tenant := tenantserver.New(tenantserver.Config{Live: e.look, Store: store, Feed: e.feed, Clock: now})
	tokens := &auth.Tokens{}
	tokens.Add(adminToken, auth.Principal{Name: "admin", Org: org.Default, Roles: auth.AllRoles()})
	tokens.Add(viewToken, auth.Principal{Name: "auditor", Org: org.Default, Roles: []auth.Role{auth.Auditor}})
	e.keys = tokens
	e.gate, err = gateway.New(ctx, gateway.Config{
		Register: func(r grpc.ServiceRegistrar) {
			services.Register(r)
			who.Register(r)
			auditserver.New(store).Register(r)
			tenant.Register(r)
			signin.NewServer(e.signIn).Register(r)
		},
		REST: []gateway.RESTService{identity.REST, signin.REST, auditserver.REST, tenantserver.REST},
		Audit: s.audit(func(ctx context.Context, o org.ID, entry ledger.Entry) error {
			entry.Time = noon
			return store.Apply(ctx, o, &ledger.Change{Audit: []ledger.Entry{entry}})
		}),
		Auth: s.authenticator(&identity.Authenticator{Tokens: tokens, Directory: directory, Links: links, Sessions: e.signIn}), Guard: guard.New(s.store(store)), Limits: s.limits, Recheck: 20 * time.Millisecond, Feed: e.feed, Clock: clock.System(), OpenAPI: []byte(`{"openapi":"3.1.0"}`),
	})
	check(err)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	check(err)
	srv := e.gate.Server()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	e.addr, e.url = l.Addr().String(), "http://"+l.Addr().String()
	t.Cleanup(func() {
		e.gate.Drain()
		e.http.CloseIdleConnections()
		_ = srv.Shutdown(ctx)
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return e
}

// look is the live state of an org.
func (e *edge) look(o org.ID) (tenantserver.Look, error) {
	if o == elsewhere {
		return e.away, nil
	}
	return e.desk, nil
}

// call is one request and what is wanted of its answer.
type call struct {
	name   string
	method string
	path   string
	body   string
	header map[string]string // "" takes a header away
	status int
	want   map[string]any    // by path in the JSON, as "errors.0.field"; nil wants it absent
	head   map[string]string // headers of the answer
	save   map[string]string // name to path: for {name} in later calls
}

// run makes calls in order.
func (e *edge) run(calls []call) {
	e.t.Helper()
	saved := map[string]string{}
	for i, c := range calls {
		name := fmt.Sprintf("%d %s %s %s", i, c.name, c.method, c.path)
		fill := func(s string) string {
			for k, v := range saved {
				s = strings.ReplaceAll(s, "{"+k+"}", v)
			}
			return s
		}
		header := map[string]string{"Idempotency-Key": fmt.Sprintf("key-%d", i)}
		for k, v := range c.header {
			header[k] = fill(v)
		}
		r, body := e.do(c.method, fill(c.path), strings.NewReader(fill(c.body)), header)
		if r.StatusCode != c.status {
			e.t.Fatalf("%s: status %d, want %d: %s", name, r.StatusCode, c.status, body)
		}
		for k, path := range c.save {
			saved[k] = text(at(body, path))
		}
		for k, v := range c.head {
			if got := r.Header.Get(k); got != fill(v) {
				e.t.Errorf("%s: header %s is %q, want %q", name, k, got, fill(v))
			}
		}
		for path, want := range c.want {
			if s, ok := want.(string); ok {
				want = fill(s)
			}
			if got := at(body, path); text(got) != text(want) {
				e.t.Errorf("%s: %s is %s, want %s in %.1000s", name, path, text(got), text(want), body)
			}
		}
	}
}

// head is what an answer begins with.
type head struct {
	StatusCode int
	Header     http.Header
}

// do makes a request with the admin's token.
func (e *edge) do(method, path string, body io.Reader, header map[string]string) (head, []byte) {
	e.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, e.url+path, body)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		req.Header.Del(k)
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	r, err := e.http.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return head{r.StatusCode, r.Header}, data
}

// text writes a value so that whole numbers are the same whatever their type.
func text(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// at finds a value in JSON, nil when it is not there.
func at(data []byte, path string) any {
	var v any
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&v); err != nil {
		return nil
	}
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var i int
			if part == "#" {
				return len(x)
			}
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}
