package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/dispatch/promise"
	"fettle/geo"
)

// Survey is what slot suggestions read of a territory. It shares nothing that changes, so it is safe to use on another
// goroutine, one at a time.
type Survey struct {
	taken  time.Time
	e      Engine // without a board; its orders are those at work
	orders []*Order
}

// Survey notes the open orders and the technicians: a list of pointers to values that never change, since that is quick. The
// routes are laid out by Suggest. O(orders + technicians).
func (e *Engine) Survey(now time.Time) *Survey {
	s := &Survey{taken: now, orders: make([]*Order, 0, len(e.orders))}
	s.e = Engine{
		config: e.config, origin: e.origin, technicians: maps.Clone(e.technicians), positions: maps.Clone(e.positions),
		begins: maps.Clone(e.begins), zones: map[string]*time.Location{}, orders: map[dispatch.WorkOrderID]*Order{},
	}
	for _, o := range e.orders {
		if o.State.Started() {
			s.e.orders[o.ID] = o
		} else if o.State.Open() {
			s.orders = append(s.orders, o)
		}
	}
	return s
}

// suggestedID is that of a visit that no order has.
const suggestedID dispatch.WorkOrderID = "\x00suggested"

// maxTentative is how many orders that wait for days to come are placed before a query that looks at such days.
const maxTentative = 500

// suggestion is a query that is being answered.
type suggestion struct {
	*Survey
	q       SlotQuery
	able    []*Technician // who may do it, by id
	b       *board
	sampler *promise.Sampler
	out     *Slots
}

// Suggest ranks the windows in which a visit could start by what they would cost, against the routes as they are committed,
// and says why the others are closed. Only technicians who may do it are looked at, in shifts that meet the range.
//
// The routes are those of the survey: exact while nothing happens. An order that is created with the window of a slot then
// costs what the slot says, or less where the technician has moved. The error is a *dispatch.InvalidError that names a field.
func (s *Survey) Suggest(q SlotQuery) (*Slots, error) {
	d := &decision{e: &s.e, now: s.taken}
	w, err := d.normalize(q.Wish)
	if err != nil {
		return nil, err
	}
	q.Wish = w
	if err := q.fill(s.taken, &s.e.config); err != nil {
		return nil, err
	}
	slots, err := q.cut()
	if err != nil {
		return nil, err
	}
	g := &suggestion{Survey: s, q: q, sampler: promise.NewSampler(q.Variability)}
	g.out = &Slots{Taken: s.taken, Variability: q.Variability}
	if len(slots) == 0 {
		return g.out, nil
	}
	near, refused := g.choose()
	if g.out.Able = len(g.able); g.out.Able == 0 {
		refused.Window = dispatch.TimeSpan{Start: slots[0].Start, End: slots[len(slots)-1].End}
		refused.Nearest = near
		g.out.Closed = []ClosedSlot{refused}
		return g.out, nil
	}
	if err := g.layout(slots); err != nil {
		return nil, fmt.Errorf("suggest slots: %w", err)
	}
	for _, w := range slots {
		if err := g.try(w); err != nil {
			return nil, fmt.Errorf("suggest slots: %w", err)
		}
	}
	g.rank()
	return g.out, nil
}

// order is what would be created for a slot.
func (g *suggestion) order(w dispatch.TimeSpan) *Order {
	o := &Order{ID: suggestedID, State: StateNew, Created: g.taken, Wish: g.q.Wish}
	o.Windows = []dispatch.TimeSpan{w}
	return o
}

// choose finds the technicians who may do it at all; where there is none, why the nearest of the others may not.
func (g *suggestion) choose() (near dispatch.TechnicianID, why ClosedSlot) {
	v := (&board{origin: g.e.origin}).visit(g.order(dispatch.TimeSpan{Start: g.taken, End: g.q.To}), wanted{})
	why.Why = dispatch.Unassigned{Visit: -1, Technician: -1, Reason: dispatch.ReasonNoTechnician, Detail: "There is no technician."}
	least := geo.Meters(0)
	for _, t := range g.e.Technicians() {
		reason, short := constraint.Static(staticTechnician(t), &v)
		if reason == "" {
			g.able = append(g.able, t)
			continue
		}
		if away := geo.DistanceEquirect(t.Home, g.q.Wish.Location); near == "" || away < least {
			near, least = t.ID, away
			why.Why.Reason, why.Why.Short = reason, short
			why.Why.Detail = fmt.Sprintf("Nobody may do it; the nearest of %d technicians, %s, is refused by %s.",
				len(g.e.technicians), cmp.Or(t.Name, string(t.ID)), reason)
		}
	}
	return near, why
}

// staticTechnician is what the static rules read of a technician.
func staticTechnician(t *Technician) *dispatch.Technician {
	return &dispatch.Technician{ID: t.ID, Skills: t.Skills, Tools: t.Tools, Territories: t.Territories}
}

// layout makes a board of the technicians who may, in the shifts that meet a slot, with what is on their routes.
func (g *suggestion) layout(slots []dispatch.TimeSpan) error {
	until := slots[len(slots)-1].End
	meets := func(s span) bool {
		return slices.ContainsFunc(slots, func(w dispatch.TimeSpan) bool { return s.start.Before(w.End) && s.over().After(w.Start) })
	}
	known := make(map[dispatch.TechnicianID][]span, len(g.able))
	reach := g.e.planned()
	if until.After(reach) {
		reach = until
	}
	for _, t := range g.able {
		g.begin(t)
		known[t.ID] = slices.DeleteFunc(g.e.spans(t, g.e.origin, reach), func(s span) bool { return !meets(s) })
	}
	var routed, waiting []*Order
	for _, o := range g.orders {
		if !o.State.Planned() {
			if o.State == StateNew {
				waiting = append(waiting, o)
			}
			continue
		}
		if slices.ContainsFunc(known[o.Assignment.Technician], func(s span) bool {
			return !o.Assignment.Shift.Before(s.start) && o.Assignment.Shift.Before(s.over()) || running([]span{s}, o.Assignment.Start) == 0
		}) {
			routed = append(routed, settled(o))
		}
	}
	byID := func(x, y *Order) int { return cmp.Compare(x.ID, y.ID) }
	slices.SortFunc(routed, byID)
	people := g.able
	if !until.After(g.e.planned()) {
		people = g.lean()
	}
	b, err := g.e.layoutShifts(routed, people, func(t *Technician) []span { return known[t.ID] })
	if err != nil {
		return err
	}
	if g.b = b; !until.After(g.e.planned()) {
		return nil
	}
	slices.SortFunc(waiting, func(x, y *Order) int { return cmp.Or(x.Created.Compare(y.Created), byID(x, y)) })
	return g.place(waiting[:min(len(waiting), maxTentative)])
}

// lean are the technicians who may do it with what the query asks of them alone: the fewer differences, the quicker the
// layout. What is on their routes needs no rule (settled); orders that wait would.
func (g *suggestion) lean() []*Technician {
	out := make([]*Technician, len(g.able))
	for i, t := range g.able {
		l := *t
		l.Tools, l.Territories, l.Skills = g.q.Wish.Tools, nil, nil
		for _, s := range t.Skills {
			if slices.ContainsFunc(g.q.Wish.Skills, func(w dispatch.SkillLevel) bool { return w.Skill == s.Skill }) {
				l.Skills = append(l.Skills, s)
			}
		}
		out[i] = &l
	}
	return out
}

// settled is a planned order without what decides who may do it: that is decided, and it is quicker to lay out. What it costs
// that its technician has it is the same with the suggested visit and without.
func settled(o *Order) *Order {
	s := *o
	s.State = StateAssigned
	s.Skills, s.Tools, s.Territory, s.Previous = nil, nil, "", ""
	s.Only, s.Excluded, s.Preferred, s.Declined = nil, nil, nil, nil
	return &s
}

// place puts orders that nobody has yet where they fit best: they wait for days that are not planned yet.
func (g *suggestion) place(waiting []*Order) error {
	for _, o := range waiting {
		v, ok, err := g.e.addVisit(g.b, o, wanted{})
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		offers, err := g.b.Offer(v)
		if err != nil {
			return err
		}
		if len(offers) == 0 {
			err = g.b.Remove(v)
		} else {
			err = g.b.Place(v, offers[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begin lets the route of a running shift that has never been looked at begin where its technician is.
func (g *suggestion) begin(t *Technician) {
	spans := g.e.spans(t, g.taken, g.taken.Add(time.Second))
	if b, ok := g.e.wantBegin(&g.e, t, spans, g.taken); ok {
		if was, known := g.e.begins[t.ID]; !known || !was.shift.Equal(b.shift) {
			g.e.begins[t.ID] = b
		}
	}
}

// try adds a slot to those that are open or closed.
func (g *suggestion) try(w dispatch.TimeSpan) error {
	onShift := g.onShift(w)
	if onShift == 0 {
		g.close(ClosedSlot{Window: w, Why: dispatch.Unassigned{
			Visit: -1, Technician: -1, Reason: dispatch.ReasonOutOfShift,
			Detail: fmt.Sprintf("Nobody who may do it works then; %d may in all.", len(g.able)),
		}})
		return nil
	}
	v, _, err := g.e.addVisit(g.b, g.order(w), wanted{}) // those who may do it have the tools
	if err != nil {
		return err
	}
	offers, err := g.b.Offer(v)
	if err != nil {
		return err
	}
	if len(offers) == 0 {
		_, u, err := g.b.Insert(v)
		if err != nil {
			return err
		}
		r := g.b.refused(u)
		r.why.Detail = g.full(&r, onShift)
		g.close(ClosedSlot{Window: w, Why: *r.why, Nearest: r.nearest, OnShift: onShift})
		return g.b.Remove(v)
	}
	best := offers[0]
	s := Slot{
		Window: w, Technician: g.b.ids[best.Technician], Arrival: g.b.when(best.Arrival), Start: g.b.when(best.Start),
		Cost: best.Terms, OnShift: onShift, Tentative: !g.b.spans[best.Technician][best.Shift].start.Before(g.e.planned()),
	}
	if s.Takers, err = g.b.Takers(v); err != nil {
		return err
	}
	if err := g.b.Place(v, best); err != nil {
		return err
	}
	s.Reliability = g.reliability(v, best.Technician, best.Shift, w.End)
	g.out.Open = append(g.out.Open, s)
	return g.b.Remove(v)
}

// full says that nobody who works has room, and who comes nearest to it.
func (g *suggestion) full(r *refusal, onShift int) string {
	text := fmt.Sprintf("None of the %d who may do it and work then has room", onShift)
	if onShift == 1 {
		text = "The only one who may do it and works then has no room"
	}
	t := g.e.technicians[r.nearest]
	if t == nil {
		return text + "."
	}
	text += ". The nearest, " + cmp.Or(t.Name, string(t.ID)) + ", "
	switch why := r.why; why.Reason {
	case dispatch.ReasonOutOfShift, dispatch.ReasonWindowClosed, dispatch.ReasonBreak:
		return text + fmt.Sprintf("lacks %d min (%s).", max(1, (why.Short+59)/60), why.Reason)
	case dispatch.ReasonTooCostly:
		return text + fmt.Sprintf("would cost %d more than leaving it out.", why.Short)
	default:
		return text + fmt.Sprintf("is refused by %s.", why.Reason)
	}
}

// close adds a closed slot. Neighbours in which nobody works are one: nights need no list.
func (g *suggestion) close(c ClosedSlot) {
	if n := len(g.out.Closed) - 1; n >= 0 && c.OnShift == 0 {
		if last := &g.out.Closed[n]; last.OnShift == 0 && last.Window.End.Equal(c.Window.Start) {
			last.Window.End = c.Window.End
			return
		}
	}
	g.out.Closed = append(g.out.Closed, c)
}

// onShift is how many of those who may do it work in a slot.
func (g *suggestion) onShift(w dispatch.TimeSpan) int {
	n := 0
	for _, spans := range g.b.spans {
		if slices.ContainsFunc(spans, func(s span) bool { return s.start.Before(w.End) && s.end.After(w.Start) }) {
			n++
		}
	}
	return n
}

// reliability is the probability that a visit on a route starts before an instant.
func (g *suggestion) reliability(v, technician, shift int32, by time.Time) float64 {
	b := g.b
	r, ok := b.Route(technician, shift)
	at := slices.IndexFunc(r.Stops, func(s dispatch.Stop) bool { return s.Kind == dispatch.StopVisit && s.Visit == v })
	if !ok || at < 0 {
		return 0
	}
	deviation := 0.0
	t := g.e.technicians[b.ids[technician]]
	if o := g.e.orders[t.Current]; o != nil && running(b.spans[technician], g.taken) == int(shift) {
		deviation = g.q.Variability.OnSite.Deviation * o.OnSite.Seconds()
	}
	opens := func(stop int) dispatch.Tick {
		visit, _ := b.Visit(r.Stops[stop].Visit)
		open := -dispatch.Far
		for _, w := range visit.Windows {
			if w.Start <= r.Stops[stop].Start {
				open = w.Start
			}
		}
		if visit.Pin != nil && visit.Pin.Start != dispatch.NoTick {
			open = visit.Pin.Start
		}
		return open
	}
	return g.sampler.Reliability(&r, at, deviation, opens, b.tick(by))
}

// rank puts the open slots in order, and leaves out those that were not asked for.
func (g *suggestion) rank() {
	open := g.out.Open
	slices.SortStableFunc(open, func(x, y Slot) int { return cmp.Compare(x.Cost.Total(), y.Cost.Total()) })
	if most := g.q.Most; most > 0 && len(open) > most {
		g.out.Open, g.out.Omitted = open[:most], len(open)-most
	}
}
