package day_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/simulate/day"
)

func midnight() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }

// small is a world of four technicians and a report every half hour from 8 to 16.
func small(seed uint64) *day.World {
	w := &day.World{
		Start: midnight(), Count: dispatch.TimeSpan{Start: midnight(), End: midnight().Add(24 * time.Hour)}, Zone: time.UTC,
		Habits: day.DefaultHabits(), Roads: day.DefaultRoads(), Levels: day.DefaultLevels(), Seed: seed,
		Standby: []geo.Point{{Lat: 30.21, Lon: 120.2}},
	}
	for i := range 4 {
		p := engine.Profile{
			Home: geo.Point{Lat: 30.2 + 0.01*float64(i), Lon: 120.2}, Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}},
			Weekly: []engine.WeeklyShift{{
				Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: 8 * 60, End: 17 * 60,
				Breaks: []engine.WeeklyBreak{{Start: 12 * 60, End: 13 * 60, Duration: 30 * time.Minute}},
			}},
		}
		p.Shifts = day.Expand(&p, midnight(), midnight().AddDate(0, 0, 24), time.UTC)
		w.People = append(w.People, day.Person{ID: dispatch.TechnicianID(fmt.Sprintf("t%d", i)), Profile: p})
	}
	for i := range 16 {
		r := day.Report{
			ID: dispatch.WorkOrderID(fmt.Sprintf("r%02d", i)), At: midnight().Add(8*time.Hour + time.Duration(i)*30*time.Minute),
			Actual: time.Duration(20+i*3) * time.Minute, Door: i%2 == 0,
			Wish: engine.Wish{
				Location: geo.Point{Lat: 30.19 + 0.004*float64(i), Lon: 120.19 + 0.003*float64(i*7%16)}, OnSite: 40 * time.Minute,
				Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}, Urgency: dispatch.UrgencyNormal,
			},
		}
		if i%5 == 0 {
			r.Wish.Urgency = dispatch.UrgencyEmergency
		}
		w.Reports = append(w.Reports, r)
	}
	return w
}

func live(t *testing.T, w *day.World, name string) *day.Outcome {
	t.Helper()
	p, err := day.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := day.Run(context.Background(), w, &p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryPolicyServesEveryReport(t *testing.T) {
	t.Parallel()
	for _, name := range day.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(1)
			out := live(t, w, name)
			if len(out.Orders) != len(w.Reports) || out.KPI[day.UnfinishedShare] != 0 {
				t.Fatalf("%d of %d reports measured, %g unfinished", len(out.Orders), len(w.Reports), out.KPI[day.UnfinishedShare])
			}
			for i, o := range out.Orders {
				at := w.Reports[i].At
				for what, then := range map[string]time.Time{"accepted": o.Accepted, "on site": o.OnSite, "started": o.Started, "resolved": o.Resolved} {
					if then.Before(at) {
						t.Errorf("%s is %s at %s, reported at %s", o.Report, what, then, at)
					}
				}
				if o.OnSite.Before(o.Accepted) || o.Started.Before(o.OnSite) || o.Resolved.Sub(o.Started) < w.Reports[i].Actual {
					t.Errorf("%s: %+v is out of order", o.Report, o)
				}
			}
		})
	}
}

func TestSameWorldAndPolicyAreTheSameDay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"manual", "batch-standby", "optimize"} {
		a, b, other := live(t, small(3), name), live(t, small(3), name), live(t, small(4), name)
		if a.Trace != b.Trace || a.Events != b.Events {
			t.Errorf("%s: trace %x of %d events, then %x of %d", name, a.Trace, a.Events, b.Trace, b.Events)
		}
		if a.Trace == other.Trace {
			t.Errorf("%s: two seeds have one trace", name)
		}
	}
}

// What chance decides is drawn for the report: with nobody absent and no part missing, work takes what it takes.
func TestPoliciesShareTheirLuck(t *testing.T) {
	t.Parallel()
	w := small(5)
	w.Habits.Absent, w.Habits.Part = 0, 0
	for _, name := range []string{"manual", "nearest", "greedy"} {
		for i, o := range live(t, w, name).Orders {
			if got, want := o.Resolved.Sub(o.Started), w.Reports[i].Actual; got != want || o.Visits != 1 {
				t.Errorf("%s: %s took %s in %d visits, want %s in one", name, o.Report, got, o.Visits, want)
			}
		}
	}
}

func TestHabitsShow(t *testing.T) {
	t.Parallel()
	visits := func(change func(h *day.Habits)) (n int) {
		w := small(7)
		w.Habits.Absent, w.Habits.Part, w.Habits.Sick, w.Habits.Offline = 0, 0, 0, 0
		change(&w.Habits)
		for _, o := range live(t, w, "greedy").Orders {
			n += o.Visits
		}
		return n
	}
	if n := visits(func(*day.Habits) {}); n != 16 {
		t.Errorf("%d visits when all goes well, want 16", n)
	}
	if n := visits(func(h *day.Habits) { h.Absent = 0.6 }); n <= 18 {
		t.Errorf("%d visits when nobody is at home, want more", n)
	}
	if n := visits(func(h *day.Habits) { h.Part = 0.6 }); n <= 20 {
		t.Errorf("%d visits when parts are missing, want more", n)
	}
	late := small(7)
	late.Habits.Offline = 0.9
	sick := small(7)
	sick.Habits.Sick = 0.8
	plain := live(t, small(7), "greedy")
	for what, w := range map[string]*day.World{"offline": late, "sick": sick} {
		out := live(t, w, "greedy")
		if out.Trace == plain.Trace {
			t.Errorf("%s changes nothing", what)
		}
	}
}

// The lower the rung, the later somebody hears; who follows nothing does it by other hands.
func TestRungsOfTheLadder(t *testing.T) {
	t.Parallel()
	under := func(name string, answers day.Answers) *day.Outcome {
		t.Helper()
		p, err := day.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		p.Answers = answers
		out, err := day.Run(t.Context(), small(9), &p)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	quick, slow := day.Answers{After: time.Minute, Follow: 1}, day.Answers{After: time.Hour, Follow: 1}
	auto, suggest := under("greedy", quick).KPI[day.AcknowledgeMinutes], under("suggest", quick).KPI[day.AcknowledgeMinutes]
	if later := under("suggest", slow).KPI[day.AcknowledgeMinutes]; auto >= suggest || suggest < 1 || later < suggest+30 {
		t.Errorf("acknowledged after %.1f minutes by itself, %.1f and %.1f by people who take a minute and an hour", auto, suggest, later)
	}
	if silent, a, b := under("veto", slow), under("veto", quick), under("veto", day.Answers{After: time.Minute}); silent.Trace != a.Trace || a.Trace == b.Trace {
		t.Errorf("veto: %x when nobody objects in time, %x when nobody does, %x when all is objected to", silent.Trace, a.Trace, b.Trace)
	}
	if a, b := under("shadow", quick), under("shadow", day.Answers{After: time.Minute}); a.Trace != b.Trace || a.Trace == under("suggest", quick).Trace {
		t.Error("in the shadow nobody follows what is suggested")
	}
}

func TestExpandListsShiftsByDate(t *testing.T) {
	t.Parallel()
	p := engine.Profile{Weekly: []engine.WeeklyShift{{
		Days: []time.Weekday{time.Monday, time.Wednesday}, Start: 21 * 60, End: 6 * 60,
		Breaks: []engine.WeeklyBreak{{Start: 60, End: 150, Duration: time.Hour}},
	}}}
	got := day.Expand(&p, midnight(), midnight().AddDate(0, 0, 7), time.UTC) // a Monday
	if len(got) != 2 {
		t.Fatalf("%d shifts, want those of Monday and Wednesday", len(got))
	}
	m := midnight()
	if want := (dispatch.TimeSpan{Start: m.Add(21 * time.Hour), End: m.Add(30 * time.Hour)}); got[0].TimeSpan != want {
		t.Errorf("shift %v, want %v", got[0].TimeSpan, want)
	}
	if b := got[0].Breaks[0]; !b.Start.Equal(m.Add(25*time.Hour)) || !b.End.Equal(m.Add(26*time.Hour+30*time.Minute)) {
		t.Errorf("break %v, want after midnight", b)
	}
}

func TestPromises(t *testing.T) {
	t.Parallel()
	l := day.DefaultLevels()
	r := day.Report{At: midnight(), Wish: engine.Wish{Windows: []dispatch.TimeSpan{{Start: midnight().Add(30 * time.Hour), End: midnight().Add(32 * time.Hour)}}}}
	got := l.Promises(&r)
	// The window ends at 32 h, 24 h after the 8 h of the promise: both later clocks move by that.
	if !got.Accept.Equal(midnight().Add(2*time.Hour)) || !got.OnSite.Equal(midnight().Add(32*time.Hour)) || !got.Resolve.Equal(midnight().Add(48*time.Hour)) {
		t.Errorf("promises %+v", got)
	}
}

func TestUnknownPolicyIsNamed(t *testing.T) {
	t.Parallel()
	if _, err := day.Named("magic"); err == nil || !errorsSay(err, "policy is magic: want one of") {
		t.Errorf("error %v", err)
	}
	if math.IsNaN(live(t, small(1), "greedy").KPI[day.EmergencyOnSite]) {
		t.Error("emergencies are not measured")
	}
}

func errorsSay(err error, text string) bool {
	return len(err.Error()) >= len(text) && err.Error()[:len(text)] == text
}
