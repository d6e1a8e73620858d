package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/geo"
)

// randomBoard draws a territory with everything that decides a cost or a time: prices, breaks, several windows, shared
// entries, technicians without start or end, names, kinds, speeds, matrices of every form.
func randomBoard(t *rapid.T) *dispatch.Problem {
	form := rapid.SampledFrom([]string{"globe", "plane", "table"}).Draw(t, "form")
	n := rapid.IntRange(3, 12).Draw(t, "places")
	p := &dispatch.Problem{Policy: dispatch.Policy{
		Unserved:     dispatch.UnservedPolicy{PerVisit: rapid.SampledFrom([]int64{0, 3000, 1 << 40}).Draw(t, "unserved")},
		Tiers:        []dispatch.LatenessTier{{Name: "a", Steps: []dispatch.LatenessStep{{PerTick: 3}, {After: 300, PerTick: 9}}}},
		DefaultTier:  "a",
		SkillSurplus: rapid.SampledFrom([]int64{0, 200}).Draw(t, "surplus"),
		NotPreferred: rapid.SampledFrom([]int64{0, 500}).Draw(t, "not preferred"),
	}}
	p.Travel = []dispatch.Travel{{Time: randomMatrix(t, p, form, n)}}
	if rapid.Bool().Draw(t, "distances") {
		p.Travel[0].Distance = p.Travel[0].Time
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "technicians") {
		p.Technicians = append(p.Technicians, randomTechnician(t, p, i))
	}
	return p
}

func randomMatrix(t *rapid.T, p *dispatch.Problem, form string, n int) *geo.Matrix {
	var points []geo.Point
	var x, y []float64
	var values []int32
	for range n {
		px, py := rapid.Float64Range(0, 8000).Draw(t, "x"), rapid.Float64Range(0, 8000).Draw(t, "y")
		x, y = append(x, px), append(y, py)
		points = append(points, geo.Point{Lat: 60 + py/geo.MetersPerDegree, Lon: 179.97 + px/geo.MetersPerDegree})
		if points[len(points)-1].Lon > 180 {
			points[len(points)-1].Lon -= 360
		}
	}
	for range n * n {
		values = append(values, rapid.Int32Range(0, 1000).Draw(t, "travel"))
	}
	rounding := rapid.SampledFrom([]geo.Rounding{geo.RoundNearest, geo.RoundDown, geo.RoundUp}).Draw(t, "rounding")
	scale := rapid.SampledFrom([]float64{0.01, 0.15}).Draw(t, "scale")
	var m *geo.Matrix
	var err error
	switch form {
	case "globe":
		m, err = geo.NewGlobe(points, scale, rounding)
	case "plane":
		m, err = geo.NewPlanar(x, y, scale, rounding)
	default:
		m, err = geo.NewDense(n, values)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		p.Places = append(p.Places, dispatch.Place{Point: points[i], OnGlobe: true})
	}
	return m
}

func randomTechnician(t *rapid.T, p *dispatch.Problem, i int) dispatch.Technician {
	place := rapid.Map(rapid.IntRange(-1, len(p.Places)-1), func(i int) int32 { return int32(i) })
	price := rapid.SampledFrom([]int64{0, 1, 3})
	out := dispatch.Technician{
		ID: dispatch.TechnicianID(fmt.Sprint("t", i)), Kind: rapid.SampledFrom([]string{"", "fast"}).Draw(t, "kind"),
		Skills:       []dispatch.SkillLevel{{Skill: "a", Level: rapid.Int32Range(1, 3).Draw(t, "level")}},
		SpeedPercent: rapid.SampledFrom([]int32{0, 70, 130}).Draw(t, "speed"),
		MaxVisits:    rapid.SampledFrom([]int32{0, 0, 3}).Draw(t, "most visits"),
		Rates: dispatch.Rates{
			Fixed: 50 * price.Draw(t, "fixed"), Travel: price.Draw(t, "travel price"), Duty: price.Draw(t, "duty price"),
			OnSite: price.Draw(t, "on-site price"), Overtime: price.Draw(t, "overtime price"),
		},
	}
	if p.Travel[0].Distance != nil {
		out.Rates.Distance = price.Draw(t, "distance price")
	}
	if rapid.Bool().Draw(t, "second skill") {
		out.Skills = append(out.Skills, dispatch.SkillLevel{Skill: "b", Level: 1})
	}
	for k := range rapid.IntRange(1, 2).Draw(t, "shifts") {
		start := dispatch.Tick(10_000 * k)
		s := dispatch.Shift{
			Start: start, End: start + 8000, LatestDeparture: dispatch.NoTick, StartPlace: place.Draw(t, "start"),
			EndPlace: place.Draw(t, "end"), Overtime: rapid.SampledFrom([]dispatch.Tick{0, 600}).Draw(t, "overtime"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "breaks") {
			open := start + dispatch.Tick(rapid.Int32Range(0, 5000).Draw(t, "break opens"))
			b := dispatch.Break{Duration: dispatch.Tick(rapid.Int32Range(0, 900).Draw(t, "break"))}
			b.Windows = []dispatch.TimeWindow{{Start: open, End: open + 1 + dispatch.Tick(rapid.Int32Range(0, 3000).Draw(t, "break window"))}}
			s.Breaks = append(s.Breaks, b)
		}
		slices.SortFunc(s.Breaks, func(a, b dispatch.Break) int { return cmp.Compare(a.Windows[0].Start, b.Windows[0].Start) })
		out.Shifts = append(out.Shifts, s)
	}
	return out
}

func randomVisit(t *rapid.T, b *Board, serial int) dispatch.Visit {
	v := dispatch.Visit{
		ID: dispatch.VisitID(fmt.Sprint("v", serial)), Place: rapid.Int32Range(0, b.places.fixed-1).Draw(t, "place"), Due: dispatch.NoTick,
		OnSite:   dispatch.Tick(rapid.Int32Range(0, 1500).Draw(t, "work")),
		Entry:    rapid.SampledFrom([]dispatch.Tick{0, 0, 200}).Draw(t, "entry"),
		Building: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "building"),
	}
	if rapid.Bool().Draw(t, "fast work") {
		v.OnSiteBy = map[string]dispatch.Tick{"fast": v.OnSite / 2}
	}
	at := dispatch.Tick(0)
	for range rapid.IntRange(0, 2).Draw(t, "windows") {
		open := at + dispatch.Tick(rapid.Int32Range(0, 9000).Draw(t, "opens"))
		at = open + 1 + dispatch.Tick(rapid.Int32Range(0, 4000).Draw(t, "open for"))
		v.Windows = append(v.Windows, dispatch.TimeWindow{Start: open, End: at})
	}
	if rapid.Bool().Draw(t, "due") {
		v.Due = dispatch.Tick(rapid.Int32Range(0, 15_000).Draw(t, "due at"))
	}
	v.Skills = rapid.SampledFrom([][]dispatch.SkillLevel{nil, {{Skill: "a", Level: 2}}, {{Skill: "b"}}}).Draw(t, "skills")
	names := rapid.SampledFrom([][]dispatch.TechnicianID{nil, nil, {"t0"}, {"t1", "t2"}})
	v.Excluded, v.Preferred = names.Draw(t, "excluded"), names.Draw(t, "preferred")
	if rapid.IntRange(0, 5).Draw(t, "only") == 0 {
		v.Only = []dispatch.TechnicianID{"t0", "t1"}
	}
	return v
}

// everywhere walks a visit in every position of every route: what Offer must find.
func everywhere(b *Board, v int32) []Offer {
	var out []Offer
	for r := range b.routes {
		best := Offer{Difference: b.priceLimit(v) + 1}
		for at := 0; at <= len(b.routes[r].stops); at++ {
			route := &b.model.Routes[r]
			if !b.may(int32(r), v) {
				break
			}
			q, ok := b.walk.Quote(route, b.codes(int32(r), v, at), at)
			if terms := q.Cost.Minus(b.routes[r].terms); ok && terms.Total() < best.Difference {
				best = Offer{
					Visit: v, Technician: route.Technician, Shift: route.Shift, Position: int32(at), Difference: terms.Total(),
					Terms: terms, Arrival: q.Arrival, Start: q.Start, route: int32(r), changes: b.routes[r].changes,
				}
			}
		}
		if best.Difference <= b.priceLimit(v) {
			out = append(out, best)
		}
	}
	slices.SortFunc(out, func(x, y Offer) int { return compareOffers(&x, &y) })
	return out[:min(len(out), b.n)]
}

// TestOfferIsTheBestOfAllPositions compares the search with a walk of every position, on boards that fill, empty and move.
func TestOfferIsTheBestOfAllPositions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, err := NewBoard(randomBoard(t), nil, BoardOptions{
			DetourMeters: rapid.SampledFrom([]float64{0, 50}).Draw(t, "detour"), GapsPerCell: rapid.SampledFrom([]int{0, 1}).Draw(t, "gaps"),
		})
		if err != nil {
			t.Fatal(err)
		}
		serial := 0
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			serial++
			step(t, b, serial)
			verify(t, b)
		}
	})
}

// step does one random thing to a board.
func step(t *rapid.T, b *Board, serial int) {
	switch rapid.SampledFrom([]string{"add", "add", "add", "add", "remove", "unplace", "freeze", "move", "batch", "shift"}).Draw(t, "step") {
	case "add":
		addAndPlace(t, b, serial)
	case "remove":
		if v := anyVisit(t, b); v >= 0 {
			if err := b.Remove(v); err != nil {
				t.Fatal(err)
			}
		}
	case "unplace":
		if v := anyVisit(t, b); v >= 0 && !b.visits[v].started {
			if err := b.Unplace(v); err != nil {
				t.Fatal(err)
			}
		}
	case "freeze":
		r := rapid.IntRange(0, len(b.routes)-1).Draw(t, "route")
		route := &b.model.Routes[r]
		n := rapid.IntRange(0, int(b.routes[r].visits)).Draw(t, "frozen")
		at := dispatch.Tick(route.Start + rapid.Int32Range(0, 3000).Draw(t, "later"))
		if _, err := b.Freeze(route.Technician, route.Shift, n, at); err != nil {
			t.Fatal(err)
		}
	case "move":
		if !b.places.growable {
			return
		}
		r := rapid.IntRange(0, len(b.routes)-1).Draw(t, "route")
		route := &b.model.Routes[r]
		at := dispatch.Tick(route.Start + rapid.Int32Range(0, 500).Draw(t, "later"))
		if _, err := b.SetPosition(route.Technician, route.Shift, anyPoint(t), at); err != nil {
			t.Fatal(err)
		}
	case "shift":
		r := rapid.IntRange(0, len(b.routes)-1).Draw(t, "route")
		route := &b.model.Routes[r]
		visits := b.Unload(route.Technician, route.Shift)
		s := b.model.Problem.Technicians[route.Technician].Shifts[route.Shift]
		s.End = max(s.Start, s.End+dispatch.Tick(rapid.Int32Range(-6000, 2000).Draw(t, "longer")))
		s.StartPlace = rapid.Int32Range(-1, b.places.fixed-1).Draw(t, "start")
		if err := b.SetShift(route.Technician, route.Shift, s); err != nil {
			t.Fatal(err)
		}
		left, err := b.Load([]Sequence{{Technician: route.Technician, Shift: route.Shift, Visits: visits}})
		if err != nil || len(left)+len(b.Sequence(route.Technician, route.Shift)) != len(visits) {
			t.Fatalf("loading %v again leaves %v, %v", visits, left, err)
		}
	case "batch":
		var open []int32
		for v := range b.visits {
			if b.visits[v].alive && b.visits[v].route < 0 {
				open = append(open, int32(v))
			}
		}
		if _, err := b.InsertAll(context.Background(), open); err != nil {
			t.Fatal(err)
		}
	}
}

func anyPoint(t *rapid.T) geo.Point {
	return geo.Point{Lat: 60 + rapid.Float64Range(-0.1, 0.2).Draw(t, "lat"), Lon: -180 + rapid.Float64Range(0, 0.3).Draw(t, "lon")}
}

func anyVisit(t *rapid.T, b *Board) int32 {
	var alive []int32
	for v := range b.visits {
		if b.visits[v].alive {
			alive = append(alive, int32(v))
		}
	}
	if len(alive) == 0 {
		return -1
	}
	return rapid.SampledFrom(alive).Draw(t, "visit")
}

// addAndPlace compares the offers for a new visit with all positions, and the difference of one of them with the cost
// before and after it is placed.
func addAndPlace(t *rapid.T, b *Board, serial int) {
	visit := randomVisit(t, b, serial)
	var v int32
	var err error
	if b.places.growable && rapid.Bool().Draw(t, "new place") {
		v, err = b.AddAt(visit, anyPoint(t))
	} else {
		v, err = b.Add(visit)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := everywhere(b, v)
	got, err := b.Offer(v)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("offers\n%+v, err %v; want\n%+v", got, err, want)
	}
	if n, err := b.Takers(v); err != nil || n != takers(b, v) {
		t.Fatalf("%d technicians can take the visit, err %v; want %d", n, err, takers(b, v))
	}
	if len(got) == 0 {
		why := b.why(v)
		if why.Reason == "" || why.Detail == "" {
			t.Fatalf("no offer, and no reason but %+v", why)
		}
		open := 0 // routes of shifts that were not ended
		for r := range b.routes {
			if route := &b.model.Routes[r]; route.LatestEnd > route.Start || len(b.routes[r].stops) > 0 {
				open++
			}
		}
		if near := b.Refusals(v, len(b.routes)); len(near) != open && why.Reason != dispatch.ReasonTooCostly {
			t.Fatalf("no offer, and only %d of %d routes refuse", len(near), open)
		}
		return
	}
	o := got[rapid.IntRange(0, len(got)-1).Draw(t, "choice")]
	before := b.Cost()
	if err := b.Place(v, o); err != nil {
		t.Fatal(err)
	}
	after := b.Cost()
	before[dispatch.TermUnserved], after[dispatch.TermUnserved] = 0, 0
	if d := after.Minus(before); d != o.Terms || d.Total() != o.Difference {
		t.Fatalf("cost grew by %v, offer says %v, %d", d, o.Terms, o.Difference)
	}
}

// takers counts the technicians with a route that takes the visit at some position.
func takers(b *Board, v int32) int {
	can := map[int32]bool{}
	for r := range b.routes {
		for at := 0; at <= len(b.routes[r].stops) && b.may(int32(r), v); at++ {
			if _, ok := b.walk.Cost(&b.model.Routes[r], b.codes(int32(r), v, at)); ok {
				can[b.model.Routes[r].Technician] = true
			}
		}
	}
	return len(can)
}

// verify has the independent checker judge the board's routes, and its cost.
func verify(t *rapid.T, b *Board) {
	p, plan := b.Snapshot()
	if err := p.Validate(); err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	report := check.Plan(p, plan)
	if !report.Feasible {
		t.Fatalf("checker: %s", report.Violations[0].Text)
	}
	if report.Cost != b.Cost() {
		t.Fatalf("checker's cost %v, board's %v", report.Cost, b.Cost())
	}
}
