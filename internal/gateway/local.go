package gateway

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// local is a connection to services in the same process: grpc.ServiceRegistrar on the one side, grpc.ClientConnInterface on
// the other. Calls pass the gate like those from outside, but nothing is encoded and no goroutine is started.
type local struct {
	gate    grpc.UnaryServerInterceptor
	methods map[string]localMethod
	names   []string // of the services
}

type localMethod struct {
	server  any
	handler grpc.MethodHandler
}

func newLocal(g *gate) *local { return &local{gate: g.unary, methods: map[string]localMethod{}} }

// RegisterService implements grpc.ServiceRegistrar.
func (l *local) RegisterService(d *grpc.ServiceDesc, server any) {
	l.names = append(l.names, d.ServiceName)
	for _, m := range d.Methods {
		l.methods["/"+d.ServiceName+"/"+m.MethodName] = localMethod{server: server, handler: m.Handler}
	}
}

// Invoke implements grpc.ClientConnInterface.
func (l *local) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	m, ok := l.methods[method]
	in, isMessage := args.(proto.Message)
	out, isReply := reply.(proto.Message)
	if !ok || !isMessage || !isReply {
		return status.Errorf(codes.Unimplemented, "method %s is not served", method)
	}
	md, _ := metadata.FromOutgoingContext(ctx)
	s := &localStream{method: method}
	ctx = grpc.NewContextWithServerTransportStream(metadata.NewIncomingContext(ctx, md), s)
	answer, err := m.handler(m.server, ctx, func(into any) error { return share(into, in) }, l.gate)
	for _, o := range opts {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = s.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = s.trailer
		}
	}
	if err != nil {
		return err
	}
	from, ok := answer.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "method %s answered a %T", method, answer)
	}
	return share(out, from)
}

// NewStream implements grpc.ClientConnInterface. Streams have REST paths of their own.
func (l *local) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams are not served in process")
}

// share makes one message have the fields of another of its type. Both must not change from then on.
func share(into any, from proto.Message) error {
	to, ok := into.(proto.Message)
	if !ok || to.ProtoReflect().Descriptor() != from.ProtoReflect().Descriptor() {
		return fmt.Errorf("cannot pass a %T as a %T", from, into)
	}
	dst := to.ProtoReflect()
	from.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		dst.Set(fd, v)
		return true
	})
	return nil
}

// localStream collects headers of an answer.
type localStream struct {
	method          string
	header, trailer metadata.MD
}

// Method implements grpc.ServerTransportStream.
func (s *localStream) Method() string { return s.method }

// SetHeader implements grpc.ServerTransportStream.
func (s *localStream) SetHeader(md metadata.MD) error {
	s.header = metadata.Join(s.header, md)
	return nil
}

// SendHeader implements grpc.ServerTransportStream.
func (s *localStream) SendHeader(md metadata.MD) error { return s.SetHeader(md) }

// SetTrailer implements grpc.ServerTransportStream.
func (s *localStream) SetTrailer(md metadata.MD) error {
	s.trailer = metadata.Join(s.trailer, md)
	return nil
}
