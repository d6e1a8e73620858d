package benchfamily

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch/assign"
	"fettle/dispatch/plan"
)

// burstVisits is how many visits arrive at once, and burstSideMeters the side of a city that has 1,000 technicians as dense as
// 10,000 in the city of the insertions.
const (
	burstVisits     = 1000
	burstSideMeters = 19_000
	matchOffers     = 8
)

func madeBursts() []testCase {
	return []testCase{
		{name: "burst-1000x0", size: [2]int{1_000, 0}},
		{name: "burst-1000x4", size: [2]int{1_000, 4}},
		{name: "burst-1000x8", size: [2]int{1_000, 8}},
		{name: "burst-1000x12", size: [2]int{1_000, 12}}, // chains end when the shift is full
	}
}

// BurstRow is many visits at once, admitted in several ways: each to the cheapest place one after the other, by regret, and
// by rounds of matching, at most one visit a technician and round.
type BurstRow struct {
	Case        string     `json:"case"`
	Seed        uint64     `json:"seed"`
	Technicians int        `json:"technicians"`
	Committed   int        `json:"committed"` // visits on routes before
	Visits      int        `json:"visits"`
	Ways        []BurstWay `json:"ways"`
	PeakMB      float64    `json:"peakMB"`
	Checked     bool       `json:"checked"` // the independent checker accepted the routes of every way
	Error       string     `json:"error,omitempty"`
	offers      int
}

// BurstWay is one way to admit a burst.
type BurstWay struct {
	Way             string  `json:"way"`
	ProcessorMillis float64 `json:"processorMillis"`
	WallMillis      float64 `json:"wallMillis"`
	Cost            int64   `json:"cost"` // what the burst adds to the plan, visits left out among it
	Unassigned      int     `json:"unassigned"`
}

func (r *BurstRow) addTo(s *Summary) {
	if r.Error != "" || !r.Checked {
		s.Failed++
	}
	if len(r.Ways) > 0 {
		s.seconds += r.Ways[0].ProcessorMillis / 1000
	}
	s.PeakMB = max(s.PeakMB, r.PeakMB)
}

func runBurst(ctx context.Context, c testCase, seed uint64, _ Options) measured {
	row := &BurstRow{Case: c.name, Seed: seed, Technicians: c.size[0], Visits: burstVisits, Checked: true}
	memory := startMemory()
	for _, way := range []struct {
		name   string
		offers int // of each search
		admit  func(ctx context.Context, b *plan.Board, visits []int32) error
	}{{"regret", 0, admitByRegret}, {"in order", 1, admitInOrder}, {"matching", matchOffers, admitByMatching}} {
		row.offers = way.offers
		if err := row.admit(ctx, c.size, way.name, way.admit); err != nil {
			row.Error, row.Checked = err.Error(), false
			break
		}
	}
	row.PeakMB = memory.peakMB()
	return row
}

// admit measures one way on a city of its own.
func (r *BurstRow) admit(ctx context.Context, size [2]int, name string, admit func(context.Context, *plan.Board, []int32) error) error {
	c, err := newCity(size[0], size[1], r.Seed, burstSideMeters)
	if err != nil {
		return err
	}
	board, err := plan.NewBoard(c.p, c.plan, plan.BoardOptions{Offers: r.offers})
	if err != nil {
		return fmt.Errorf("commit the routes of the city: %w", err)
	}
	r.Committed = board.Len()
	before := board.Cost().Total()
	var visits []int32
	for range burstVisits {
		v, at := c.arrival()
		i, err := board.AddAt(v, at)
		if err != nil {
			return err
		}
		visits = append(visits, i)
		c.arrived = append(c.arrived, arrival{index: i, visit: v, at: at})
	}
	start, spent := time.Now(), stopwatch(true)
	if err := admit(ctx, board, visits); err != nil {
		return err
	}
	way := BurstWay{
		Way: name, ProcessorMillis: *rounded(float64(spent().Microseconds())/1000, 2),
		WallMillis: *rounded(float64(time.Since(start).Microseconds())/1000, 2), Cost: board.Cost().Total() - before,
	}
	for _, v := range visits {
		if _, _, ok := board.Placed(v); !ok {
			way.Unassigned++
		}
	}
	r.Ways = append(r.Ways, way)
	judged := MicroRow{Operations: len(visits)}
	return judged.judge(c, board)
}

func admitByRegret(ctx context.Context, b *plan.Board, visits []int32) error {
	_, err := b.InsertAll(ctx, visits)
	return err
}

func admitInOrder(_ context.Context, b *plan.Board, visits []int32) error {
	for _, v := range visits {
		if _, _, err := b.Insert(v); err != nil {
			return err
		}
	}
	return nil
}

// admitByMatching places as many visits as it can in each round, each on a route of its own, at the least cost in all.
func admitByMatching(ctx context.Context, b *plan.Board, visits []int32) error {
	for left := slices.Clone(visits); len(left) > 0; {
		offers := make([][]plan.Offer, 0, len(left))
		columns := map[[2]int32]int{}
		for _, v := range left {
			found, err := b.Offer(v)
			if err != nil {
				return err
			}
			offers = append(offers, slices.Clone(found))
			for k := range found {
				route := [2]int32{found[k].Technician, found[k].Shift}
				if _, ok := columns[route]; !ok {
					columns[route] = len(columns)
				}
			}
		}
		builder := assign.NewBuilder(len(left), max(len(columns), 1))
		for i := range offers {
			builder.MayStayUnassigned(i, burstPrice)
			for k := range offers[i] {
				o := &offers[i][k]
				builder.Arc(i, columns[[2]int32{o.Technician, o.Shift}], o.Difference)
			}
		}
		p, err := builder.Build()
		if err != nil {
			return err
		}
		matched, err := assign.Solve(ctx, p, assign.Options{})
		if err != nil {
			return err
		}
		var next []int32
		for i, v := range left {
			k := slices.IndexFunc(offers[i], func(o plan.Offer) bool {
				return matched.Assignment[i] >= 0 && columns[[2]int32{o.Technician, o.Shift}] == int(matched.Assignment[i])
			})
			if k < 0 {
				next = append(next, v)
			} else if err := b.Place(v, offers[i][k]); err != nil {
				return err
			}
		}
		if len(next) == len(left) {
			return nil
		}
		left = next
	}
	return nil
}

// burstPrice is what leaving a visit of the city out costs.
const burstPrice = 1_000_000
