package whatif

import (
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/engine"
)

// Figures are what a plan is worth. They count open orders that nobody is under way to yet, unless they say otherwise.
type Figures struct {
	// Orders are those that a technician has, Unassigned those that nobody has.
	Orders, Unassigned int
	// Late counts the orders that begin after their promise to be on site, LateTime is by how much in all.
	Late     int
	LateTime time.Duration
	// Wait is the mean time from the report, or from the first window that the tenant asked for, until work begins.
	Wait time.Duration
	// Travel and OnSite are those of all routes from now on, Overtime how far routes reach beyond the ends of shifts.
	Travel, OnSite, Overtime time.Duration
	// Technicians is how many have work.
	Technicians int
	// Cost is what the plan costs by term, by the weights of the territory as it is.
	Cost dispatch.Cost
}

// layout is a plan with the orders behind it.
type layout struct {
	problem *dispatch.Problem
	plan    *dispatch.Plan
	orders  map[dispatch.WorkOrderID]*engine.Order
	open    []*engine.Order // by id
	names   map[dispatch.TechnicianID]string
}

// lay reads the routes of a territory.
func lay(e *engine.Engine, now time.Time) (*layout, error) {
	s, err := e.Snapshot(now)
	if err != nil {
		return nil, fmt.Errorf("what if: %w", err)
	}
	l := &layout{problem: s.Problem, plan: s.Plan, orders: map[dispatch.WorkOrderID]*engine.Order{}, open: e.Open(), names: map[dispatch.TechnicianID]string{}}
	for _, o := range l.open {
		l.orders[o.ID] = o
	}
	for _, t := range e.Technicians() {
		l.names[t.ID] = t.Name
	}
	return l, nil
}

// figures measures a layout, with the cost by some weights.
func figures(l *layout, weights *dispatch.Policy) Figures {
	f := Figures{}
	for _, o := range l.open {
		if o.State == engine.StateNew {
			f.Unassigned++
		}
	}
	busy := map[int32]bool{}
	var wait time.Duration
	for i := range l.plan.Routes {
		r := &l.plan.Routes[i]
		busy[r.Technician] = true
		f.Travel += l.length(r.EndTravel)
		shift := &l.problem.Technicians[r.Technician].Shifts[r.Shift]
		f.Overtime += l.length(max(0, r.End-shift.End))
		for k := range r.Stops {
			st := &r.Stops[k]
			f.Travel += l.length(st.Travel)
			o := l.orderAt(st)
			if o == nil {
				continue
			}
			f.Orders++
			f.OnSite += l.length(st.End - st.Start)
			start := l.problem.At(st.Start)
			wait += start.Sub(from(o))
			if late := start.Sub(o.Due.OnSite); late > 0 && o.Clocks.Arrived.IsZero() {
				f.Late++
				f.LateTime += late
			}
		}
	}
	if f.Orders > 0 {
		f.Wait = wait / time.Duration(f.Orders)
	}
	f.Technicians = len(busy)
	same := *l.problem
	same.Policy = *weights
	f.Cost = check.Plan(&same, l.plan).Cost
	return f
}

// from is the instant from which a tenant waits.
func from(o *engine.Order) time.Time {
	if len(o.Windows) > 0 && o.Windows[0].Start.After(o.Created) {
		return o.Windows[0].Start
	}
	return o.Created
}

// length is how long some ticks are: seconds, as the engine has them.
func (l *layout) length(t dispatch.Tick) time.Duration { return time.Duration(t) * time.Second }

// orderAt is the order of a stop; nil for breaks.
func (l *layout) orderAt(st *dispatch.Stop) *engine.Order {
	if st.Kind != dispatch.StopVisit {
		return nil
	}
	return l.orders[l.problem.Visits[st.Visit].WorkOrder]
}

// place is where an order stands in a plan.
type place struct {
	technician dispatch.TechnicianID
	start      time.Time
}

// places are those of all planned orders, and the routes of each technician as lists of orders.
func (l *layout) places() (at map[dispatch.WorkOrderID]place, by map[dispatch.TechnicianID]*side) {
	at, by = map[dispatch.WorkOrderID]place{}, map[dispatch.TechnicianID]*side{}
	all := slices.Clone(l.plan.Routes)
	slices.SortStableFunc(all, func(x, y dispatch.Route) int { return int(x.Departure - y.Departure) })
	for i := range all {
		r := &all[i]
		id := l.problem.Technicians[r.Technician].ID
		s := by[id]
		if s == nil {
			s = &side{}
			by[id] = s
		}
		s.travel += l.length(r.EndTravel)
		s.end = l.problem.At(r.End)
		for k := range r.Stops {
			st := &r.Stops[k]
			s.travel += l.length(st.Travel)
			if o := l.orderAt(st); o != nil {
				at[o.ID] = place{id, l.problem.At(st.Start)}
				s.orders = append(s.orders, o.ID)
			}
		}
	}
	return at, by
}
