package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/plan"
	"fettle/geo"
)

// board is the plan of a territory, laid out for fast insertion, and how its indices relate to ids. Visits carry the id of
// their order; technicians stand by rising id.
type board struct {
	*plan.Board
	origin time.Time
	ids    []dispatch.TechnicianID
	index  map[dispatch.TechnicianID]int32
	spans  [][]span
	homes  []geo.Point
	tools  map[string]bool // that somebody has
	// displaced lists planned orders that the layout could not keep where they were.
	displaced []dispatch.WorkOrderID
}

const (
	// rollEvery is how long a board serves before it is laid out with another origin; so long its shifts reach beyond the
	// horizon.
	rollEvery = 3 * time.Hour
	// alternatives is how many other technicians a decision records.
	alternatives = 3
	// offers leaves room for several shifts of one technician.
	offers = alternatives + 2
	// spareShifts is how many shifts a technician may get before the board is laid out anew.
	spareShifts = 1
	// maxTools is how many kinds of tools technicians may have, see constraint.New.
	maxTools = 64
)

// originAt is the instant of tick 0 of a board that is laid out now: routes reach a little into the past.
func originAt(now time.Time) time.Time { return now.UTC().Truncate(time.Hour).Add(-time.Hour) }

// tick is the first tick that is not before an instant.
func (b *board) tick(t time.Time) dispatch.Tick {
	d := t.Sub(b.origin)
	k := d / time.Second
	if d > k*time.Second {
		k++
	}
	return dispatch.Tick(k)
}

// when is the instant of a tick.
func (b *board) when(k dispatch.Tick) time.Time { return b.origin.Add(time.Duration(k) * time.Second) }

// planned is until when shifts begin that a board plans.
func (e *Engine) planned() time.Time { return e.origin.Add(time.Hour + e.config.Horizon + rollEvery) }

// layout makes a board of the ledger, or of the scratch of a decision.
func (e *Engine) layout(orders []*Order, technicians []*Technician) (*board, error) {
	until := e.planned()
	return e.layoutShifts(orders, technicians, func(t *Technician) []span { return e.spans(t, e.origin, until) })
}

// layoutShifts is layout for the shifts that a function names.
func (e *Engine) layoutShifts(orders []*Order, technicians []*Technician, shifts func(*Technician) []span) (*board, error) {
	b := &board{
		origin: e.origin, index: make(map[dispatch.TechnicianID]int32, len(technicians)), tools: map[string]bool{},
		ids: make([]dispatch.TechnicianID, 0, len(technicians)), spans: make([][]span, 0, len(technicians)),
	}
	p := &dispatch.Problem{Origin: e.origin.In(e.config.Zone), Scale: dispatch.Scale{TicksPerUnit: 1, Unit: "s"}, Policy: *e.config.Policy}
	for _, t := range technicians {
		b.index[t.ID] = int32(len(b.ids))
		b.ids = append(b.ids, t.ID)
		b.spans = append(b.spans, shifts(t))
		b.homes = append(b.homes, t.Home)
		p.Technicians = append(p.Technicians, b.problemTechnician(t))
	}
	homes := b.homes
	if len(homes) == 0 {
		homes = []geo.Point{{}} // a board needs a place
	}
	m, err := geo.NewGlobe(homes, e.config.secondsPerMeter(), geo.RoundNearest)
	if err != nil {
		return nil, fmt.Errorf("lay out board: %w", err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	for _, h := range homes {
		p.Places = append(p.Places, dispatch.Place{Point: h, OnGlobe: true})
	}
	if b.Board, err = plan.NewBoard(p, nil, plan.BoardOptions{Offers: offers}); err != nil {
		return nil, fmt.Errorf("lay out board: %w", err)
	}
	if err := e.beginRoutes(b); err != nil {
		return nil, err
	}
	return b, e.loadRoutes(b, orders)
}

// problemTechnician is a technician as a problem has it; home is the place of the same index.
func (b *board) problemTechnician(t *Technician) dispatch.Technician {
	home := int32(len(b.ids) - 1)
	out := dispatch.Technician{
		ID: t.ID, Name: t.Name, Skills: t.Skills, MaxVisits: t.MaxVisits, Territories: t.Territories,
		Rates: dispatch.Rates{Travel: travelRate, Overtime: overtimeRate},
	}
	for _, tool := range t.Tools {
		if b.tools[tool] || len(b.tools) < maxTools {
			b.tools[tool] = true
			out.Tools = append(out.Tools, tool)
		}
	}
	for s := range len(b.spans[home]) + spareShifts {
		out.Shifts = append(out.Shifts, b.shift(home, s))
	}
	return out
}

// shift is a span of a technician as a problem has it; behind the last span there are shifts without length, for those that
// begin while the board serves.
func (b *board) shift(technician int32, k int) dispatch.Shift {
	shift := dispatch.Shift{LatestDeparture: dispatch.NoTick, StartPlace: technician, EndPlace: technician}
	if k >= len(b.spans[technician]) {
		return shift
	}
	s := &b.spans[technician][k]
	shift.Start, shift.End, shift.Overtime = b.tick(s.start), b.tick(s.end), dispatch.Tick(s.overtime/time.Second)
	for _, br := range s.breaks {
		from, to := b.tick(br.Start), b.tick(br.End)
		length := dispatch.Tick(br.Duration / time.Second)
		if from < shift.Start || from+length > shift.End {
			continue // of a part of the shift that is not worked
		}
		shift.Breaks = append(shift.Breaks, dispatch.Break{Windows: []dispatch.TimeWindow{{Start: from, End: max(to, from+1)}}, Duration: length})
	}
	return shift
}

// reshape lays out the shifts of one technician anew, with the same outcome for him as a layout of the whole board; false
// when he has more shifts than the board has room for.
func (e *Engine) reshape(b *board, t int32, spans []span, order func(dispatch.WorkOrderID) *Order) (bool, error) {
	slots := b.Shifts(t)
	if len(spans) > slots {
		return false, nil
	}
	var orders []*Order
	for s := range slots {
		for _, v := range b.Unload(t, int32(s)) {
			orders = append(orders, order(b.orderOf(v)))
		}
	}
	b.spans[t] = spans
	for s := range slots {
		if err := b.SetShift(t, int32(s), b.shift(t, s)); err != nil {
			return false, fmt.Errorf("lay out the shifts of technician %s: %w", b.ids[t], err)
		}
	}
	if err := e.beginRoute(b, t); err != nil {
		return false, err
	}
	return true, b.loadPlanned(orders)
}

// beginRoutes lets the routes of running shifts begin where they did.
func (e *Engine) beginRoutes(b *board) error {
	for t := range b.ids {
		if err := e.beginRoute(b, int32(t)); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) beginRoute(b *board, t int32) error {
	g, ok := e.begins[b.ids[t]]
	if !ok {
		return nil
	}
	for s := range b.spans[t] {
		sp := &b.spans[t][s]
		point, at := g.point, g.at
		if over := sp.over(); !over.After(g.closed) {
			point, at = b.homes[t], over
		} else if !sp.start.Equal(g.shift) {
			continue
		}
		if _, err := b.Begin(t, int32(s), point, b.tick(at), g.taken); err != nil {
			return fmt.Errorf("lay out board: %w", err)
		}
	}
	return nil
}

// loadRoutes adds the visits of open orders and puts the planned ones on their routes.
func (e *Engine) loadRoutes(b *board, orders []*Order) error {
	planned := make([]*Order, 0, len(orders))
	for _, o := range orders {
		if o.State != StateNew && !o.State.Planned() {
			continue
		}
		if _, _, err := e.addVisit(b, o, wanted{}); err != nil {
			return fmt.Errorf("lay out board: order %s: %w", o.ID, err)
		}
		if o.State != StateNew {
			planned = append(planned, o)
		}
	}
	return b.loadPlanned(planned)
}

// loadPlanned puts planned orders on their routes, in the order of their planned times. Those that cannot be there are
// displaced.
func (b *board) loadPlanned(orders []*Order) error {
	routes := map[routeKey][]*Order{}
	var used []routeKey
	for _, o := range orders {
		_, known := b.Index(dispatch.VisitID(o.ID))
		t, s := b.find(o.Assignment)
		if s < 0 || !known {
			b.displaced = append(b.displaced, o.ID)
			continue
		}
		k := routeKey{t, s}
		if len(routes[k]) == 0 {
			used = append(used, k)
		}
		routes[k] = append(routes[k], o)
	}
	sequences := make([]plan.Sequence, 0, len(used))
	for _, k := range used {
		of := routes[k]
		slices.SortStableFunc(of, func(x, y *Order) int {
			return cmp.Or(x.Assignment.Start.Compare(y.Assignment.Start), x.Assignment.End.Compare(y.Assignment.End), cmp.Compare(x.ID, y.ID))
		})
		q := plan.Sequence{Technician: k.technician, Shift: k.shift}
		for _, o := range of {
			v, _ := b.Index(dispatch.VisitID(o.ID))
			q.Visits = append(q.Visits, v)
		}
		sequences = append(sequences, q)
	}
	left, err := b.Load(sequences)
	if err != nil {
		return fmt.Errorf("lay out board: %w", err)
	}
	for _, v := range left {
		b.displaced = append(b.displaced, b.orderOf(v))
	}
	return nil
}

// find is the route of an assignment; the shift is -1 when there is no such shift any more.
func (b *board) find(a *Assignment) (technician, shift int32) {
	t, ok := b.index[a.Technician]
	if !ok {
		return -1, -1
	}
	s := slices.IndexFunc(b.spans[t], func(s span) bool { return s.start.Equal(a.Shift) })
	if s < 0 { // the shift was changed
		s = running(b.spans[t], a.Start)
	}
	return t, int32(s)
}

// orderOf is the order of a visit.
func (b *board) orderOf(v int32) dispatch.WorkOrderID {
	visit, _ := b.Visit(v)
	return visit.WorkOrder
}

// wanted changes what the visit of an order asks for while a decision is sought.
type wanted struct {
	only    dispatch.TechnicianID // he alone
	except  dispatch.TechnicianID // anybody else
	free    bool                  // not held to the technician who has accepted
	relaxed bool                  // at any time
	forgive bool                  // those who let an offer pass are asked again
}

// addVisit adds the visit of an order to the board; false when nobody has the tools, and it is on no board.
func (e *Engine) addVisit(b *board, o *Order, w wanted) (int32, bool, error) {
	v := b.visit(o, w)
	for _, tool := range v.Tools {
		if !b.tools[tool] {
			return -1, false, nil
		}
	}
	i, err := b.AddAt(v, o.Location)
	return i, err == nil, err
}

// visit is the next visit of an order in ticks of the board.
func (b *board) visit(o *Order, w wanted) dispatch.Visit {
	order := dispatch.WorkOrder{
		ID: o.ID, Urgency: o.Urgency, Tier: string(o.Urgency), Skills: o.Skills, OnSite: o.OnSite, Due: waitsFrom(o),
	}
	v := order.Visit(b.origin, 0)
	v.Building, v.Tools, v.Territory, v.Priority = o.Building, o.Tools, o.Territory, o.Priority
	v.Only, v.Preferred = o.Only, o.Preferred
	if len(v.Preferred) == 0 && o.Previous != "" {
		v.Preferred = []dispatch.TechnicianID{o.Previous}
	}
	has := o.TechnicianID()
	if w.only != "" {
		has = w.only
	}
	v.Excluded = o.Excluded
	for _, id := range o.Declined {
		if id != has && (!w.forgive || !slices.Contains(o.Expired, id)) {
			v.Excluded = with(v.Excluded, id)
		}
	}
	if w.except != "" {
		v.Excluded = with(v.Excluded, w.except)
	}
	v.Windows = b.windows(o)
	v.Pin = b.pin(o, w)
	if w.relaxed || (!w.free && w.only == "" && b.late(o)) {
		b.relax(&v)
	}
	return v
}

// pin holds the visit to its technician, once one has agreed or a dispatcher has decided, and to the instant that a
// dispatcher has decided.
func (b *board) pin(o *Order, w wanted) *dispatch.Pin {
	p := dispatch.Pin{Start: dispatch.NoTick, Technician: w.only}
	if o.Pin != nil {
		if !o.Pin.Start.IsZero() {
			p.Start = b.tick(o.Pin.Start)
		}
		p.Technician = cmp.Or(p.Technician, o.Pin.Technician)
	}
	if p.Technician == "" && !w.free && (o.State == StateAccepted || (o.State == StateAssigned && o.Pin != nil)) {
		p.Technician = o.TechnicianID()
	}
	if p.Technician == "" && p.Start == dispatch.NoTick {
		return nil
	}
	return &p
}

// windows are those of the wish, in order and apart. Those that are over stay: an order that has no other can be begun no
// more, and a route that begins in the past may need them.
func (b *board) windows(o *Order) []dispatch.TimeWindow {
	var out []dispatch.TimeWindow
	for _, s := range o.Windows { // sorted, see normalize
		w := dispatch.TimeWindow{Start: b.tick(s.Start), End: b.tick(s.End)}
		switch n := len(out) - 1; {
		case w.Empty():
		case n >= 0 && w.Start <= out[n].End:
			out[n].End = max(out[n].End, w.End)
		default:
			out = append(out, w)
		}
	}
	return out
}

// late reports whether a planned order has been kept although its time was missed.
func (b *board) late(o *Order) bool {
	if !o.State.Planned() {
		return false
	}
	start := b.tick(o.Assignment.Start)
	if o.Pin != nil && !o.Pin.Start.IsZero() && b.tick(o.Pin.Start) != start {
		return true
	}
	ws := b.windows(o)
	return len(ws) > 0 && !slices.ContainsFunc(ws, func(w dispatch.TimeWindow) bool { return w.Contains(start) })
}

// relax lets a visit be late: it may start at any time after its first window opens.
func (b *board) relax(v *dispatch.Visit) {
	if len(v.Windows) > 0 {
		v.Windows = []dispatch.TimeWindow{{Start: v.Windows[0].Start, End: dispatch.Far}}
	}
	if v.Pin == nil || v.Pin.Start == dispatch.NoTick {
		return
	}
	v.Windows = []dispatch.TimeWindow{{Start: v.Pin.Start, End: dispatch.Far}}
	if v.Pin = v.Pin.Relaxed(dispatch.RelaxTimes); v.Pin != nil {
		v.Pin.Start = dispatch.NoTick
	}
}

// waitsFrom is the instant from which waiting costs: that of the report, or of the first window when the tenant asked for
// later. The steps of the policy's tiers count from there, not from the promise.
func waitsFrom(o *Order) time.Time {
	at := o.Created
	if len(o.Windows) > 0 && o.Windows[0].Start.After(at) {
		at = o.Windows[0].Start
	}
	return at
}
