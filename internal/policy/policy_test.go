package policy_test

import (
	"errors"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/auth"
	"fettle/internal/policy"
)

func TestWhoHasEveryRoleSeesAll(t *testing.T) {
	t.Parallel()
	for _, m := range []proto.Message{&dispatchv1.WorkOrder{}, &dispatchv1.Technician{}, &dispatchv1.Event{}, &dispatchv1.Explanation{}, &structpb.Struct{}} {
		d := m.ProtoReflect().Descriptor()
		if (&policy.Fields{}).Hides(d, auth.AllRoles()) {
			t.Errorf("something of %s is kept from those who have every role", d.FullName())
		}
	}
	if !(&policy.Fields{}).Hides((&dispatchv1.ListWorkOrdersResponse{}).ProtoReflect().Descriptor(), []auth.Role{auth.Planner}) {
		t.Error("nothing in a list of orders is kept from planners")
	}
}

func TestMaskReachesEveryPlace(t *testing.T) {
	t.Parallel()
	order := func() *dispatchv1.WorkOrder {
		return &dispatchv1.WorkOrder{Id: "wo_1", Description: "secret", Assignment: &dispatchv1.Assignment{TechnicianName: "Li", Cost: &dispatchv1.Cost{Total: 7}}}
	}
	list := &dispatchv1.ListWorkOrdersResponse{WorkOrders: []*dispatchv1.WorkOrder{order(), order()}}
	(&policy.Fields{}).Mask(list, []auth.Role{auth.Auditor})
	for _, o := range list.GetWorkOrders() {
		if o.GetDescription() != "" || o.GetAssignment().GetCost() == nil || o.GetId() == "" {
			t.Errorf("auditors see %v", o)
		}
	}
	(&policy.Fields{}).Mask(list, []auth.Role{auth.Tenant})
	if a := list.GetWorkOrders()[1].GetAssignment(); a.GetCost() != nil || a.GetTechnicianName() != "Li" {
		t.Errorf("tenants see %v", a)
	}
}

func TestWhereaboutsAreCoarse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")
		show := func(lat, lon float64, s dispatchv1.Technician_State) *dispatchv1.Technician {
			m := &dispatchv1.Technician{State: s, Position: &dispatchv1.TechnicianPosition{
				Location: &dispatchv1.LatLng{Latitude: lat, Longitude: lon}, Cell: "8928308280fffff", AccuracyMeters: 5,
			}}
			(&policy.Fields{}).Mask(m, []auth.Role{auth.Supervisor})
			return m
		}
		free := show(lat, lon, dispatchv1.Technician_AVAILABLE).GetPosition()
		at := free.GetLocation()
		if math.Abs(at.GetLatitude()-lat) > 0.011 || math.Abs(at.GetLongitude()-lon) > 0.011 || free.GetCell() != "" || free.GetAccuracyMeters() != 0 {
			t.Fatalf("%g %g became %v", lat, lon, free)
		}
		again := show(at.GetLatitude(), at.GetLongitude(), dispatchv1.Technician_OFF_SHIFT).GetPosition().GetLocation()
		if !proto.Equal(at, again) {
			t.Fatalf("%v became %v: a place tells where in its square it was", at, again)
		}
		if busy := show(lat, lon, dispatchv1.Technician_WORKING).GetPosition(); busy.GetLocation().GetLatitude() != lat || busy.GetCell() == "" {
			t.Fatalf("at work: %v", busy)
		}
	})
}

func TestWritable(t *testing.T) {
	t.Parallel()
	update := func(o *dispatchv1.WorkOrder, paths ...string) *dispatchv1.UpdateWorkOrderRequest {
		return &dispatchv1.UpdateWorkOrderRequest{WorkOrder: o, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}}
	}
	tests := map[string]struct {
		request proto.Message
		role    auth.Role
		field   string // "" wants no error
		byRole  bool
	}{
		"plain":              {update(&dispatchv1.WorkOrder{Id: "wo_1", Description: "x"}), auth.FrontDesk, "", false},
		"state":              {update(&dispatchv1.WorkOrder{State: dispatchv1.WorkOrder_VERIFIED}), auth.OrgAdmin, "workOrder.state", false},
		"in a mask":          {update(nil, "rating"), auth.OrgAdmin, "updateMask.rating", false},
		"deep in a mask":     {update(nil, "due_times.accept"), auth.OrgAdmin, "updateMask.dueTimes", false},
		"as in JSON":         {update(nil, "createTime"), auth.OrgAdmin, "updateMask.createTime", false},
		"all that is theirs": {update(&dispatchv1.WorkOrder{Description: "x"}, "*"), auth.Dispatcher, "", false},
		"all and more":       {update(&dispatchv1.WorkOrder{Description: "x"}, "*"), auth.Tenant, "updateMask.priority", true},
		"not of the role":    {&dispatchv1.CreateWorkOrderRequest{WorkOrder: &dispatchv1.WorkOrder{Priority: 9}}, auth.Tenant, "workOrder.priority", true},
		"of the role":        {&dispatchv1.CreateWorkOrderRequest{WorkOrder: &dispatchv1.WorkOrder{Priority: 9}}, auth.FrontDesk, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := (&policy.Fields{}).Writable(tt.request, []auth.Role{tt.role})
			var field *policy.FieldError
			if errors.As(err, &field) != (tt.field != "") || field != nil && (field.Field != tt.field || field.Role != tt.byRole) {
				t.Errorf("got %v, want field %q, by role %t", err, tt.field, tt.byRole)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	table, err := policy.Read("fettle.dispatch.v1.PositionService", "fettle.dispatch.v1.WorkOrderService")
	if err != nil {
		t.Fatal(err)
	}
	batch := &dispatchv1.ReportPositionsRequest{Positions: []*dispatchv1.PositionReport{{TechnicianId: "a"}, {TechnicianId: "b"}}}
	p := table["/fettle.dispatch.v1.PositionService/ReportPositions"]
	var seen []string
	err = p.Targets[0].Each(batch.ProtoReflect(), func(id string) (string, error) {
		seen = append(seen, id)
		return map[string]string{"a": "a"}[id], nil
	})
	if err != nil || len(seen) != 2 || batch.GetPositions()[0].GetTechnicianId() != "a" || batch.GetPositions()[1].GetTechnicianId() != "" {
		t.Errorf("saw %v, left %v, %v", seen, batch, err)
	}
	create := table["/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder"]
	desk, tenant := &auth.Principal{Roles: []auth.Role{auth.FrontDesk, auth.Tenant}}, &auth.Principal{Roles: []auth.Role{auth.Tenant}}
	if create.Own(desk) || !create.Own(tenant) {
		t.Error("own: want tenants alone to be held to what is theirs")
	}
	if _, err := policy.Read("fettle.dispatch.v1.NoService"); err == nil {
		t.Error("a service that is not there: want an error")
	}
}

func BenchmarkMask(b *testing.B) {
	f := &policy.Fields{}
	o := &dispatchv1.WorkOrder{Id: "wo_1", Description: "leak", Assignment: &dispatchv1.Assignment{TechnicianId: "te_1", Cost: &dispatchv1.Cost{Total: 1}}}
	for name, roles := range map[string][]auth.Role{"all": auth.AllRoles(), "technician": {auth.Technician}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Mask(o, roles)
			}
		})
	}
}
