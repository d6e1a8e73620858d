package day

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/dispatch/engine"
)

// Outcome is what a policy has made of a World.
type Outcome struct {
	KPI KPI
	// Orders are the measured reports in their order, with what became of them.
	Orders []Life
	// Trace is a hash of every event: equal for equal runs.
	Trace uint64
	// Events counts them, and Shifts the shifts that were worked, warm-up included.
	Events, Shifts int
}

// Life is what became of a report. Times are true ones: a phone without signal tells the engine later. Zero means never.
type Life struct {
	Report                                            dispatch.WorkOrderID
	Acknowledged, Accepted, OnSite, Started, Resolved time.Time
	// Moved counts the times that the tenant was told another window than before, without having asked for it.
	Moved    int
	Visits   int
	Canceled bool
}

// tail is how long after the measured interval its orders may still be finished.
const tail = 21 * 24 * time.Hour

// What a policy has unless it says.
const (
	defaultBeat   = 5 * time.Minute
	defaultWarmUp = 24 * time.Hour
)

// run is a World being lived.
type run struct {
	ctx    context.Context
	w      *World
	p      *Policy
	e      *engine.Engine
	now    time.Time
	queue  jobs
	number int64
	agents []*agent
	byID   map[dispatch.TechnicianID]*agent
	orders map[dispatch.WorkOrderID]*order
	order  []*order // by report
	wait   []*order // for the desk
	sink   func(*engine.Batch) error
	left   int // measured orders that are not resolved
	open   int // orders that are not resolved
	trace  hash.Hash64
	line   []byte
	events int
	shifts int   // lived
	duty   int   // of these, those that began in the measured interval
	seen   int64 // sequence that the last search has looked at
	seed   uint64
}

// order is a report on its way.
type order struct {
	Life
	report  *Report
	counts  bool
	wish    engine.Wish // as it stands now, without what the desk adds
	holder  *agent
	offers  int
	window  dispatch.TimeSpan // that the tenant was told; zero before
	refused map[dispatch.TechnicianID]bool
	grabbed *agent // who has taken it from the chain
	blocked time.Time
	waiting bool
	asked   bool // a dispatcher will look at what is suggested
	judged  int  // suggestions that a dispatcher has answered
}

// job is something that happens at an instant.
type job struct {
	at     time.Time
	number int64 // in the order in which they were planned
	do     func() error
}

type jobs []job

func (q jobs) Len() int { return len(q) }
func (q jobs) Less(i, j int) bool {
	if c := q[i].at.Compare(q[j].at); c != 0 {
		return c < 0
	}
	return q[i].number < q[j].number
}
func (q jobs) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *jobs) Push(x any)   { *q = append(*q, x.(job)) } //nolint:errcheck // heap.Push is called with jobs alone
func (q *jobs) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = job{}
	*q = old[:len(old)-1]
	return last
}

// Run lives a World under a policy until every measured report is resolved. ctx ends it early, with its error.
func Run(ctx context.Context, w *World, p *Policy) (*Outcome, error) {
	return Record(ctx, w, p, nil)
}

// Record is Run that hands every batch to sink, as the live service would commit it.
func Record(ctx context.Context, w *World, p *Policy, sink func(*engine.Batch) error) (*Outcome, error) {
	return live(ctx, w, p, sink, func(*run) {})
}

func live(ctx context.Context, w *World, p *Policy, sink func(*engine.Batch) error, begun func(*run)) (*Outcome, error) {
	r := &run{
		sink: sink, ctx: ctx, w: w, p: p, byID: map[dispatch.TechnicianID]*agent{},
		orders: map[dispatch.WorkOrderID]*order{}, trace: fnv.New64a(),
	}
	if p.Answers == (Answers{}) {
		own := *p
		own.Answers = UsualAnswers()
		r.p = &own
	}
	r.now = w.Count.Start.Add(-cmp.Or(p.WarmUp, defaultWarmUp))
	if r.now.Before(w.Start) {
		r.now = w.Start
	}
	if err := r.begin(); err != nil {
		return nil, fmt.Errorf("begin the days of policy %s: %w", p.Name, err)
	}
	begun(r)
	end := w.Count.End.Add(tail)
	for len(r.queue) > 0 && (r.left > 0 || r.now.Before(w.Count.End) || !r.queue[0].at.After(r.now)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		next, _ := heap.Pop(&r.queue).(job)
		if r.now = next.at; r.now.After(end) {
			break
		}
		if err := next.do(); err != nil {
			return nil, fmt.Errorf("live policy %s at %s: %w", p.Name, r.now.Format(time.RFC3339), err)
		}
	}
	return r.outcome(), nil
}

// Watch is Run that shows look the engine again and again, with the instant of the days.
func Watch(ctx context.Context, w *World, p *Policy, every time.Duration, look func(e *engine.Engine, now time.Time) error) (*Outcome, error) {
	return live(ctx, w, p, nil, func(r *run) { r.every(every, func() error { return look(r.e, r.now) }) })
}

// begin hires the people and plans what is known.
func (r *run) begin() error {
	horizon := 48 * time.Hour
	if r.p.Desk == DeskChain {
		horizon = 9 * 24 * time.Hour // the agreed days
	}
	var err error
	r.e, err = engine.New(engine.Config{
		Zone: r.w.Zone, Normal: r.w.Levels.Normal, Emergency: r.w.Levels.Emergency, Policy: r.p.Weights, Horizon: horizon,
	}, engine.Ledger{}, r.now)
	if err != nil {
		return err
	}
	for i := range r.w.People {
		p := &r.w.People[i]
		profile := p.Profile
		profile.Weekly = nil
		if err := r.tell("manager", engine.CreateTechnician{ID: p.ID, Profile: profile}); err != nil {
			return err
		}
		a := &agent{person: p, shift: -1, place: p.Profile.Home}
		r.agents = append(r.agents, a)
		r.byID[p.ID] = a
		r.wake(a, r.now)
	}
	if r.p.Conduct != nil {
		if err := r.tell("manager", engine.Steer{Conduct: *r.p.Conduct}); err != nil {
			return err
		}
	}
	r.expect()
	r.every(cmp.Or(r.p.Beat, defaultBeat), r.beat)
	r.every(30*time.Minute, r.rebook)
	if r.p.Desk == DeskBatch {
		r.every(r.p.Hold, r.releaseAll)
	}
	if r.p.Improve.Every > 0 {
		r.every(r.p.Improve.Every, r.improve)
	}
	if r.p.Cover {
		r.every(time.Hour, r.foresee)
	}
	return nil
}

// foresee tells the engine what the forecast of the World expects in this hour.
func (r *run) foresee() error {
	o := &cover.Outlook{Radius: coverRadius, Busy: coverBusy, Places: slices.Clone(r.w.Expected.Places)}
	for i := range o.Places {
		o.Places[i].PerHour *= r.w.Expected.Hour[r.now.In(r.w.Zone).Hour()]
	}
	return r.e.Expect(o)
}

// expect plans the reports.
func (r *run) expect() {
	for i := range r.w.Reports {
		rep := &r.w.Reports[i]
		if rep.At.Before(r.now) {
			continue
		}
		o := &order{report: rep, wish: rep.Wish}
		o.Report = rep.ID
		o.counts = !rep.At.Before(r.w.Count.Start) && rep.At.Before(r.w.Count.End)
		if o.counts {
			r.left++
		}
		r.orders[rep.ID] = o
		r.order = append(r.order, o)
		r.at(rep.At, func() error { r.open++; return r.report(o) })
		if rep.Recorded != nil && !rep.Recorded.Canceled.IsZero() {
			r.at(rep.Recorded.Canceled, func() error { return r.cancel(o) })
		}
	}
}

// at plans a job, not before now.
func (r *run) at(t time.Time, do func() error) {
	if t.Before(r.now) {
		t = r.now
	}
	r.number++
	heap.Push(&r.queue, job{t, r.number, do})
}

// every plans a job again and again.
func (r *run) every(d time.Duration, do func() error) {
	var again func() error
	again = func() error {
		r.at(r.now.Add(d), again)
		return do()
	}
	r.at(r.now.Add(d), again)
}

// tell carries out a command as the live service does: decide, evolve, commit, then everybody hears of it.
func (r *run) tell(actor string, c engine.Command) error {
	events, err := r.e.Decide(r.now, actor, c)
	if err != nil {
		return err
	}
	r.e.Evolve(events)
	b := r.e.Batch()
	if r.sink != nil {
		if err := r.sink(b); err != nil {
			return err
		}
	}
	r.e.Commit()
	for _, w := range b.DueSet {
		if w.Kind != engine.DueOfferExpire && w.Kind != engine.DueSuggestion {
			continue // a broken promise is counted at the end
		}
		c, err := engine.DueCommand(w)
		if err != nil {
			return err
		}
		r.at(w.At, func() error { return r.tell("service", c) })
	}
	for i := range b.Events {
		r.hear(&b.Events[i])
	}
	return nil
}

// try is tell for what may have become impossible: false then.
func (r *run) try(actor string, c engine.Command) (bool, error) {
	err := r.tell(actor, c)
	var conflict *engine.ConflictError
	if errors.As(err, &conflict) || errors.Is(err, engine.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// hear lets everybody know of an event.
func (r *run) hear(ev *engine.Event) {
	r.note(ev)
	o := r.orders[ev.Order]
	if o == nil {
		return
	}
	switch ev.Type {
	case engine.OrderAssigned:
		r.offered(o, ev)
	case engine.OrderSuggested:
		r.suggested(o)
	case engine.OrderRescheduled:
		r.promised(o, ev.Assignment)
		r.stir(o.holder)
	case engine.OrderAccepted:
		set(&o.Accepted, r.now)
		r.stir(o.holder)
	case engine.OrderUnassigned, engine.OrderDeclined, engine.OfferExpired:
		if ev.Type != engine.OrderUnassigned {
			o.refuse(ev.Technician)
		}
		r.leave(o)
		r.unserved(o)
	case engine.OrderResumed:
		r.leave(o) // here always for a second visit
	case engine.OrderCompleted, engine.OrderCanceled:
		r.leave(o)
	}
}

// promised notes the window that a tenant is told.
func (r *run) promised(o *order, a *engine.Assignment) {
	was := o.window
	o.window = a.Window
	if !was.Start.IsZero() && (a.Start.Before(was.Start) || !a.Start.Before(was.End)) {
		o.Moved++
	}
}

// offered gives an order to a technician to answer.
func (r *run) offered(o *order, ev *engine.Event) {
	r.leave(o)
	a := r.byID[ev.Technician]
	o.holder = a
	a.todo = append(a.todo, o)
	set(&o.Acknowledged, r.now)
	r.promised(o, ev.Assignment)
	o.offers++
	r.answer(a, o)
}

// leave takes an order from who has it.
func (r *run) leave(o *order) {
	if o.holder != nil {
		o.holder.drop(o)
		o.holder = nil
	}
}

func (o *order) refuse(id dispatch.TechnicianID) {
	if o.refused == nil {
		o.refused = map[dispatch.TechnicianID]bool{}
	}
	o.refused[id] = true
}

func set(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}

// note adds an event to the trace.
func (r *run) note(ev *engine.Event) {
	r.events++
	r.line = ev.Time.AppendFormat(r.line[:0], time.RFC3339Nano)
	for _, part := range [...]string{string(ev.Type), string(ev.Order), string(ev.Technician), string(ev.State)} {
		r.line = append(append(r.line, '|'), part...)
	}
	if a := ev.Assignment; a != nil {
		r.line = a.End.AppendFormat(a.Start.AppendFormat(r.line, time.RFC3339Nano), time.RFC3339Nano)
	}
	_, _ = r.trace.Write(r.line) // a hash does not fail
}

// beat tells the engine that time has passed and where people are. Where nobody has work and nobody moves nothing can
// follow from that.
func (r *run) beat() error {
	if r.open == 0 {
		return nil
	}
	var where []engine.Position
	for _, a := range r.agents {
		if a.phase != off && !r.now.Before(a.offline) {
			where = append(where, engine.Position{Technician: a.person.ID, Point: a.at(r.now), At: r.now})
		}
	}
	if err := r.tell("service", engine.Advance{Positions: where}); err != nil {
		return err
	}
	return r.sendNearest()
}

// improve searches for better routes and has what is found merged.
func (r *run) improve() error {
	if r.open == 0 || r.e.Sequence() == r.seen {
		return r.ctx.Err()
	}
	s, err := r.e.Snapshot(r.now)
	if err != nil {
		return err
	}
	r.seed++
	p, err := s.Improve(r.ctx, r.seed, r.p.Improve.Iterations, 0)
	if err = errors.Join(err, r.ctx.Err()); err != nil {
		return err
	}
	err = r.tell("service", engine.AdoptPlan{Snapshot: s, Plan: p})
	r.seen = r.e.Sequence()
	return err
}
