package outlook

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/org"
)

var now = time.Date(2026, 3, 9, 10, 30, 0, 0, time.UTC)

// ledger is a log in memory.
type logOf struct {
	mu     sync.Mutex
	events []engine.Event
	err    error
	reads  int
}

func (l *logOf) Events(_ context.Context, _ org.ID, after int64, limit int) ([]engine.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.err != nil {
		return nil, l.err
	}
	rest := l.events[min(int(after), len(l.events)):]
	return rest[:min(limit, len(rest))], nil
}

func (l *logOf) add(ev engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ev.Sequence = int64(len(l.events) + 1)
	l.events = append(l.events, ev)
}

func (l *logOf) report(id string, at time.Time, p geo.Point, trade dispatch.Skill) {
	l.add(engine.Event{
		Type: engine.OrderCreated, Order: dispatch.WorkOrderID(id), Time: at,
		Wish: &engine.Wish{Location: p, Skills: []dispatch.SkillLevel{{Skill: trade, Level: 1}}},
	})
}

// clock is set by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

var (
	busy  = geo.Point{Lat: 30.20, Lon: 120.20}
	quiet = geo.Point{Lat: 30.30, Lon: 120.30}
)

// history is sixty days of some ten reports a day in one place and one in another.
func history() []Report {
	r := rand.New(rand.NewPCG(3, 4))
	var out []Report
	for day := 60; day > 0; day-- {
		for range 5 + r.IntN(11) {
			out = append(out, Report{Time: now.AddDate(0, 0, -day).Add(time.Duration(r.IntN(600)) * time.Minute), Point: busy, Trade: "plumbing"})
		}
		out = append(out, Report{Time: now.AddDate(0, 0, -day), Point: quiet, Trade: "gas"})
	}
	return out
}

func open(t *testing.T, l *logOf, c *clock, past []Report) *Outlook {
	t.Helper()
	o, err := New(Config{Store: l, Clock: c, Zone: time.UTC, History: map[org.ID][]Report{org.Default: past}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func view(t *testing.T, o *Outlook, k Key) *View {
	t.Helper()
	v, err := o.View(t.Context(), org.Default, k)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAheadFollowsTheHistory(t *testing.T) {
	v := view(t, open(t, &logOf{}, &clock{at: now}, history()), Key{Resolution: 8})
	first, end := v.Buckets(now, now.Add(24*time.Hour))
	if first != v.End || v.Axis.Start(first).Hour() != 8 || end-first != 7 {
		t.Fatalf("buckets %d to %d from %s, want seven from the one in progress", first, end, v.Axis.Start(first))
	}
	h := v.Ahead(v.End, v.End+perDay)
	best := h.Busiest(2)
	if len(h.Cells) != 2 || best[0].Mean < 7 || best[0].Mean > 14 || best[1].Mean < 0.5 || best[1].Mean > 2 {
		t.Errorf("a day is expected to bring %+v, want about 10 and 1", best)
	}
	if c := best[0]; c.Low >= c.High || float64(c.Low) > c.Mean || float64(c.High) < c.Mean {
		t.Errorf("the interval is %d to %d around %g", c.Low, c.High, c.Mean)
	}
	if scores := v.Scores(); len(scores) != 2 || scores[0].Deviance >= scores[1].Deviance {
		t.Errorf("scores %+v, want ours better than the naive one", scores)
	}
}

func TestBehindShowsWhatCameAndWhatWasSaid(t *testing.T) {
	l := &logOf{}
	l.report("a", now.Add(-20*time.Minute), busy, "plumbing")
	c := &clock{at: now}
	o := open(t, l, c, history())
	v := view(t, o, Key{Resolution: 8})
	day := v.Behind(v.End-perDay, v.End)
	if !day.Forecast || day.Total.Mean < 6 || day.Total.Mean > 16 {
		t.Errorf("yesterday was forecast at %g, want about 11", day.Total.Mean)
	}
	if old := v.Behind(v.End-30*perDay, v.End-29*perDay); old.Forecast || old.Total.Actual == 0 {
		t.Errorf("a day a month ago is %+v, want what came and no forecast", old.Total)
	}
	c.set(now.Add(Bucket))
	o.View(t.Context(), org.Default, Key{Resolution: 8}) //nolint:errcheck // the next one waits for it
	o.Close()
	v = view(t, o, Key{Resolution: 8})
	if came := v.Behind(v.End-1, v.End); came.Total.Actual != 1 {
		t.Errorf("%d reports in the bucket that has just ended, want 1", came.Total.Actual)
	}
}

func TestTrades(t *testing.T) {
	v := view(t, open(t, &logOf{}, &clock{at: now}, history()), Key{Resolution: 8, Trade: "gas"})
	if v.Events != 60 || len(v.Table.Places) != 1 {
		t.Errorf("%d reports in %d cells, want 60 in 1", v.Events, len(v.Table.Places))
	}
}

// A report that repeats another is demand once, until somebody says that it is another fault.
func TestRepeatsCountOnce(t *testing.T) {
	l := &logOf{}
	l.report("a", now.Add(-48*time.Hour), busy, "plumbing")
	l.report("b", now.Add(-47*time.Hour), busy, "plumbing")
	l.add(engine.Event{Type: engine.OrderMerged, Order: "b", Into: "a", Time: now.Add(-47 * time.Hour)})
	c := &clock{at: now}
	o := open(t, l, c, nil)
	if v := view(t, o, Key{Resolution: 8}); v.Events != 1 {
		t.Errorf("%d reports count, want 1", v.Events)
	}
	l.add(engine.Event{Type: engine.OrderUnmerged, Order: "b", Time: now})
	if v := view(t, o, Key{Resolution: 7}); v.Events != 2 {
		t.Errorf("%d reports count, want 2", v.Events)
	}
}

func TestNothingIsKnown(t *testing.T) {
	v := view(t, open(t, &logOf{}, &clock{at: now}, nil), Key{Resolution: 8})
	if h := v.Ahead(v.End, v.End+1); len(h.Cells) != 0 || h.Total.Mean != 0 {
		t.Errorf("forecast %+v, want none", h)
	}
	if !strings.Contains(v.Advice(), "no reports") {
		t.Errorf("advice is %q", v.Advice())
	}
}

// A view that fails is tried again, and is not kept.
func TestStoreIsAway(t *testing.T) {
	l := &logOf{err: errors.New("away")}
	o := open(t, l, &clock{at: now}, history())
	if _, err := o.View(t.Context(), org.Default, Key{Resolution: 8}); err == nil {
		t.Fatal("no error")
	}
	l.mu.Lock()
	l.err = nil
	l.mu.Unlock()
	view(t, o, Key{Resolution: 8})
}

// Views of many trades do not pile up.
func TestViewsAreForgotten(t *testing.T) {
	o := open(t, &logOf{}, &clock{at: now}, nil)
	for i := range 3 * maxKept {
		view(t, o, Key{Resolution: 8, Trade: dispatch.Skill(rune('a' + i))})
	}
	if len(o.kept) > maxKept {
		t.Errorf("%d views are kept, want at most %d", len(o.kept), maxKept)
	}
}

func TestReadHistory(t *testing.T) {
	got, err := ReadHistory(strings.NewReader("time,lat,lon,kind\n2026-03-01T10:00:00+08:00,30.2,120.2,gas\n2027-01-01T00:00:00Z,30.2,120.2,gas\n"), now)
	if err != nil || len(got) != 1 || got[0].Trade != "gas" {
		t.Errorf("history %+v, %v, want one report: the other is still to come", got, err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"no column", "time,lat\n", "lon"},
		{"no zone", "time,lat,lon\n2026-03-01 10:00,30.2,120.2\n", "line 2: time"},
		{"off the earth", "time,lat,lon\n2026-03-01T10:00:00Z,95,120.2\n", "line 2: lat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ReadHistory(strings.NewReader(tt.text), now); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one about %q", err, tt.want)
			}
		})
	}
}

func TestEmergenciesAreTheForecastTimesTheirShare(t *testing.T) {
	l := &logOf{}
	for i := range 20 { // as many emergencies as the prior has reports
		l.add(engine.Event{Type: engine.OrderCreated, Order: dispatch.WorkOrderID(fmt.Sprint("o", i)), Time: now.Add(-time.Hour), Wish: &engine.Wish{
			Location: busy, Skills: []dispatch.SkillLevel{{Skill: "plumbing"}}, Urgency: dispatch.UrgencyEmergency,
		}})
	}
	o := open(t, l, &clock{at: now}, history())
	got, err := o.Emergencies(t.Context(), org.Default)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Check(); err != nil {
		t.Fatal(err)
	}
	first := got.Places[0]
	heat := view(t, o, Key{Resolution: 8, Trade: "plumbing"}).Ahead(o.axis.Of(now), o.axis.Of(now)+1)
	if want := heat.Cells[0].Mean / 4 * 21 / 40; first.Skill != "plumbing" || math.Abs(first.PerHour-want) > 1e-9 || geo.DistanceEquirect(first.Point, busy) > 1000 {
		t.Errorf("the first place is %+v, want plumbing near %v at %g an hour", first, busy, want)
	}
	for _, p := range got.Places[1:] {
		if p.Skill == "gas" && p.PerHour > first.PerHour/5 {
			t.Errorf("gas, which has never been an emergency, is expected at %g an hour", p.PerHour)
		}
	}
	empty, err := open(t, &logOf{}, &clock{at: now}, nil).Emergencies(t.Context(), org.Default)
	if err != nil || empty != nil {
		t.Errorf("without history %+v, %v", empty, err)
	}
}

// A live map counts what comes to the log in the bucket that runs, at once, and nothing from before it or of another trade.
func TestLiveFollowsTheLog(t *testing.T) {
	c, l := &clock{at: now}, &logOf{}
	o := open(t, l, c, history())
	key := Key{Resolution: 8, Trade: "plumbing"}
	count := func() (busyCell, total int) {
		t.Helper()
		_, h, err := o.Live(t.Context(), org.Default, key)
		if err != nil || !h.Live || !h.Ahead {
			t.Fatalf("%+v %v", h, err)
		}
		for i := range h.Cells {
			busyCell = max(busyCell, h.Cells[i].Actual)
		}
		return busyCell, h.Total.Actual
	}
	if _, total := count(); total != 0 {
		t.Fatalf("%d reports before any came", total)
	}
	l.report("before", now.Add(-5*time.Hour), busy, "plumbing")
	l.report("one", now, busy, "plumbing")
	l.report("two", now, busy, "plumbing")
	l.report("other", now, busy, "gas")
	l.report("new place", now, geo.Point{Lat: 31, Lon: 121}, "plumbing")
	if in, total := count(); in != 2 || total != 3 {
		t.Errorf("%d in the busiest cell, %d in all; want 2 and 3", in, total)
	}
	l.add(engine.Event{Type: engine.OrderMerged, Order: "two", Time: now})
	if in, total := count(); in != 1 || total != 2 {
		t.Errorf("after a merge %d in the busiest cell, %d in all; want 1 and 2", in, total)
	}
}
