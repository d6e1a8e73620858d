package explain_test

import (
	"context"
	"math"
	"slices"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
	"fettle/dispatch/route"
	"fettle/dispatch/rules"
	"fettle/geo"
)

// drawn is a random problem with a plan for it.
type drawn struct {
	p    *dispatch.Problem
	m    *constraint.Model
	plan *dispatch.Plan
}

// feature says which rules a draw may use; all of them at once would leave little that is feasible.
type feature struct{ windows, breaks, entry, stock, late, rates, pairs, pins, fair, shifts, limits, promised, ruled bool }

func drawFeatures(t *rapid.T) feature {
	some := func(name string) bool { return rapid.IntRange(0, 2).Draw(t, name) == 0 }
	return feature{
		windows: !some("no windows"), breaks: some("breaks"), entry: some("entry"), stock: some("stock"), late: some("late"),
		rates: some("rates"), pairs: some("pairs"), pins: some("pins"), fair: some("fair"), shifts: some("shifts"), limits: some("limits"),
		promised: some("promises"), ruled: some("expressions"),
	}
}

// drawProblem draws a valid problem of up to n visits.
func drawProblem(t *rapid.T, n int, f feature) *dispatch.Problem {
	const places = 5
	values := rapid.SliceOfN(rapid.Int32Range(0, 15), places*places, places*places).Draw(t, "travel")
	for i := range places {
		values[i*places+i] = 0
	}
	if rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
		values[1] = dispatch.Unreachable
	}
	m, err := geo.NewDense(places, values)
	if err != nil {
		t.Fatal(err)
	}
	p := &dispatch.Problem{Places: make([]dispatch.Place, places), Travel: []dispatch.Travel{{Time: m, Distance: m}}, Dimensions: []string{"valves"}}
	p.Policy = dispatch.Policy{
		SkillSurplus: 2, NotPreferred: 3,
		Unserved: dispatch.UnservedPolicy{Lexicographic: rapid.Bool().Draw(t, "lexicographic"), PerVisit: 30, PerPriority: 20},
	}
	if f.late {
		p.Policy.Tiers = []dispatch.LatenessTier{{Steps: []dispatch.LatenessStep{{PerTick: 1}, {After: 5, PerTick: 2}}}}
	}
	if f.fair {
		p.Policy.Fairness = 2
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "technicians") {
		p.Technicians = append(p.Technicians, drawTechnician(t, i, f))
	}
	for i := range rapid.IntRange(1, n).Draw(t, "visits") {
		p.Visits = append(p.Visits, drawVisit(t, i, f))
	}
	if f.pairs && len(p.Visits) >= 2 {
		p.Pairs = []dispatch.Pair{{First: 0, Second: 1, Amount: []int32{1}}}
		p.Visits[0].Pin, p.Visits[1].Pin = nil, nil
	}
	if f.promised {
		drawPromises(t, p)
	}
	if f.ruled {
		drawRules(t, p)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// drawPromises lets visits know who comes usually, and who was promised for when.
func drawPromises(t *rapid.T, p *dispatch.Problem) {
	p.Policy.Continuity, p.Policy.Cover, p.Policy.Stability = 3, 1, dispatch.StabilityPolicy{Technician: 4, Moved: 5, PerTick: 1}
	p.Cover = &dispatch.Table[int64]{Columns: 2, Values: []int64{0, 6, 3, 0}}
	who := rapid.SampledFrom([]dispatch.TechnicianID{"", "A", "B"})
	for i := range p.Visits {
		v := &p.Visits[i]
		p.Cover.Row = append(p.Cover.Row, rapid.Int32Range(0, 1).Draw(t, "cover"))
		v.Usual, v.Promise = who.Draw(t, "usual"), &dispatch.Promise{Technician: who.Draw(t, "promised")}
		if rapid.Bool().Draw(t, "timed") {
			at := dispatch.Tick(rapid.Int32Range(0, 60).Draw(t, "promised from"))
			v.Promise.Window = dispatch.TimeWindow{Start: at, End: at + 8}
		}
	}
	for i := range p.Technicians {
		p.Cover.Column = append(p.Cover.Column, int32(i%2))
	}
}

// drawRules gives the policy expressions. None reads what a flip changes.
func drawRules(t *rapid.T, p *dispatch.Problem) {
	p.Policy.Terms = []dispatch.UserTerm{{Name: "far", Expression: `visit.place == "" && technician.id == "A" ? visit.priority : 1`, Weight: 3}}
	p.Policy.Eligibility = []dispatch.EligibilityRule{
		{Name: "keys", Expression: `!(visit.id in ["b", "d"]) || technician.id != "B"`},
		{Name: "nobody", Expression: rapid.SampledFrom([]string{`true`, `visit.id != "c"`}).Draw(t, "rule")},
	}
	if err := rules.Attach(p); err != nil {
		t.Fatal(err)
	}
}

func drawTechnician(t *rapid.T, i int, f feature) dispatch.Technician {
	small := rapid.Int32Range(0, 3)
	who := dispatch.Technician{
		ID: dispatch.TechnicianID(rune('A' + i)), SpeedPercent: rapid.SampledFrom([]int32{0, 50, 130}).Draw(t, "speed"),
		History: int64(small.Draw(t, "history")), Skills: []dispatch.SkillLevel{{Skill: "gas", Level: small.Draw(t, "level")}}, Rates: dispatch.Rates{Travel: 1},
	}
	if rapid.Bool().Draw(t, "kind") {
		who.Kind = "k"
	}
	if f.rates {
		who.Rates = dispatch.Rates{Fixed: int64(small.Draw(t, "fixed")), Travel: 2, Distance: int64(small.Draw(t, "distance rate")), Duty: int64(small.Draw(t, "duty")), OnSite: 1, Overtime: 3}
	}
	if f.stock {
		who.Capacity = []int32{rapid.Int32Range(2, 8).Draw(t, "room")}
		if rapid.Bool().Draw(t, "depot") {
			who.Depots = []dispatch.Depot{{Place: 1, Duration: 2, AllTools: true, Unlimited: rapid.Bool().Draw(t, "unlimited")}}
		}
	}
	if f.limits {
		who.MaxVisits, who.MaxTravel, who.MaxDistance = rapid.Int32Range(1, 5).Draw(t, "most"), 60, 70
		who.MaxDuty = dispatch.Tick(rapid.SampledFrom([]int32{0, 35, 60}).Draw(t, "longest duty"))
	}
	if rapid.Bool().Draw(t, "ladder") {
		who.Tools = []string{"ladder"}
	}
	shifts := 1
	if f.shifts && i > 0 { // the first technician has the pinned ranks, which the solver orders within a shift only
		shifts = rapid.IntRange(0, 2).Draw(t, "shifts")
	}
	for s := range shifts {
		place := rapid.SampledFrom([]int32{0, 2, dispatch.NoPlace})
		shift := dispatch.Shift{
			Start: dispatch.Tick(90 * s), End: dispatch.Tick(90*s) + dispatch.Tick(rapid.Int32Range(30, 80).Draw(t, "shift")),
			LatestDeparture: dispatch.NoTick, StartPlace: place.Draw(t, "start"), EndPlace: place.Draw(t, "end"),
		}
		if f.rates {
			shift.Overtime = 10
		}
		if f.breaks {
			shift.Breaks = []dispatch.Break{{ID: "lunch", Windows: []dispatch.TimeWindow{{Start: shift.Start + 15, End: shift.Start + 40}}, Duration: 5}}
		}
		who.Shifts = append(who.Shifts, shift)
	}
	return who
}

func drawVisit(t *rapid.T, i int, f feature) dispatch.Visit {
	small := rapid.Int32Range(0, 3)
	v := dispatch.Visit{
		ID: dispatch.VisitID(rune('a' + i)), Place: rapid.Int32Range(0, 4).Draw(t, "place"), OnSite: dispatch.Tick(rapid.Int32Range(1, 20).Draw(t, "work")),
		Due: dispatch.NoTick, Priority: small.Draw(t, "priority"),
	}
	if f.windows && rapid.IntRange(0, 3).Draw(t, "windowed") > 0 {
		at := dispatch.Tick(rapid.Int32Range(0, 50).Draw(t, "from"))
		end := at + dispatch.Tick(rapid.Int32Range(1, 30).Draw(t, "length"))
		v.Windows = []dispatch.TimeWindow{{Start: at, End: end}}
		if rapid.IntRange(0, 3).Draw(t, "second window") == 0 {
			v.Windows = append(v.Windows, dispatch.TimeWindow{Start: end + 10, End: end + 25})
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "by kind") == 0 {
		v.OnSiteBy = map[string]dispatch.Tick{"k": v.OnSite / 2}
	}
	if f.entry {
		v.Entry = dispatch.Tick(small.Draw(t, "entry"))
	}
	if f.late {
		v.Due = dispatch.Tick(rapid.Int32Range(0, 60).Draw(t, "due"))
	}
	if f.stock {
		v.Deliver, v.Collect = []int32{small.Draw(t, "deliver")}, []int32{small.Draw(t, "collect")}
		if rapid.IntRange(0, 4).Draw(t, "tool") == 0 {
			v.Tools = []string{"ladder"}
		}
	}
	if need := rapid.Int32Range(-2, 3).Draw(t, "need"); need > 0 {
		v.Skills = []dispatch.SkillLevel{{Skill: "gas", Level: need}}
	}
	if rapid.IntRange(0, 3).Draw(t, "prefers") == 0 {
		v.Preferred = []dispatch.TechnicianID{"A"}
	}
	if rapid.IntRange(0, 9).Draw(t, "excludes") == 0 {
		v.Excluded = []dispatch.TechnicianID{"B"}
	}
	if f.pins && rapid.IntRange(0, 3).Draw(t, "pinned") == 0 {
		v.Pin = &dispatch.Pin{Technician: "A", Start: dispatch.NoTick}
		if rapid.Bool().Draw(t, "ranked") {
			v.Pin.Rank, v.Pin.Adjacent = int32(i+1), rapid.Bool().Draw(t, "adjacent")
		}
	}
	return v
}

// draw draws a problem and lets the solver plan it, some visits being taken out of the plan again so that there is room.
func draw(t *rapid.T, n int, f feature) drawn {
	p := drawProblem(t, n, f)
	m, err := constraint.New(p)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := route.SolveModel(context.Background(), m, route.Options{Iterations: 200, Threads: 1, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return drawn{p, m, plan}
}

// orders is a plan as the order of its stops by technician and shift: visits, or -1-k for depot k.
type orders map[[2]int32][]int32

func ordersOf(plan *dispatch.Plan) orders {
	out := orders{}
	for i := range plan.Routes {
		var stops []int32
		for _, s := range plan.Routes[i].Stops {
			switch s.Kind {
			case dispatch.StopVisit:
				stops = append(stops, s.Visit)
			case dispatch.StopDepot:
				stops = append(stops, -1-s.Depot)
			}
		}
		out[[2]int32{plan.Routes[i].Technician, plan.Routes[i].Shift}] = stops
	}
	return out
}

func (o orders) with(key [2]int32, stops []int32) orders {
	out := orders{}
	for k, s := range o {
		out[k] = s
	}
	out[key] = stops
	return out
}

// less takes visits off a route; depot stops that serve nobody any more go too.
func less(stops []int32, visits ...int32) []int32 {
	var out []int32
	served := false
	for _, s := range stops {
		if !slices.Contains(visits, s) {
			out = append(out, s)
			served = served || s >= 0
		}
	}
	if !served {
		return nil
	}
	return out
}

func (o orders) of(v int32) ([2]int32, bool) {
	for key, stops := range o {
		if slices.Contains(stops, v) {
			return key, true
		}
	}
	return [2]int32{-1, -1}, false
}

// judged prices a plan with the independent checker.
func (o orders) judged(p *dispatch.Problem) (dispatch.Cost, bool) {
	plan := &dispatch.Plan{}
	served := make([]bool, len(p.Visits))
	var keys [][2]int32
	for key, stops := range o {
		if len(stops) > 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b [2]int32) int { return slices.Compare(a[:], b[:]) })
	for _, key := range keys {
		r := dispatch.Route{Technician: key[0], Shift: key[1]}
		for _, s := range o[key] {
			if s < 0 {
				r.Stops = append(r.Stops, dispatch.Stop{Kind: dispatch.StopDepot, Visit: -1, Break: -1, Depot: -1 - s})
			} else {
				r.Stops = append(r.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: s, Break: -1, Depot: -1})
				served[s] = true
			}
		}
		plan.Routes = append(plan.Routes, r)
	}
	for v := range served {
		if !served[v] {
			plan.Unassigned = append(plan.Unassigned, dispatch.Unassigned{Visit: int32(v)})
		}
	}
	report := check.Plan(p, plan)
	return report.Cost, report.Feasible
}

// unitOf lists a visit, or both visits of its pair in order.
func unitOf(p *dispatch.Problem, v int32) []int32 {
	for _, pair := range p.Pairs {
		if pair.First == v || pair.Second == v {
			return []int32{pair.First, pair.Second}
		}
	}
	return []int32{v}
}

// insertions lists the ways to put a unit on a route; with depots, those that put in one more depot stop before it.
func insertions(p *dispatch.Problem, key [2]int32, stops, unit []int32, depots bool) (out [][]int32) {
	for i := 0; i <= len(stops); i++ {
		with := slices.Insert(slices.Clone(stops), i, unit[0])
		if len(unit) == 2 {
			for j := i + 1; j <= len(with); j++ {
				out = append(out, slices.Insert(slices.Clone(with), j, unit[1]))
			}
			continue
		}
		if !depots {
			out = append(out, with)
			continue
		}
		for d := range p.Technicians[key[0]].Depots {
			for j := 0; j <= i; j++ {
				out = append(out, slices.Insert(slices.Clone(with), j, int32(-1-d)))
			}
		}
	}
	return out
}

// cheapestOn is the best way to put a unit on a route, judged by the checker, with or without a further depot stop.
// skip is an order that does not count.
func (o orders) cheapestOn(p *dispatch.Problem, key [2]int32, unit, skip []int32) (best dispatch.Cost, found bool) {
	for _, depots := range []bool{false, true} {
		if depots && len(unit) == 2 {
			break
		}
		for _, stops := range insertions(p, key, o[key], unit, depots) {
			if skip != nil && slices.Equal(stops, skip) {
				continue
			}
			if c, ok := o.with(key, stops).judged(p); ok && (!found || c.Total() < best.Total()) {
				best, found = c, true
			}
		}
	}
	return best, found
}

// cheapestBy is the best over the shifts of a technician but one.
func (o orders) cheapestBy(p *dispatch.Problem, technician int32, unit []int32, not [2]int32) (best dispatch.Cost, found bool) {
	for s := range p.Technicians[technician].Shifts {
		key := [2]int32{technician, int32(s)}
		if key == not {
			continue
		}
		if c, ok := o.cheapestOn(p, key, unit, nil); ok && (!found || c.Total() < best.Total()) {
			best, found = c, true
		}
	}
	return best, found
}

const noCost = math.MaxInt64

func total(c dispatch.Cost, ok bool) int64 {
	if !ok {
		return noCost
	}
	return c.Total()
}
