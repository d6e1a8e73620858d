package replay_test

import (
	"context"
	"os"
	"testing"
	"time"

	"fettle/dispatch/engine"
	"fettle/simulate/day"
	"fettle/simulate/replay"
	"fettle/simulate/scenario"
)

// recorded lives a day and keeps its log, as a store would.
func recorded(t *testing.T, offline float64) (*day.World, *day.Outcome, []engine.Event) {
	t.Helper()
	f, err := os.Open("../../testdata/simulate/two-houses.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s, err := scenario.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	w := s.World(3, 0)
	w.Habits.Offline = offline
	p, err := day.Named("optimize")
	if err != nil {
		t.Fatal(err)
	}
	var events []engine.Event
	out, err := day.Record(context.Background(), w, &p, func(b *engine.Batch) error {
		events = append(events, b.Events...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, out, events
}

func logOf(events []engine.Event) replay.Log {
	return func(after int64, limit int) ([]engine.Event, error) {
		part := events[min(int(after), len(events)):]
		return part[:min(len(part), limit)], nil
	}
}

func TestReplayIsExact(t *testing.T) {
	t.Parallel()
	w, out, events := recorded(t, 0)
	r, err := replay.Read(logOf(events), w.Zone, w.Count.Start, w.Count.End)
	if err != nil {
		t.Fatal(err)
	}
	if r.Fold().First != nil || r.Part.Hash != r.Part.Stored || r.Part.Events == 0 || r.Last != int64(len(events)) {
		t.Fatalf("part %+v, first difference %+v, %d of %d events", r.Part, r.Fold().First, r.Last, len(events))
	}
	again, err := replay.Read(logOf(events), w.Zone, w.Count.Start, w.Count.End)
	if err != nil || again.Part != r.Part {
		t.Errorf("twice: %+v, then %+v, %v", r.Part, again.Part, err)
	}
	// What the log says of the orders is what became of them.
	reports, lives := r.Recorded(w.Count)
	if len(lives) != len(out.Orders) {
		t.Fatalf("%d orders in the log, %d were lived", len(lives), len(out.Orders))
	}
	for i, o := range out.Orders {
		l := lives[i]
		if l.Report != o.Report || !l.Accepted.Equal(o.Accepted) || !l.OnSite.Equal(o.OnSite) || !l.Resolved.Equal(o.Resolved) || l.Visits != o.Visits {
			t.Errorf("log %+v\nlived %+v", l, o)
		}
		if reports[i].Actual == 0 {
			t.Errorf("%s: no work in the log", l.Report)
		}
	}
}

// The saboteurs: a log that was changed does not pass.
func TestChangedLogIsFound(t *testing.T) {
	t.Parallel()
	w, _, events := recorded(t, 0)
	find := func(kind engine.EventType) int {
		for i := range events {
			if events[i].Type == kind && events[i].Time.After(w.Count.Start) {
				return i
			}
		}
		t.Fatalf("no %s in the log", kind)
		return 0
	}
	for name, spoil := range map[string]func(log []engine.Event) []engine.Event{
		"an event is missing": func(log []engine.Event) []engine.Event {
			i := find(engine.OrderAccepted)
			return append(log[:i:i], log[i+1:]...)
		},
		"an event is doubled": func(log []engine.Event) []engine.Event {
			i := find(engine.OrderArrived)
			return append(log[:i+1:i+1], log[i:]...)
		},
		"a state was changed": func(log []engine.Event) []engine.Event {
			log[find(engine.OrderStarted)].State = engine.StateNew
			return log
		},
		"two events are swapped": func(log []engine.Event) []engine.Event {
			i := find(engine.OrderAssigned)
			log[i], log[i-1] = log[i-1], log[i]
			return log
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := spoil(append([]engine.Event{}, events...))
			r, err := replay.Read(func(after int64, _ int) ([]engine.Event, error) {
				if after == 0 {
					return log, nil
				}
				return nil, nil
			}, w.Zone, w.Count.Start, w.Count.End)
			if err == nil && r.Fold().First == nil {
				t.Error("the replay passes")
			}
		})
	}
}

// A day made again from its log and lived under the same policy is about the day that was: reality has luck that no log
// tells, so about is within a quarter for the mean times.
func TestRecordedDayCanBeLivedAgain(t *testing.T) {
	t.Parallel()
	w, out, events := recorded(t, 0)
	r, err := replay.Read(logOf(events), w.Zone, w.Count.Start, w.Count.End)
	if err != nil {
		t.Fatal(err)
	}
	again := r.World(w.Count.Start)
	p, _ := day.Named("optimize")
	life, err := day.Run(context.Background(), again, &p)
	if err != nil {
		t.Fatal(err)
	}
	if len(life.Orders) != len(out.Orders) || life.KPI[day.UnfinishedShare] != 0 {
		t.Fatalf("%d orders lived again, want %d", len(life.Orders), len(out.Orders))
	}
	for _, m := range []day.Metric{day.CompleteMinutes, day.OnSiteMinutes} {
		t.Logf("%s: %.0f, again %.0f", m, out.KPI[m], life.KPI[m])
		if ratio := life.KPI[m] / out.KPI[m]; ratio < 0.75 || ratio > 1.25 {
			t.Errorf("%s: %.0f when it was, %.0f when lived again", m, out.KPI[m], life.KPI[m])
		}
	}
	twice, err := day.Run(context.Background(), r.World(w.Count.Start), &p)
	if err != nil || twice.Trace != life.Trace {
		t.Errorf("lived twice: traces %x and %x, %v", life.Trace, twice.Trace, err)
	}
	manual, _ := day.Named("nearest")
	if _, err := day.Run(context.Background(), again, &manual); err != nil {
		t.Errorf("another policy: %v", err)
	}
}

func TestLogMustBeWhole(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for name, events := range map[string][]engine.Event{
		"empty":  nil,
		"pruned": {{Sequence: 7, Type: engine.OrderAccepted, Order: "o", Time: now}},
	} {
		if _, err := replay.Read(func(after int64, _ int) ([]engine.Event, error) {
			if after > 0 {
				return nil, nil
			}
			return events, nil
		}, time.UTC, now, now.Add(time.Hour)); err == nil {
			t.Errorf("%s: a log without its beginning is replayed", name)
		}
	}
}

func TestAnswersOfDispatchersAreLearned(t *testing.T) {
	t.Parallel()
	sc, err := scenario.Named("operator")
	if err != nil {
		t.Fatal(err)
	}
	w := sc.World(3, 0)
	told := func(name string, answers day.Answers) (day.Answers, int) {
		t.Helper()
		p, err := day.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		p.Answers = answers
		var events []engine.Event
		if _, err := day.Record(t.Context(), w, &p, func(b *engine.Batch) error {
			events = append(events, b.Events...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		r, err := replay.Read(logOf(events), w.Zone, w.Count.Start, w.Count.End)
		if err != nil {
			t.Fatal(err)
		}
		return r.Answers()
	}
	got, n := told("suggest", day.Answers{After: 20 * time.Minute, Spread: 0.2, Follow: 0.6})
	if n < 50 || got.After < 15*time.Minute || got.After > 40*time.Minute || got.Follow < 0.45 || got.Follow > 0.75 {
		t.Errorf("%d answers: %+v; they were given after 20 minutes, 60 %% followed", n, got)
	}
	if got, n := told("greedy", day.Answers{}); n != 0 || got != day.UsualAnswers() {
		t.Errorf("%d answers: %+v where nobody was asked", n, got)
	}
}
