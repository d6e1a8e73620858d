package gateway

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

// slowWork takes no message before its client has sent all, or can send no more.
type slowWork struct {
	dispatchv1.UnimplementedPositionServiceServer
	full  func() bool
	taken atomic.Int64 // bytes
}

func (s *slowWork) StreamPositions(stream grpc.ClientStreamingServer[dispatchv1.ReportPositionsRequest, dispatchv1.ReportPositionsResponse]) error {
	out := &dispatchv1.ReportPositionsResponse{}
	wait := time.NewTicker(time.Millisecond)
	defer wait.Stop()
	for !s.full() {
		<-wait.C
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(out)
		}
		if err != nil {
			return err
		}
		out.Accepted++
		s.taken.Add(int64(proto.Size(r)) + 5)
	}
}

// counted is a body that knows how far its reader is ahead of the work at most.
type counted struct {
	io.ReadCloser
	s          *slowWork
	read, lead atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.lead.Store(max(c.lead.Load(), c.read.Add(int64(n))-c.s.taken.Load()))
	return n, err
}

// sendTo sends 32 MiB to a service that is slow and returns how many bytes were read ahead of it, and how many messages it got.
func sendTo(t *testing.T, bound func(*http.Request) *http.Request) (lead int64, messages int32) {
	t.Helper()
	const size, count = 64 << 10, 512
	var sent atomic.Bool
	var body counted
	s := &slowWork{full: sent.Load}
	server := grpc.NewServer(grpc.StatsHandler(takings{}))
	dispatchv1.RegisterPositionServiceServer(server, s)
	handler := func(w http.ResponseWriter, r *http.Request) {
		body.ReadCloser, body.s = r.Body, s
		r.Body = &body
		r = bound(r)
		if b, ok := r.Body.(*inflow); ok {
			s.full = func() bool { return b.ahead.Load() >= b.most }
		}
		server.ServeHTTP(w, r)
	}
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	h := &http.Server{Handler: http.HandlerFunc(handler), Protocols: protocols, ReadHeaderTimeout: time.Minute}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go h.Serve(l) //nolint:errcheck // ends when it is closed
	t.Cleanup(func() { _ = h.Close() })
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	up, err := dispatchv1.NewPositionServiceClient(conn).StreamPositions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report := &dispatchv1.ReportPositionsRequest{Positions: []*dispatchv1.PositionReport{{TechnicianId: strings.Repeat("x", size)}}}
	for range count {
		if err := up.Send(report); err != nil {
			t.Fatal(err)
		}
	}
	sent.Store(true)
	sums, err := up.CloseAndRecv()
	if err != nil {
		t.Fatal(err)
	}
	return body.lead.Load(), sums.GetAccepted()
}

// A stream that is written faster than it is worked on waits at the client, not in the memory of the service.
func TestStreamsAreHeldBack(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	const bound = most + inflowSlack + (66 << 10) // and the message that the handler is about to count
	lead, messages := sendTo(t, func(r *http.Request) *http.Request { return withInflow(r, most) })
	if messages != 512 || lead > bound {
		t.Errorf("%d messages came, of which %d bytes were held in memory", messages, lead)
	}
	if lead, _ := sendTo(t, func(r *http.Request) *http.Request { return r }); lead <= bound {
		t.Errorf("without a bound %d bytes were held: the test cannot fail", lead)
	}
}

// A read that waits ends with its call.
func TestHeldBackReadsEnd(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", bytes.NewReader(make([]byte, 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r = withInflow(r, 0)
	if n, err := io.ReadFull(r.Body, make([]byte, inflowSlack)); n != inflowSlack || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	done := make(chan error)
	go func() {
		_, err := r.Body.Read(make([]byte, 1))
		done <- err
	}()
	_ = r.Body.Close()
	if err := <-done; !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("got %v", err)
	}
}
