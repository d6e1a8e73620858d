package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// monday is 09:00 in Shanghai on a Monday.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// town makes technicians and wishes on a square of 30 km.
type town struct{ *rand.Rand }

func (c town) point() geo.Point {
	return geo.Point{Lat: 30.0 + 0.27*c.Float64(), Lon: 120.0 + 0.31*c.Float64()}
}

func (c town) profile() engine.Profile {
	trade := c.IntN(6)
	return engine.Profile{
		Skills: []dispatch.SkillLevel{{Skill: skill(trade), Level: int32(1 + c.IntN(3))}, {Skill: skill(trade + 1 + c.IntN(2)), Level: int32(1 + c.IntN(3))}},
		Home:   c.point(),
		Weekly: []engine.WeeklyShift{{
			Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Start: int32(7*60 + 30*c.IntN(4)), End: int32(17*60 + 30*c.IntN(4)),
			Breaks: []engine.WeeklyBreak{{Start: 11*60 + 30, End: 13 * 60, Duration: 45 * time.Minute}},
		}},
	}
}

func skill(k int) dispatch.Skill { return dispatch.Skill(fmt.Sprint("trade-", k%6)) }

func (c town) wish(now time.Time) engine.Wish {
	w := engine.Wish{
		Location: c.point(), OnSite: time.Duration(20+c.IntN(40)) * time.Minute,
		Skills: []dispatch.SkillLevel{{Skill: skill(c.IntN(6)), Level: int32(1 + c.IntN(2))}},
	}
	if c.IntN(20) == 0 {
		w.Urgency = dispatch.UrgencyEmergency
	}
	if c.IntN(3) == 0 {
		from := now.Add(time.Duration(1+c.IntN(24)) * time.Hour)
		w.Windows = []dispatch.TimeSpan{{Start: from, End: from.Add(3 * time.Hour)}}
	}
	return w
}

// run decides, evolves and commits.
func run(tb testing.TB, e *engine.Engine, now time.Time, c engine.Command) []engine.Event {
	tb.Helper()
	events, err := e.Decide(now, "test", c)
	if err != nil {
		tb.Fatalf("%#v: %v", c, err)
	}
	e.Evolve(events)
	e.Batch()
	e.Commit()
	return events
}

// busyTown is a territory with open orders.
func busyTown(tb testing.TB, technicians, orders int) (*engine.Engine, town) {
	tb.Helper()
	c := town{rand.New(rand.NewPCG(1, 2))}
	e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range technicians {
		run(tb, e, monday, engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprintf("t%04d", i)), Profile: c.profile()})
	}
	for i := range orders {
		run(tb, e, monday, engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("o%06d", i)), Wish: c.wish(monday)})
	}
	return e, c
}

func BenchmarkCreateOrder(b *testing.B) {
	e, c := busyTown(b, 1000, 5000)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		id := dispatch.WorkOrderID(fmt.Sprintf("p%06d", n))
		run(b, e, monday, engine.CreateOrder{ID: id, Wish: c.wish(monday)})
		b.StopTimer()
		run(b, e, monday, engine.Act{Verb: engine.Cancel, Order: id, Reason: "bench"})
		n++
		b.StartTimer()
	}
}

// BenchmarkKeepCover is BenchmarkCreateOrder with emergencies to expect in 300 places.
func BenchmarkKeepCover(b *testing.B) {
	e, c := busyTown(b, 1000, 2000)
	o := &cover.Outlook{Radius: 6000, Busy: 0.3}
	for i := range 300 {
		o.Places = append(o.Places, cover.Place{Point: c.point(), Skill: skill(i), PerHour: 0.02})
	}
	if err := e.Expect(o); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		id := dispatch.WorkOrderID(fmt.Sprintf("p%06d", n))
		w := c.wish(monday)
		w.Urgency = dispatch.UrgencyNormal
		run(b, e, monday, engine.CreateOrder{ID: id, Wish: w})
		b.StopTimer()
		run(b, e, monday, engine.Act{Verb: engine.Cancel, Order: id, Reason: "bench"})
		n++
		b.StartTimer()
	}
}

// BenchmarkAdvance is a service that looks at each of 1,000 technicians every 30 s. The times of nobody drift, for nobody
// moves from what was planned a moment ago.
func BenchmarkAdvance(b *testing.B) {
	const limit = 34
	e, _ := busyTown(b, 1000, 5000)
	now := monday
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		if now.Sub(monday) > 4*time.Minute {
			now = monday
		}
		run(b, e, now, engine.Advance{Limit: limit})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/limit, "ns/technician")
}

func BenchmarkLayout(b *testing.B) {
	for _, n := range []int{5000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, _ := busyTown(b, 1000, n)
			l := engine.Ledger{Sequence: e.Sequence(), Orders: e.Open(), Technicians: e.Technicians()}
			placed := 0
			for _, o := range l.Orders {
				if o.Assignment != nil {
					placed++
				}
			}
			b.ResetTimer()
			for b.Loop() {
				again, err := engine.New(engine.Config{}, l, monday)
				if err != nil {
					b.Fatal(err)
				}
				if _, ok := again.Route("t0000", monday); !ok {
					b.Fatal("no route")
				}
			}
			b.ReportMetric(float64(placed), "placed")
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	e, _ := busyTown(b, 1000, 5000)
	s, err := e.Snapshot(monday)
	if err != nil {
		b.Fatal(err)
	}
	open := e.Open()
	b.ResetTimer()
	i := 0
	for b.Loop() {
		if _, err := s.Explain(open[i*37%len(open)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkSnapshot(b *testing.B) {
	e, _ := busyTown(b, 1000, 5000)
	for b.Loop() {
		if _, err := e.Snapshot(monday); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAdopt merges what a search of a few iterations finds for 1,000 technicians and 5,000 open orders. The orders are
// given by one-by-one insertion, so that there is something to find.
func BenchmarkAdopt(b *testing.B) {
	e, _ := busyTown(b, 1000, 5000)
	s, err := e.Snapshot(monday)
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.Improve(b.Context(), 1, 5000, 0)
	if err != nil {
		b.Fatal(err)
	}
	changed := 0
	for b.Loop() {
		events, err := e.Decide(monday, "test", engine.AdoptPlan{Snapshot: s, Plan: p})
		if err != nil {
			b.Fatal(err)
		}
		changed = len(events)
		b.StopTimer()
		e.Evolve(events)
		if err := e.Rollback(); err != nil {
			b.Fatal(err)
		}
		if _, err := e.Snapshot(monday); err != nil { // lays the board out
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(changed), "events")
}

// BenchmarkSurvey is what slot suggestions cost the writer.
func BenchmarkSurvey(b *testing.B) {
	e, _ := busyTown(b, 1000, 5000)
	for b.Loop() {
		e.Survey(monday)
	}
}

// BenchmarkSuggest suggests slots of 2 hours for the two days ahead.
func BenchmarkSuggest(b *testing.B) {
	e, c := busyTown(b, 1000, 5000)
	s := e.Survey(monday)
	for _, of := range []struct {
		name   string
		skills bool
	}{{"one skill", true}, {"any technician", false}} {
		b.Run(of.name, func(b *testing.B) {
			var took []time.Duration
			open := 0
			for b.Loop() {
				w := c.wish(monday)
				if w.Windows = nil; !of.skills {
					w.Skills = nil
				}
				began := time.Now()
				found, err := s.Suggest(engine.SlotQuery{Wish: w})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				open += len(found.Open)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(open)/float64(b.N), "slots")
		})
	}
}

// BenchmarkShiftEnds is a technician of 1,000 who goes home sick, with 5,000 open orders.
func BenchmarkShiftEnds(b *testing.B) {
	e, _ := busyTown(b, 1000, 5000)
	now := monday.Add(time.Hour)
	run(b, e, now, engine.Advance{})
	n := 0
	for b.Loop() {
		run(b, e, now, engine.EndShift{ID: dispatch.TechnicianID(fmt.Sprintf("t%04d", n%1000)), Reason: "sick"})
		n++
	}
}
