package rentalserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"fettle/internal/leasing"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// call is one request that changes something.
type call struct {
	s    *Server
	by   leasing.Caller
	key  string // of the request, "" for none
	hash [sha256.Size]byte
}

// newCall reads who asks and under which key.
func (s *Server) newCall(ctx context.Context, r proto.Message) (*call, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	method, _ := grpc.Method(ctx)
	md, _ := metadata.FromIncomingContext(ctx)
	c := &call{s: s, by: leasing.Caller{Org: p.Org, Actor: p.Name, Method: method}}
	if id := md.Get("x-request-id"); len(id) > 0 {
		c.by.RequestID = id[0]
	}
	if k := md.Get("idempotency-key"); len(k) > 0 {
		c.key = k[0]
		c.hash, err = wire.Hash(p.Name, r)
	}
	return c, err
}

// org is that of the caller.
func (c *call) org() org.ID { return c.by.Org }

// once does something unless it was done before under the key, and returns its answer. The change that do makes holds the
// answer too, by what answering gives it.
func once[M proto.Message](ctx context.Context, c *call, do func() (M, error)) (M, error) {
	var none M
	if c.key == "" {
		return do()
	}
	for {
		kept, err := c.s.c.Store.Key(ctx, c.org(), c.key)
		switch {
		case err == nil:
			return replay[M](c, &kept)
		case !errors.Is(err, ledger.ErrNotFound):
			return none, fmt.Errorf("look for the answer under the key: %w", err)
		}
		m, err := do()
		if !errors.Is(err, ledger.ErrAnswered) {
			return m, err
		}
	}
}

// replay is the answer that was given before.
func replay[M proto.Message](c *call, kept *ledger.IdempotencyRecord) (M, error) {
	var none M
	if kept.Method != c.by.Method || kept.Hash != c.hash {
		return none, territory.ErrKeyReused
	}
	m, _ := none.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(kept.Response, m); err != nil {
		return none, fmt.Errorf("read the answer kept under the key: %w", err)
	}
	return m, nil
}

// answering lets a change hold the answer that encode makes of what it is about.
func (c *call) answering(encode func(m leasing.Made) proto.Message) *leasing.Caller {
	by := c.by
	if c.key == "" {
		return &by
	}
	by.Also = func(change *ledger.Change, m leasing.Made) error {
		body, err := proto.Marshal(encode(m))
		if err != nil {
			return fmt.Errorf("encode the answer: %w", err)
		}
		change.Answers = append(change.Answers, ledger.IdempotencyRecord{
			Key: c.key, Method: c.by.Method, Hash: c.hash, Response: body, Created: c.s.c.Clock.Now().UTC(),
		})
		return nil
	}
	return &by
}

// versionOf reads an etag; none means any version. What is no etag of ours is the etag of nothing: it has changed since.
func versionOf(etag string) (int64, error) {
	if etag == "" || etag == "*" {
		return 0, nil
	}
	v, ok := wire.Version(etag)
	if !ok {
		return 0, ledger.ErrStale
	}
	return v, nil
}
