package feed

import (
	"context"
	"slices"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/wire"
	"fettle/org"
)

// noteMemory is how many changed records are remembered for those who come back, the latest of each.
const noteMemory = 256

// changed ends the types of notes: "tenants.changed".
const changed = ".changed"

// Note tells that a record beside live dispatch is another now. It is not in the log: the record itself is the truth, and the
// note says no more than that it is to be read anew.
type Note struct {
	Kind, ID, Etag string
	Time           time.Time
	// Committed is when it was committed by the machine; now unless given.
	Committed time.Time
	// Concerns are the technicians who are told too.
	Concerns []dispatch.TechnicianID
	// Order is the order whose tenant is told too, "" for none.
	Order dispatch.WorkOrderID
}

// noted is a note with its place among all.
type noted struct {
	number int64
	entry  *Entry
}

// PublishNote tells who watches that a record has changed. It never blocks on a watcher.
func (f *Feed) PublishNote(o org.ID, n *Note) {
	e := &Entry{org: o, touches: n.Concerns, note: true, committed: n.Committed}
	if n.Committed.IsZero() {
		e.committed = f.now()
	}
	e.Event.Type, e.Event.Time, e.Event.Order = engine.EventType(n.Kind+changed), n.Time, n.Order
	e.message = &dispatchv1.Event{
		Time: wire.Timestamp(n.Time), Type: string(e.Event.Type), RecordKind: n.Kind, RecordId: n.ID, RecordEtag: n.Etag,
		WorkOrderId: string(n.Order),
	}
	e.made.Do(func() {})
	t := f.topic(o)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = slices.DeleteFunc(t.notes, func(old noted) bool {
		return old.entry.message.GetRecordId() == n.ID && old.entry.message.GetRecordKind() == n.Kind
	})
	if len(t.notes) == noteMemory {
		t.notes = slices.Delete(t.notes, 0, 1)
	}
	t.noted++
	t.notes = append(t.notes, noted{t.noted, e})
	close(t.woken)
	t.woken = make(chan struct{})
}

// notesAfter returns the notes after a number that are remembered, and the number of the newest.
func (t *topic) notesAfter(number int64) (entries []*Entry, newest int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.notes {
		if t.notes[i].number > number {
			entries = append(entries, t.notes[i].entry)
		}
	}
	return entries, t.noted
}

// Noted is the number of the newest note of an org: where AwaitRecord begins.
func (f *Feed) Noted(o org.ID) int64 {
	t := f.topic(o)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.noted
}

// AwaitRecord returns when a note after a number is about a record; or when ctx ends, with its error.
func (f *Feed) AwaitRecord(ctx context.Context, o org.ID, kind, id string, after int64) error {
	t := f.topic(o)
	for {
		t.mu.Lock()
		woken := t.woken
		t.mu.Unlock()
		entries, newest := t.notesAfter(after)
		after = newest
		if slices.ContainsFunc(entries, func(e *Entry) bool { return e.message.GetRecordKind() == kind && e.message.GetRecordId() == id }) {
			return nil
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return ctx.Err()
		case <-f.closed:
			return context.Canceled
		}
	}
}
