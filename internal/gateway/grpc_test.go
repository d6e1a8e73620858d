package gateway_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
)

func (e *edge) dial() *grpc.ClientConn {
	e.t.Helper()
	conn, err := grpc.NewClient(e.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func withToken(pairs ...string) context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), append([]string{"authorization", "Bearer " + adminToken}, pairs...)...)
}

// reasonOf is the code and the reason of an error by gRPC.
func reasonOf(err error) (codes.Code, string) {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return s.Code(), info.GetReason()
		}
	}
	return s.Code(), ""
}

func TestGRPC(t *testing.T) {
	e := newEdge(t)
	conn := e.dial()
	orders, people := dispatchv1.NewWorkOrderServiceClient(conn), dispatchv1.NewTechnicianServiceClient(conn)
	here := &dispatchv1.LatLng{Latitude: 30.2, Longitude: 120.2}
	stream, err := dispatchv1.NewEventServiceClient(conn).WatchEvents(withToken(), &dispatchv1.WatchEventsRequest{AfterSequence: 0})
	if err != nil {
		t.Fatal(err)
	}
	te, err := people.CreateTechnician(withToken("idempotency-key", "a"), &dispatchv1.CreateTechnicianRequest{Technician: &dispatchv1.Technician{DisplayName: "Li", Home: here}})
	if err != nil {
		t.Fatal(err)
	}
	create := func(text string) (*dispatchv1.WorkOrder, error) {
		return orders.CreateWorkOrder(withToken("idempotency-key", "b"), &dispatchv1.CreateWorkOrderRequest{WorkOrder: &dispatchv1.WorkOrder{Location: here, Description: text}})
	}
	o, err := create("leak")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := create("leak"); err != nil || again.GetId() != o.GetId() {
		t.Errorf("again: %v %v", again, err)
	}
	wants := func(name string, err error, code codes.Code, reason string) {
		t.Helper()
		if c, r := reasonOf(err); c != code || r != reason {
			t.Errorf("%s: %v %s, want %v %s: %v", name, c, r, code, reason, err)
		}
	}
	_, err = create("fire")
	wants("other body", err, codes.FailedPrecondition, "IDEMPOTENCY_KEY_REUSED")
	_, err = orders.GetWorkOrder(context.Background(), &dispatchv1.GetWorkOrderRequest{Id: o.GetId()})
	wants("no token", err, codes.Unauthenticated, "CREDENTIAL_MISSING")
	_, err = orders.GetWorkOrder(withToken(), &dispatchv1.GetWorkOrderRequest{})
	wants("no id", err, codes.InvalidArgument, "INVALID_ARGUMENT")
	_, err = orders.GetWorkOrder(withToken(), &dispatchv1.GetWorkOrderRequest{Id: "x"})
	wants("nothing", err, codes.NotFound, "NOT_FOUND")
	_, err = people.UpdateTechnician(withToken(), &dispatchv1.UpdateTechnicianRequest{Technician: &dispatchv1.Technician{Id: te.GetId()}})
	wants("no etag", err, codes.FailedPrecondition, "IF_MATCH_REQUIRED")
	_, err = people.UpdateTechnician(withToken(), &dispatchv1.UpdateTechnicianRequest{Technician: &dispatchv1.Technician{Id: te.GetId()}, Etag: "zz"})
	wants("stale", err, codes.Aborted, "STALE_ETAG")
	_, err = create(strings.Repeat("x", 2<<20))
	wants("large", err, codes.ResourceExhausted, "")
	for i := range 2 {
		ev, err := stream.Recv()
		if err != nil || ev.GetSequence() != float64(i+1) {
			t.Errorf("event %d: %v %v", i+1, ev, err)
		}
	}
	up, err := dispatchv1.NewPositionServiceClient(conn).StreamPositions(withToken())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		batch := []*dispatchv1.PositionReport{{TechnicianId: te.GetId(), Location: here}, {TechnicianId: "nobody", Location: here}}
		if err := up.Send(&dispatchv1.ReportPositionsRequest{Positions: batch}); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := up.CloseAndRecv()
	if err != nil || sums.GetAccepted() != 2 || sums.GetRejected()[1].GetIndex() != 3 {
		t.Errorf("sums: %v %v", sums, err)
	}
}

// Tools that know nothing of the contract find it out, if they have a credential.
func TestServicesAreDescribed(t *testing.T) {
	e := newEdge(t)
	client := reflectionv1.NewServerReflectionClient(e.dial())
	ask := func(ctx context.Context, r *reflectionv1.ServerReflectionRequest) (*reflectionv1.ServerReflectionResponse, error) {
		t.Helper()
		s, err := client.ServerReflectionInfo(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(r); err != nil {
			t.Fatal(err)
		}
		return s.Recv()
	}
	list := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}
	got, err := ask(withToken(), list)
	if err != nil || len(got.GetListServicesResponse().GetService()) < 5 {
		t.Errorf("%v, %v; want the services", got, err)
	}
	name := dispatchv1.WorkOrderService_ServiceDesc.ServiceName
	symbol := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}}
	if got, err = ask(withToken(), symbol); err != nil || len(got.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("%v, %v; want the file of %s", got, err, name)
	}
	if _, err = ask(context.Background(), list); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a credential: %v", err)
	}
	big := &reflectionv1.ServerReflectionRequest{Host: strings.Repeat("x", 8<<10)}
	if _, err = ask(withToken(), big); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a question of 8 KiB: %v", err)
	}
}
