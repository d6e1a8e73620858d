package storagetest

import (
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/ledger"
)

func batchPromises() []promise {
	return []promise{
		{"all of it", batchAll},
		{"or nothing", batchNothing},
		{"events in sequence, following the last that was committed", batchSequence},
		{"orders are after-images", batchOrders},
		{"technicians are after-images", batchTechnicians},
		{"technicians that were removed", batchDeleted},
		{"due work is inserted, or replaced by (kind, key)", batchDueSet},
		{"due work is removed by (kind, key)", batchDueDone},
		{"due work that is done and set in one batch is set", batchDueBoth},
		{"audit entries are a link of the chain", batchAudit},
		{"an empty batch is kept", func(t *testing.T, s engine.Store) {
			t.Helper()
			commit(t, s, here, &engine.Batch{})
			same(t, "contents", contents{}, read(t, s, here))
		}},
	}
}

// batchAudit shows that batches and changes of an org share a chain, and that a batch that is refused leaves none of it.
func batchAudit(t *testing.T, s engine.Store) {
	t.Helper()
	l, ok := s.(ledger.Store)
	if !ok {
		t.Fatal("the store is no ledger.Store")
	}
	for i := range 3 {
		b := &engine.Batch{
			Events: []engine.Event{Event(int64(i+1), "w1", "NEW")}, Audit: []ledger.Entry{Entry("li", "w1", i), Entry("wu", "w1", i)},
		}
		commit(t, s, here, b)
		if err := s.Commit(t.Context(), here, b); err == nil {
			t.Error("a batch was kept twice")
		}
		apply(t, l, here, &ledger.Change{Audit: []ledger.Entry{Entry("li", "1", i)}})
	}
	holds(t, l, here)
	if k := readLedger(t, l, here); len(k.Links) != 6 || len(k.Entries) != 9 {
		t.Errorf("%d links with %d entries, want 6 with 9", len(k.Links), len(k.Entries))
	}
}

// fullBatch has something of everything.
func fullBatch() *engine.Batch {
	return &engine.Batch{
		Events:      []engine.Event{Event(1, "w1", engine.StateAssigned), Event(2, "w2", engine.StateNew)},
		Orders:      []*engine.Order{Order("w1", engine.StateAssigned, "t1"), Order("w2", engine.StateNew, "")},
		Technicians: []*engine.Technician{Technician("t1"), Technician("t2")},
		DueSet:      []engine.DueWork{{Kind: "accept", Key: "w1", At: at(60), Payload: "p"}, {Kind: "resolve", Key: "w1", At: at(90)}},
		Keys:        []engine.IdempotencyRecord{Key("k1", at(0))},
	}
}

func batchAll(t *testing.T, s engine.Store) {
	t.Helper()
	b := fullBatch()
	commit(t, s, here, b)
	want := contents{Orders: b.Orders, Technicians: b.Technicians, Events: b.Events, Due: b.DueSet, Last: 2}
	same(t, "contents", want, read(t, s, here))
	same(t, "key", b.Keys[0], must(s.Key(t.Context(), here, "k1"))(t))
	same(t, "contents of another org", contents{}, read(t, s, there))
}

func batchNothing(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, fullBatch())
	before := read(t, s, here)
	spoilt := map[string]func(b *engine.Batch){
		"a key that is in use":         func(b *engine.Batch) { b.Keys = append(b.Keys, Key("k1", at(5))) },
		"a gap in the sequence":        func(b *engine.Batch) { b.Events[1].Sequence++ },
		"a sequence that was used":     func(b *engine.Batch) { b.Events[0].Sequence, b.Events[1].Sequence = 1, 2 },
		"a state that does not exist":  func(b *engine.Batch) { b.Orders[1].State = "LOST" },
		"a state without a technician": func(b *engine.Batch) { b.Orders[0].Assignment = nil },
		"a second started order":       func(b *engine.Batch) { b.Orders[0].State, b.Orders[1] = "WORKING", Order("w8", "EN_ROUTE", "t1") },
		"an illegal step":              func(b *engine.Batch) { b.Events[1].State = engine.StateVerified },
	}
	for name, spoil := range spoilt {
		b := fullBatch()
		b.Keys[0].Key = "k2"
		b.Events[0].Sequence, b.Events[1].Sequence = 3, 4
		b.Technicians[0].Name, b.DueSet[0].Payload, b.Deleted = "new", "new", []dispatch.TechnicianID{"t2"}
		b.DueDone = []engine.DueWork{{Kind: "resolve", Key: "w1"}}
		spoil(b)
		if err := s.Commit(t.Context(), here, b); err == nil {
			t.Errorf("%s: was kept", name)
		}
		same(t, name, before, read(t, s, here))
		if _, err := s.Key(t.Context(), here, "k2"); err == nil {
			t.Errorf("%s: key was kept", name)
		}
	}
	// What was refused leaves nothing behind that would hinder the next.
	commit(t, s, here, &engine.Batch{Events: []engine.Event{Event(3, "w2", engine.StateAssigned)}})
}

func batchSequence(t *testing.T, s engine.Store) {
	t.Helper()
	if err := s.Commit(t.Context(), here, &engine.Batch{Events: []engine.Event{Event(2, "w1", "NEW")}}); err == nil {
		t.Error("a log that begins at 2 was kept")
	}
	commit(t, s, here, &engine.Batch{Events: []engine.Event{Event(1, "w1", "NEW"), Event(2, "w1", "NEW")}})
	commit(t, s, there, &engine.Batch{Events: []engine.Event{Event(1, "w1", "NEW")}}) // each org counts for itself
	for _, wrong := range []int64{0, 1, 2, 4} {
		if err := s.Commit(t.Context(), here, &engine.Batch{Events: []engine.Event{Event(wrong, "w1", "NEW")}}); err == nil {
			t.Errorf("sequence %d after 2 was kept", wrong)
		}
	}
	commit(t, s, here, &engine.Batch{Events: []engine.Event{Event(3, "w1", "NEW")}})
}

func batchOrders(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{Order("w1", engine.StateAssigned, "t1")}})
	bare := &engine.Order{ID: "w1", Version: 4, State: engine.StateNew, Created: at(0), Updated: at(9)}
	commit(t, s, here, &engine.Batch{Orders: []*engine.Order{bare}})
	same(t, "order", bare, must(s.Order(t.Context(), here, "w1"))(t))
}

func batchTechnicians(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, &engine.Batch{Technicians: []*engine.Technician{Technician("t1")}})
	bare := &engine.Technician{ID: "t1", Version: 6, Created: at(0), Updated: at(9)}
	commit(t, s, here, &engine.Batch{Technicians: []*engine.Technician{bare}})
	same(t, "technician", bare, must(s.Technician(t.Context(), here, "t1"))(t))
}

func batchDeleted(t *testing.T, s engine.Store) {
	t.Helper()
	for _, o := range both {
		commit(t, s, o, &engine.Batch{Technicians: []*engine.Technician{Technician("t1"), Technician("t2")}})
		must(0, s.SavePositions(t.Context(), o, []engine.Position{{Technician: "t1", At: at(1)}}))(t)
	}
	commit(t, s, here, &engine.Batch{Deleted: []dispatch.TechnicianID{"t1", "never there"}})
	_, err := s.Technician(t.Context(), here, "t1")
	notFound(t, err)
	c := read(t, s, here)
	if len(c.Technicians) != 1 || len(c.Positions) != 0 {
		t.Errorf("%d technicians and %d positions are left, want 1 and 0", len(c.Technicians), len(c.Positions))
	}
	if c := read(t, s, there); len(c.Technicians) != 2 || len(c.Positions) != 1 {
		t.Error("the other org's were removed")
	}
}

func batchDueSet(t *testing.T, s engine.Store) {
	t.Helper()
	first := []engine.DueWork{{Kind: "a", Key: "1", At: at(5), Payload: "x"}, {Kind: "a", Key: "2", At: at(6)}, {Kind: "b", Key: "1", At: at(7)}}
	commit(t, s, here, &engine.Batch{DueSet: first})
	commit(t, s, there, &engine.Batch{DueSet: first[:1]})
	commit(t, s, here, &engine.Batch{DueSet: []engine.DueWork{{Kind: "a", Key: "1", At: at(9), Payload: "y"}}})
	want := []engine.DueWork{first[1], first[2], {Kind: "a", Key: "1", At: at(9), Payload: "y"}}
	same(t, "due work", want, read(t, s, here).Due)
	same(t, "due work of another org", first[:1], read(t, s, there).Due)
}

func batchDueDone(t *testing.T, s engine.Store) {
	t.Helper()
	work := []engine.DueWork{{Kind: "a", Key: "1", At: at(5)}, {Kind: "a", Key: "2", At: at(6)}, {Kind: "b", Key: "1", At: at(7)}}
	commit(t, s, here, &engine.Batch{DueSet: work})
	commit(t, s, there, &engine.Batch{DueSet: work})
	// The instant does not matter, and what is not there is removed already.
	commit(t, s, here, &engine.Batch{DueDone: []engine.DueWork{{Kind: "a", Key: "1", At: at(999)}, {Kind: "none", Key: "1"}}})
	same(t, "due work", work[1:], read(t, s, here).Due)
	same(t, "due work of another org", work, read(t, s, there).Due)
}

func batchDueBoth(t *testing.T, s engine.Store) {
	t.Helper()
	commit(t, s, here, &engine.Batch{DueSet: []engine.DueWork{{Kind: "a", Key: "1", At: at(5)}}})
	next := []engine.DueWork{{Kind: "a", Key: "1", At: at(8)}}
	commit(t, s, here, &engine.Batch{DueSet: next, DueDone: []engine.DueWork{{Kind: "a", Key: "1"}}})
	same(t, "due work", next, read(t, s, here).Due)
}
