package gateway

import (
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/reflect/protoregistry"

	"fettle/internal/fair"
)

// What asking for descriptors may take: a question is a name.
const (
	reflectionPath = "/grpc.reflection."
	maxQuestion    = 4 << 10 // bytes
	reflectionTime = time.Minute
)

// reflectionServer tells tools such as grpcurl which services there are, as openapi.json does for REST. Whoever has a credential may
// ask: what a service is called says nothing of what it holds.
func reflectionServer(services reflection.ServiceInfoProvider, g *gate) *grpc.Server {
	s := grpc.NewServer(grpc.MaxRecvMsgSize(maxQuestion), grpc.StreamInterceptor(g.described))
	opts := reflection.ServerOptions{Services: services, DescriptorResolver: protoregistry.GlobalFiles}
	reflectionv1.RegisterServerReflectionServer(s, reflection.NewServerV1(opts))
	reflectionv1alpha.RegisterServerReflectionServer(s, reflection.NewServer(opts))
	return s
}

// serveReflection answers questions about services; false says that the call asks for something else.
func (e *Gateway) serveReflection(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, reflectionPath) {
		return false
	}
	// A writer that has no deadlines is one of a test.
	_ = http.NewResponseController(w).SetReadDeadline(e.cfg.Clock.Now().Add(reflectionTime))
	e.reflection.ServeHTTP(w, r)
	return true
}

// described is the gate of questions about services.
func (g *gate) described(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	defer func() {
		err = g.shown(ctx, info.FullMethod, err)
		g.done(ctx, info.FullMethod, err, true, 0)
	}()
	md, _ := metadata.FromIncomingContext(ctx)
	who, err := g.authenticate(ctx, first(md, authHeader))
	if err != nil {
		return err
	}
	if _, ok := g.fair.Take(who.Org, fair.Normal, g.clock.Now()); !ok {
		g.shed.Add(1)
		return errShed
	}
	return handler(srv, ss)
}
