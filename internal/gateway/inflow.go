package gateway

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// inflow is the body of a gRPC call of which no more is read than its messages were taken, and one message ahead. The library reads
// whatever a client sends as soon as it comes and keeps it in memory: a stream that is written faster than it is worked on would fill
// it. Held back here it is held back at the client, by the flow control of HTTP/2.
type inflow struct {
	io.ReadCloser
	ctx   context.Context // of the call
	ahead atomic.Int64    // bytes that were read and not taken
	most  int64
	taken chan struct{} // holds a token when there may be room again
	once  sync.Once
	ended chan struct{}
}

// inflowSlack is what is read beyond the largest message: frames of the library and the beginning of the next message.
const inflowSlack = 64 << 10

type inflowKey struct{}

// withInflow bounds what is read of a call whose messages have at most so many bytes.
func withInflow(r *http.Request, maxMessage int) *http.Request {
	b := &inflow{
		ReadCloser: r.Body, ctx: r.Context(), most: int64(maxMessage + inflowSlack), taken: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	r = r.WithContext(context.WithValue(r.Context(), inflowKey{}, b))
	r.Body = b
	return r
}

// Read implements io.Reader: one goroutine reads.
func (b *inflow) Read(p []byte) (int, error) {
	for {
		if room := b.most - b.ahead.Load(); room > 0 {
			n, err := b.ReadCloser.Read(p[:min(int64(len(p)), room)])
			b.ahead.Add(int64(n))
			return n, err
		}
		select {
		case <-b.taken:
		case <-b.ended:
			return 0, http.ErrBodyReadAfterClose
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
}

// Close implements io.Closer and ends a Read that waits.
func (b *inflow) Close() error {
	b.once.Do(func() { close(b.ended) })
	return b.ReadCloser.Close()
}

func (b *inflow) take(bytes int) {
	b.ahead.Add(-int64(bytes))
	select {
	case b.taken <- struct{}{}:
	default: // there is a token already
	}
}

// takings tells the body of a call how much of it became messages.
type takings struct{}

// TagRPC implements stats.Handler.
func (takings) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC implements stats.Handler.
func (takings) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InPayload); ok {
		if b, ok := ctx.Value(inflowKey{}).(*inflow); ok {
			b.take(in.WireLength)
		}
	}
}

// TagConn implements stats.Handler.
func (takings) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (takings) HandleConn(context.Context, stats.ConnStats) {}
