package torture_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/territory"
	"fettle/org"
)

// memory is a store that judges what it is given. One goroutine at a time uses it: the territory's writer, or the script
// while the writer waits.
type memory struct {
	territory.Store // what nobody here asks for

	turn atomic.Int64 // of the script and of the writer, who never work at the same time: it tells the race detector so

	orders map[dispatch.WorkOrderID]*engine.Order
	people map[dispatch.TechnicianID]*engine.Technician
	due    map[string]engine.DueWork

	mode    engine.Mode                        // that is followed, by the log
	asked   engine.Mode                        // that should be followed
	modes   map[engine.Mode]int                // how often each came to be followed
	applies map[dispatch.WorkOrderID]time.Time // when a suggestion is carried out unless somebody objects
	keys    map[string]engine.IdempotencyRecord
	events  []engine.Event
	trace   hash.Hash
	faults  []string

	fail fate          // of the next commit
	down atomic.Bool   // nothing can be read or written
	gate chan struct{} // when not nil, a commit waits for it
	harm harm          // a saboteur's work
}

// harm is a defence that is off.
type harm uint8

const (
	noHarm     harm = iota
	loseCommit      // a commit is acknowledged and not kept
	loseDue         // due work is not written
	loseKey         // what a key was answered is not remembered
	moveWork        // somebody else has work that has started
	actAlone        // the engine assigns what it may only suggest
	unsorted        // the script draws by the order of a map
)

// fate is what becomes of a commit.
type fate uint8

const (
	kept fate = iota
	full
	unreachable
	unsaid // kept, and the store does not say so
)

func newMemory() *memory {
	return &memory{
		orders: map[dispatch.WorkOrderID]*engine.Order{}, people: map[dispatch.TechnicianID]*engine.Technician{},
		applies: map[dispatch.WorkOrderID]time.Time{}, modes: map[engine.Mode]int{},
		due: map[string]engine.DueWork{}, keys: map[string]engine.IdempotencyRecord{}, trace: sha256.New(),
	}
}

func (m *memory) fault(format string, args ...any) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if len(m.faults) < 5 {
		m.faults = append(m.faults, fmt.Sprintf(format, args...))
	}
}

func (m *memory) note(v any) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	data, err := json.Marshal(v)
	if err != nil {
		m.fault("trace: %v", err)
	}
	_, _ = m.trace.Write(data)
}

func (m *memory) Commit(_ context.Context, _ org.ID, b *engine.Batch) error {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if m.gate != nil {
		<-m.gate
	}
	how := m.fail
	m.fail = kept
	if m.down.Load() && how != unsaid {
		how = unreachable
	}
	m.note(how)
	switch how {
	case full:
		return engine.ErrFull
	case unreachable:
		return engine.ErrUnavailable
	case kept, unsaid:
	}
	m.keep(b)
	if how == unsaid {
		return engine.ErrUnavailable
	}
	return nil
}

// keep judges a batch against what was before it, and takes it over.
func (m *memory) keep(b *engine.Batch) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if m.harm == loseCommit && len(b.Orders) > 0 {
		m.harm = noHarm
		return
	}
	for i := range b.Events {
		ev := &b.Events[i]
		if want := int64(len(m.events)) + 1; ev.Sequence != want {
			m.fault("event %d after %d", ev.Sequence, want-1)
		}
		m.events = append(m.events, *ev)
		m.note(ev)
		m.allowed(ev)
	}
	for _, o := range b.Orders {
		if was := m.orders[o.ID]; m.harm == moveWork && was != nil && started(was.State) && started(o.State) {
			other := *o.Assignment
			other.Technician += "x"
			changed := *o
			changed.Assignment = &other
			o = &changed
		}
		m.moved(m.orders[o.ID], o)
		m.orders[o.ID] = o
	}
	for _, t := range b.Technicians {
		m.people[t.ID] = t
	}
	for _, id := range b.Deleted {
		delete(m.people, id)
	}
	for _, w := range b.DueDone {
		delete(m.due, w.Kind+" "+w.Key)
	}
	for _, w := range b.DueSet {
		if m.harm != loseDue {
			m.due[w.Kind+" "+w.Key] = w
		}
	}
	for _, k := range b.Keys {
		if m.harm == loseKey {
			break
		}
		if _, twice := m.keys[k.Key]; twice {
			m.fault("key %s is answered twice", k.Key)
		}
		m.keys[k.Key] = k
	}
	m.judge()
}

// person is why somebody has an order whom a dispatcher chose.
const person = "drawn"

// allowed judges whether the engine may act by itself as it does: by the mode that the log says, or by that which was asked for
// last, as a territory that is laid out anew follows that before the log says so.
func (m *memory) allowed(ev *engine.Event) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	switch ev.Type {
	case engine.PolicyApplied:
		m.mode = ev.Conduct.Rules[0].Mode
		m.modes[m.mode]++
	case engine.OrderSuggested:
		m.applies[ev.Order] = ev.Next
		if ev.Mode != m.mode && ev.Mode != m.asked || (ev.Mode == engine.ModeVeto) == ev.Next.IsZero() {
			m.fault("order %s is suggested by mode %s, to be assigned at %s, while %q is followed", ev.Order, ev.Mode, ev.Next, m.mode)
		}
	case engine.OrderAssigned:
		reason := ev.Reason
		if m.harm == actAlone && reason == person {
			reason = "" // as if nobody had been asked
		}
		if !m.mayAssign(m.mode, ev, reason) && !m.mayAssign(m.asked, ev, reason) {
			m.fault("order %s is assigned by the engine itself (%q), while %s is followed", ev.Order, reason, m.mode)
		}
		delete(m.applies, ev.Order)
	}
}

// mayAssign reports whether an order may be assigned for a reason under a mode: by a person, when nobody has objected in time, or
// by the engine where it acts by itself.
func (m *memory) mayAssign(mode engine.Mode, ev *engine.Event, reason string) bool {
	m.turn.Add(1)
	defer m.turn.Add(1)
	switch {
	case reason == person || mode == "" || mode == engine.ModeAuto:
		return true
	case reason == "nobody objected" && mode == engine.ModeVeto:
		at := m.applies[ev.Order]
		return !at.IsZero() && !ev.Time.Before(at)
	}
	return false
}

// started are the states in which somebody is on the way or at work.
func started(s engine.State) bool {
	return s == engine.StateEnRoute || s == engine.StateOnSite || s == engine.StateWorking
}

// ends lists where started work may go within a commit, the long way included.
func ends(s engine.State) bool {
	return started(s) || s == engine.StatePaused || s == engine.StateCompleted || s == engine.StateVerified || s == engine.StateCanceled
}

// moved judges the change of one order.
func (m *memory) moved(was, is *engine.Order) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if was == nil {
		if is.Version < 1 {
			m.fault("order %s begins at version %d", is.ID, is.Version)
		}
		return
	}
	if is.Version <= was.Version {
		m.fault("order %s goes from version %d to %d", is.ID, was.Version, is.Version)
	}
	if !started(was.State) || is.Visit != was.Visit {
		return
	}
	if !ends(is.State) {
		m.fault("order %s was %s and is %s in the same visit", is.ID, was.State, is.State)
	}
	if started(is.State) && is.TechnicianID() != was.TechnicianID() {
		m.fault("order %s moved from %s to %s while %s", is.ID, was.TechnicianID(), is.TechnicianID(), was.State)
	}
}

// judge looks at all rows: nobody is at two orders, and the due work is what the orders call for.
func (m *memory) judge() {
	m.turn.Add(1)
	defer m.turn.Add(1)
	at := map[dispatch.TechnicianID]dispatch.WorkOrderID{}
	want := map[string]time.Time{}
	for _, id := range slices.Sorted(maps.Keys(m.orders)) {
		o := m.orders[id]
		if started(o.State) {
			if other, twice := at[o.TechnicianID()]; twice {
				m.fault("technician %s is at %s and at %s", o.TechnicianID(), other, id)
			}
			at[o.TechnicianID()] = id
		}
		calls(o, want)
	}
	for key, when := range want {
		if w, ok := m.due[key]; !ok || !w.At.Equal(when) {
			m.fault("due work %s at %s is not there", key, when)
		}
	}
	for key := range m.due {
		if _, ok := want[key]; !ok {
			m.fault("due work %s is there and nobody calls for it", key)
		}
	}
}

// calls adds the due work that an order calls for: written anew here, from the contract alone.
func calls(o *engine.Order, want map[string]time.Time) {
	switch o.State {
	case engine.StateCompleted, engine.StateVerified, engine.StateMerged, engine.StateCanceled:
		return
	}
	if o.State == engine.StateAssigned {
		want["offer.expire "+string(o.ID)+"/"+o.Assignment.Offered.UTC().Format(time.RFC3339Nano)] = o.Assignment.AcceptBy
	}
	if g := o.Suggestion; o.State == engine.StateNew && g != nil && g.Mode == engine.ModeVeto {
		want["suggestion.apply "+string(o.ID)+"/"+g.Offered.UTC().Format(time.RFC3339Nano)] = g.Applies
	}
	if (o.State == engine.StateNew || o.State == engine.StateAssigned) && !o.NextEscalation.IsZero() {
		want["sla.ladder "+string(o.ID)] = o.NextEscalation
	}
	for clock, c := range map[engine.Clock]struct {
		at   time.Time
		done bool
	}{
		engine.ClockAcknowledge: {o.Due.Acknowledge, !o.Clocks.Acknowledged.IsZero()},
		engine.ClockAccept:      {o.Due.Accept, !o.Clocks.Accepted.IsZero()},
		engine.ClockOnSite:      {o.Due.OnSite, !o.Clocks.Arrived.IsZero()},
		engine.ClockResolve:     {o.Due.Resolve, false},
	} {
		if !c.done && !slices.Contains(o.Breached, clock) {
			want["sla."+string(clock)+" "+string(o.ID)] = c.at
		}
	}
}

func (m *memory) Probe(context.Context) error {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if m.down.Load() {
		return engine.ErrUnavailable
	}
	return nil
}

func (m *memory) Key(_ context.Context, _ org.ID, key string) (engine.IdempotencyRecord, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if m.down.Load() {
		return engine.IdempotencyRecord{}, engine.ErrUnavailable
	}
	if k, ok := m.keys[key]; ok {
		return k, nil
	}
	return engine.IdempotencyRecord{}, engine.ErrNotFound
}

func (m *memory) Order(_ context.Context, _ org.ID, id dispatch.WorkOrderID) (*engine.Order, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	if o, ok := m.orders[id]; ok && !m.down.Load() {
		return o, nil
	}
	return nil, engine.ErrNotFound
}

func (m *memory) Orders(_ context.Context, _ org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int) ([]*engine.Order, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	var out []*engine.Order
	for _, id := range slices.Sorted(maps.Keys(m.orders)) {
		if o := m.orders[id]; id > after && len(out) < limit && (len(f.States) == 0 || slices.Contains(f.States, o.State)) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (m *memory) Technicians(_ context.Context, _ org.ID, after dispatch.TechnicianID, limit int) ([]*engine.Technician, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	var out []*engine.Technician
	for _, id := range slices.Sorted(maps.Keys(m.people)) {
		if id > after && len(out) < limit {
			out = append(out, m.people[id])
		}
	}
	return out, nil
}

func (m *memory) Events(_ context.Context, _ org.ID, after int64, limit int) ([]engine.Event, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	part := m.events[min(int(after), len(m.events)):]
	return slices.Clone(part[:min(len(part), limit)]), nil
}

func (m *memory) LastSequence(context.Context, org.ID) (int64, error) {
	m.turn.Add(1)
	defer m.turn.Add(1)
	return int64(len(m.events)), nil
}

func (m *memory) SavePositions(context.Context, org.ID, []engine.Position) error { return nil }

func (m *memory) Positions(context.Context, org.ID) ([]engine.Position, error) { return nil, nil }

// overdue lists due work in order.
func (m *memory) overdue(now time.Time) []engine.DueWork {
	m.turn.Add(1)
	defer m.turn.Add(1)
	var out []engine.DueWork
	for _, w := range m.due {
		if !w.At.After(now) {
			out = append(out, w)
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if !out[i].At.Equal(out[j].At) {
			return out[i].At.Before(out[j].At)
		}
		return out[i].Kind+out[i].Key < out[j].Kind+out[j].Key
	})
	return out
}
