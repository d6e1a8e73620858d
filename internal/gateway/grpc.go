package gateway

import (
	"net/http"

	"google.golang.org/grpc"

	"fettle/internal/policy"
)

// maxAnswer is the largest answer by gRPC in bytes: a page of 1,000 orders, or a large plan.
const maxAnswer = 64 << 20

// grpcServers makes one server for each size of message that a policy allows: the library refuses a larger one when it has
// read no more than its length.
func grpcServers(register func(grpc.ServiceRegistrar), g *gate) map[int]*grpc.Server {
	out := map[int]*grpc.Server{}
	for _, p := range g.methods {
		if out[p.MaxBytes] == nil {
			s := grpc.NewServer(
				grpc.MaxRecvMsgSize(p.MaxBytes), grpc.MaxSendMsgSize(maxAnswer),
				grpc.UnaryInterceptor(g.unary), grpc.StreamInterceptor(g.stream), grpc.StatsHandler(takings{}),
			)
			register(s)
			out[p.MaxBytes] = s
		}
	}
	return out
}

// serveGRPC hands a call to the server of its size.
func (e *Gateway) serveGRPC(w http.ResponseWriter, r *http.Request) {
	if e.serveReflection(w, r) {
		return
	}
	size := policy.DefaultMaxBytes
	if p := e.gate.methods[r.URL.Path]; p != nil {
		size = p.MaxBytes
		if !p.Streaming {
			// One message comes in, and soon. A writer that has no deadlines is one of a test.
			_ = http.NewResponseController(w).SetReadDeadline(e.cfg.Clock.Now().Add(readTime))
		}
	}
	if s := e.grpc[size]; s != nil {
		s.ServeHTTP(w, withInflow(r, size))
		return
	}
	http.Error(w, "no gRPC here", http.StatusNotFound)
}
