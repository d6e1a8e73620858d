package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// life drives an engine by random commands and holds it to its promises after each.
type life struct {
	t        *rapid.T
	e        *engine.Engine
	now      time.Time
	log      []engine.Event
	closed   map[dispatch.WorkOrderID]*engine.Order
	orders   int
	people   []dispatch.TechnicianID
	persons  int
	snapshot *engine.Snapshot
	due      map[string]engine.DueWork
}

func newLife(t *rapid.T) *life {
	l := &life{t: t, now: monday, closed: map[dispatch.WorkOrderID]*engine.Order{}, due: map[string]engine.DueWork{}}
	e, err := engine.New(engine.Config{}, engine.Ledger{}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	l.e = e
	return l
}

func (l *life) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(l.t, label) }

func (l *life) point() geo.Point {
	return geo.Point{Lat: 30.2 + 0.01*float64(l.pick("lat", 10)), Lon: 120.2 + 0.01*float64(l.pick("lon", 10))}
}

func (l *life) profile() engine.Profile {
	p := engine.Profile{
		Home: l.point(), Skills: []dispatch.SkillLevel{{Skill: "a", Level: int32(1 + l.pick("level", 3))}},
		Weekly: []engine.WeeklyShift{{Days: []time.Weekday{1, 2, 3, 4, 5}, Start: int32(8*60 + 30*l.pick("start", 4)), End: 17 * 60}},
	}
	if l.pick("lunch", 2) == 0 {
		p.Weekly[0].Breaks = []engine.WeeklyBreak{{Start: 11*60 + 30, End: 13 * 60, Duration: 30 * time.Minute}}
	}
	if l.pick("b", 3) == 0 {
		p.Skills = append(p.Skills, dispatch.SkillLevel{Skill: "b", Level: 2})
	}
	return p
}

func (l *life) wish() engine.Wish {
	w := engine.Wish{
		Location: l.point(), OnSite: time.Duration(20+20*l.pick("work", 6)) * time.Minute, Priority: int32(l.pick("priority", 3)),
		Skills: []dispatch.SkillLevel{{Skill: []dispatch.Skill{"a", "a", "a", "b"}[l.pick("skill", 4)], Level: int32(1 + l.pick("need", 2))}},
	}
	if l.pick("urgent", 4) == 0 {
		w.Urgency = dispatch.UrgencyEmergency
	}
	if l.pick("window", 3) == 0 {
		from := l.now.Add(time.Duration(l.pick("from", 8)) * 30 * time.Minute)
		w.Windows = []dispatch.TimeSpan{{Start: from, End: from.Add(time.Hour)}}
	}
	return w
}

// order picks an open order, "" when there is none.
func (l *life) order() dispatch.WorkOrderID {
	open := l.e.Open()
	if len(open) == 0 {
		return ""
	}
	return open[l.pick("order", len(open))].ID
}

func (l *life) person() dispatch.TechnicianID {
	if len(l.people) == 0 {
		return ""
	}
	return l.people[l.pick("person", len(l.people))]
}

// otherShifts changes when a technician works, and nothing else of him.
func (l *life) otherShifts() engine.Command {
	id := l.person()
	t, ok := l.e.Technician(id)
	if !ok {
		return nil
	}
	p := t.Profile
	p.Weekly = l.profile().Weekly
	if p.Shifts = nil; l.pick("by date", 2) == 0 {
		from := l.now.Add(time.Duration(l.pick("from", 12)) * time.Hour)
		p.Shifts = []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: from, End: from.Add(2 * time.Hour)}}}
	}
	return engine.UpdateTechnician{ID: id, Profile: p}
}

var verbs = []engine.Verb{
	engine.Accept, engine.Accept, engine.Accept, engine.Decline, engine.Depart, engine.Depart, engine.Arrive, engine.Arrive,
	engine.Start, engine.Start, engine.Pause, engine.Resume, engine.Complete, engine.Complete, engine.Cancel, engine.Reassign,
	engine.PinOrder, engine.Unpin, engine.Escalate, engine.Merge, engine.Rate, engine.Verify, engine.Reopen, engine.Unmerge,
}

// command draws one; nil when it would need what is not there.
func (l *life) command() engine.Command {
	switch k := l.pick("kind", 20); {
	case k < 4:
		l.orders++
		return engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("o%03d", l.orders)), Wish: l.wish()}
	case k < 10:
		return l.verb()
	case k == 10:
		return engine.UpdateOrder{ID: l.order(), Wish: l.wish()}
	case k == 11 && len(l.people) < 5:
		l.persons++
		return engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprintf("t%03d", l.persons)), Profile: l.profile()}
	case k == 12 && len(l.people) > 1:
		switch l.pick("change", 5) {
		case 0:
			return engine.UpdateTechnician{ID: l.person(), Profile: l.profile()}
		case 4:
			return l.otherShifts()
		case 1:
			return engine.DeleteTechnician{ID: l.person()}
		case 2:
			return engine.StartShift{ID: l.person(), End: l.now.Add(3 * time.Hour)}
		default:
			return engine.EndShift{ID: l.person(), Reason: "ill"}
		}
	case k == 13:
		for _, key := range slices.Sorted(maps.Keys(l.due)) {
			if w := l.due[key]; !w.At.After(l.now) {
				c, err := engine.DueCommand(w)
				if err != nil {
					l.t.Fatal(err)
				}
				return c
			}
		}
		return nil
	case k == 14:
		return l.adoption()
	}
	a := engine.Advance{Limit: l.pick("limit", 4)}
	if id := l.person(); id != "" && l.pick("seen", 2) == 0 {
		a.Positions = []engine.Position{{Technician: id, Point: l.point(), At: l.now}}
	}
	return a
}

func (l *life) verb() engine.Command {
	v := verbs[l.pick("verb", len(verbs))]
	a := engine.Act{Verb: v, Order: l.order()}
	if v == engine.Rate || v == engine.Verify || v == engine.Reopen || v == engine.Unmerge {
		ids := slices.Sorted(maps.Keys(l.closed))
		if len(ids) == 0 {
			return nil
		}
		a.Order = ids[l.pick("closed", len(ids))]
		l.e.Recall(l.closed[a.Order])
	}
	switch v {
	case engine.Pause, engine.Cancel:
		a.Reason = "reason"
	case engine.Resume:
		a.SecondVisit = l.pick("second", 2) == 0
	case engine.Rate:
		a.Rating = 4
	case engine.Merge:
		a.Into = l.order()
	case engine.Reassign:
		if l.pick("named", 2) == 0 {
			a.Technician = l.person()
		}
	case engine.PinOrder:
		if l.pick("named", 2) == 0 {
			a.Technician = l.person()
		}
		if l.pick("timed", 2) == 0 {
			a.StartAt = l.now.Add(time.Duration(l.pick("minutes", 200)) * time.Minute)
		}
	}
	return a
}

// adoption takes a snapshot, or adopts what was found on the last.
func (l *life) adoption() engine.Command {
	if l.snapshot == nil {
		var err error
		if l.snapshot, err = l.e.Snapshot(l.now); err != nil {
			l.t.Fatal(err)
		}
		return nil
	}
	s := l.snapshot
	l.snapshot = nil
	plan, err := s.Improve(l.t.Context(), 1, 100, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	return engine.AdoptPlan{Snapshot: s, Plan: plan}
}

// step carries out a command, or sees it refused.
func (l *life) step(c engine.Command) {
	before := map[dispatch.WorkOrderID]*engine.Order{}
	for _, o := range l.e.Open() {
		before[o.ID] = o
	}
	events, err := l.e.Decide(l.now, "test", c)
	if err != nil {
		var conflict *engine.ConflictError
		var invalid *dispatch.InvalidError
		if !errors.As(err, &conflict) && !errors.As(err, &invalid) && !errors.Is(err, engine.ErrNotFound) {
			l.t.Fatalf("%#v: %v", c, err)
		}
		l.e.Commit()
		l.check()
		return
	}
	l.e.Evolve(events)
	b := l.e.Batch()
	l.log = append(l.log, slices.Clone(b.Events)...)
	for _, o := range b.Orders {
		if delete(l.closed, o.ID); !o.State.Open() {
			l.closed[o.ID] = o
		}
	}
	for _, w := range b.DueDone {
		delete(l.due, w.Kind+" "+w.Key)
	}
	for _, w := range b.DueSet {
		l.due[w.Kind+" "+w.Key] = w
	}
	l.e.Commit()
	if _, ok := c.(engine.AdoptPlan); ok {
		for _, o := range l.e.Open() {
			was := before[o.ID]
			if (was.State == engine.StateAccepted || was.State.Started() || was.Pin != nil && was.State.Planned()) && was.TechnicianID() != o.TechnicianID() {
				l.t.Fatalf("order %s in state %s moved from %s to %s", o.ID, was.State, was.TechnicianID(), o.TechnicianID())
			}
		}
	}
	l.people = l.people[:0]
	for _, t := range l.e.Technicians() {
		l.people = append(l.people, t.ID)
	}
	l.check()
}

// check holds the state to what must always be true.
func (l *life) check() {
	for i := range l.log {
		if l.log[i].Sequence != int64(i+1) {
			l.t.Fatalf("event %d has sequence %d", i+1, l.log[i].Sequence)
		}
	}
	started := map[dispatch.TechnicianID]dispatch.WorkOrderID{}
	where := map[dispatch.WorkOrderID]dispatch.TechnicianID{}
	for _, id := range l.people {
		r, ok := l.e.Route(id, l.now)
		if !ok {
			l.t.Fatalf("no route of %s", id)
		}
		_ = r
	}
	for t, ids := range l.e.Placed() {
		for _, id := range ids {
			if other, twice := where[id]; twice {
				l.t.Fatalf("order %s is on the routes of %s and %s", id, other, t)
			}
			where[id] = t
		}
	}
	for _, o := range l.e.Open() {
		switch {
		case !o.State.Valid():
			l.t.Fatalf("order %s in state %q", o.ID, o.State)
		case o.State == engine.StateNew && (o.Unassigned == nil || o.Assignment != nil):
			l.t.Fatalf("order %s is new without a reason, or with an assignment", o.ID)
		case o.State != engine.StateNew && (o.Assignment == nil || o.Unassigned != nil):
			l.t.Fatalf("order %s in state %s without an assignment, or with a reason", o.ID, o.State)
		case o.State.Planned() && where[o.ID] != o.TechnicianID() && !slices.Contains(l.e.Waiting(), o.ID):
			l.t.Fatalf("order %s of %s is on the route of %q\n%s", o.ID, o.TechnicianID(), where[o.ID], l.dump())
		case !o.State.Planned() && where[o.ID] != "":
			l.t.Fatalf("order %s in state %s is on the route of %q", o.ID, o.State, where[o.ID])
		}
		if o.State.Started() {
			if other := started[o.TechnicianID()]; other != "" {
				l.t.Fatalf("technician %s has started %s and %s", o.TechnicianID(), o.ID, other)
			}
			started[o.TechnicianID()] = o.ID
		}
	}
	for _, t := range l.e.Technicians() {
		if t.Current != started[t.ID] {
			l.t.Fatalf("technician %s is at %q and has started %q", t.ID, t.Current, started[t.ID])
		}
	}
}

// refold reads the log into an empty engine and compares the ledgers.
func (l *life) refold() {
	e, err := engine.New(engine.Config{}, engine.Ledger{}, monday)
	if err != nil {
		l.t.Fatal(err)
	}
	log := slices.Clone(l.log)
	e.Evolve(log)
	if diff := gocmp.Diff(l.log, log); diff != "" {
		l.t.Fatalf("folding the log again changes it:\n%s", diff)
	}
	for _, o := range e.Batch().Orders {
		if want := l.closed[o.ID]; want != nil {
			if diff := gocmp.Diff(want, o); diff != "" {
				l.t.Fatalf("closed order after folding:\n%s", diff)
			}
		}
	}
	e.Commit()
	if diff := gocmp.Diff(l.e.Open(), e.Open()); diff != "" {
		l.t.Fatalf("orders after folding:\n%s", diff)
	}
	if diff := gocmp.Diff(l.e.Technicians(), e.Technicians()); diff != "" {
		l.t.Fatalf("technicians after folding:\n%s", diff)
	}
}

func (l *life) wait() {
	l.now = l.now.Add([]time.Duration{0, time.Second, 20 * time.Second, 3 * time.Minute, 20 * time.Minute, 2 * time.Hour}[l.pick("wait", 6)])
}

func TestLifeKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		for range 2 {
			l.persons++
			l.step(engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprintf("t%03d", l.persons)), Profile: l.profile()})
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			l.wait()
			if c := l.command(); c != nil {
				l.step(c)
			}
		}
		l.refold()
	})
}

func TestRollbackIsAsThoughNeverTried(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		twin, err := engine.New(engine.Config{}, engine.Ledger{}, l.now)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			l.wait()
			if rapid.IntRange(0, 3).Draw(t, "try") == 0 {
				l.try(twin)
			}
			c := l.command()
			if c == nil {
				continue
			}
			if a, ok := c.(engine.Act); ok {
				twin.Recall(l.closed[a.Order])
			}
			want, errTwin := twin.Decide(l.now, "test", c)
			twin.Evolve(want)
			twin.Commit()
			n := len(l.log)
			l.step(c)
			if errTwin != nil {
				want = nil
			}
			if diff := gocmp.Diff(want, l.log[n:], gocmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" && len(want)+len(l.log)-n > 0 {
				t.Fatalf("after a roll-back %#v decides otherwise:\n%s", c, diff)
			}
		}
	})
}

// try decides a command and rolls it back.
func (l *life) try(twin *engine.Engine) {
	c := l.command()
	if c == nil || len(position(c)) > 0 {
		return
	}
	if events, err := l.e.Decide(l.now, "test", c); err == nil && rapid.Bool().Draw(l.t, "evolve") {
		l.e.Evolve(events)
	}
	if err := l.e.Rollback(); err != nil {
		l.t.Fatal(err)
	}
	l.snapshot = nil
	if diff := gocmp.Diff(twin.Placed(), l.e.Placed()); diff != "" {
		l.t.Fatalf("after a roll-back of %#v the routes are others:\n%s\n%s", c, diff, l.dump())
	}
}

func position(c engine.Command) []engine.Position {
	a, _ := c.(engine.Advance)
	return a.Positions
}

func (l *life) dump() string {
	s := l.now.String() + "\n"
	for i := range l.log {
		ev := &l.log[i]
		s += fmt.Sprintln(ev.Time.Format("02 15:04:05"), ev.Sequence, ev.Type, ev.Order, ev.Technician, ev.State, ev.Reason)
		if a := ev.Assignment; a != nil {
			s += fmt.Sprintln("    ", a.Arrival.Format("02 15:04:05"), a.Start.Format("15:04:05"), a.End.Format("15:04:05"), a.Shift.Format("15:04"))
		}
	}
	return s
}
