// Package org names the organisations whose data are kept apart. The org of a request comes from its credential, never from
// its path or body.
package org

import "context"

// ID names an org.
type ID string

// Default is the org that a service has from its first start.
const Default ID = "default"

type contextKey struct{}

// NewContext returns a context that carries an org.
func NewContext(ctx context.Context, id ID) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext returns the org of a context; "" and false when it has none.
func FromContext(ctx context.Context) (ID, bool) {
	id, ok := ctx.Value(contextKey{}).(ID)
	return id, ok && id != ""
}
