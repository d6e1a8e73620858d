package gateway

import (
	"context"

	"google.golang.org/grpc"

	"fettle/internal/auth"
)

// As is a connection to the services in this process that acts as a principal: for work that the service goes on with after
// the answer, on behalf of whoever asked for it. Its calls pass the gate like any others, with the rights of the principal; there
// is no credential, so whoever calls As answers for the principal.
func (e *Gateway) As(who *auth.Principal) grpc.ClientConnInterface {
	return &acting{local: e.local, gate: e.gate, who: who}
}

// acting is a connection in the name of a principal.
type acting struct {
	*local
	gate *gate
	who  *auth.Principal
}

// Invoke implements grpc.ClientConnInterface.
func (a *acting) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	p := a.gate.methods[method]
	if p == nil || !p.Allows(a.who) {
		return a.gate.shown(ctx, method, errForbidden)
	}
	ctx, err := a.gate.take(context.WithValue(auth.NewContext(withRequestID(ctx, ""), a.who), admitKey{}, p), p)
	if err != nil {
		return a.gate.shown(ctx, method, err)
	}
	return a.local.Invoke(ctx, method, args, reply, opts...)
}
