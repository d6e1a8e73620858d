package replay

import (
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/simulate/day"
)

// Recording is a log that was read: what it took to make its days again.
type Recording struct {
	zone    *time.Location
	roads   day.Roads
	fold    *Fold
	tracks  map[dispatch.WorkOrderID]*track
	order   []*track // by creation
	people  map[dispatch.TechnicianID]*engine.Profile
	hands   map[dispatch.TechnicianID][]hand
	last    map[dispatch.TechnicianID]seen
	First   int64 // sequence of the first event
	Last    int64
	Ends    time.Time // of the log
	Part    Part
	started bool
	answers answers
}

// Part is the interval that is replayed.
type Part struct {
	From, To time.Time
	Events   int
	// Hash and Stored cover the events of the part as they came out and as they were stored.
	Hash, Stored string
	// State is the hash of the ledger after the part.
	State string
}

// hand is a shift that was begun or ended by hand.
type hand struct {
	at, until time.Time
	ends      bool
}

// seen is where somebody was last known to be.
type seen struct {
	at    time.Time
	point geo.Point
}

// track is what became of a report.
type track struct {
	report    day.Report
	life      day.Life
	window    dispatch.TimeSpan
	working   time.Time // since then; zero when nobody works
	worked    time.Duration
	paused    time.Time
	left      time.Time // departed
	from      geo.Point
	suggested suggestion
	trips     float64 // sum of ratios, and how many
	count     int
}

// Read reads a log from its first event to its last; [from, to) is the part that is hashed.
func Read(log Log, zone *time.Location, from, to time.Time) (*Recording, error) {
	r := &Recording{
		zone: zone, roads: day.DefaultRoads(), tracks: map[dispatch.WorkOrderID]*track{}, Part: Part{From: from, To: to},
		people: map[dispatch.TechnicianID]*engine.Profile{}, hands: map[dispatch.TechnicianID][]hand{}, last: map[dispatch.TechnicianID]seen{},
	}
	r.roads.Spread = 0
	for {
		events, err := log(r.Last, page)
		if err != nil {
			return nil, fmt.Errorf("read the log after event %d: %w", r.Last, err)
		}
		if len(events) == 0 {
			break
		}
		for i := range events {
			if err := r.add(&events[i]); err != nil {
				return nil, err
			}
		}
	}
	if r.fold == nil {
		return nil, &dispatch.InvalidError{Field: "log", Want: "at least one event"}
	}
	return r, r.endPart()
}

// Fold is the replayed ledger, as the log leaves it.
func (r *Recording) Fold() *Fold { return r.fold }

func (r *Recording) add(ev *engine.Event) (err error) {
	if r.fold == nil {
		if ev.Sequence != 1 {
			return &dispatch.InvalidError{Field: "log", Value: fmt.Sprint(ev.Sequence), Want: "a log that is whole: its first event is number 1"}
		}
		if r.fold, err = NewFold(r.zone, ev.Time); err != nil {
			return err
		}
		r.First = ev.Sequence
	}
	switch {
	case !r.started && !ev.Time.Before(r.Part.From):
		r.started = true
		r.fold.Reset()
	case r.Part.State == "" && !ev.Time.Before(r.Part.To):
		if err := r.endPart(); err != nil {
			return err
		}
	}
	came, err := r.fold.Add(*ev)
	if err != nil {
		return err
	}
	r.Last, r.Ends = ev.Sequence, ev.Time
	r.follow(&came)
	return nil
}

// endPart keeps what the part came to, once.
func (r *Recording) endPart() (err error) {
	if r.Part.State != "" {
		return nil
	}
	if !r.started {
		r.fold.Reset()
	}
	r.Part.Events = r.fold.Events
	r.Part.Hash, r.Part.Stored = fmt.Sprintf("%x", r.fold.Hash.Sum(nil)), fmt.Sprintf("%x", r.fold.Stored.Sum(nil))
	r.Part.State, err = r.fold.State()
	return err
}

// follow learns from an event what a day needs to be made again.
func (r *Recording) follow(ev *engine.Event) {
	switch ev.Type {
	case engine.TechnicianCreated, engine.TechnicianUpdated:
		r.people[ev.Technician] = ev.Profile
	case engine.ShiftStarted:
		r.hands[ev.Technician] = append(r.hands[ev.Technician], hand{at: ev.Time, until: ev.Until})
	case engine.ShiftEnded:
		r.hands[ev.Technician] = append(r.hands[ev.Technician], hand{at: ev.Time, until: ev.Until, ends: true})
	case engine.OrderCreated:
		t := &track{report: day.Report{ID: ev.Order, At: ev.Time, Wish: *ev.Wish, Recorded: &day.Recorded{}}}
		t.life.Report = ev.Order
		r.tracks[ev.Order] = t
		r.order = append(r.order, t)
	}
	if t := r.tracks[ev.Order]; t != nil {
		t.plan(ev)
		r.answers.follow(t, ev)
		r.visit(t, ev)
	}
}

// plan follows the plan of an order.
func (t *track) plan(ev *engine.Event) {
	switch ev.Type {
	case engine.OrderAssigned, engine.OrderRescheduled:
		set(&t.life.Acknowledged, ev.Time)
		a, was := ev.Assignment, t.window
		t.window = a.Window
		if !was.Start.IsZero() && (a.Start.Before(was.Start) || !a.Start.Before(was.End)) {
			t.life.Moved++
		}
	case engine.OrderAccepted:
		set(&t.life.Accepted, ev.Time)
	case engine.OrderDeclined, engine.OfferExpired:
		t.report.Recorded.Declines = append(t.report.Recorded.Declines, ev.Technician)
	case engine.OrderCanceled, engine.OrderMerged:
		t.report.Recorded.Canceled, t.life.Canceled = ev.Time, true
	case engine.OrderUnmerged:
		t.report.Recorded.Canceled, t.life.Canceled = time.Time{}, false
	}
}

// visit follows the work.
func (r *Recording) visit(t *track, ev *engine.Event) {
	switch ev.Type {
	case engine.OrderDeparted:
		t.left, t.from = ev.Time, r.whereabouts(ev.Technician, ev.Time)
	case engine.OrderArrived:
		set(&t.life.OnSite, ev.Time)
		t.life.Visits++
		t.working = ev.Time
		if way := r.roads.Takes(t.from, t.report.Wish.Location, t.left.In(r.zone).Hour()); !t.left.IsZero() {
			t.trips += min(max(float64(ev.Time.Sub(t.left))/float64(way), 0.3), 4)
			t.count++
		}
	case engine.OrderStarted:
		set(&t.life.Started, ev.Time)
		t.working = ev.Time
	case engine.OrderPaused:
		t.worked += since(t.working, ev.Time)
		t.working, t.paused = time.Time{}, ev.Time
	case engine.OrderResumed:
		if !ev.Again {
			t.working = ev.Time
			return
		}
		t.report.Recorded.Breaks = append(t.report.Recorded.Breaks, day.Interruption{Worked: t.worked, Wait: since(t.paused, ev.Time)})
		t.worked, t.window = 0, dispatch.TimeSpan{}
	case engine.OrderCompleted:
		set(&t.life.Resolved, ev.Time)
		t.worked += since(t.working, ev.Time)
		t.report.Actual = max(t.worked, time.Minute)
		t.working = time.Time{}
	default:
		return
	}
	if ev.Type != engine.OrderDeparted {
		r.last[ev.Technician] = seen{ev.Time, t.report.Wish.Location}
	}
}

// away is how long ago somebody must have been seen to have gone home since.
const away = 5 * time.Hour

func (r *Recording) whereabouts(id dispatch.TechnicianID, now time.Time) geo.Point {
	if s, ok := r.last[id]; ok && now.Sub(s.at) < away {
		return s.point
	}
	if p := r.people[id]; p != nil {
		return p.Home
	}
	return geo.Point{}
}

func since(from, to time.Time) time.Duration {
	if from.IsZero() {
		return 0
	}
	return to.Sub(from)
}

func set(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}

// World is a recorded day, from local midnight on, for another policy to live: with the day before, what was open then, and
// the day after as far as it is recorded.
func (r *Recording) World(midnight time.Time) *day.World {
	const whole = 24 * time.Hour
	h := day.DefaultHabits()
	h.Absent, h.Part, h.Sick, h.Offline, h.Decline = 0, 0, 0, 0, 0
	w := &day.World{
		Start: midnight.Add(-whole), Count: dispatch.TimeSpan{Start: midnight, End: midnight.Add(whole)}, Zone: r.zone,
		Habits: h, Roads: r.roads, Levels: day.DefaultLevels(), Seed: uint64(midnight.Unix()),
	}
	for id, p := range r.people {
		profile := *p
		profile.Shifts = handed(day.Expand(p, w.Start, w.Start.Add(23*whole), r.zone), r.hands[id], w.Start)
		profile.Weekly = nil
		w.People = append(w.People, day.Person{ID: id, Profile: profile})
	}
	slices.SortFunc(w.People, func(a, b day.Person) int { return compare(string(a.ID), string(b.ID)) })
	for _, t := range r.order {
		open := t.life.Resolved.IsZero() && !t.life.Canceled || t.life.Resolved.After(w.Start)
		if t.report.At.Before(w.Start) && open || !t.report.At.Before(w.Start) && t.report.At.Before(w.Count.End.Add(whole)) {
			w.Reports = append(w.Reports, r.reportOf(t, w.Start))
		}
	}
	slices.SortStableFunc(w.Reports, func(a, b day.Report) int { return a.At.Compare(b.At) })
	return w
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// reportOf is a report for a World that starts at an instant.
func (r *Recording) reportOf(t *track, start time.Time) day.Report {
	rep := t.report
	recorded := *rep.Recorded
	rep.Recorded = &recorded
	if t.count > 0 {
		recorded.Trip = t.trips / float64(t.count)
	}
	if rep.Actual == 0 {
		rep.Actual = max(rep.Wish.OnSite, time.Minute)
	}
	if rep.At.Before(start) {
		rep.At = start
		rep.Wish.Windows = slices.DeleteFunc(slices.Clone(rep.Wish.Windows), func(w dispatch.TimeSpan) bool { return !w.End.After(start) })
	}
	for _, list := range []*[]dispatch.TechnicianID{&rep.Wish.Only, &rep.Wish.Excluded, &rep.Wish.Preferred} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(id dispatch.TechnicianID) bool { return r.people[id] == nil })
	}
	return rep
}

// handed are shifts with what was done to them by hand.
func handed(shifts []engine.Shift, hands []hand, start time.Time) []engine.Shift {
	for _, h := range hands {
		if h.until.Before(start) {
			continue
		}
		if !h.ends {
			shifts = append(shifts, engine.Shift{TimeSpan: dispatch.TimeSpan{Start: h.at, End: h.until}})
			continue
		}
		for i := range shifts {
			if s := &shifts[i]; !s.Start.After(h.at) && s.End.After(h.at) {
				s.End = h.at
				s.Breaks = slices.DeleteFunc(slices.Clone(s.Breaks), func(b engine.Break) bool { return b.End.After(s.End) })
			}
		}
	}
	shifts = slices.DeleteFunc(shifts, func(s engine.Shift) bool { return !s.End.After(s.Start) })
	slices.SortFunc(shifts, func(a, b engine.Shift) int { return a.Start.Compare(b.Start) })
	out := shifts[:0]
	for _, s := range shifts { // those that overlap are one
		if n := len(out) - 1; n >= 0 && !s.Start.After(out[n].End) {
			if s.End.After(out[n].End) {
				out[n].End = s.End
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// Recorded are the reports of a day and what became of them.
func (r *Recording) Recorded(span dispatch.TimeSpan) (reports []*day.Report, lives []day.Life) {
	for _, t := range r.order {
		if !t.report.At.Before(span.Start) && t.report.At.Before(span.End) {
			reports, lives = append(reports, &t.report), append(lives, t.life)
		}
	}
	return reports, lives
}
