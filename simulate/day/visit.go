package day

import (
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// depart sets out for an order. From here on what happens is drawn for the order and its visit, whoever makes it.
func (r *run) depart(a *agent, o *order) error {
	ok, err := r.try(string(a.person.ID), engine.Act{Verb: engine.Depart, Order: o.Report, Technician: a.person.ID})
	if err != nil {
		return err
	}
	if !ok {
		o.blocked = r.now.Add(5 * time.Minute)
		r.wake(a, r.now.Add(time.Minute))
		return nil
	}
	way := r.trip(a, o)
	a.drive(o.wish.Location, r.now, way)
	if r.dutyCounts(a) {
		a.travel += way
	}
	a.phase, a.current, a.waits = busy, o, false
	phone := r.w.dice(forPhone, o.Visits, string(o.Report))
	if phone.float() < r.w.Habits.Offline {
		a.offline = r.now.Add(phone.between(18*time.Minute, 45*time.Minute))
	}
	r.at(a.there, func() error { return r.arrive(a, o) })
	return nil
}

// arrive is at the door: it opens, or the technician gives up.
func (r *run) arrive(a *agent, o *order) error {
	o.Visits++
	set(&o.OnSite, r.now)
	r.say(a, o, engine.Arrive, "")
	begin := r.now.Add(r.w.Habits.Entry)
	for _, w := range o.wish.Windows {
		if w.End.After(r.now) {
			if w.Start.After(begin) {
				begin = w.Start
			}
			break
		}
	}
	absent := r.w.Habits.Absent
	if len(o.report.Wish.Windows) > 0 {
		absent /= 3
	}
	door := r.w.dice(forDoor, o.Visits, string(o.Report))
	if o.report.Door && door.float() < absent {
		r.at(begin.Add(8*time.Minute), func() error {
			r.say(a, o, engine.Start, "")
			wait := door.around(r.w.Habits.CallBack, 0.6)
			return r.breakOff(a, o, "nobody at home", wait)
		})
		return nil
	}
	r.at(begin, func() error { return r.work(a, o) })
	return nil
}

// work works until it is done, or until a part is missing.
func (r *run) work(a *agent, o *order) error {
	set(&o.Started, r.now)
	r.say(a, o, engine.Start, "")
	if c := o.report.Recorded; c != nil {
		return r.workAsRecorded(a, o, c)
	}
	part := r.w.dice(forPart, o.Visits, string(o.Report))
	if o.Visits < 3 && part.float() < r.w.Habits.Part {
		look := o.report.Actual * 2 / 5
		r.toil(a, look)
		r.at(r.now.Add(look), func() error {
			return r.breakOff(a, o, "waits for a part", part.around(r.w.Habits.PartWait, 0.5))
		})
		return nil
	}
	r.finishIn(a, o, o.report.Actual)
	return nil
}

// workAsRecorded breaks off as often as it was on the day that is replayed, then finishes.
func (r *run) workAsRecorded(a *agent, o *order, c *Recorded) error {
	if k := o.Visits - 1; k < len(c.Breaks) {
		cut := c.Breaks[k]
		r.toil(a, cut.Worked)
		r.at(r.now.Add(cut.Worked), func() error { return r.breakOff(a, o, "as recorded", cut.Wait) })
		return nil
	}
	r.finishIn(a, o, o.report.Actual)
	return nil
}

// finishIn completes the order after some work.
func (r *run) finishIn(a *agent, o *order, work time.Duration) {
	r.toil(a, work)
	r.at(r.now.Add(work), func() error {
		r.say(a, o, engine.Complete, "")
		set(&o.Resolved, r.now)
		r.close(o)
		return r.finish(a)
	})
}

// toil counts work.
func (r *run) toil(a *agent, d time.Duration) {
	if r.dutyCounts(a) {
		a.worked += d
	}
}

// breakOff ends a visit without result; another follows when the tenant calls or the part is there, by day.
func (r *run) breakOff(a *agent, o *order, reason string, wait time.Duration) error {
	r.say(a, o, engine.Pause, reason)
	back := r.now
	if a.offline.After(back) {
		back = a.offline
	}
	back = r.opens(back.Add(max(wait, time.Minute)), deskOpens, deskCloses)
	r.at(back, func() error { return r.again(o) })
	return r.finish(a)
}

// again plans another visit of an order. The tenant takes whoever comes first.
func (r *run) again(o *order) error {
	o.window, o.refused = dispatch.TimeSpan{}, nil
	if ok, err := r.try("desk", engine.Act{Verb: engine.Resume, Order: o.Report, SecondVisit: true}); err != nil || !ok {
		return err
	}
	only := o.grabbed
	if len(o.wish.Windows) > 0 || only != nil {
		o.wish.Windows = nil
		_, err := r.release(o, only)
		return err
	}
	return nil
}

// finish leaves an order behind; after a minute of packing up the technician thinks again.
func (r *run) finish(a *agent) error {
	a.phase, a.current = free, nil
	r.wake(a, r.now.Add(time.Minute))
	return nil
}

// say tells the engine what a technician did: at once, or when the phone has a signal again, in order.
func (r *run) say(a *agent, o *order, v engine.Verb, reason string) {
	at := r.now
	if a.offline.After(at) {
		at = a.offline
	}
	r.at(at, func() error {
		_, err := r.try(string(a.person.ID), engine.Act{Verb: v, Order: o.Report, Technician: a.person.ID, Reason: reason})
		return err
	})
}
