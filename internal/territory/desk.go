package territory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// What makes a position unbelievable.
const (
	// futureSlack is how far the clock of a phone may be ahead.
	futureSlack = 2 * time.Minute
	// topSpeed is more than a van does: whoever seems faster was measured wrong. 200 km/h in metres a second.
	topSpeed = 200 / 3.6
	// jumpSlack is a jump that measuring explains.
	jumpSlack = geo.Meters(500)
	// maxAccuracy is the worst accuracy that says anything, in metres.
	maxAccuracy = 5000
	// believeAfter is how many reports in a row must agree with each other before a jump is believed: then it was the old
	// position that was wrong.
	believeAfter = 3
)

// desk keeps who there is and where they were last seen. Positions are ephemeral: the last one wins, none is a row of its
// own. Any goroutine may use it.
type desk struct {
	sync.RWMutex
	zone   *time.Location // of weekly shifts that name none
	people map[dispatch.TechnicianID]*person
	near   nearby
}

type person struct {
	technician *engine.Technician
	number     int32           // in the index of places
	zone       *time.Location  // of the weekly shifts
	at         engine.Position // zero At means never seen
	// suspect is a position that jumped, and agreed how many after it that did not jump from there.
	suspect engine.Position
	agreed  int
	// moved, unseen and unsaved say that At is news for the engine, for watchers and for the store.
	moved, unseen, unsaved bool
}

func newDesk(zone *time.Location) *desk {
	if zone == nil {
		zone = time.UTC
	}
	return &desk{zone: zone, people: map[dispatch.TechnicianID]*person{}, near: newNearby()}
}

// set makes a technician known, or takes over a change.
func (d *desk) set(te *engine.Technician) {
	who := d.people[te.ID]
	if who == nil {
		who = &person{}
		d.people[te.ID] = who
		d.near.enter(who)
	}
	if who.zone == nil || who.technician.Zone != te.Zone {
		who.zone = te.ZoneOr(d.zone)
	}
	who.technician = te
	d.near.place(who)
}

// watched reports whether where a technician is at an instant is the operator's business: in working hours, on the way and at
// work. Of somebody whose hours nobody has told it is.
func (w *person) watched(at time.Time) bool {
	return w.technician.Current != "" || !w.technician.Scheduled() || w.technician.OnShift(w.zone, at)
}

// reset forgets everything and starts from what is stored.
func (d *desk) reset(ts []*engine.Technician, ps []engine.Position) {
	d.Lock()
	defer d.Unlock()
	clear(d.people)
	d.near = newNearby()
	for _, te := range ts {
		d.set(te)
	}
	for _, p := range ps {
		if who := d.people[p.Technician]; who != nil {
			who.at = p
			d.near.place(who)
		}
	}
}

// learn takes over the technicians of a committed batch.
func (d *desk) learn(b *engine.Batch) {
	if len(b.Technicians)+len(b.Deleted) == 0 {
		return
	}
	d.Lock()
	defer d.Unlock()
	for _, te := range b.Technicians {
		d.set(te)
	}
	for _, id := range b.Deleted {
		if who := d.people[id]; who != nil {
			d.near.leave(who)
			delete(d.people, id)
		}
	}
}

func (d *desk) len() int {
	d.RLock()
	defer d.RUnlock()
	return len(d.people)
}

// take takes one position in, or says why not.
func (d *desk) take(p engine.Position, now time.Time) (reason string) {
	switch {
	case !p.Point.Valid():
		return "OUT_OF_RANGE"
	case p.Point == geo.Point{}:
		return "NULL_ISLAND"
	case p.AccuracyMeters < 0 || p.AccuracyMeters > maxAccuracy:
		return "INACCURATE"
	case p.At.After(now.Add(futureSlack)):
		return "FUTURE"
	}
	who := d.people[p.Technician]
	if who == nil {
		return "UNKNOWN_TECHNICIAN"
	}
	if !who.watched(p.At) {
		return "OFF_SHIFT"
	}
	if !who.at.At.IsZero() {
		if !p.At.After(who.at.At) || p.Sequence != 0 && p.Sequence <= who.at.Sequence {
			return "STALE"
		}
		if jumped(who.at, p) && !who.believes(p) {
			return "TELEPORT"
		}
	}
	who.at, who.suspect, who.agreed = p, engine.Position{}, 0
	who.moved, who.unseen, who.unsaved = true, true, true
	d.near.move(who)
	return ""
}

// jumped reports whether nobody drives from a to b in that time.
func jumped(a, b engine.Position) bool {
	meters := geo.DistanceHaversine(a.Point, b.Point) - jumpSlack
	return float64(meters) > topSpeed*b.At.Sub(a.At).Seconds()
}

// believes collects positions that jumped away from the last good one, and reports whether enough of them agree.
func (w *person) believes(p engine.Position) bool {
	if w.agreed > 0 && p.At.After(w.suspect.At) && !jumped(w.suspect, p) {
		w.agreed++
	} else {
		w.agreed = 1
	}
	w.suspect = p
	return w.agreed >= believeAfter
}

// moved lists, by id, the positions that are news for the engine.
func (d *desk) moved() []engine.Position {
	return d.fresh(func(w *person) *bool { return &w.moved })
}

// unseen lists, by id, the positions that are news for watchers.
func (d *desk) unseen() []engine.Position {
	return d.fresh(func(w *person) *bool { return &w.unseen })
}

// unsaved lists, by id, the positions that are news for the store.
func (d *desk) unsaved() []engine.Position {
	return d.fresh(func(w *person) *bool { return &w.unsaved })
}

func (d *desk) fresh(flag func(*person) *bool) []engine.Position {
	d.Lock()
	defer d.Unlock()
	var out []engine.Position
	for _, w := range d.people {
		if f := flag(w); *f {
			out = append(out, w.at)
			*f = false
		}
	}
	sortPositions(out)
	return out
}

// all lists, by id, every position that is known.
func (d *desk) all() []engine.Position {
	d.RLock()
	defer d.RUnlock()
	var out []engine.Position
	for _, w := range d.people {
		if !w.at.At.IsZero() {
			out = append(out, w.at)
		}
	}
	sortPositions(out)
	return out
}

// Forget forgets where technicians were who have not been seen since an instant.
func (t *Territory) Forget(before time.Time) {
	t.desk.Lock()
	defer t.desk.Unlock()
	for _, who := range t.desk.people {
		if who.at.At.Before(before) {
			who.at, who.suspect, who.agreed = engine.Position{}, engine.Position{}, 0
			who.moved, who.unseen, who.unsaved = false, false, false
			t.desk.near.place(who)
		}
	}
}

func sortPositions(ps []engine.Position) {
	slices.SortFunc(ps, func(a, b engine.Position) int { return cmp.Compare(a.Technician, b.Technician) })
}

// Report takes positions in: the last of each technician wins. It returns why some were not taken, by index.
func (t *Territory) Report(_ context.Context, ps []engine.Position) ([]PositionError, error) {
	now := t.cfg.Clock.Now()
	var bad []PositionError
	t.desk.Lock()
	defer t.desk.Unlock()
	for i := range ps {
		if ps[i].At.IsZero() {
			ps[i].At = now
		}
		if reason := t.desk.take(ps[i], now); reason != "" {
			bad = append(bad, PositionError{Index: i, Reason: reason})
		}
	}
	return bad, nil
}

// Position is where a technician was last seen; false when never. Stale tells that the position is older than is trusted.
func (t *Territory) Position(id dispatch.TechnicianID) (p engine.Position, stale, ok bool) {
	t.desk.RLock()
	defer t.desk.RUnlock()
	who := t.desk.people[id]
	if who == nil || who.at.At.IsZero() {
		return engine.Position{}, false, false
	}
	return who.at, t.stale(who.at), true
}

func (t *Territory) stale(p engine.Position) bool {
	trust := t.cfg.Engine.PositionTrust
	if trust <= 0 {
		trust = engine.DefaultPositionTrust
	}
	return t.cfg.Clock.Now().Sub(p.At) > trust
}

// Name is the display name of a technician, "" when there is no such technician.
func (t *Territory) Name(id dispatch.TechnicianID) string {
	t.desk.RLock()
	defer t.desk.RUnlock()
	if who := t.desk.people[id]; who != nil {
		return who.technician.Name
	}
	return ""
}
