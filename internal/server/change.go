package server

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"fettle/dispatch/engine"
	"fettle/internal/territory"
	"fettle/internal/wire"
)

// keyHeader carries the idempotency key of a call.
const keyHeader = "idempotency-key"

// change sends a command to the writer and makes the answer from its result. With an idempotency key the answer is kept: a
// request that comes again gets the same one. encode runs on the writer's goroutine before anything is acknowledged.
func change[M proto.Message](
	ctx context.Context, c caller, req proto.Message, r territory.Request, encode func(territory.Result) M,
) (M, error) {
	var made, none M
	r.Actor = c.principal.Name
	if key := headerOf(ctx, keyHeader); key != "" {
		hash, err := wire.Hash(c.principal.Name, req)
		if err != nil {
			return none, err
		}
		method, _ := grpc.Method(ctx)
		r.Key = &territory.Key{Key: key, Method: method, Hash: hash}
		r.Encode = func(result territory.Result) ([]byte, error) {
			made = encode(result)
			return proto.Marshal(made)
		}
	}
	answer, err := c.Do(ctx, r)
	switch {
	case err != nil:
		return none, err
	case r.Key == nil:
		return encode(answer.Result), nil
	case !answer.Replayed:
		return made, nil
	}
	again, _ := none.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(answer.Response, again); err != nil {
		return none, fmt.Errorf("read the answer kept under the key: %w", err)
	}
	return again, nil
}

// headerOf is the value of a header of a call, "" when it has none.
func headerOf(ctx context.Context, name string) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// versionOf reads an etag; no etag means any version. What is no etag of ours is the etag of nothing: the resource has
// changed since.
func versionOf(etag string) (int64, error) {
	if etag == "" || etag == "*" {
		return engine.AnyVersion, nil
	}
	v, ok := wire.Version(etag)
	if !ok {
		return 0, engine.ErrStale
	}
	return v, nil
}
