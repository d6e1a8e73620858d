package gateway

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/auth"
	"fettle/internal/policy"
)

// TestLooks: whoever is shown exactly, and nobody else, is told to the book; when it cannot write nothing goes out.
func TestLooks(t *testing.T) {
	t.Parallel()
	at := &dispatchv1.TechnicianPosition{Location: &dispatchv1.LatLng{Latitude: 30}, Cell: "89"}
	coarse := &dispatchv1.TechnicianPosition{Location: &dispatchv1.LatLng{Latitude: 30}}
	route := func(id string) *dispatchv1.TechnicianRoute {
		return &dispatchv1.TechnicianRoute{TechnicianId: id, Start: &dispatchv1.LatLng{}}
	}
	dispatcher, planner := auth.Dispatcher, auth.Planner
	for name, c := range map[string]struct {
		role auth.Role
		m    proto.Message
		want int
	}{
		"one":                {dispatcher, &dispatchv1.Technician{Id: "a", Position: at}, 1},
		"oneself":            {dispatcher, &dispatchv1.Technician{Id: "me", Position: at}, 0},
		"coarse":             {planner, &dispatchv1.Technician{Id: "a", Position: coarse}, 0},
		"exact, as at work":  {planner, &dispatchv1.Technician{Id: "a", Position: at}, 1},
		"nowhere":            {dispatcher, &dispatchv1.Technician{Id: "a"}, 0},
		"a list":             {dispatcher, &dispatchv1.ListTechniciansResponse{Technicians: []*dispatchv1.Technician{{Id: "a", Position: at}, {Id: "me", Position: at}, {Id: "b", Position: at}}}, 2},
		"those near":         {dispatcher, &dispatchv1.NearbyTechniciansResponse{Technicians: []*dispatchv1.NearbyTechniciansResponse_Near{{TechnicianId: "a", Position: at}}}, 1},
		"a route":            {dispatcher, route("a"), 1},
		"a route, coarse":    {planner, route("a"), 0},
		"a plan":             {dispatcher, &dispatchv1.CurrentPlan{Routes: []*dispatchv1.TechnicianRoute{route("a"), route("b")}}, 2},
		"a move":             {dispatcher, &dispatchv1.Event{TechnicianId: "a", Location: &dispatchv1.LatLng{}}, 1},
		"a move, coarse":     {planner, &dispatchv1.Event{TechnicianId: "a", Location: &dispatchv1.LatLng{}}, 0},
		"what is no place":   {dispatcher, &dispatchv1.Event{TechnicianId: "a"}, 0},
		"something else too": {dispatcher, &dispatchv1.WorkOrder{Id: "wo"}, 0},
	} {
		told, broken := 0, errors.New("disk full")
		g := &gate{looked: func(_ context.Context, _ *auth.Principal, method, _ string, ids []string) error {
			told = len(ids)
			if method != "/m" {
				t.Errorf("%s: method %q", name, method)
			}
			return broken
		}}
		err := g.look(t.Context(), &policy.Policy{Method: "/m"}, &auth.Principal{Roles: []auth.Role{c.role}, Technician: "me"}, c.m)
		if told != c.want || (c.want > 0) != errors.Is(err, broken) {
			t.Errorf("%s: %d told, %v; want %d, and the answer kept back", name, told, err, c.want)
		}
	}
}
