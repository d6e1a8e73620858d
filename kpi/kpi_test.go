package kpi

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// script makes events: each step is minutes after monday, type, state and technician.
type step struct {
	at    int
	kind  engine.EventType
	state engine.State
	who   dispatch.TechnicianID
}

func script(order dispatch.WorkOrderID, from int64, steps ...step) []engine.Event {
	var out []engine.Event
	for i, s := range steps {
		ev := engine.Event{Sequence: from + int64(i), Type: s.kind, Time: monday.Add(time.Duration(s.at) * time.Minute), Order: order, Technician: s.who, State: s.state}
		if s.kind == engine.OrderCreated {
			ev.Wish = &engine.Wish{Building: "b1", UnitID: "u1", Channel: dispatch.ChannelApp, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}}
			ev.Due = &engine.DueTimes{Accept: ev.Time.Add(30 * time.Minute), OnSite: ev.Time.Add(2 * time.Hour), Resolve: ev.Time.Add(4 * time.Hour)}
		}
		out = append(out, ev)
	}
	return out
}

// repair is a repair after a refusal: accepted at 40 minutes (10 late), done at 130.
func repair(order dispatch.WorkOrderID, from int64) []engine.Event {
	return script(
		order, from,
		step{0, engine.OrderCreated, engine.StateNew, ""},
		step{0, engine.OrderAssigned, engine.StateAssigned, "a"},
		step{20, engine.OrderDeclined, engine.StateNew, "a"},
		step{25, engine.OrderAssigned, engine.StateAssigned, "b"},
		step{40, engine.OrderAccepted, engine.StateAccepted, "b"},
		step{50, engine.OrderDeparted, engine.StateEnRoute, "b"},
		step{70, engine.OrderArrived, engine.StateOnSite, "b"},
		step{80, engine.OrderStarted, engine.StateWorking, "b"},
		step{130, engine.OrderCompleted, engine.StateCompleted, "b"},
	)
}

func TestWaterfall(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	want := []Span{
		{Hop: HopOffered, Technician: "a", From: at(0), To: at(20)},
		{Hop: HopUnassigned, From: at(20), To: at(25)},
		{Hop: HopOffered, Technician: "b", From: at(25), To: at(40)},
		{Hop: HopAccepted, Technician: "b", From: at(40), To: at(50)},
		{Hop: HopTravel, Technician: "b", From: at(50), To: at(70)},
		{Hop: HopAtDoor, Technician: "b", From: at(70), To: at(80)},
		{Hop: HopWork, Technician: "b", From: at(80), To: at(130)},
	}
	if diff := cmp.Diff(want, Waterfall(repair("o1", 1), at(500))); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestWaterfallGoesOnWhileOpen(t *testing.T) {
	spans := Waterfall(repair("o1", 1)[:6], monday.Add(time.Hour))
	last := spans[len(spans)-1]
	if last.Hop != HopTravel || last.Length() != 10*time.Minute {
		t.Errorf("last span is %s of %s, want TRAVEL of 10 minutes", last.Hop, last.Length())
	}
}

func TestWaterfallCountsTheTimeUntilReopening(t *testing.T) {
	events := append(repair("o1", 1), script("o1", 20, step{200, engine.OrderReopened, engine.StateNew, ""})...)
	var sum time.Duration
	for _, s := range Waterfall(events, monday.Add(240*time.Minute)) {
		sum += s.Length()
	}
	if sum != 240*time.Minute {
		t.Errorf("spans sum to %s, want 4h0m0s", sum)
	}
}

// Whatever happens in whatever order, at whatever clock: spans touch, none is negative, and they sum to the whole.
func TestSpansSumToTheWhole(t *testing.T) {
	states := []engine.State{
		engine.StateNew, engine.StateAssigned, engine.StateAccepted, engine.StateEnRoute, engine.StateOnSite, engine.StateWorking, engine.StatePaused,
	}
	rapid.Check(t, func(rt *rapid.T) {
		events := script("o", 1, step{0, engine.OrderCreated, engine.StateNew, ""})
		latest := 0
		for i := range rapid.IntRange(0, 20).Draw(rt, "events") {
			at := rapid.IntRange(0, 500).Draw(rt, "minute")
			latest = max(latest, at)
			events = append(events, script("o", int64(i+2), step{
				at, engine.OrderAssigned, rapid.SampledFrom(states).Draw(rt, "state"), rapid.SampledFrom([]dispatch.TechnicianID{"a", "b"}).Draw(rt, "who"),
			})...)
		}
		end := monday.Add(time.Duration(latest+rapid.IntRange(1, 100).Draw(rt, "more")) * time.Minute)
		at := monday
		for _, s := range Waterfall(events, end) {
			if !s.From.Equal(at) || s.Length() <= 0 {
				rt.Fatalf("a span from %s to %s follows one that ends at %s", s.From, s.To, at)
			}
			at = s.To
		}
		if !at.Equal(end) {
			rt.Fatalf("spans end at %s, want %s", at, end)
		}
	})
}

// Spans before acceptance sum to the time until it; without a hop an order is answered as much sooner as the hop took.
func TestLosses(t *testing.T) {
	b := NewBook()
	b.Add(repair("o1", 1)) // offered 20 and 15 minutes, with nobody for 5, then accepted
	b.Add(script(
		"o2", 20,
		step{10, engine.OrderCreated, engine.StateNew, ""}, step{130, engine.OrderAssigned, engine.StateAssigned, "a"},
		step{140, engine.OrderAccepted, engine.StateAccepted, "a"}, step{150, engine.OrderCompleted, engine.StateCompleted, "a"},
	))
	b.Add(script("o3", 40, step{20, engine.OrderCreated, engine.StateNew, ""}, step{30, engine.OrderCanceled, engine.StateCanceled, ""}))
	b.Add(script("o4", 50, step{30, engine.OrderCreated, engine.StateNew, ""}))
	rows := b.Losses(Query{From: monday, To: monday.Add(time.Hour)}, time.Hour, monday.Add(4*time.Hour))
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	r := rows[0]
	m := time.Minute
	if r.Orders != 3 || r.Accepted != 2 || r.Answer != 170*m || r.InTarget != 1 || r.Worst != HopUnassigned || r.Total != (130+140+210)*m {
		t.Errorf("%+v", r)
	}
	want := []LostHop{
		{Hop: HopUnassigned, Orders: 3, Spent: (5 + 120 + 210) * m, Median: 120 * m, P90: 210 * m, Waited: 125 * m, InTargetWithout: 2},
		{Hop: HopOffered, Orders: 2, Spent: (35 + 10) * m, Median: 22*m + 30*time.Second, P90: 35 * m, Waited: 45 * m, InTargetWithout: 1},
	}
	if diff := cmp.Diff(want, r.Hops[:2]); diff != "" {
		t.Errorf("hops (-want +got):\n%s", diff)
	}
	var sum time.Duration
	for _, h := range r.Hops {
		sum += h.Spent
	}
	if sum != r.Total {
		t.Errorf("hops sum to %s of %s", sum, r.Total)
	}
}

func value(t *testing.T, rows []Row, id ID) Value {
	t.Helper()
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	for _, v := range rows[0].Values {
		if v.ID == id {
			return v
		}
	}
	t.Fatalf("no value %s", id)
	return Value{}
}

func book() *Book {
	b := NewBook()
	b.Add(repair("o1", 1))
	b.Add(script("o2", 100,
		step{60, engine.OrderCreated, engine.StateNew, ""},
		step{60, engine.OrderAssigned, engine.StateAssigned, "a"},
		step{70, engine.OrderAccepted, engine.StateAccepted, "a"},
		step{80, engine.OrderDeparted, engine.StateEnRoute, "a"},
		step{100, engine.OrderArrived, engine.StateOnSite, "a"},
		step{120, engine.OrderCompleted, engine.StateCompleted, "a"},
		step{130, engine.OrderReopened, engine.StateNew, ""},
	))
	b.Add(script("o3", 200, step{90, engine.OrderCreated, engine.StateNew, ""}, step{95, engine.OrderMerged, engine.StateMerged, ""}))
	return b
}

func TestReport(t *testing.T) {
	q := Query{
		From: monday, To: monday.Add(24 * time.Hour),
		OnDuty: func(dispatch.TechnicianID, time.Time, time.Time) time.Duration { return 4 * time.Hour },
	}
	rows := book().Report(q, monday.Add(3*time.Hour))
	for _, want := range []Value{
		{ID: Reported, N: 3, Value: 3},
		{ID: Open, N: 1, Value: 1},
		{ID: Completed, N: 1, Value: 1},
		{ID: Merged, N: 1, Value: 1},
		{ID: Accept, N: 2, Value: 25, Median: 25, P90: 37},
		{ID: SLAAccept, N: 2, Value: 0.5},
		{ID: SLAResolve, N: 1, Value: 1},
		{ID: WindowKept, N: 0},
		{ID: FirstTimeFix, N: 1, Value: 1},
		{ID: Reopened, N: 2, Value: 0.5},
		{ID: TravelShare, N: 2, Value: 40.0 / 120},
		{ID: Utilization, N: 2, Value: 120.0 / 480},
	} {
		if diff := cmp.Diff(want, value(t, rows, want.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.ID, diff)
		}
	}
	if want := (20 + 5 + 15 + 10 + 20 + 10 + 50 + 10 + 10 + 20 + 20 + 10 + 50) * time.Minute / 2; rows[0].Total != want {
		t.Errorf("mean total %s, want %s", rows[0].Total, want)
	}
}

// A promise that is not due yet counts neither way; once it is due it counts against.
func TestPromiseCountsWhenDue(t *testing.T) {
	b := NewBook()
	b.Add(script("o", 1, step{0, engine.OrderCreated, engine.StateNew, ""}))
	q := Query{From: monday, To: monday.Add(time.Hour)}
	if v := value(t, b.Report(q, monday.Add(10*time.Minute)), SLAAccept); v.N != 0 {
		t.Errorf("%d orders count before the promise is due, want 0", v.N)
	}
	if v := value(t, b.Report(q, monday.Add(31*time.Minute)), SLAAccept); v.N != 1 || v.Value != 0 {
		t.Errorf("share %g of %d, want 0 of 1", v.Value, v.N)
	}
}

func TestGroupsAndPeriods(t *testing.T) {
	b := NewBook()
	for i := range 6 {
		events := repair(dispatch.WorkOrderID(rune('a'+i)), int64(1+20*i))
		for k := range events {
			events[k].Time = events[k].Time.Add(time.Duration(i) * 4 * 24 * time.Hour) // 2 March to 22 March
		}
		b.Add(events)
	}
	rows := b.Report(Query{From: monday.AddDate(0, 0, -1), To: monday.AddDate(0, 0, 30), By: ByTechnician, Step: Weekly}, monday.AddDate(0, 1, 0))
	var got []int
	for _, r := range rows {
		if r.Group != "b" {
			t.Errorf("group %q, want b, who did the work", r.Group)
		}
		got = append(got, r.Values[0].N)
	}
	if diff := cmp.Diff([]int{2, 2, 2}, got); diff != "" {
		t.Errorf("orders by week (-want +got):\n%s", diff)
	}
}

// Each figure lists the orders behind it.
func TestDrillDown(t *testing.T) {
	b, now := book(), monday.Add(3*time.Hour)
	q := Query{From: monday, To: monday.Add(24 * time.Hour), By: ByBuilding}
	for _, r := range b.Report(q, now) {
		for _, v := range r.Values {
			if v.ID == TravelShare || v.ID == Utilization {
				continue
			}
			if parts := b.Orders(q, r.Group, r.Start, r.End, v.ID, now); len(parts) != v.N {
				t.Errorf("%s lists %d orders, want %d", v.ID, len(parts), v.N)
			}
		}
	}
}

func TestAddTwiceCountsOnce(t *testing.T) {
	b := book()
	b.Add(repair("o1", 1))
	if got := len(b.order); got != 3 {
		t.Errorf("%d orders, want 3", got)
	}
	b.Prune(monday.Add(time.Hour))
	if got := len(b.order); got != 2 {
		t.Errorf("%d orders after pruning, want 2", got)
	}
}

func TestWindowKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		window [2]int // minutes
		want   float64
	}{{"within", [2]int{60, 90}, 1}, {"at its start", [2]int{70, 90}, 1}, {"late", [2]int{30, 70}, 0}, {"early", [2]int{71, 90}, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			events := repair("o", 1)
			told := dispatch.TimeSpan{Start: monday.Add(time.Duration(tt.window[0]) * time.Minute), End: monday.Add(time.Duration(tt.window[1]) * time.Minute)}
			events[3].Assignment = &engine.Assignment{Window: told}
			events[8].Assignment = &engine.Assignment{} // what is written after the arrival tells nobody anything
			b := NewBook()
			b.Add(events)
			v := value(t, b.Report(Query{From: monday, To: monday.Add(time.Hour)}, monday.Add(5*time.Hour)), WindowKept)
			if v.N != 1 || v.Value != tt.want {
				t.Errorf("%g of %d, want %g of 1", v.Value, v.N, tt.want)
			}
		})
	}
}

func TestSilent(t *testing.T) {
	b := NewBook()
	b.Add(script("old", 1, step{0, engine.OrderCreated, engine.StateNew, ""}, step{50, engine.OrderEscalated, engine.StateNew, ""}))
	b.Add(script("told", 10, step{0, engine.OrderCreated, engine.StateNew, ""}, step{40, engine.OrderAssigned, engine.StateAssigned, "a"}))
	b.Add(script("done", 20, step{0, engine.OrderCreated, engine.StateNew, ""}, step{1, engine.OrderCanceled, engine.StateCanceled, ""}))
	got := b.Silent(monday.Add(30 * time.Minute))
	if len(got) != 1 || got[0].Order != "old" || !got[0].News.Equal(monday) {
		t.Errorf("silent are %+v, want old alone, since its report: what a tenant does not see is no news", got)
	}
	if got := b.Silent(monday.Add(time.Hour)); len(got) != 2 || got[0].Order != "old" {
		t.Errorf("silent are %+v, want old and told", got)
	}
}

func TestSheets(t *testing.T) {
	b := book()
	b.Add(script("o1", 300, step{150, engine.OrderRated, engine.StateVerified, "b"}))
	b.facts["o1"].Rating = 4
	got := b.Sheets(monday, monday.Add(24*time.Hour), time.UTC, monday.Add(3*time.Hour))["b"]
	want := &Sheet{
		Technician: "b", Completed: 1, Ratings: [5]int{3: 1}, Travel: 20 * time.Minute, Door: 10 * time.Minute, Work: 50 * time.Minute, Trips: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sheet (-want +got):\n%s", diff)
	}
	if n, mean := got.Rated(); n != 1 || mean != 4 {
		t.Errorf("rated %g by %d, want 4 by 1", mean, n)
	}
}

func TestNight(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 3, 2, h, m, 0, 0, time.UTC) }
	for _, tt := range []struct {
		from, to time.Time
		want     time.Duration
	}{
		{at(9, 0), at(17, 0), 0},
		{at(5, 30), at(7, 0), 30 * time.Minute},
		{at(21, 0), at(23, 0), time.Hour},
		{at(21, 0), at(24+7, 0), 8 * time.Hour},
		{at(23, 0), at(23, 30), 30 * time.Minute},
	} {
		if got := night(tt.from, tt.to, time.UTC); got != tt.want {
			t.Errorf("night of %s to %s is %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}
