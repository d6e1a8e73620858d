package server

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"fettle/internal/call"
	"fettle/internal/territory"
	"fettle/internal/wire"
)

// change sends a command to the writer and makes the answer from its result. With an idempotency key the answer is kept: a
// request that comes again gets the same one. encode runs on the writer's goroutine before anything is acknowledged.
func change[M proto.Message](
	ctx context.Context, c caller, req proto.Message, r territory.Request, encode func(territory.Result) M,
) (M, error) {
	var made, none M
	r.Actor, r.RequestID = c.principal.Name, c.request
	r.Method, _ = grpc.Method(ctx)
	if key := call.Header(ctx, call.KeyHeader); key != "" {
		hash, err := wire.Hash(c.principal.Name, req)
		if err != nil {
			return none, err
		}
		r.Key = &territory.Key{Key: key, Method: r.Method, Hash: hash}
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
