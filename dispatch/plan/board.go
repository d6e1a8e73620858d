package plan

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/constraint"
	"fettle/geo"
)

// BoardOptions sizes a Board. The zero value works.
type BoardOptions struct {
	// Offers is how many technicians Offer ranks; 0 means 3.
	Offers int
	// DetourMeters is the least detour, in metres or the unit of the plane, that the index tells apart; 0 chooses one by the
	// density of stops. It changes the speed, never the answers.
	DetourMeters float64
	// GapsPerCell is how many places between two stops a cell of the index holds where it is fine enough; 0 means 64. It
	// changes the speed, never the answers.
	GapsPerCell int
}

const (
	defaultOffers = 3
	gapsPerCell   = 64 // chosen by measurement: layouts in benchmarks/results/insertion.json
)

// Board holds the committed routes of a whole territory and finds, for a visit that arrives, the cheapest feasible place on
// any of them. It is what answers a report at once; route.Solve improves the whole later (Snapshot, Replace).
//
// What is exact: Offer returns the insertions that a scan of every position of every route would return, with exact cost
// by term as constraint.Walker prices it; boardgap.go proves the bound behind the search. What is left out: visits on the
// board are not moved to make room (that is re-optimisation), no depot stop is added for a visit, and Policy.Fairness,
// which belongs to the plan as a whole, is not priced.
//
// Routes that are in progress begin where and when their technician is free (Freeze, SetPosition): limits, stock and
// Rates.Fixed count from there on.
//
// A Board is deterministic: the same calls give the same answers. It has no clock and is not safe for concurrent use: one
// goroutine owns it. The places of visits that were removed are reused.
type Board struct {
	model *constraint.Model
	walk  *constraint.Walker
	n     int // offers

	routes []boardRoute
	first  []int32 // technician -> its first route; shifts follow each other
	byID   map[dispatch.VisitID]int32
	visits []boardVisit
	free   []int32 // indices of visits that were removed
	places placeBook
	gaps   gapIndex
	query  query   // scratch of Offer
	floors []floor // scratch of delays
	stops  []int32
}

// boardVisit is the state of a visit on the board.
type boardVisit struct {
	alive   bool
	started bool  // frozen: done, at work or on the way
	named   bool  // names technicians, who are then asked one by one
	route   int32 // -1 while not placed
}

// boardRoute is one committed route with what insertion needs. Stops are visits, or -1-k for depot k of the technician.
type boardRoute struct {
	stops   []int32
	started []int32 // frozen visits, in order
	gaps    []gapRef
	cost    int64 // by the walker
	terms   dispatch.Cost
	credit  int64   // what a longer route may save elsewhere; see Board.delays and boardgap.go
	push    []int64 // by gap: what a tick of delay costs behind it at least; see Board.delays
	wait    int64   // ticks of paid duty that are neither travel, work nor break
	visits  int32
	changes uint32 // since the board began: an offer holds for one state of the route
	// Times by stop and breaks taken, see constraint.Walker.Times.
	early, leave []int32
}

// NewBoard compiles the technicians of a problem and takes its visits in. It copies what it changes later and
// shares the rest, which the caller must not change. initial, when not nil, holds routes to commit, in the
// indices of the problem; a route that is not feasible is an error.
//
// Places may be added later when every travel matrix is a globe matrix. Refused: a lexicographic policy, pairs, links, a price of the largest lateness, negative
// rates.
func NewBoard(p *dispatch.Problem, initial *dispatch.Plan, o BoardOptions) (*Board, error) {
	if err := boardable(p); err != nil {
		return nil, err
	}
	model, err := growingModel(p)
	if err != nil {
		return nil, fmt.Errorf("compile board: %w", err)
	}
	b := &Board{model: model, n: o.Offers, byID: make(map[dispatch.VisitID]int32, len(p.Visits))}
	if b.n <= 0 {
		b.n = defaultOffers
	}
	b.walk = model.NewWalker()
	b.places.init(model.Problem)
	b.gaps.init(model, &b.places, &o, len(p.Visits)+2*len(model.Routes))
	b.gaps.ref = func(route, at int32) *gapRef { return &b.routes[route].gaps[at] }
	b.routes = make([]boardRoute, len(model.Routes))
	b.first = make([]int32, len(p.Technicians)+1)
	for r := range model.Routes {
		b.first[model.Routes[r].Technician+1] = int32(r) + 1
	}
	for t := 1; t < len(b.first); t++ {
		b.first[t] = max(b.first[t], b.first[t-1])
	}
	for i := range p.Visits {
		if _, err := b.Add(p.Visits[i]); err != nil {
			return nil, fmt.Errorf("add visit %s: %w", p.Visits[i].ID, err)
		}
	}
	if err := b.load(initial); err != nil {
		return nil, err
	}
	return b, nil
}

// boardable refuses what a board cannot keep.
func boardable(p *dispatch.Problem) error {
	if p.Policy.Unserved.Lexicographic {
		return &dispatch.InvalidError{Field: "policy.unserved.lexicographic", Value: "true", Want: "weights of its own"}
	}
	if p.Tabled() {
		return &dispatch.InvalidError{Field: "policy.terms, policy.eligibility and cover", Want: "none of them on a board: they are tables made before a search"}
	}
	if len(p.Pairs) > 0 {
		return &dispatch.InvalidError{Field: "pairs", Value: fmt.Sprint(len(p.Pairs)), Want: "none: a board places visits one by one"}
	}
	if len(p.Links) > 0 {
		return &dispatch.InvalidError{Field: "links", Value: fmt.Sprint(len(p.Links)), Want: "none: a board places visits one by one"}
	}
	if p.Policy.MaxLateness != 0 {
		return &dispatch.InvalidError{Field: "policy.maxLateness", Value: fmt.Sprint(p.Policy.MaxLateness), Want: "0: a board prices route by route"}
	}
	for i := range p.Technicians {
		r := &p.Technicians[i].Rates
		if min(r.Fixed, r.Travel, r.Distance, r.Duty, r.OnSite, r.Overtime) < 0 {
			return &dispatch.InvalidError{Field: fmt.Sprintf("technicians[%d].rates", i), Want: "rates that are not negative"}
		}
	}
	return nil
}

// growingModel compiles a copy of the problem without its visits, which Add brings in.
func growingModel(p *dispatch.Problem) (*constraint.Model, error) {
	own := *p
	own.Places = slices.Clone(p.Places)
	own.Technicians = slices.Clone(p.Technicians)
	tools := []string(nil)
	for i := range own.Technicians {
		own.Technicians[i].Shifts = slices.Clone(own.Technicians[i].Shifts)
		tools = append(tools, own.Technicians[i].Tools...)
	}
	own.Travel = slices.Clone(p.Travel)
	all := make([]int32, len(p.Places))
	for i := range all {
		all[i] = int32(i)
	}
	for i := range own.Travel {
		for _, m := range []**geo.Matrix{&own.Travel[i].Time, &own.Travel[i].Distance} {
			if *m == nil || (*m).Len() != len(all) {
				continue // Validate will say what is missing
			}
			if metric, _ := (*m).Metric(); metric.Globe {
				*m = (*m).Select(all) // places are added to it
			}
		}
	}
	own.Visits = nil
	if len(tools) > 0 {
		// The model tells technicians apart by the tools that visits ask for, so one visit asks for all; the first that
		// is added takes its place.
		if len(own.Places) == 0 {
			return nil, &dispatch.InvalidError{Field: "places", Want: "at least one place beside technicians with tools"}
		}
		slices.Sort(tools)
		own.Visits = []dispatch.Visit{{Tools: slices.Compact(tools), Due: dispatch.NoTick}}
	}
	return constraint.New(&own)
}

// load commits the routes of a plan.
func (b *Board) load(plan *dispatch.Plan) error {
	for r := range b.routes {
		b.routes[r].stops = b.routes[r].stops[:0]
	}
	if plan != nil {
		for i := range plan.Routes {
			if err := b.loadRoute(&plan.Routes[i]); err != nil {
				return err
			}
		}
	}
	for r := range b.routes {
		if !b.commit(int32(r)) {
			t := &b.model.Problem.Technicians[b.model.Routes[r].Technician]
			return &dispatch.InvalidError{Field: "plan", Value: fmt.Sprintf("route of technician %s: %s", t.ID, b.walk.Fail.Reason), Want: "feasible routes"}
		}
	}
	return nil
}

func (b *Board) loadRoute(route *dispatch.Route) error {
	r, err := b.routeIndex(route.Technician, route.Shift)
	if err != nil {
		return err
	}
	br := &b.routes[r]
	for k := range route.Stops {
		s := &route.Stops[k]
		switch s.Kind {
		case dispatch.StopDepot:
			br.stops = append(br.stops, -1-s.Depot)
		case dispatch.StopVisit:
			if err := b.known(s.Visit); err != nil {
				return err
			}
			v := &b.visits[s.Visit]
			if v.route >= 0 || !b.may(r, s.Visit) {
				return &dispatch.InvalidError{Field: "plan", Value: fmt.Sprintf("visit %s", b.model.Problem.Visits[s.Visit].ID), Want: "each visit once, on a route that may serve it"}
			}
			v.route = r
			br.stops = append(br.stops, s.Visit)
		}
	}
	return nil
}

// routeIndex finds the route of a shift.
func (b *Board) routeIndex(technician, shift int32) (int32, error) {
	if technician < 0 || int(technician) >= len(b.first)-1 || shift < 0 || b.first[technician]+shift >= b.first[technician+1] {
		return 0, &dispatch.InvalidError{Field: "technician, shift", Value: fmt.Sprintf("%d, %d", technician, shift), Want: "a shift of the board"}
	}
	return b.first[technician] + shift, nil
}

// known refuses indices that name no visit of the board.
func (b *Board) known(v int32) error {
	if v < 0 || int(v) >= len(b.visits) || !b.visits[v].alive {
		return &dispatch.InvalidError{Field: "visit", Value: fmt.Sprint(v), Want: "the index of a visit on the board"}
	}
	return nil
}

// Visit is the visit at an index that Add returned, as it was added; false when there is none.
func (b *Board) Visit(v int32) (dispatch.Visit, bool) {
	if b.known(v) != nil {
		return dispatch.Visit{}, false
	}
	return b.model.Problem.Visits[v], true
}

// Index finds a visit by id.
func (b *Board) Index(id dispatch.VisitID) (int32, bool) {
	v, ok := b.byID[id]
	return v, ok
}

// Placed returns the technician and shift that have a visit, started or not; false when it is on no route.
func (b *Board) Placed(v int32) (technician, shift int32, ok bool) {
	if b.known(v) != nil || b.visits[v].route < 0 {
		return -1, -1, false
	}
	r := &b.model.Routes[b.visits[v].route]
	return r.Technician, r.Shift, true
}

// Len is the number of visits on the board, placed or not.
func (b *Board) Len() int { return len(b.byID) }

// Add takes a visit in and returns its index, which is that of a removed visit when there is one. The visit is not placed
// yet. Its place must exist; AddAt takes a point.
func (b *Board) Add(v dispatch.Visit) (int32, error) {
	if v.ID == "" {
		return 0, &dispatch.InvalidError{Field: "id", Want: "an id"}
	}
	if _, ok := b.byID[v.ID]; ok {
		return 0, &dispatch.InvalidError{Field: "id", Value: string(v.ID), Want: "an id that no other visit on the board has"}
	}
	if err := b.valid(&v); err != nil {
		return 0, err
	}
	i := int32(len(b.visits))
	if n := len(b.free); n > 0 {
		i = b.free[n-1]
	}
	if err := b.compile(i, v); err != nil {
		return 0, err
	}
	if int(i) < len(b.visits) {
		b.free = b.free[:len(b.free)-1]
	} else {
		b.visits = append(b.visits, boardVisit{})
	}
	named := len(v.Only)+len(v.Excluded)+len(v.Preferred) > 0 || v.Usual != "" || v.Promise != nil || (v.Pin != nil && v.Pin.Technician != "")
	b.visits[i] = boardVisit{alive: true, named: named, route: -1}
	b.byID[v.ID] = i
	b.places.hold(v.Place)
	return i, nil
}

// valid checks a visit as a problem of its own would.
func (b *Board) valid(v *dispatch.Visit) error {
	p := dispatch.Problem{
		Places: b.model.Problem.Places, Travel: b.model.Problem.Travel, Dimensions: b.model.Problem.Dimensions,
		Visits: []dispatch.Visit{*v},
	}
	if v.Pin != nil && v.Pin.Technician != "" {
		for i := range b.model.Problem.Technicians {
			if t := &b.model.Problem.Technicians[i]; t.ID == v.Pin.Technician {
				p.Technicians = []dispatch.Technician{{ID: t.ID}}
			}
		}
	}
	return p.Validate()
}

// compile puts a visit into the model. The model decides static rules by class of technicians, so it gets the visit
// without the technicians that it names; may and preference look at those.
func (b *Board) compile(i int32, v dispatch.Visit) error {
	plain := v
	plain.Only, plain.Excluded, plain.Preferred, plain.Usual = nil, nil, nil, ""
	if v.Promise != nil {
		plain.Promise = &dispatch.Promise{Window: v.Promise.Window}
	}
	if v.Pin != nil {
		pin := *v.Pin
		pin.Technician = ""
		plain.Pin = &pin
	}
	if err := b.model.SetVisit(i, plain); err != nil {
		return err
	}
	b.model.Problem.Visits[i] = v
	return nil
}

// AddAt adds a visit at a point, which becomes a place of its own; v.Place is ignored.
func (b *Board) AddAt(v dispatch.Visit, at geo.Point) (int32, error) {
	place, err := b.places.add(at)
	if err != nil {
		return 0, fmt.Errorf("add visit %s: %w", v.ID, err)
	}
	v.Place = place
	i, err := b.Add(v)
	b.places.release(place) // Add holds it now
	return i, err
}

// Remove takes a visit off the board, and off its route when it has one. A started visit may be removed too: it leaves the
// record of its route. Its index may be given to another visit.
func (b *Board) Remove(v int32) error {
	if err := b.known(v); err != nil {
		return err
	}
	state := &b.visits[v]
	if state.started {
		br := &b.routes[state.route]
		br.started = slices.DeleteFunc(br.started, func(x int32) bool { return x == v })
	} else if err := b.Unplace(v); err != nil {
		return err
	}
	p := b.model.Problem
	b.places.release(p.Visits[v].Place)
	delete(b.byID, p.Visits[v].ID)
	*state = boardVisit{route: -1}
	p.Visits[v] = dispatch.Visit{Place: p.Visits[v].Place, Due: dispatch.NoTick}
	b.free = append(b.free, v)
	return nil
}

// may tells whether the static rules let a route serve a visit.
func (b *Board) may(r, v int32) bool {
	route := &b.model.Routes[r]
	if !b.model.Allowed(route.Class, v) {
		return false
	}
	if !b.visits[v].named {
		return true
	}
	why, _ := constraint.Static(&b.model.Problem.Technicians[route.Technician], &b.model.Problem.Visits[v])
	return why == ""
}
