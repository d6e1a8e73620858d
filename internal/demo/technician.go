package demo

import (
	"context"
	"math/rand/v2"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/geo"
	"fettle/simulate/city"
)

// phase is what a technician is doing.
type phase int8

const (
	atHome   phase = iota // off shift, the phone lies in a drawer
	free                  // stands where the last work was
	onBreak               // the same, and does not move
	driving               // to an order
	entering              // at the door
	working               // on an order
	homeward              // the shift is over
)

// technician is one agent.
type technician struct {
	id     string
	who    *city.Technician
	number uint64 // of random numbers

	phase   phase
	since   int64     // counts changes of phase: a job of an earlier one is void
	place   geo.Point // when not moving
	trip    trip      // when driving or homeward
	order   *order    // that is driven to or worked on
	trips   uint64
	shift   duty      // the present one; zero at home
	breakAt time.Time // when the break is due; zero when there is none left
	wakeAt  time.Time // of the next thought

	todo  []*dispatchv1.WorkOrderAssignment // as last heard
	dirty bool                              // there may be news

	silentUntil time.Time // the phone has no signal
	reported    time.Time // last position sent
	reports     int64
}

// begin starts a shift.
func (t *technician) begin(d duty, r *rand.Rand) {
	t.shift = d
	t.enter(free)
	rest := pauseOf(t.who.Turn)
	day := midnight(d.start)
	t.breakAt = day.Add(between(r, rest.from, rest.to))
}

// enter changes the phase; jobs planned in the one before are void.
func (t *technician) enter(p phase) {
	t.phase = p
	t.since++
}

// at is where the technician is.
func (t *technician) at(now time.Time) geo.Point {
	if t.phase == driving || t.phase == homeward {
		return t.trip.at(now)
	}
	return t.place
}

// wake plans a thought, unless an earlier one is planned.
func (o *Operator) wake(t *technician, at time.Time) {
	if !t.wakeAt.IsZero() && !at.Before(t.wakeAt) {
		return
	}
	t.wakeAt = at
	o.plan(at, func(ctx context.Context, key string) error {
		if !t.wakeAt.Equal(at) {
			return nil
		}
		t.wakeAt = time.Time{}
		err := o.think(ctx, key, t)
		if err != nil {
			t.wakeAt = at // the job stays on the agenda
		}
		return err
	})
}

// think decides what a technician does next. Who drives or works has a job on the agenda that ends it.
func (o *Operator) think(ctx context.Context, key string, t *technician) error {
	now := o.now()
	switch t.phase {
	case atHome:
		d, on := dutyAt(t.who, now)
		if !on {
			o.wake(t, nextDuty(t.who, now))
			return nil
		}
		t.begin(d, o.draw(forSetup, uint64(d.start.Unix())^t.number<<40))
		t.dirty = true
	case onBreak:
		t.enter(free)
	case free:
	case driving, entering, working, homeward:
		return nil
	}
	if !t.breakAt.IsZero() && !now.Before(t.breakAt) {
		o.rest(t, now)
		return nil
	}
	return o.next(ctx, key, t, now)
}

// rest begins a break. Who comes to it late still takes it, unless the shift is nearly over.
func (o *Operator) rest(t *technician, now time.Time) {
	t.breakAt = time.Time{}
	end := now.Add(pauseOf(t.who.Turn).length)
	if end.After(t.shift.end.Add(-30 * time.Minute)) {
		o.wake(t, now)
		return
	}
	t.enter(onBreak)
	o.wake(t, end)
}

// next sets out for the next stop when it is time, waits for it, or goes home.
func (o *Operator) next(ctx context.Context, key string, t *technician, now time.Time) error {
	a, way, leave := o.choose(t, now)
	switch {
	case a != nil && !leave.After(now):
		return o.depart(ctx, key, t, a, way)
	case !now.Before(t.shift.end):
		o.goHome(t, now)
		return nil
	}
	until := t.shift.end
	if a != nil && leave.Before(until) {
		until = leave
	}
	if !t.breakAt.IsZero() && t.breakAt.Before(until) {
		until = t.breakAt
	}
	// Plans change: look again now and then even when nothing was said.
	if look := now.Add(10 * time.Minute); look.Before(until) {
		until = look
	}
	o.wake(t, until)
	return nil
}

// choose finds the next stop of the route, the way there and when to leave for it; nil when there is none in this shift.
func (o *Operator) choose(t *technician, now time.Time) (*dispatchv1.WorkOrderAssignment, trip, time.Time) {
	for _, a := range t.todo {
		ord := o.recall(a.GetWorkOrderId())
		if a.GetState() == assigned && ord.offer.answerAt.After(now) && ord.offer.answerAt.Before(now.Add(2*time.Minute)) {
			return nil, trip{}, time.Time{} // the answer comes first; it wakes the technician
		}
		if a.GetState() != accepted || ord.blockedUntil.After(now) {
			continue
		}
		way := o.way(t, pointOf(a.GetLocation()), now)
		leave := o.leaveAt(ord, a, way.length(), now)
		if leave.Add(way.length()).After(t.shift.end) {
			continue // of a later shift, or somebody else's by then
		}
		return a, way, leave
	}
	return nil, trip{}, time.Time{}
}

// leaveAt is when to leave for a stop: at once, but not so early that nobody is at home yet, and not hours before the plan.
func (o *Operator) leaveAt(ord *order, a *dispatchv1.WorkOrderAssignment, travel time.Duration, now time.Time) time.Time {
	const early, ahead = 3 * time.Minute, 45 * time.Minute
	leave := a.GetPlannedArrival().AsTime().Add(-travel - ahead)
	if w := windowFor(ord, now.Add(travel)); w != nil {
		leave = w.GetStartTime().AsTime().Add(-travel - early)
	}
	if leave.Before(now) {
		return now
	}
	return leave
}

// windowFor is the first window of an order that is not over at an instant; nil when there is none.
func windowFor(ord *order, at time.Time) *dispatchv1.TimeWindow {
	for _, w := range ord.windows {
		if w.GetEndTime().AsTime().After(at) {
			return w
		}
	}
	return nil
}

// goHome ends the shift with the way home.
func (o *Operator) goHome(t *technician, now time.Time) {
	t.trip = o.way(t, t.who.Home, now)
	t.enter(homeward)
	since := t.since
	o.plan(now.Add(t.trip.length()), func(context.Context, string) error {
		if t.since != since {
			return nil
		}
		t.place, t.shift = t.who.Home, duty{}
		t.enter(atHome)
		o.wake(t, o.now())
		return nil
	})
}

// trip is a way through the city, driven in traffic.
type trip struct {
	route  city.Route
	start  time.Time
	factor float64 // by how much it takes longer than on empty streets
}

// way plans a trip from where the technician is.
func (o *Operator) way(t *technician, to geo.Point, now time.Time) trip {
	return trip{route: o.cfg.City.Path(t.at(now), to), start: now, factor: traffic(now)}
}

// length is how long the trip takes: half a minute at least, for keys and stairs.
func (w *trip) length() time.Duration {
	return max(time.Duration(w.route.Duration()*w.factor*float64(time.Second)), 30*time.Second)
}

// at is the place that has been reached.
func (w *trip) at(now time.Time) geo.Point {
	return w.route.At(now.Sub(w.start).Seconds() / w.factor)
}
