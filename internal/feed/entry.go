package feed

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/wire"
	"fettle/org"
)

// PositionType is the type of the message that tells where a technician is.
const PositionType = "technician.position"

// Entry is one thing that happened, encoded at most once.
type Entry struct {
	Event engine.Event // Sequence is 0 for a position

	org     org.ID
	store   Store
	touches []dispatch.TechnicianID // whose work it may change
	note    bool                    // it tells of a changed record

	committed time.Time // by the machine; zero where it is not measured how long it takes

	made    sync.Once
	message *dispatchv1.Event

	framed sync.Once
	frame  []byte
}

// Message is the entry as the API shows it. It is shared: do not change it.
func (e *Entry) Message(ctx context.Context) *dispatchv1.Event {
	e.made.Do(func() { e.message = e.encode(ctx) })
	return e.message
}

// Frame is the entry as a server-sent event. It is shared: do not change it.
func (e *Entry) Frame(ctx context.Context) []byte {
	e.framed.Do(func() { e.frame = Frame(e.Message(ctx)) })
	return e.frame
}

// Frame writes a message as a server-sent event.
func Frame(m *dispatchv1.Event) []byte {
	data, err := protojson.Marshal(m)
	if err != nil { // a string that is not UTF-8 cannot come in
		data = []byte("{}")
	}
	var b bytes.Buffer
	if m.GetSequence() > 0 {
		b.WriteString("id: " + strconv.FormatInt(int64(m.GetSequence()), 10) + "\n")
	}
	b.WriteString("event: " + m.GetType() + "\ndata: ")
	b.Write(data)
	b.WriteString("\n\n")
	return b.Bytes()
}

// encode writes the event with its order in brief, as the order is now: at least as new as the event.
func (e *Entry) encode(ctx context.Context) *dispatchv1.Event {
	ev := &e.Event
	m := &dispatchv1.Event{
		Sequence: float64(ev.Sequence), Time: wire.Timestamp(ev.Time), Type: string(ev.Type), Actor: ev.Actor,
		WorkOrderId: string(ev.Order), TechnicianId: string(ev.Technician), Reason: ev.Reason,
	}
	if ev.Order != "" {
		// The first watcher to come may hang up; the others still want the order.
		if o, err := e.store.Order(context.WithoutCancel(ctx), e.org, ev.Order); err == nil {
			m.WorkOrder = wire.Summary(o)
		}
	}
	return m
}

func positionEntry(o org.ID, p *engine.Position) *Entry {
	e := &Entry{org: o}
	e.Event.Type, e.Event.Technician, e.Event.Time = PositionType, p.Technician, p.At
	e.message = &dispatchv1.Event{
		Time: wire.Timestamp(p.At), Type: PositionType, TechnicianId: string(p.Technician), Location: wire.LatLng(p.Point),
	}
	e.made.Do(func() {})
	return e
}
