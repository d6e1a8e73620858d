package waves

import (
	"context"
	"slices"
	"strconv"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/route"
	"fettle/geo"
)

// Budget is what a policy may spend on one epoch. One of the two limits must be set.
type Budget struct {
	Seed uint64
	// Time ends the epoch when Elapsed reaches it. Elapsed is the caller's clock: time since the epoch began.
	Time    time.Duration
	Elapsed func() time.Duration
	// Iterations, when Time is 0, is the number of search iterations for the whole epoch. The same seed and iterations on
	// one thread give the same routes.
	Iterations int64
	Threads    int // 0 means one for each processor
}

// part is a share of the budget for one search: up to an instant on the caller's clock, or so many iterations.
func (b *Budget) part(from, to float64, seed uint64) route.Options {
	o := route.Options{Seed: b.Seed + seed, Threads: b.Threads}
	if b.Time > 0 {
		o.TimeLimit, o.Elapsed = max(time.Duration(to*float64(b.Time)), 1), b.Elapsed
		return o
	}
	o.Iterations = max(int64((to-from)*float64(b.Iterations)), 1)
	return o
}

// used is the share of the budget that is over; without a clock it is what the caller counts.
func (b *Budget) used(counted float64) float64 {
	if b.Time > 0 {
		return float64(b.Elapsed()) / float64(b.Time)
	}
	return counted
}

// item is a request in a plan of several waves: it may leave with waves from to to, counted from the epoch in hand.
type item struct {
	Request
	from, to int32
	// prize is what the plan pays for leaving the request out; 0 means that it must not.
	prize int64
}

// plan is the routes of a plan of several waves: wave and indices of items.
type plan struct {
	waves  []int32
	routes [][]int32
}

// outlook is what a plan of several waves is made for. start is a plan to begin with, of which the first known items count.
type outlook struct {
	ep    *Epoch
	items []item
	waves int32
	start *plan
	known int32
}

// problem is the plan of several waves as a problem of field service: a vehicle of wave w begins its shift when wave w
// leaves and serves what may leave then. There are as many vehicles of a wave as could be of use. Prizes are the costs of
// unserved visits.
func (o *outlook) problem() (*dispatch.Problem, error) {
	ep, in, waves := o.ep, o.ep.Instance, o.waves
	p := &dispatch.Problem{Dimensions: []string{"load"}, Places: []dispatch.Place{{}}}
	p.Policy.Unserved.Lexicographic = true
	at := map[int32]int32{0: 0} // place by node
	nodes := []int32{0}
	use := make([]int32, waves)
	groups := map[[2]int32]bool{}
	for i := range o.items {
		r := &o.items[i]
		place, ok := at[r.Node]
		if !ok {
			place = int32(len(nodes))
			at[r.Node], nodes = place, append(nodes, r.Node)
			p.Places = append(p.Places, dispatch.Place{})
		}
		group := [2]int32{r.from, min(r.to, waves-1)}
		groups[group] = true
		for w := group[0]; w <= group[1]; w++ {
			use[w]++
		}
		p.Visits = append(p.Visits, dispatch.Visit{
			ID: dispatch.VisitID(strconv.Itoa(i)), Place: place, OnSite: dispatch.Tick(r.OnSite), Deliver: []int32{r.Demand}, Due: dispatch.NoTick,
			Windows: []dispatch.TimeWindow{{
				Start: dispatch.Tick(max(r.First-ep.Start, 0)), End: dispatch.Tick(max(r.Last-ep.Start, 0)) + 1,
			}},
			Territory: groupName(group), Unserved: r.prize,
		})
	}
	m, err := submatrix(in.Travel, nodes)
	if err != nil {
		return nil, err
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	for w := range waves {
		start := w * Interval
		if ep.Start+start > in.Last[0] {
			break
		}
		t := dispatch.Technician{
			Capacity: []int32{in.Capacity}, Rates: dispatch.Rates{Travel: 1}, Territories: served(groups, w),
			Shifts: []dispatch.Shift{{Start: dispatch.Tick(start), End: dispatch.Tick(in.Last[0] - ep.Start), LatestDeparture: dispatch.NoTick}},
		}
		for k := range use[w] {
			t.ID = dispatch.TechnicianID(strconv.Itoa(int(w)) + "/" + strconv.Itoa(int(k)))
			p.Technicians = append(p.Technicians, t)
		}
	}
	return p, nil
}

// groupName is the territory of what may leave with the same waves.
func groupName(g [2]int32) string { return strconv.Itoa(int(g[0])) + "-" + strconv.Itoa(int(g[1])) }

// served lists the groups that may leave with a wave.
func served(groups map[[2]int32]bool, wave int32) []string {
	out := []string{}
	for g := range groups {
		if g[0] <= wave && wave <= g[1] {
			out = append(out, groupName(g))
		}
	}
	slices.Sort(out)
	return out
}

// submatrix is the travel between some nodes.
func submatrix(m *geo.Matrix, nodes []int32) (*geo.Matrix, error) {
	n := len(nodes)
	values := make([]int32, 0, n*n)
	for _, a := range nodes {
		for _, b := range nodes {
			values = append(values, m.At(a, b))
		}
	}
	return geo.NewDense(n, values)
}

// before gives a plan of other items as a start for a problem: the first known items are the same in both, and only they
// count. nil gives nil.
func (p *plan) before(q *dispatch.Problem, known int32) *dispatch.Plan {
	if p == nil {
		return nil
	}
	out := &dispatch.Plan{}
	next := map[int32]int32{} // by wave: the next technician
	for i := range q.Technicians {
		w := int32(q.Technicians[i].Shifts[0].Start) / Interval
		if _, ok := next[w]; !ok {
			next[w] = int32(i)
		}
	}
	for k, stops := range p.routes {
		r := dispatch.Route{Technician: next[p.waves[k]]}
		for _, v := range stops {
			if v < known {
				r.Stops = append(r.Stops, dispatch.Stop{Kind: dispatch.StopVisit, Visit: v, Break: -1, Depot: -1})
			}
		}
		if len(r.Stops) > 0 && int(r.Technician) < len(q.Technicians) && int32(q.Technicians[r.Technician].Shifts[0].Start) == p.waves[k]*Interval {
			out.Routes = append(out.Routes, r)
			next[p.waves[k]]++
		}
	}
	return out
}

// solve plans all waves at once within a budget.
func (o *outlook) solve(ctx context.Context, budget route.Options) (*plan, error) {
	out := &plan{}
	if len(o.items) == 0 {
		return out, nil
	}
	p, err := o.problem()
	if err != nil {
		return nil, err
	}
	budget.Start = o.start.before(p, o.known)
	found, err := route.Solve(ctx, p, budget)
	if err != nil {
		return nil, err
	}
	for i := range found.Routes {
		r := &found.Routes[i]
		out.waves = append(out.waves, int32(p.Technicians[r.Technician].Shifts[0].Start)/Interval)
		out.routes = append(out.routes, r.Visits())
	}
	for _, u := range found.Unassigned {
		if o.items[u.Visit].prize > 0 {
			continue
		}
		out.waves = append(out.waves, o.items[u.Visit].from) // alone, for each fits on its own
		out.routes = append(out.routes, []int32{u.Visit})
	}
	return out, nil
}

// static plans the requests at the given indices of an epoch for now and returns their routes as IDs.
func static(ctx context.Context, ep *Epoch, which []int, budget route.Options) ([][]int32, error) {
	items := make([]item, len(which))
	for k, i := range which {
		items[k] = item{Request: ep.Open[i]}
	}
	now := outlook{ep: ep, items: items, waves: 1}
	p, err := now.solve(ctx, budget)
	if err != nil {
		return nil, err
	}
	return now.ids(p), nil
}

// ids gives the routes of a plan as IDs of requests.
func (o *outlook) ids(p *plan) [][]int32 {
	out := make([][]int32, len(p.routes))
	for k, stops := range p.routes {
		for _, v := range stops {
			out[k] = append(out[k], o.items[v].ID)
		}
	}
	return out
}
