package server

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/clock"
	"fettle/internal/policy"
)

var morning = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

// registrar notes what is registered.
type registrar map[string]bool

func (r registrar) RegisterService(d *grpc.ServiceDesc, _ any) { r[d.ServiceName] = true }

func TestEveryMethodHasAPolicy(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Clock: clock.NewFake(morning)})
	if err != nil {
		t.Fatal(err)
	}
	got := registrar{}
	s.Register(got)
	for _, name := range Services() {
		if !got[name] {
			t.Errorf("%s has policies but is not served", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("%v is served without policies", got)
	}
	for name, p := range s.methods {
		if len(p.Roles()) == 0 {
			t.Errorf("nobody may call %s", name)
		}
	}
	if _, err := policy.Read("grpc.health.v1.Nothing"); err == nil {
		t.Error("a service that does not exist has policies")
	}
}

func TestEveryEventHasASentence(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{Zone: time.UTC}}
	nobody := func(dispatch.TechnicianID) string { return "" }
	for kind := range sentences {
		e := &engine.Event{Type: kind, Technician: "te_1", Reason: "rain", Clock: engine.ClockOnSite, Into: "wo_2", Rating: 4}
		if got := s.sentence(e, nobody); strings.Contains(got, "{") || !strings.HasSuffix(got, "rain") {
			t.Errorf("%s: %q", kind, got)
		}
	}
}
