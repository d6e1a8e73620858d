package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"fettle/dispatch"
)

// scene is what is drawn: the parts of the plan that exist in the problem.
type scene struct {
	p      *dispatch.Problem
	plan   *dispatch.Plan
	routes []route
	left   []dispatch.Unassigned
	served int
	timed  bool // some route has times
	// secondsPerTick is 0 when time is abstract.
	secondsPerTick float64
}

// route is one route with stops.
type route struct {
	index int // by which it gets its colour
	who   *dispatch.Technician
	shift *dispatch.Shift
	of    *dispatch.Route
	stops []dispatch.Stop // those that exist
	name  string
	// visits, and ticks of travel.
	visits, travel int
}

func newScene(p *dispatch.Problem, plan *dispatch.Plan) *scene {
	s := &scene{p: p, plan: plan}
	switch {
	case !p.Origin.IsZero(), p.Scale.Unit == "s":
		s.secondsPerTick = 1 / float64(p.Scale.Ticks())
	case p.Scale.Unit == "min":
		s.secondsPerTick = 60 / float64(p.Scale.Ticks())
	}
	for i := range plan.Routes {
		s.addRoute(&plan.Routes[i])
	}
	for _, u := range plan.Unassigned {
		if u.Visit >= 0 && int(u.Visit) < len(p.Visits) {
			s.left = append(s.left, u)
		}
	}
	return s
}

func (s *scene) addRoute(of *dispatch.Route) {
	if of.Technician < 0 || int(of.Technician) >= len(s.p.Technicians) {
		return
	}
	r := route{index: len(s.routes), of: of, who: &s.p.Technicians[of.Technician], travel: int(of.EndTravel)}
	if of.Shift < 0 || int(of.Shift) >= len(r.who.Shifts) {
		return
	}
	r.shift = &r.who.Shifts[of.Shift]
	for _, stop := range of.Stops {
		if !s.exists(&r, &stop) {
			continue
		}
		if stop.Kind == dispatch.StopVisit {
			r.visits++
		}
		r.travel += int(stop.Travel)
		r.stops = append(r.stops, stop)
	}
	if len(r.stops) == 0 {
		return
	}
	r.name = nameOf(r.who)
	if len(r.who.Shifts) > 1 {
		r.name += fmt.Sprintf(" · %d", of.Shift+1)
	}
	s.served += r.visits
	s.timed = s.timed || of.End > of.Departure
	s.routes = append(s.routes, r)
}

// exists reports whether what the stop names is in the problem.
func (s *scene) exists(r *route, stop *dispatch.Stop) bool {
	switch stop.Kind {
	case dispatch.StopVisit:
		return stop.Visit >= 0 && int(stop.Visit) < len(s.p.Visits)
	case dispatch.StopDepot:
		return stop.Depot >= 0 && int(stop.Depot) < len(r.who.Depots)
	}
	return stop.Kind == dispatch.StopBreak
}

// duty is how long the route takes, 0 when the plan states no times.
func (r *route) duty() float64 { return math.Max(0, float64(r.of.End)-float64(r.of.Departure)) }

// place is where a stop is; ok is false for breaks.
func (s *scene) place(r *route, stop *dispatch.Stop) (place int32, ok bool) {
	switch stop.Kind {
	case dispatch.StopVisit:
		return s.p.Visits[stop.Visit].Place, true
	case dispatch.StopDepot:
		return r.who.Depots[stop.Depot].Place, true
	}
	return dispatch.NoPlace, false
}

func nameOf(who *dispatch.Technician) string {
	if who.Name != "" {
		return who.Name
	}
	return string(who.ID)
}

func (s *scene) title() string {
	if s.p.Name != "" {
		return s.p.Name
	}
	return "Plan"
}

// lead is the line below the title.
func (s *scene) lead() string {
	technicians := map[int32]bool{}
	travel, duty := 0.0, 0.0
	for i := range s.routes {
		technicians[s.routes[i].of.Technician] = true
		travel += float64(s.routes[i].travel)
		duty += s.routes[i].duty()
	}
	parts := []string{
		fmt.Sprintf("%d of %s", s.served, count(len(s.p.Visits), "visit")),
		count(len(technicians), "technician"),
	}
	if s.timed {
		parts = append(parts, "travel "+s.length(travel), "duty "+s.length(duty))
	}
	if len(s.left) > 0 {
		parts = append(parts, fmt.Sprintf("%d unassigned", len(s.left)))
	}
	return strings.Join(parts, "  ·  ")
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// length shows ticks as hours and minutes, or as the number of the source where time is abstract.
func (s *scene) length(ticks float64) string {
	if s.secondsPerTick == 0 {
		return num(ticks / float64(s.p.Scale.Ticks()))
	}
	minutes := int(math.Round(ticks * s.secondsPerTick / 60))
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}

// clock shows an instant: wall time, time of an unnamed day, or the number of the source.
func (s *scene) clock(t dispatch.Tick) string {
	if !s.p.Origin.IsZero() {
		return s.p.At(t).Format("15:04")
	}
	return s.length(float64(t))
}

// describe is the tooltip of a visit on a route.
func (s *scene) describe(r *route, stop *dispatch.Stop) string {
	v := &s.p.Visits[stop.Visit]
	text := fmt.Sprintf("%s · %s", v.ID, r.name)
	if s.timed {
		text += fmt.Sprintf(" · %s to %s", s.clock(stop.Start), s.clock(stop.End))
	}
	if stop.Late > 0 {
		text += fmt.Sprintf(" · %s late", s.length(float64(stop.Late)))
	}
	if v.Urgency == dispatch.UrgencyEmergency {
		text += " · emergency"
	}
	return text
}

// rows groups the routes by technician, in order of the problem.
func (s *scene) rows() [][]*route {
	by := map[int32][]*route{}
	var order []int32
	for i := range s.routes {
		r := &s.routes[i]
		if len(by[r.of.Technician]) == 0 {
			order = append(order, r.of.Technician)
		}
		by[r.of.Technician] = append(by[r.of.Technician], r)
	}
	slices.Sort(order)
	out := make([][]*route, 0, len(order))
	for _, technician := range order {
		out = append(out, by[technician])
	}
	return out
}

// midnight is the start of the day of an instant in its own zone.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}
