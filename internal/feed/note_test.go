package feed

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// TestNotes: changed records are told to those whom they concern, the latest of each to who comes back, and none is told twice.
func TestNotes(t *testing.T) {
	t.Parallel()
	l := &logbook{first: 1}
	f := New(Config{Store: l})
	defer f.Close()
	f.Publish("o", l.happen(1))
	note := func(id, etag string, who ...dispatch.TechnicianID) {
		f.PublishNote("o", &Note{Kind: "tenants", ID: id, Etag: etag, Time: time.Unix(0, 0), Concerns: who})
	}
	heard := func(a Audience, after int64, n int) (out []string) {
		w, err := f.Watch(t.Context(), "o", after, a)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		beat := make(chan time.Time, 1)
		if after == 0 {
			note("tn_1", "3", "te_1")
			f.Publish("o", l.happen(1))
		}
		beat <- time.Time{}
		for len(out) < n {
			entries, err := w.Next(t.Context(), beat)
			if err != nil || len(entries) == 0 {
				return out
			}
			for _, e := range entries {
				m := e.Message(t.Context())
				if m.GetType() == Resync { // of orders, to technicians
					continue
				}
				out = append(out, fmt.Sprint(m.GetType(), m.GetRecordId(), m.GetRecordEtag()))
			}
		}
		return out
	}
	note("tn_1", "1")
	note("tn_2", "1")
	note("tn_1", "2", "te_1")
	for name, c := range map[string]struct {
		a    Audience
		want []string
	}{
		"finance":            {Audience{Records: true}, []string{"tenants.changedtn_13"}},
		"dispatcher":         {Audience{}, []string{string(engine.OrderUpdated), "tenants.changedtn_13"}},
		"technician":         {Audience{Own: true, Technician: "te_1"}, []string{"tenants.changedtn_13"}},
		"another technician": {Audience{Own: true, Technician: "te_2"}, nil},
		"tenant":             {Audience{Own: true, Order: "w9"}, nil},
	} {
		got := heard(c.a, 0, len(c.want)+1)
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s hears %v, want %v", name, got, c.want)
		}
	}
	if got, want := heard(Audience{Records: true}, 1, 9), []string{"tenants.changedtn_21", "tenants.changedtn_13"}; !slices.Equal(got, want) {
		t.Errorf("who comes back hears %v, want %v", got, want)
	}
	for n := range 2 * noteMemory {
		note(fmt.Sprint(n), "1")
	}
	if got := heard(Audience{Records: true}, 1, 10*noteMemory); len(got) != noteMemory {
		t.Errorf("%d notes are remembered, want %d", len(got), noteMemory)
	}
}

// TestAwaitRecord: who waits for a record hears of that one and of no other, and of one that has changed meanwhile at once.
func TestAwaitRecord(t *testing.T) {
	t.Parallel()
	f := New(Config{Store: &logbook{first: 1}})
	defer f.Close()
	begin := f.Noted("o")
	done := make(chan error, 1)
	go func() { done <- f.AwaitRecord(t.Context(), "o", "talks", "w1", begin) }()
	f.PublishNote("o", &Note{Kind: "talks", ID: "w2"})
	f.PublishNote("o", &Note{Kind: "units", ID: "w1"})
	select {
	case err := <-done:
		t.Errorf("woken by another record: %v", err)
	default:
	}
	f.PublishNote("o", &Note{Kind: "talks", ID: "w1"})
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := f.AwaitRecord(t.Context(), "o", "talks", "w1", begin); err != nil {
		t.Errorf("of one that has changed meanwhile: %v", err)
	}
}

// TestTenantHears: a tenant hears of the conversation about the own order, and of no other.
func TestTenantHears(t *testing.T) {
	t.Parallel()
	f := New(Config{Store: &logbook{first: 1}})
	defer f.Close()
	w, err := f.Watch(t.Context(), "o", 0, Audience{Own: true, Order: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f.PublishNote("o", &Note{Kind: "talks", ID: "w2", Order: "w2"})
	f.PublishNote("o", &Note{Kind: "talks", ID: "w1", Order: "w1"})
	entries, err := w.Next(t.Context(), nil)
	if err != nil || len(entries) != 1 || entries[0].Message(t.Context()).GetWorkOrderId() != "w1" {
		t.Errorf("heard %v, %v", entries, err)
	}
}
