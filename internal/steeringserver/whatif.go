package steeringserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/wire"
	"fettle/simulate/whatif"
)

// What a question has unless it says.
const (
	defaultIterations = 2000
	defaultLimit      = 3 * time.Second
)

// AskWhatIf implements the method of the same name.
func (s *Server) AskWhatIf(ctx context.Context, r *steeringv1.WhatIfRequest) (*steeringv1.WhatIfAnswer, error) {
	live, err := s.live(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e, now, err := live.Fork(ctx)
	if err != nil {
		return nil, err
	}
	w := wishes{r: r, now: now, zone: s.c.Zone}
	q, err := w.question(e)
	if err != nil {
		return nil, err
	}
	began := s.c.Machine.Now()
	q.Elapsed = func() time.Duration { return s.c.Machine.Now().Sub(began) }
	a, err := whatif.Ask(ctx, e, now, q)
	var refused *whatif.CommandError
	if errors.As(err, &refused) {
		return nil, w.refusal(refused)
	}
	if err != nil {
		return nil, err
	}
	return showAnswer(a), nil
}

// wishes reads a question.
type wishes struct {
	r      *steeringv1.WhatIfRequest
	now    time.Time
	zone   *time.Location
	fields []string // which field of the request each command is of
	all    []engine.Command
}

func (w *wishes) add(c engine.Command, field string, args ...any) {
	w.all, w.fields = append(w.all, c), append(w.fields, fmt.Sprintf(field, args...))
}

func (w *wishes) question(e *engine.Engine) (whatif.Question, error) {
	q := whatif.Question{Seed: uint64(w.r.GetSeed()), Iterations: int64(cmp.Or(w.r.GetIterations(), defaultIterations)), Limit: defaultLimit}
	if w.r.GetTimeLimit() != nil {
		q.Limit = w.r.GetTimeLimit().AsDuration()
	}
	if w.r.GetWithoutSearch() {
		q.Iterations = 0
	}
	if err := errors.Join(w.people(), w.orders()); err != nil {
		return q, err
	}
	q.Commands = w.all
	if w.r.GetWeights() != nil {
		now := e.Policy()
		next := weigh(engine.WeightsOf(&now), w.r.GetWeights())
		q.Weights = &next
	}
	if len(q.Commands) == 0 && q.Weights == nil {
		return q, &dispatch.InvalidError{Field: "addTechnicians", Want: "something that should change: this field, another list or weights"}
	}
	return q, nil
}

// people are the technicians who come, go and fall ill.
func (w *wishes) people() error {
	for i, t := range w.r.GetAddTechnicians() {
		p, err := wire.Profile(t)
		if err != nil {
			return wire.In(fmt.Sprintf("addTechnicians[%d]", i), err)
		}
		w.add(engine.CreateTechnician{ID: dispatch.TechnicianID(fmt.Sprintf("new-%d", i+1)), Profile: p}, "addTechnicians[%d]", i)
	}
	for i, id := range w.r.GetRemoveTechnicianIds() {
		w.add(engine.DeleteTechnician{ID: dispatch.TechnicianID(id)}, "removeTechnicianIds[%d]", i)
	}
	for i, t := range w.r.GetSickTechnicians() {
		until, err := wire.Instant(fmt.Sprintf("sickTechnicians[%d].until", i), t.GetUntil())
		if err != nil {
			return err
		}
		if until.IsZero() {
			y, m, d := w.now.In(w.zone).Date()
			until = time.Date(y, m, d+1, 0, 0, 0, 0, w.zone)
		}
		if !until.After(w.now) {
			return &dispatch.InvalidError{
				Field: fmt.Sprintf("sickTechnicians[%d].until", i), Value: until.Format(time.RFC3339), Want: "an instant that is not past",
			}
		}
		w.add(engine.EndShift{ID: dispatch.TechnicianID(t.GetTechnicianId()), Reason: "sick", Until: until}, "sickTechnicians[%d].technicianId", i)
	}
	return nil
}

// orders are those that come and go.
func (w *wishes) orders() error {
	for i, o := range w.r.GetAddWorkOrders() {
		wish, err := wire.Wish(o)
		if err != nil {
			return wire.In(fmt.Sprintf("addWorkOrders[%d]", i), err)
		}
		w.add(engine.CreateOrder{ID: dispatch.WorkOrderID(fmt.Sprintf("new-%d", i+1)), Wish: wish}, "addWorkOrders[%d]", i)
	}
	for i, id := range w.r.GetCancelWorkOrderIds() {
		w.add(engine.Act{Verb: engine.Cancel, Order: dispatch.WorkOrderID(id), Reason: "what if"}, "cancelWorkOrderIds[%d]", i)
	}
	return nil
}

// refusal says which field of the question cannot be.
func (w *wishes) refusal(e *whatif.CommandError) error {
	field := w.fields[e.Index]
	var invalid *dispatch.InvalidError
	var conflict *engine.ConflictError
	switch {
	case errors.As(e.Err, &invalid):
		return wire.In(field, e.Err)
	case errors.Is(e.Err, engine.ErrNotFound):
		return &dispatch.InvalidError{Field: field, Want: "the id of something that is there and open"}
	case errors.As(e.Err, &conflict):
		return &dispatch.InvalidError{Field: field, Value: string(conflict.State), Want: "something that may be: " + conflict.Detail}
	}
	return e.Err
}

// weigh lays what a message says over weights.
func weigh(w engine.Weights, m *steeringv1.Weights) engine.Weights {
	set := func(to *int64, v *float64) {
		if v != nil {
			*to = int64(math.Round(*v))
		}
	}
	set(&w.Unserved, m.Unserved)                       //nolint:protogetter // nil means that it stays
	set(&w.UnservedPerPriority, m.UnservedPerPriority) //nolint:protogetter // as above
	set(&w.SkillSurplus, m.SkillSurplus)               //nolint:protogetter // as above
	set(&w.MovedPromise, m.MovedPromise)               //nolint:protogetter // as above
	w.Unserved = max(w.Unserved, 1)
	if s := steps(m.GetNormal()); s != nil {
		w.Normal = s
	}
	if s := steps(m.GetEmergency()); s != nil {
		w.Emergency = s
	}
	return w
}

// steps are the prices of waiting.
func steps(in []*steeringv1.WaitStep) (out []dispatch.LatenessStep) {
	for _, s := range in {
		out = append(out, dispatch.LatenessStep{After: dispatch.Tick(s.GetAfter().AsDuration() / time.Second), PerTick: int64(s.GetPerSecond())})
	}
	return out
}

// showAnswer writes an answer.
func showAnswer(a *whatif.Answer) *steeringv1.WhatIfAnswer {
	out := &steeringv1.WhatIfAnswer{
		Time: wire.Timestamp(a.Taken), Before: showFigures(&a.Before), After: showFigures(&a.After), Complete: a.Complete,
	}
	out.Difference = minus(out.GetAfter(), out.GetBefore())
	for i := range a.Moves {
		m := &a.Moves[i]
		if m.Breaks() {
			out.BrokenPromises++
		}
		out.Moves = append(out.Moves, &steeringv1.MovedOrder{
			WorkOrderId: string(m.Order), Kind: steeringv1.MovedOrder_Kind(steeringv1.MovedOrder_Kind_value[string(m.Kind)]),
			Window: wire.Window(m.Window), FromTechnicianId: string(m.From), ToTechnicianId: string(m.To),
			FromStart: wire.Timestamp(m.FromStart), ToStart: wire.Timestamp(m.ToStart), Accepted: m.Accepted,
		})
	}
	for i := range a.Routes {
		c := &a.Routes[i]
		out.Routes = append(out.Routes, &steeringv1.RouteDifference{
			TechnicianId: string(c.Technician), TechnicianName: c.Name, Before: ids(c.Before), After: ids(c.After), Gained: ids(c.Gained),
			Lost: ids(c.Lost), TravelMinutesBefore: c.TravelBefore.Minutes(), TravelMinutesAfter: c.TravelAfter.Minutes(),
			EndBefore: wire.Timestamp(c.EndBefore), EndAfter: wire.Timestamp(c.EndAfter),
		})
	}
	return out
}

func ids(in []dispatch.WorkOrderID) []string {
	out := make([]string, len(in))
	for i, id := range in {
		out[i] = string(id)
	}
	return out
}

func showFigures(f *whatif.Figures) *steeringv1.PlanFigures {
	return &steeringv1.PlanFigures{
		Orders: int32(f.Orders), Unassigned: int32(f.Unassigned), Late: int32(f.Late), LateMinutes: f.LateTime.Minutes(),
		WaitMinutes: f.Wait.Minutes(), TravelMinutes: f.Travel.Minutes(), OnSiteMinutes: f.OnSite.Minutes(),
		OvertimeMinutes: f.Overtime.Minutes(), Technicians: int32(f.Technicians), Cost: wire.Cost(f.Cost),
	}
}

func minus(a, b *steeringv1.PlanFigures) *steeringv1.PlanFigures {
	out := &steeringv1.PlanFigures{
		Orders: a.GetOrders() - b.GetOrders(), Unassigned: a.GetUnassigned() - b.GetUnassigned(), Late: a.GetLate() - b.GetLate(),
		LateMinutes: a.GetLateMinutes() - b.GetLateMinutes(), WaitMinutes: a.GetWaitMinutes() - b.GetWaitMinutes(),
		TravelMinutes: a.GetTravelMinutes() - b.GetTravelMinutes(), OnSiteMinutes: a.GetOnSiteMinutes() - b.GetOnSiteMinutes(),
		OvertimeMinutes: a.GetOvertimeMinutes() - b.GetOvertimeMinutes(), Technicians: a.GetTechnicians() - b.GetTechnicians(),
		Cost: &dispatchv1.Cost{Total: a.GetCost().GetTotal() - b.GetCost().GetTotal(), Terms: map[string]float64{}},
	}
	for _, terms := range []map[string]float64{a.GetCost().GetTerms(), b.GetCost().GetTerms()} {
		for k := range terms {
			if d := a.GetCost().GetTerms()[k] - b.GetCost().GetTerms()[k]; d != 0 {
				out.Cost.Terms[k] = d
			}
		}
	}
	return out
}
