// Package notifyserver is MessageService and WebhookService: the ledger of messages, their templates and recipients, and the
// endpoints of webhooks with their deliveries. It also takes the receipts of providers.
package notifyserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	notifyv1 "fettle/api/gen/fettle/notify/v1"
	"fettle/internal/auth"
	"fettle/internal/clock"
	"fettle/internal/dialguard"
	"fettle/internal/hooks"
	"fettle/internal/notify"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// Store is what the services read and write.
type Store interface {
	ledger.Reader
	ledger.Writer
	ledger.KeyReader
}

// Config says what the services need. All must be given.
type Config struct {
	Store Store
	Clock clock.Clock
	Guard *dialguard.Guard
	// Agreed reports whether data may leave an org by a way; nil means always.
	Agreed func(ctx context.Context, o org.ID, way string) (fields []string, ok bool, err error)
	// House finds what leaves an org, Houses all of them.
	House  func(org.ID) (*House, error)
	Houses func() []*House
}

// House is what leaves one org.
type House struct {
	Desk    *notify.Desk
	Catalog *notify.Catalog
	Hooks   *hooks.Sender
	// Changed is called after endpoints have changed. Endpoints that are new are swept from then on.
	Changed func()
	// Woken is called after due work was written, with its kind and instant. It must not block.
	Woken func(kind string, at time.Time)
}

// Server implements both services.
type Server struct {
	notifyv1.UnimplementedMessageServiceServer
	notifyv1.UnimplementedWebhookServiceServer
	c Config
}

// New makes the services.
func New(c Config) *Server { return &Server{c: c} }

// Register adds the services to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	notifyv1.RegisterMessageServiceServer(r, s)
	notifyv1.RegisterWebhookServiceServer(r, s)
}

// REST adds the paths of the services.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	if err := notifyv1.RegisterMessageServiceHandlerClient(ctx, m, notifyv1.NewMessageServiceClient(conn)); err != nil {
		return err
	}
	return notifyv1.RegisterWebhookServiceHandlerClient(ctx, m, notifyv1.NewWebhookServiceClient(conn))
}

// call is one call: who asks, and under which key.
type call struct {
	*House
	org    org.ID
	actor  string
	method string
	key    string
	now    time.Time
}

func (s *Server) call(ctx context.Context) (call, error) {
	p, ok := auth.FromContext(ctx)
	if !ok {
		return call{}, auth.ErrUnknown
	}
	house, err := s.c.House(p.Org)
	if err != nil {
		return call{}, err
	}
	method, _ := grpc.Method(ctx)
	c := call{House: house, org: p.Org, actor: p.Name, method: method, now: s.c.Clock.Now().UTC().Truncate(time.Microsecond)}
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get("idempotency-key"); len(v) > 0 {
		c.key = v[0]
	}
	return c, nil
}

// decision makes the answer to a change and what is written; nil writes nothing.
type decision[M proto.Message] func(c *call) (M, *ledger.Change, error)

// change decides a request and writes it, with the entry of the audit and the answer under the key of the request: one that
// comes again gets the same answer.
// after, when given, is done when it is written.
func change[M proto.Message](ctx context.Context, s *Server, req proto.Message, decide decision[M], after ...func(context.Context, *call) error) (M, error) {
	var none M
	c, err := s.call(ctx)
	if err != nil {
		return none, err
	}
	hash, err := wire.Hash(c.actor, req)
	if err != nil {
		return none, err
	}
	if c.key != "" {
		if m, err := replay[M](ctx, s, &c, hash); !errors.Is(err, ledger.ErrNotFound) {
			return m, err
		}
	}
	m, x, err := decide(&c)
	if err != nil || x == nil {
		return m, err
	}
	if err := c.sign(x, m, hash); err != nil {
		return none, err
	}
	err = s.c.Store.Apply(ctx, c.org, x)
	if errors.Is(err, ledger.ErrAnswered) {
		return replay[M](ctx, s, &c, hash)
	}
	if err != nil {
		return none, err
	}
	for i := range x.DueSet {
		c.Woken(x.DueSet[i].Kind, x.DueSet[i].At)
	}
	for _, f := range after {
		if err := f(context.WithoutCancel(ctx), &c); err != nil {
			return none, err
		}
	}
	return m, nil
}

// sign adds to a change who asked for it, and its answer under the key of the request.
func (c *call) sign(x *ledger.Change, answer proto.Message, hash [32]byte) error {
	entry := ledger.Entry{Time: c.now, Actor: c.actor, Method: c.method, Result: ledger.OK}
	if len(x.Records) > 0 {
		entry.Kind, entry.ID = x.Records[0].Kind, x.Records[0].ID
	} else if len(x.Removed) > 0 {
		entry.Kind, entry.ID = x.Removed[0].Kind, x.Removed[0].ID
	}
	x.Audit = append(x.Audit, entry)
	if c.key == "" {
		return nil
	}
	response, err := proto.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode the answer to %s: %w", c.method, err)
	}
	x.Answers = []ledger.IdempotencyRecord{{Key: c.key, Method: c.method, Hash: hash, Response: response, Created: c.now}}
	return nil
}

// replay finds the answer that a key was given before; ledger.ErrNotFound when there is none.
func replay[M proto.Message](ctx context.Context, s *Server, c *call, hash [32]byte) (M, error) {
	var none M
	found, err := s.c.Store.Key(ctx, c.org, c.key)
	if err != nil {
		return none, err
	}
	if found.Method != c.method || found.Hash != hash {
		return none, territory.ErrKeyReused
	}
	m, _ := none.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(found.Response, m); err != nil {
		return none, fmt.Errorf("read the answer kept under the key: %w", err)
	}
	return m, nil
}

// fresh refuses an etag that is not that of a version; no etag fits all.
func fresh(etag string, version int64) error {
	if etag == "" || etag == "*" {
		return nil
	}
	if v, ok := wire.Version(etag); !ok || v != version {
		return ledger.ErrStale
	}
	return nil
}

// stamp is a time as protos have it; nil for none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
