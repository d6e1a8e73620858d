package guard

import (
	"context"

	"fettle/dispatch"
	"fettle/internal/wire"
)

type memoKey struct{}

// memo is the order that a call was found to own, at a version: as long as it is at that version it is still the caller's.
type memo struct {
	id      dispatch.WorkOrderID
	version int64
}

// WithMemo lets Answer know what Request has found out in the same call, so that an order which did not change is read once.
func WithMemo(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoKey{}, &memo{})
}

// found remembers an order of the caller's.
func found(ctx context.Context, id dispatch.WorkOrderID, version int64) {
	if m, ok := ctx.Value(memoKey{}).(*memo); ok {
		*m = memo{id, version}
	}
}

// knows reports whether an order was found to be the caller's at the version of an etag.
func knows(ctx context.Context, id dispatch.WorkOrderID, etag string) bool {
	m, ok := ctx.Value(memoKey{}).(*memo)
	return ok && m.id == id && id != "" && wire.Etag(m.version) == etag
}
