package renting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/org/calendar"
	"fettle/simulate/city"
)

// service is a fake that takes everything, gives ids and remembers estates and leases.
type service struct {
	mu       sync.Mutex
	calls    map[string]int // by name of the method
	keys     map[string]bool
	unkeyed  []string
	twice    []string
	units    []*rentalv1.Unit
	houses   []*rentalv1.Property
	leases   map[string][]*rentalv1.Lease // by unit
	refusing int                          // how many of the next calls are refused for a while
	dead     string                       // a method that is never taken
}

func newService() *service {
	return &service{calls: map[string]int{}, keys: map[string]bool{}, leases: map[string][]*rentalv1.Lease{}}
}

// Invoke implements grpc.ClientConnInterface.
func (s *service) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := method[strings.LastIndex(method, "/")+1:]
	if name == s.dead {
		return status.Error(codes.InvalidArgument, "no")
	}
	if s.refusing > 0 {
		s.refusing--
		return status.Error(codes.Unavailable, "not now")
	}
	s.calls[name]++
	out, _ := reply.(proto.Message)
	if strings.HasPrefix(name, "List") {
		s.list(args, reply)
		return nil
	}
	md, _ := metadata.FromOutgoingContext(ctx)
	switch key := strings.Join(md.Get("idempotency-key"), ""); {
	case key == "":
		s.unkeyed = append(s.unkeyed, name)
	case s.keys[key]:
		s.twice = append(s.twice, key)
	default:
		s.keys[key] = true
	}
	id := fmt.Sprintf("%s-%d", name, s.calls[name])
	if f := out.ProtoReflect().Descriptor().Fields().ByName("id"); f != nil && f.Kind() == protoreflect.StringKind {
		out.ProtoReflect().Set(f, protoreflect.ValueOfString(id))
	}
	s.keep(args, id)
	return nil
}

func (s *service) keep(args any, id string) {
	switch r := args.(type) {
	case *rentalv1.CreatePropertyRequest:
		p := proto.CloneOf(r.GetProperty())
		p.Id = id
		s.houses = append(s.houses, p)
	case *rentalv1.CreateUnitRequest:
		u := proto.CloneOf(r.GetUnit())
		u.Id = id
		s.units = append(s.units, u)
	case *rentalv1.CreateLeaseRequest:
		u := r.GetLease().GetUnitId()
		state := rentalv1.Lease_ACTIVE
		if r.GetLease().GetEndDate() < "2026-11-22" {
			state = rentalv1.Lease_EXPIRED
		}
		s.leases[u] = append(s.leases[u], &rentalv1.Lease{Id: id, State: state})
	case *rentalv1.RenewLeaseRequest:
		for u, all := range s.leases {
			if slices.ContainsFunc(all, func(l *rentalv1.Lease) bool { return l.GetId() == r.GetId() }) {
				s.leases[u] = append(all, &rentalv1.Lease{Id: id, State: rentalv1.Lease_ACTIVE})
			}
		}
	case *rentalv1.TerminateLeaseRequest:
		for _, all := range s.leases {
			for _, l := range all {
				if l.GetId() == r.GetId() {
					l.State = rentalv1.Lease_TERMINATED
				}
			}
		}
	}
}

func (s *service) list(args, reply any) {
	switch out := reply.(type) {
	case *rentalv1.ListPropertiesResponse:
		out.Properties = s.houses
	case *rentalv1.ListUnitsResponse:
		r, _ := args.(*rentalv1.ListUnitsRequest)
		for _, u := range s.units {
			if u.GetPropertyId() == r.GetPropertyId() {
				out.Units = append(out.Units, u)
			}
		}
	case *rentalv1.ListLeasesResponse:
		r, _ := args.(*rentalv1.ListLeasesRequest)
		out.Leases = s.leases[r.GetUnitId()]
	}
}

// NewStream implements grpc.ClientConnInterface.
func (s *service) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

var zone = time.FixedZone("UTC+8", 8*3600)

// book makes a book on a clock on which twenty minutes pass with each look.
func book(t *testing.T, s *service) *Book {
	t.Helper()
	now := calendar.Date{Year: 2026, Month: 11, Day: 22}.At(calendar.Clock{Hour: 8}, zone)
	var mu sync.Mutex
	b, err := New(Config{City: city.New(1), Zone: zone, Conn: s, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(20 * time.Minute)
		return now
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What waits is told first, with who lives there; then the rest, each call under a key of its own.
func TestEverybodyIsTold(t *testing.T) {
	t.Parallel()
	s := newService()
	s.refusing = 3
	b := book(t, s)
	first := b.cfg.City.Units[5].ID
	if err := b.Open(t.Context(), []string{first}); err != nil {
		t.Fatal(err)
	}
	if got := s.calls["CreateUnit"]; got != 1 || s.calls["CreateProperty"] != 8 {
		t.Errorf("%d units and %d properties before the day begins, want 1 and 8", got, s.calls["CreateProperty"])
	}
	if p, u := b.Place("b1", first); p != s.houses[0].GetId() || u != s.units[0].GetId() {
		t.Errorf("place is %s, %s", p, u)
	}
	if p, u := b.Place("p1", "p1-101"); p != "p1" || u != "p1-101" {
		t.Errorf("what is not told is %s, %s", p, u)
	}
	b.Run(t.Context())
	for method, want := range map[string]int{"CreateUnit": 1042, "CreateSurvey": 2, "FitSegments": 1, "CreatePilot": 1, "ImportFacts": 3} {
		if s.calls[method] != want {
			t.Errorf("%s was called %d times, want %d", method, s.calls[method], want)
		}
	}
	if n := len(b.running()); n != 927 {
		t.Errorf("%d leases run, want 927", n)
	}
	for method, least := range map[string]int{"RenewLease": 400, "TerminateLease": 150, "CreatePayment": 900, "RespondSurvey": 600, "TapMood": 400, "CreateRenewal": 20, "AddReadings": 15} {
		if s.calls[method] < least {
			t.Errorf("%s was called %d times, want %d at least", method, s.calls[method], least)
		}
	}
	if len(s.unkeyed) > 0 || len(s.twice) > 0 || b.Failed() > 0 {
		t.Errorf("%d calls without a key, %d keys twice, %d refused", len(s.unkeyed), len(s.twice), b.Failed())
	}
}

// A second run over the same service tells no home twice.
func TestASecondRunFindsWhoLivesThere(t *testing.T) {
	t.Parallel()
	s := newService()
	b := book(t, s)
	if err := b.Open(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		b.home(t.Context(), i)
	}
	units, leases := s.calls["CreateUnit"], s.calls["CreateLease"]
	again := book(t, s)
	if err := again.Open(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		again.home(t.Context(), i)
	}
	if s.calls["CreateProperty"] != 8 || s.calls["CreateUnit"] != units || s.calls["CreateLease"] != leases {
		t.Errorf("%d properties, %d units, %d leases after the second run", s.calls["CreateProperty"], s.calls["CreateUnit"], s.calls["CreateLease"])
	}
	if got, want := len(again.running()), len(b.running()); got != want || want == 0 {
		t.Errorf("%d leases run, want %d", got, want)
	}
}

// What one method refuses is counted; the rest is told all the same.
func TestARefusalIsCounted(t *testing.T) {
	t.Parallel()
	s := newService()
	s.dead = "CreatePayment"
	b := book(t, s)
	if err := b.Open(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		b.home(t.Context(), i)
	}
	if b.Failed() == 0 || len(b.running()) == 0 {
		t.Errorf("%d refused, %d leases run", b.Failed(), len(b.running()))
	}
	ended, end := context.WithCancel(t.Context())
	end()
	b.Run(ended) // tells nothing more and returns
}
