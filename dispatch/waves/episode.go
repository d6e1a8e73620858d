package waves

import (
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/geo"
)

// The rules of the competition: seconds between waves, seconds between the reveal of requests and the wave that may take
// them, and requests drawn for a wave.
const (
	Interval = 3600
	margin   = 3600
	drawn    = 100
)

// Instance is what requests are drawn from: node 0 is the depot, the others are customers. Times are seconds.
type Instance struct {
	Travel      *geo.Matrix
	Capacity    int32
	Demand      []int32 // by node; 0 for the depot
	OnSite      []int32
	First, Last []int32 // of the start of work, both inclusive; of the depot: the day
}

// NewInstance takes the instance from a problem that was read from a file of the competition: one depot, place 0, and
// visit i at place i+1, one dimension of stock.
func NewInstance(p *dispatch.Problem) (*Instance, error) {
	if len(p.Technicians) == 0 || len(p.Technicians[0].Shifts) != 1 || len(p.Technicians[0].Capacity) != 1 || len(p.Travel) != 1 {
		return nil, &dispatch.InvalidError{Field: "technicians", Want: "vehicles of one depot, one dimension of stock and one travel profile"}
	}
	t := &p.Technicians[0]
	in := &Instance{
		Travel: p.Travel[0].Time, Capacity: t.Capacity[0], Demand: []int32{0}, OnSite: []int32{0},
		First: []int32{int32(t.Shifts[0].Start)}, Last: []int32{int32(t.Shifts[0].End)},
	}
	for i := range p.Visits {
		v := &p.Visits[i]
		if v.Place != int32(i+1) || len(v.Windows) != 1 || len(v.Deliver) != 1 {
			return nil, &dispatch.InvalidError{Field: fmt.Sprintf("visits[%d]", i), Want: "a place of its own after the depot, one window and one amount"}
		}
		in.Demand, in.OnSite = append(in.Demand, v.Deliver[0]), append(in.OnSite, int32(v.OnSite))
		in.First, in.Last = append(in.First, int32(v.Windows[0].Start)), append(in.Last, int32(v.Windows[0].End)-1)
	}
	if len(p.Visits) == 0 {
		return nil, &dispatch.InvalidError{Field: "visits", Want: "at least one customer"}
	}
	return in, nil
}

// Request is work that was revealed: a place, and a window, demand and time on site that are independent of it.
type Request struct {
	ID          int32 // from 1, in the order of the reveal
	Node        int32 // place in the instance
	First, Last int32 // of the start of work, seconds of the day
	OnSite      int32
	Demand      int32
	Epoch       int32 // of the reveal
}

// Epoch is one moment of decision. It belongs to the episode; its slices hold until the next epoch.
type Epoch struct {
	Instance     *Instance
	Number, Last int32 // Last is the number of the last epoch of the day
	// Start is when vehicles leave, in seconds of the day.
	Start int32
	Open  []Request // revealed and not dispatched, by ID
	Must  []bool    // by index in Open: cannot wait for the next wave
}

// Episode is a day. It is not safe for concurrent use.
type Episode struct {
	in     *Instance
	stream *Stream
	epoch  Epoch
	ids    int32
	over   bool
}

// NewEpisode begins the day of a seed. Its first epoch is ready.
func NewEpisode(in *Instance, seed uint64) *Episode {
	earliest, latest := slices.Min(in.First[1:]), slices.Max(in.First[1:])
	e := &Episode{in: in, stream: NewStream(seed)}
	e.epoch = Epoch{Instance: in, Number: max(floorDiv(earliest-margin, Interval), 0), Last: max(floorDiv(latest-margin, Interval), 0)}
	e.reveal()
	return e
}

func floorDiv(a, b int32) int32 {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// Epoch is the epoch to decide; nil when the day is over.
func (e *Episode) Epoch() *Epoch {
	if e.over {
		return nil
	}
	return &e.epoch
}

// reveal draws the requests of the epoch in hand. The order of the draws is part of the rules.
func (e *Episode) reveal() {
	ep := &e.epoch
	ep.Start = Interval*ep.Number + margin
	n := uint32(len(e.in.First) - 1)
	node, window, demand, onSite := e.stream.Integers(n, drawn), e.stream.Integers(n, drawn), e.stream.Integers(n, drawn), e.stream.Integers(n, drawn)
	for k := range node {
		r := e.in.request(node[k]+1, window[k]+1, demand[k]+1, onSite[k]+1)
		if r.Epoch = ep.Number; e.in.canLeave(&r, ep.Start) {
			e.ids++
			r.ID = e.ids
			ep.Open = append(ep.Open, r)
		}
	}
	ep.Must = ep.Must[:0]
	for i := range ep.Open {
		ep.Must = append(ep.Must, ep.Number == ep.Last || !e.in.canLeave(&ep.Open[i], ep.Start+Interval))
	}
}

// request is made of four customers.
func (in *Instance) request(node, window, demand, onSite int32) Request {
	return Request{Node: node, First: in.First[window], Last: in.Last[window], OnSite: in.OnSite[onSite], Demand: in.Demand[demand]}
}

// canLeave reports whether a vehicle that leaves at an instant and serves the request alone is in time everywhere.
func (in *Instance) canLeave(r *Request, at int32) bool {
	begin := max(at+in.Travel.At(0, r.Node), r.First)
	return begin <= r.Last && begin+r.OnSite+in.Travel.At(r.Node, 0) <= in.Last[0]
}

// Dispatch answers the epoch in hand with routes of request IDs, goes on to the next epoch and returns the driving time.
// A route that breaks a rule, a request that is not open and one that cannot wait and is left are errors: nothing
// happens then.
func (e *Episode) Dispatch(routes [][]int32) (driving int64, err error) {
	if e.over {
		return 0, fmt.Errorf("dispatch: the day is over")
	}
	ep := &e.epoch
	index := make(map[int32]int, len(ep.Open))
	for i := range ep.Open {
		index[ep.Open[i].ID] = i
	}
	gone := make([]bool, len(ep.Open))
	for k, ids := range routes {
		route := make([]*Request, len(ids))
		for j, id := range ids {
			i, ok := index[id]
			if !ok || gone[i] {
				return 0, fmt.Errorf("epoch %d, route %d: request %d is not open or taken twice", ep.Number, k, id)
			}
			gone[i], route[j] = true, &ep.Open[i]
		}
		d, err := e.in.drive(route, ep.Start)
		if err != nil {
			return 0, fmt.Errorf("epoch %d, route %d: %w", ep.Number, k, err)
		}
		driving += d
	}
	for i := range ep.Open {
		if ep.Must[i] && !gone[i] {
			return 0, fmt.Errorf("epoch %d: request %d cannot wait and is left", ep.Number, ep.Open[i].ID)
		}
	}
	left := ep.Open[:0]
	for i := range ep.Open {
		if !gone[i] {
			left = append(left, ep.Open[i])
		}
	}
	ep.Open = left
	if ep.Number == ep.Last {
		e.over = true
		return driving, nil
	}
	ep.Number++
	e.reveal()
	return driving, nil
}

// drive runs a route that leaves at an instant and returns its driving time.
func (in *Instance) drive(route []*Request, leave int32) (driving int64, err error) {
	if len(route) == 0 {
		return 0, fmt.Errorf("is empty")
	}
	load, now, at := int64(0), leave, int32(0)
	for _, r := range route {
		leg := in.Travel.At(at, r.Node)
		driving += int64(leg)
		if now = max(now+leg, r.First); now > r.Last {
			return 0, fmt.Errorf("request %d is reached at %d, later than %d", r.ID, now, r.Last)
		}
		now += r.OnSite
		load, at = load+int64(r.Demand), r.Node
	}
	leg := in.Travel.At(at, 0)
	if now += leg; now > in.Last[0] {
		return 0, fmt.Errorf("is back at %d, later than %d", now, in.Last[0])
	}
	if load > int64(in.Capacity) {
		return 0, fmt.Errorf("loads %d, more than %d", load, in.Capacity)
	}
	return driving + int64(leg), nil
}
