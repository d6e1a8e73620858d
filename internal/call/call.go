// Package call is what every method of the API needs of a call, whatever it is about: the idempotency key and other headers,
// etags, page tokens, field masks, and ids for what is made.
package call

import (
	"context"

	"google.golang.org/grpc/metadata"

	"fettle/internal/wire"
	"fettle/ledger"
)

// KeyHeader carries the idempotency key of a call.
const KeyHeader = "idempotency-key"

// Header is the value of a header of a call, "" when it has none.
func Header(ctx context.Context, name string) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// AnyVersion says that a change does not depend on what its sender has seen.
const AnyVersion int64 = 0

// Version reads an etag; no etag means any version. What is no etag of ours is the etag of nothing: the resource has changed
// since.
func Version(etag string) (int64, error) {
	if etag == "" || etag == "*" {
		return AnyVersion, nil
	}
	v, ok := wire.Version(etag)
	if !ok {
		return 0, ledger.ErrStale
	}
	return v, nil
}
