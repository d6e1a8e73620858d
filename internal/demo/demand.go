package demo

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/simulate/city"
)

// openDay posts the backlog and plans the reports of the rest of the day.
func (o *Operator) openDay(now time.Time) {
	today := midnight(now)
	for _, r := range o.backlog(now) {
		o.plan(now, o.posting(r.day, r.report))
	}
	o.planDay(today, now)
	o.planDesk(now)
}

// dated is a report with the midnight that its times count from.
type dated struct {
	day    time.Time
	report city.Report
}

// backlog is what came in last before an instant: this morning, and the evening before where that is too little.
func (o *Operator) backlog(now time.Time) []dated {
	var all []dated
	today := midnight(now)
	for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
		for _, r := range o.cfg.City.Day(day) {
			if day.Add(r.At).Before(now) {
				all = append(all, dated{day, r})
			}
		}
	}
	return all[max(len(all)-max(o.cfg.Backlog, 0), 0):]
}

// Waiting lists the units of the reports that wait when the day begins.
func (o *Operator) Waiting() (units []string) {
	for _, r := range o.backlog(o.now()) {
		if r.report.Unit != "" {
			units = append(units, r.report.Unit)
		}
	}
	return units
}

// planDay plans the reports of a day that come at or after an instant, and the planning of the day after.
func (o *Operator) planDay(day, from time.Time) {
	for _, r := range o.cfg.City.Day(day) {
		if at := day.Add(r.At); !at.Before(from) {
			o.plan(at, o.posting(day, r))
		}
	}
	next := day.AddDate(0, 0, 1)
	o.plan(next, func(context.Context, string) error {
		o.planDay(next, next)
		return nil
	})
}

// posting is the job of one report.
func (o *Operator) posting(day time.Time, r city.Report) func(context.Context, string) error {
	o.posted++
	number := o.posted
	var wish *dispatchv1.WorkOrder // made once: the same key goes with the same body
	return func(ctx context.Context, key string) error {
		if wish == nil {
			wish = o.wish(day, &r)
		}
		call, cancel := o.keyed(ctx, key)
		defer cancel()
		wo, err := o.orderCalls.CreateWorkOrder(call, &dispatchv1.CreateWorkOrderRequest{WorkOrder: wish})
		switch o.judge(ctx, "CreateWorkOrder", err) {
		case later:
			return err
		case done:
			o.register(wo, number, &r)
		case refused, failed:
		}
		return nil
	}
}

// wish is a report in the words of the contract.
func (o *Operator) wish(day time.Time, r *city.Report) *dispatchv1.WorkOrder {
	w := &dispatchv1.WorkOrder{
		Location:       latLng(r.Location),
		RequiredSkills: []*dispatchv1.SkillLevel{{Skill: string(r.Skill.Skill), Level: r.Skill.Level}},
		Urgency:        dispatchv1.WorkOrder_NORMAL,
		OnSiteDuration: durationpb.New(r.OnSite),
		Description:    r.Description.En + " · " + r.Description.Zh,
		Channel:        dispatchv1.WorkOrder_Channel(dispatchv1.WorkOrder_Channel_value[string(r.Channel)]),
	}
	w.BuildingId, w.UnitId = o.cfg.Place(r.Building, r.Unit)
	if r.Urgency == dispatch.UrgencyEmergency {
		w.Urgency = dispatchv1.WorkOrder_EMERGENCY
	}
	soon := o.now().Add(30 * time.Minute)
	for _, at := range r.Windows {
		if end := day.Add(at.End); end.After(soon) {
			w.TimeWindows = append(w.TimeWindows, &dispatchv1.TimeWindow{
				StartTime: timestamppb.New(day.Add(at.Start)), EndTime: timestamppb.New(end),
			})
		}
	}
	return w
}

// order is what the operator remembers of a work order until it is closed.
type order struct {
	id      string
	number  uint64 // of its random numbers
	visit   int32
	actual  time.Duration // of the work, 0 while it has not been drawn
	onSite  time.Duration // as reported
	windows []*dispatchv1.TimeWindow
	created time.Time
	due     *dispatchv1.DueTimes

	state        dispatchv1.WorkOrder_State // as last heard
	etag         string
	holder       *technician // who was last seen with it
	offer        offer       // the last one that an answer was thought of for
	offers       uint64
	accepted     bool // once at least
	arrived      bool
	completed    bool
	counted      bool // its first completion is in the tally
	partOrdered  bool // somebody will resume it
	refusals     int  // verbs refused in a row
	blockedUntil time.Time
}

// register remembers an order that was posted from a report.
func (o *Operator) register(wo *dispatchv1.WorkOrder, number uint64, r *city.Report) {
	o.count(func(s *Stats) { s.Reports++ })
	if wo.GetState() == dispatchv1.WorkOrder_MERGED {
		o.count(func(s *Stats) { s.Merged++ })
		return
	}
	ord := o.learn(wo)
	ord.number, ord.actual = number, r.Actual
	o.planSecondThoughts(ord)
}

// learn takes over what an answer says about an order and returns what is remembered of it.
func (o *Operator) learn(wo *dispatchv1.WorkOrder) *order {
	ord := o.recall(wo.GetId())
	ord.windows, ord.due = wo.GetTimeWindows(), wo.GetDueTimes()
	ord.onSite = wo.GetOnSiteDuration().AsDuration()
	ord.created = wo.GetCreateTime().AsTime()
	ord.state, ord.etag = wo.GetState(), wo.GetEtag()
	if wo.GetVisit() > ord.visit {
		if ord.visit > 0 {
			ord.actual = 0 // another visit is other work
		}
		ord.visit = wo.GetVisit()
	}
	if t := o.byID[wo.GetAssignment().GetTechnicianId()]; t != nil {
		ord.holder, t.dirty = t, true
	}
	return ord
}

// recall finds an order by id, or begins to remember it: people post orders too.
func (o *Operator) recall(id string) *order {
	if ord := o.orders[id]; ord != nil {
		return ord
	}
	ord := &order{id: id, number: hash(id)}
	o.orders[id] = ord
	return ord
}

// forget drops what is remembered of a closed order.
func (o *Operator) forget(ord *order) { delete(o.orders, ord.id) }

// hash is FNV-1a, 64 bit (RFC 9923).
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
