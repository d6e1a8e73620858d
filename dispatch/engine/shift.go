package engine

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// span is one shift of a technician as it is planned: weekly shifts, shifts by date and shifts begun by hand laid over
// each other, without what was ended by hand.
type span struct {
	start, end time.Time
	overtime   time.Duration // never into the next span
	breaks     []Break
}

// over is when nothing is planned on the span any more.
func (s *span) over() time.Time { return s.end.Add(s.overtime) }

// spans lists the shifts of a technician that are not over at an instant and begin before another, apart and in order.
func (e *Engine) spans(t *Technician, from, to time.Time) []span {
	all := e.weekly(t, from, to)
	for i := range t.Shifts {
		all = append(all, span{start: t.Shifts[i].Start, end: t.Shifts[i].End, breaks: t.Shifts[i].Breaks})
	}
	if t.Extra.End.After(t.Extra.Start) {
		all = append(all, span{start: t.Extra.Start, end: t.Extra.End})
	}
	all = union(all)
	if t.Resume.After(t.EndedAt) {
		all = cut(all, t.EndedAt, t.Resume)
	}
	out := all[:0]
	for i := range all {
		s := all[i]
		if s.overtime = e.config.Overtime; i+1 < len(all) {
			s.overtime = min(s.overtime, all[i+1].start.Sub(s.end))
		}
		if s.start.Before(to) && s.over().After(from) && s.end.After(s.start) {
			out = append(out, s)
		}
	}
	return out
}

// weekly lists the weekly shifts around an interval. A wall clock that a change of time skips or repeats is what time.Date
// makes of it, so a night shift is an hour shorter or longer then.
func (e *Engine) weekly(t *Technician, from, to time.Time) (out []span) {
	if len(t.Weekly) == 0 {
		return nil
	}
	zone := e.zone(t.Zone)
	y, m, first := from.In(zone).Date()
	days := int(to.Sub(from)/(24*time.Hour)) + 4
	for d := first - 2; d < first-2+days; d++ {
		at := func(minute int32) time.Time { return time.Date(y, m, d, int(minute)/60, int(minute)%60, 0, 0, zone) }
		day := at(12 * 60).Weekday()
		for i := range t.Weekly {
			w := &t.Weekly[i]
			if !slices.Contains(w.Days, day) {
				continue
			}
			next := func(minute int32) int32 { // on the day after when it is not later than the start
				if minute <= w.Start {
					return minute + 24*60
				}
				return minute
			}
			s := span{start: at(w.Start), end: at(next(w.End))}
			for _, b := range w.Breaks {
				begins := b.Start
				if begins < w.Start {
					begins += 24 * 60
				}
				ends := b.End
				if ends < begins {
					ends += 24 * 60
				}
				s.breaks = append(s.breaks, Break{TimeSpan: dispatch.TimeSpan{Start: at(begins), End: at(ends)}, Duration: b.Duration})
			}
			out = append(out, s)
		}
	}
	return out
}

// zone is a zone by name, that of the business when there is none of that name: profiles are checked when they are written.
func (e *Engine) zone(name string) *time.Location {
	if name == "" {
		return e.config.Zone
	}
	if z, ok := e.zones[name]; ok {
		return z
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = e.config.Zone
	}
	e.zones[name] = z
	return z
}

// OnDuty is the length of the shifts of a technician within an interval, without overtime, by the shifts as they stand now.
// zone is that of weekly shifts that name none.
func OnDuty(t *Technician, zone *time.Location, from, to time.Time) (sum time.Duration) {
	e := &Engine{config: Config{Zone: zone}, zones: map[string]*time.Location{}}
	for _, s := range e.spans(t, from, to) {
		if s.start.Before(from) {
			s.start = from
		}
		if s.end.After(to) {
			s.end = to
		}
		sum += max(0, s.end.Sub(s.start))
	}
	return sum
}

// union joins spans that overlap or touch.
func union(all []span) []span {
	slices.SortFunc(all, func(x, y span) int { return cmp.Or(x.start.Compare(y.start), x.end.Compare(y.end)) })
	var out []span
	for _, s := range all {
		if n := len(out) - 1; n >= 0 && !s.start.After(out[n].end) {
			if s.end.After(out[n].end) {
				out[n].end = s.end
			}
			out[n].breaks = mergeBreaks(out[n].breaks, s.breaks)
			continue
		}
		out = append(out, s)
	}
	return out
}

// mergeBreaks keeps breaks in order, each once: the same break can be in a weekly shift and in one by date.
func mergeBreaks(a, b []Break) []Break {
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(x, y Break) int {
		return cmp.Or(x.Start.Compare(y.Start), x.End.Compare(y.End), cmp.Compare(x.Duration, y.Duration))
	})
	return slices.CompactFunc(out, func(x, y Break) bool { return x.Start.Equal(y.Start) && x.End.Equal(y.End) })
}

// cut takes an interval out of spans.
func cut(all []span, from, to time.Time) (out []span) {
	for _, s := range all {
		if !s.start.Before(to) || !s.end.After(from) {
			out = append(out, s)
			continue
		}
		if s.start.Before(from) {
			before := s
			before.end = from
			out = append(out, before)
		}
		if s.end.After(to) {
			after := s
			after.start = to
			out = append(out, after)
		}
	}
	return out
}

// running is the index of the span that a technician is in, -1 for none. Overtime counts until the next one begins.
func running(spans []span, now time.Time) int {
	for i := len(spans) - 1; i >= 0; i-- {
		if !spans[i].start.After(now) && spans[i].over().After(now) {
			return i
		}
	}
	return -1
}

// begin is where and when the route of a running shift begins: where the technician is free next.
type begin struct {
	shift time.Time // start of the span
	at    time.Time
	point geo.Point
	taken int  // breaks of the span that are behind it
	pause bool // a break lasts until then
	// closed is until when shifts that were over have been closed.
	closed time.Time
}

// overrun is how much longer work is expected to take that has taken longer than expected.
const overrun = 5 * time.Minute

// wantBegin is where and when the route of the running shift would begin if it were decided now: after the work that has
// started, else where the technician was seen last. False when there is no running shift.
func (e *Engine) wantBegin(l images, t *Technician, spans []span, now time.Time) (begin, bool) {
	s := running(spans, now)
	if s < 0 {
		return begin{}, false
	}
	b := begin{shift: spans[s].start, at: now}
	if o := l.order(t.Current); o != nil && o.Assignment != nil {
		b.point = o.Location
		if b.at = o.Assignment.End; !b.at.After(now) {
			b.at = now.Add(overrun)
		}
		return b, true
	}
	b.point = e.lastPlace(t, spans[s].start, now)
	return b, true
}

// lastPlace is where a technician is, as far as is known: the last position that is still trusted, or the place of the last
// work of this shift when that is more recent, else home.
func (e *Engine) lastPlace(t *Technician, shift, now time.Time) geo.Point {
	p, seen := e.trusted(t.ID, now)
	worked := !t.LastSeen.IsZero() && !t.LastSeen.Before(shift)
	switch {
	case seen && (!worked || !p.At.Before(t.LastSeen)):
		return p.Point
	case worked:
		return t.LastPlace
	}
	return t.Home
}

// trusted is the last position of a technician if it is recent and sharp enough to plan with.
func (e *Engine) trusted(id dispatch.TechnicianID, now time.Time) (Position, bool) {
	p, ok := e.positions[id]
	return p, ok && now.Sub(p.At) <= e.config.PositionTrust && p.AccuracyMeters <= blurredMeters
}

// blurredMeters is how blurred a position may be: a cell tower's guess says nothing about who is near.
const blurredMeters = 2000

// travel is how long a way takes.
func (e *Engine) travel(from, to geo.Point) time.Duration {
	s := float64(geo.DistanceHaversine(from, to)) * e.config.secondsPerMeter()
	return time.Duration(s+0.5) * time.Second
}
