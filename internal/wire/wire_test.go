package wire

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

var monday = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)

func nobody(dispatch.TechnicianID) string { return "" }

func TestWishesComeBack(t *testing.T) {
	t.Parallel()
	want := engine.Wish{
		Location: geo.Point{Lat: 30.2, Lon: 120.2}, UnitID: "u", Building: "b", Territory: "north", Description: "leak",
		Channel: dispatch.ChannelWeChat, Urgency: dispatch.UrgencyEmergency, Priority: 7,
		Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 2}}, Tools: []string{"drill"}, OnSite: time.Hour,
		Windows: []dispatch.TimeSpan{{Start: monday, End: monday.Add(time.Hour)}},
		Only:    []dispatch.TechnicianID{"a"}, Excluded: []dispatch.TechnicianID{"b"}, Preferred: []dispatch.TechnicianID{"c", "d"},
	}
	got, err := Wish(WorkOrder(&engine.Order{ID: "wo_1", Version: 3, Wish: want}, nobody))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestProfilesComeBack(t *testing.T) {
	t.Parallel()
	want := engine.Profile{
		Name: "Li", Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}, Tools: []string{"drill"}, Territories: []string{"north"},
		Home: geo.Point{Lat: 30.2, Lon: 120.2}, MaxVisits: 8, Zone: "Asia/Shanghai",
		Shifts: []engine.Shift{{
			TimeSpan: dispatch.TimeSpan{Start: monday, End: monday.Add(8 * time.Hour)},
			Breaks:   []engine.Break{{TimeSpan: dispatch.TimeSpan{Start: monday.Add(3 * time.Hour), End: monday.Add(5 * time.Hour)}, Duration: time.Hour}},
		}},
		Weekly: []engine.WeeklyShift{{
			Days: []time.Weekday{time.Monday, time.Sunday}, Start: 8 * 60, End: 17*60 + 30,
			Breaks: []engine.WeeklyBreak{{Start: 720, End: 780, Duration: 30 * time.Minute}},
		}},
	}
	got, err := Profile(Technician(&engine.Technician{ID: "te_1", Version: 1, Profile: want}))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestOrdersAreShownWhole(t *testing.T) {
	t.Parallel()
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	stamp := func(m int) *timestamppb.Timestamp { return timestamppb.New(at(m)) }
	o := &engine.Order{
		ID: "wo_1", Version: 40, Created: at(0), Updated: at(1), State: engine.StateAssigned, Visit: 2, Escalation: 1,
		Wish: engine.Wish{Location: geo.Point{Lat: 1, Lon: 2}, OnSite: time.Minute},
		Assignment: &engine.Assignment{
			Technician: "te_1", Arrival: at(2), Start: at(3), End: at(4), Offered: at(1), AcceptBy: at(6),
			Window: dispatch.TimeSpan{Start: at(2), End: at(9)}, Cost: dispatch.Cost{dispatch.TermTravel: 5, dispatch.TermLateness: 2},
		},
		Due: engine.DueTimes{OnSite: at(7)}, Clocks: engine.Clocks{Assigned: at(1)}, Pin: &engine.Pin{Start: at(3)},
	}
	want := &dispatchv1.WorkOrder{
		Id: "wo_1", Name: "workOrders/wo_1", Etag: "14", CreateTime: stamp(0), UpdateTime: stamp(1), State: dispatchv1.WorkOrder_ASSIGNED,
		Visit: 2, EscalationLevel: 1, Urgency: dispatchv1.WorkOrder_NORMAL, Location: &dispatchv1.LatLng{Latitude: 1, Longitude: 2},
		OnSiteDuration: durationpb.New(time.Minute),
		Assignment: &dispatchv1.Assignment{
			TechnicianId: "te_1", TechnicianName: "Li", PlannedArrival: stamp(2), PlannedStart: stamp(3), PlannedEnd: stamp(4),
			OfferTime: stamp(1), AcceptBy: stamp(6), Window: &dispatchv1.TimeWindow{StartTime: stamp(2), EndTime: stamp(9)},
			Cost: &dispatchv1.Cost{Total: 7, Terms: map[string]float64{"travel": 5, "lateness": 2}},
		},
		DueTimes: &dispatchv1.DueTimes{OnSite: stamp(7)}, Clocks: &dispatchv1.Clocks{Assigned: stamp(1)}, Pin: &dispatchv1.Pin{StartTime: stamp(3)},
	}
	got := WorkOrder(o, func(dispatch.TechnicianID) string { return "Li" })
	if !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestDatumIsConverted(t *testing.T) {
	t.Parallel()
	const lat, lon = 30.25, 120.15
	p, err := Point("location", &dispatchv1.LatLng{Latitude: lat, Longitude: lon, Datum: dispatchv1.Datum_GCJ02})
	if err != nil {
		t.Fatal(err)
	}
	if d := geo.DistanceHaversine(p, geo.Point{Lat: lat, Lon: lon}); d < 100 || d > 1000 {
		t.Errorf("moved by %.0f m, want 100 to 1000", d)
	}
}

func TestWindowsAreJoined(t *testing.T) {
	t.Parallel()
	w := func(from, to int) *dispatchv1.TimeWindow {
		return Window(dispatch.TimeSpan{Start: monday.Add(time.Duration(from) * time.Hour), End: monday.Add(time.Duration(to) * time.Hour)})
	}
	got, err := windows("w", []*dispatchv1.TimeWindow{w(9, 10), w(1, 3), w(2, 5), w(5, 6), w(2, 3)})
	want := []dispatch.TimeSpan{{Start: monday.Add(time.Hour), End: monday.Add(6 * time.Hour)}, {Start: monday.Add(9 * time.Hour), End: monday.Add(10 * time.Hour)}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestEtags(t *testing.T) {
	t.Parallel()
	for _, v := range []int64{1, 35, 36, 1 << 40} {
		if got, ok := Version(Etag(v)); got != v || !ok {
			t.Errorf("version %d came back as %d %t", v, got, ok)
		}
	}
	for _, bad := range []string{"", "0", "-1", "01", "+1", "A", "zzzzzzzzzzzzzzzzzz"} {
		if v, ok := Version(bad); ok {
			t.Errorf("etag %q stands for %d", bad, v)
		}
	}
}

func TestFaultsNameTheField(t *testing.T) {
	t.Parallel()
	err := Validate(&dispatchv1.CreateWorkOrderRequest{WorkOrder: &dispatchv1.WorkOrder{
		Location: &dispatchv1.LatLng{Latitude: 91}, RequiredSkills: []*dispatchv1.SkillLevel{{Skill: "gas"}, {}}, Priority: 101,
	}})
	var broken *InvalidFields
	if !errors.As(err, &broken) {
		t.Fatalf("got %v", err)
	}
	fields := map[string]bool{}
	for _, f := range broken.Faults {
		fields[f.Field] = true
	}
	want := map[string]bool{"workOrder.location.latitude": true, "workOrder.requiredSkills[1].skill": true, "workOrder.priority": true}
	if d := cmp.Diff(want, fields); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if moved := In("a", err); !errors.As(moved, &broken) || broken.Faults[0].Field[:2] != "a." {
		t.Errorf("moved: %v", moved)
	}
}

func BenchmarkValidate(b *testing.B) {
	m := &dispatchv1.CreateWorkOrderRequest{WorkOrder: &dispatchv1.WorkOrder{
		Location: &dispatchv1.LatLng{Latitude: 30, Longitude: 120}, RequiredSkills: []*dispatchv1.SkillLevel{{Skill: "gas", Level: 1}},
	}}
	for b.Loop() {
		if err := Validate(m); err != nil {
			b.Fatal(err)
		}
	}
}
