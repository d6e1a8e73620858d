package feed

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/org"
)

// What was sent is measured from its commit, once for each who watched then; who comes later measures nothing.
func TestPropagation(t *testing.T) {
	t.Parallel()
	l := &logbook{first: 1}
	now := time.Unix(1000, 0)
	var told []time.Duration
	f := New(Config{Store: l, Now: func() time.Time { return now }, Measured: func(took time.Duration) { told = append(told, took) }})
	defer f.Close()
	if diff := cmp.Diff(Propagation{}, f.Propagation("o")); diff != "" {
		t.Error(diff)
	}
	watch := func(after int64) *Watch {
		w, err := f.Watch(t.Context(), "o", after, Audience{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		return w
	}
	hear := func(w *Watch) {
		entries, err := w.Next(t.Context(), nil)
		if err != nil || len(entries) == 0 {
			t.Fatal(err, entries)
		}
		w.Delivered(entries)
	}
	first := watch(0)
	committed := now
	f.Publish("o", l.happen(1))
	now = now.Add(100 * time.Millisecond)
	hear(first)
	f.PublishNote("o", &Note{Kind: "leases", ID: "ls_1", Committed: committed}) // it took a while to find whom it concerns
	now = now.Add(3 * time.Second)
	late := watch(1)
	hear(first)
	hear(late) // the note, and the event: from before it came
	want := Propagation{Count: 2, Late: 1, Measured: 2, P50: 100 * time.Millisecond, P95: 3100 * time.Millisecond, P99: 3100 * time.Millisecond, Longest: 3100 * time.Millisecond}
	if diff := cmp.Diff(want, f.Propagation("o")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{100 * time.Millisecond, 3100 * time.Millisecond}, told); diff != "" {
		t.Error(diff)
	}
	if got := f.Propagation(org.ID("another")); got.Count != 0 {
		t.Errorf("another org is told of %+v", got)
	}
}

// The report forgets what is old, and counts it all the same.
func TestPropagationIsOfTheLatest(t *testing.T) {
	t.Parallel()
	var d delays
	d.add(time.Hour)
	for i := range delayMemory {
		d.add(time.Duration(i))
	}
	if len(d.latest) != delayMemory || d.count != delayMemory+1 || d.late != 1 || d.most != time.Hour || cmp.Equal(d.latest[0], time.Hour) {
		t.Errorf("%d of %d, %d late, longest %s", len(d.latest), d.count, d.late, d.most)
	}
}
