package replan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"fettle/dispatch"
)

// point is what a plan of the part means for the whole.
func (p *part) point(s *state) Point {
	out := Point{Moved: s.moved, Cost: p.outside.cost, Travel: p.outside.travel, Late: p.outside.late, Unassigned: p.outside.unassigned}
	for v := range s.at {
		if s.at[v] < 0 {
			out.Cost += p.price[v]
			out.Unassigned++
		}
	}
	for r := range s.stops {
		if route, ok := p.walk.Schedule(&p.m.Routes[r], s.stops[r]); ok && len(s.stops[r]) > 0 {
			travel, late := travelAndLateness(&route)
			out.Cost += s.costs[r]
			out.Travel, out.Late = out.Travel+travel, out.Late+late
		}
	}
	return out
}

// outcome makes a plan of the whole from one of the part.
func (p *part) outcome(s *state) (*Outcome, error) {
	c := p.c
	next := c.p
	next.Visits = slices.Clone(c.p.Visits)
	out := &Outcome{Problem: &next, Plan: &dispatch.Plan{}, Wished: map[dispatch.VisitID][]dispatch.TimeWindow{}}
	maps.Copy(out.Wished, c.o.Wished)
	for i := range c.courses {
		if co := &c.courses[i]; !p.has(co.route.Technician) {
			out.Plan.Routes = append(out.Plan.Routes, co.route)
		}
	}
	for r := range s.stops {
		if len(s.stops[r]) == 0 {
			continue
		}
		route, err := p.route(s, int32(r), out)
		if err != nil {
			return nil, err
		}
		out.Plan.Routes = append(out.Plan.Routes, route)
	}
	for v, r := range s.at {
		if r < 0 {
			p.narrow(out, p.visits[v], false)
		}
	}
	slices.SortFunc(out.Plan.Routes, func(a, b dispatch.Route) int {
		return cmp.Or(cmp.Compare(a.Technician, b.Technician), cmp.Compare(a.Shift, b.Shift))
	})
	served := c.compare(out)
	c.leaveOut(out, served)
	return out, judged(&next, out.Plan)
}

// route is a route of the part as one of the whole. One that did not change keeps every time that was committed.
func (p *part) route(s *state, r int32, out *Outcome) (dispatch.Route, error) {
	own := &p.routes[r]
	if own.course >= 0 && slices.Equal(s.stops[r], own.start) && !slices.Contains(p.c.touched, own.course) {
		if was := &p.c.courses[own.course].route; was.Cost.Total() == s.costs[r] {
			return *was, nil
		}
	}
	route, ok := p.walk.Schedule(&p.m.Routes[r], s.stops[r])
	if !ok {
		return route, fmt.Errorf("route of technician %s breaks rule %s after the change: the search lost track of it",
			p.m.Problem.Technicians[p.m.Routes[r].Technician].ID, p.walk.Fail.Reason)
	}
	route.Technician = p.technicians[route.Technician]
	for k := range route.Stops {
		st := &route.Stops[k]
		if st.Kind != dispatch.StopVisit {
			continue
		}
		v := p.base[st.Visit]
		held := st.Visit != v
		if st.Visit = p.visits[v]; !p.started(v) {
			p.narrow(out, st.Visit, held)
		}
	}
	return route, nil
}

// narrow gives a visit the windows that its promise leaves, or those that it had before any promise.
func (p *part) narrow(out *Outcome, v int32, held bool) {
	visit := &out.Problem.Visits[v]
	wished := p.c.wished(v)
	delete(out.Wished, visit.ID)
	if visit.Windows = wished; !held {
		return
	}
	if narrow := p.c.heldWindows(v); !slices.Equal(narrow, wished) {
		visit.Windows = narrow
		out.Wished[visit.ID] = wished
	}
}

// compare lists the promises that were moved, and tells which visits are served.
func (c *changed) compare(out *Outcome) (served []bool) {
	served = make([]bool, len(c.p.Visits))
	who := func(t int32) dispatch.TechnicianID { return c.p.Technicians[t].ID }
	for i := range out.Plan.Routes {
		r := &out.Plan.Routes[i]
		for k := range r.Stops {
			s := &r.Stops[k]
			if s.Kind != dispatch.StopVisit {
				continue
			}
			served[s.Visit] = true
			pr := &c.promises[s.Visit]
			if pr.technician >= 0 && !c.keeps(s.Visit, r.Technician, s.Start) {
				out.Moves = append(out.Moves, Move{c.p.Visits[s.Visit].ID, who(pr.technician), who(r.Technician), pr.start, s.Start})
			}
		}
	}
	for v := range c.promises {
		if pr := &c.promises[v]; pr.technician >= 0 && !served[v] {
			out.Moves = append(out.Moves, Move{c.p.Visits[v].ID, who(pr.technician), "", pr.start, dispatch.NoTick})
		}
	}
	slices.SortFunc(out.Moves, func(a, b Move) int { return cmp.Compare(a.Visit, b.Visit) })
	return served
}

// leaveOut lists the visits that nobody has, with the reason.
func (c *changed) leaveOut(out *Outcome, served []bool) {
	for v := range served {
		if served[v] {
			continue
		}
		u, known := c.reasons[int32(v)]
		if !known {
			u = dispatch.Unassigned{
				Visit: int32(v), Technician: -1, Reason: dispatch.ReasonDisplaced,
				Detail: "Every place near enough is taken by work that weighs more, or promised.",
			}
			if why := nobodyMay(&c.p, int32(v)); why != "" {
				u.Reason, u.Detail = why, "Nobody may serve it."
			}
		}
		out.Plan.Unassigned = append(out.Plan.Unassigned, u)
	}
}
