package day

import (
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// phase is what a technician is doing.
type phase uint8

const (
	off phase = iota
	free
	resting
	busy // on the way to an order, or there
)

// agent is a technician who lives the World.
type agent struct {
	person *Person
	phase  phase
	shift  int // of the profile: the present one, or the last; -1 before the first
	// place is where the last trip ends, which began at from and lasts from left to there.
	place, from geo.Point
	left, there time.Time
	todo        []*order
	current     *order
	breakAt     time.Time // zero when there is none left
	wakeAt      time.Time
	offline     time.Time // until then the phone has no signal
	waits       bool      // at a standby point, or on the way to one

	worked, travel, standby, over, paid time.Duration
}

// at is where a technician is.
func (a *agent) at(now time.Time) geo.Point {
	if !now.Before(a.there) || !a.there.After(a.left) {
		return a.place
	}
	part := float64(now.Sub(a.left)) / float64(a.there.Sub(a.left))
	return geo.Point{Lat: a.from.Lat + part*(a.place.Lat-a.from.Lat), Lon: a.from.Lon + part*(a.place.Lon-a.from.Lon)}
}

// go begins a trip.
func (a *agent) drive(to geo.Point, now time.Time, takes time.Duration) {
	a.from, a.place, a.left, a.there = a.at(now), to, now, now.Add(takes)
}

func (a *agent) drop(o *order) {
	a.todo = slices.DeleteFunc(a.todo, func(x *order) bool { return x == o })
}

// can reports whether a technician has the skills and tools of an order.
func (a *agent) can(o *order) bool {
	for _, need := range o.report.Wish.Skills {
		if !slices.ContainsFunc(a.person.Profile.Skills, func(s dispatch.SkillLevel) bool {
			return s.Skill == need.Skill && max(s.Level, 1) >= max(need.Level, 1)
		}) {
			return false
		}
	}
	for _, tool := range o.report.Wish.Tools {
		if !slices.Contains(a.person.Profile.Tools, tool) {
			return false
		}
	}
	return true
}

// takes is how long a trip takes. names say whose luck on the road it is.
func (r *run) takes(from, to geo.Point, count int, names ...string) time.Duration {
	d := r.w.dice(forTrip, count, names...)
	way := r.w.Roads.Takes(from, to, r.now.In(r.w.Zone).Hour())
	return max(time.Duration(float64(way)*math.Exp(r.w.Roads.Spread*d.normal())).Truncate(time.Second), leastTrip)
}

// trip is how long the way to an order takes.
func (r *run) trip(a *agent, o *order) time.Duration {
	way := r.takes(a.at(r.now), o.wish.Location, o.Visits, string(o.Report))
	if c := o.report.Recorded; c != nil && c.Trip > 0 {
		way = time.Duration(float64(way) * c.Trip).Truncate(time.Second)
	}
	return way
}

// wake plans a thought, unless an earlier one is planned.
func (r *run) wake(a *agent, at time.Time) {
	if at.Before(r.now) {
		at = r.now
	}
	if !a.wakeAt.IsZero() && !at.Before(a.wakeAt) {
		return
	}
	a.wakeAt = at
	r.at(at, func() error {
		if !a.wakeAt.Equal(at) {
			return nil
		}
		a.wakeAt = time.Time{}
		return r.think(a)
	})
}

// stir lets a technician who is free think about what is new.
func (r *run) stir(a *agent) {
	if a != nil && a.phase == free {
		r.wake(a, r.now)
	}
}

// think decides what a technician does next.
func (r *run) think(a *agent) error {
	if a.phase == resting {
		a.phase = free
	}
	switch {
	case a.phase == off:
		return r.comeIn(a)
	case a.phase == busy:
		return nil
	case r.now.Before(a.offline):
		r.wake(a, a.offline)
		return nil
	case r.rest(a):
		return nil
	}
	return r.next(a)
}

// comeIn begins a shift, or waits for the next. Who is sick tells the desk when it should have begun.
func (r *run) comeIn(a *agent) error {
	shifts := a.person.Profile.Shifts
	if a.shift+1 == len(shifts) {
		return nil
	}
	s := &shifts[a.shift+1]
	if r.now.Before(s.Start) {
		r.wake(a, s.Start)
		return nil
	}
	a.shift++
	if !r.now.Before(s.End) { // it was worked beside the one before, or lies before the warm-up
		return r.comeIn(a)
	}
	d := r.w.dice(forSick, a.shift, string(a.person.ID), s.Start.UTC().Format(time.RFC3339))
	if d.float() < r.w.Habits.Sick {
		if _, err := r.try("manager", engine.EndShift{ID: a.person.ID, Reason: "sick"}); err != nil {
			return err
		}
		return r.comeIn(a)
	}
	r.shifts++
	if r.dutyCounts(a) {
		r.duty++
		a.paid += s.End.Sub(r.now)
	}
	a.phase, a.place, a.there, a.breakAt, a.waits = free, a.person.Profile.Home, r.now, time.Time{}, false
	if len(s.Breaks) > 0 {
		b := r.w.dice(forBreak, a.shift, string(a.person.ID))
		a.breakAt = s.Breaks[0].Start.Add(b.between(0, s.Breaks[0].End.Sub(s.Breaks[0].Start)))
	}
	r.wake(a, r.now)
	return nil
}

// ends is when the present shift is over.
func (a *agent) ends() time.Time { return a.person.Profile.Shifts[a.shift].End }

// dutyCounts reports whether the present shift of a technician is measured: it began in the measured interval.
func (r *run) dutyCounts(a *agent) bool {
	began := a.person.Profile.Shifts[a.shift].Start
	return !began.Before(r.w.Count.Start) && began.Before(r.w.Count.End)
}

func (r *run) endsWithin(a *agent, d time.Duration) bool { return a.ends().Sub(r.now) < d }

// rest begins the break when it is time.
func (r *run) rest(a *agent) bool {
	if a.breakAt.IsZero() || r.now.Before(a.breakAt) {
		return false
	}
	a.breakAt = time.Time{}
	length := a.person.Profile.Shifts[a.shift].Breaks[0].Duration
	if r.endsWithin(a, length+30*time.Minute) {
		return false
	}
	a.phase = resting
	a.place, a.there = a.at(r.now), r.now
	r.wake(a, r.now.Add(length))
	return true
}

// next sets out for the next order when it is time, goes home when the shift is over, else waits.
func (r *run) next(a *agent) error {
	o, leave := r.choose(a)
	switch {
	case o != nil && !leave.After(r.now):
		return r.depart(a, o)
	case !r.now.Before(a.ends()):
		return r.goHome(a)
	}
	if o == nil && len(a.todo) == 0 {
		r.stand(a)
		if err := r.sendNearest(); err != nil {
			return err
		}
	}
	until := a.ends()
	for _, t := range []time.Time{leave, a.breakAt} {
		if !t.IsZero() && t.Before(until) {
			until = t
		}
	}
	r.wake(a, until)
	return nil
}

// Nobody sets out more than this before the plan, nor is at the door sooner before a window than this.
const (
	ahead = 45 * time.Minute
	early = 3 * time.Minute
)

// choose is the order that a technician does next, and when to leave for it: the first by plan of those that were accepted
// and can be begun in this shift. nil when there is none.
func (r *run) choose(a *agent) (next *order, leave time.Time) {
	var first time.Time
	for _, o := range a.todo {
		at, ok := r.e.Order(o.Report)
		if !ok || at.State != engine.StateAccepted || at.Assignment == nil || o.blocked.After(r.now) {
			continue
		}
		if next != nil && !at.Assignment.Start.Before(first) {
			continue
		}
		way := r.trip(a, o)
		go1 := at.Assignment.Arrival.Add(-way - ahead)
		for _, w := range o.wish.Windows {
			if w.End.After(r.now.Add(way)) {
				go1 = w.Start.Add(-way - early)
				break
			}
		}
		if go1.Before(r.now) {
			go1 = r.now
		}
		if go1.Add(way).After(a.ends()) {
			continue // of a later shift, or somebody else's by then
		}
		next, leave, first = o, go1, at.Assignment.Start
	}
	return next, leave
}

// goHome ends a shift.
func (r *run) goHome(a *agent) error {
	way := r.takes(a.at(r.now), a.person.Profile.Home, a.shift, string(a.person.ID))
	if r.dutyCounts(a) {
		a.travel += way
		a.over += r.now.Add(way).Sub(a.ends())
	}
	a.phase, a.place, a.there = off, a.person.Profile.Home, r.now
	return r.comeIn(a)
}

// stand sends a technician without work to a standby point: the nearest where nobody of the same first trade waits.
func (r *run) stand(a *agent) {
	if !r.p.Standby || a.waits || len(r.w.Standby) == 0 || r.endsWithin(a, time.Hour) {
		return
	}
	best, least := -1, math.Inf(1)
	for i, p := range r.w.Standby {
		d := float64(geo.DistanceEquirect(a.at(r.now), p))
		for _, other := range r.agents {
			if other != a && other.waits && other.place == p && sameTrade(a, other) {
				d += 20_000 // only when all are taken
			}
		}
		if d < least {
			best, least = i, d
		}
	}
	to := r.w.Standby[best]
	a.waits = true
	if geo.DistanceEquirect(a.at(r.now), to) < 200 {
		a.place, a.there = to, r.now
		return
	}
	way := r.takes(a.at(r.now), to, a.shift, string(a.person.ID), "standby")
	if r.dutyCounts(a) {
		a.standby += way
	}
	a.drive(to, r.now, way)
}

func sameTrade(a, b *agent) bool {
	x, y := a.person.Profile.Skills, b.person.Profile.Skills
	return len(x) > 0 && len(y) > 0 && x[0].Skill == y[0].Skill
}

// answer plans what a technician does with an offer.
func (r *run) answer(a *agent, o *order) {
	offer := o.offers
	verb, delay := r.mind(a, o)
	if verb == "" {
		return
	}
	at := r.now
	if a.phase == off && o.grabbed != a { // nobody answers before the shift
		if next := a.shift + 1; next < len(a.person.Profile.Shifts) {
			at = a.person.Profile.Shifts[next].Start
		}
	}
	if at = at.Add(delay); at.Before(a.offline) {
		at = a.offline
	}
	r.at(at, func() error {
		if o.holder != a || o.offers != offer {
			return nil
		}
		act := engine.Act{Verb: verb, Order: o.Report, Technician: a.person.ID}
		if verb == engine.Decline {
			act.Reason = "busy"
		}
		_, err := r.try(string(a.person.ID), act)
		return err
	})
}

// mind is what a technician makes of an offer, and how long that takes; no verb when the offer is let pass.
func (r *run) mind(a *agent, o *order) (verb engine.Verb, delay time.Duration) {
	h := &r.w.Habits
	d := r.w.dice(forAnswer, len(o.refused), string(o.Report), string(a.person.ID))
	luck, delay := d.float(), min(d.around(h.Answer, h.AnswerSpread), 5*time.Minute)
	c := o.report.Recorded
	switch {
	case o.grabbed == a:
		return engine.Accept, 0
	case c != nil && !o.refused[a.person.ID] && slices.Contains(c.Declines, a.person.ID): // once is enough
		return engine.Decline, delay
	case c != nil:
		return engine.Accept, delay
	case o.report.Wish.Urgency == dispatch.UrgencyEmergency:
		return engine.Accept, delay / 2
	case luck < h.LetPass:
		return "", 0
	case luck < h.LetPass+h.Decline:
		verb = engine.Decline
	default:
		verb = engine.Accept
	}
	if a.phase == busy {
		delay *= 2
	}
	return verb, delay
}
