package waves

import (
	"context"
	"math"
	"slices"

	"fettle/dispatch/route"
)

// Prizes plans a wave as a prize-collecting problem: each request that may wait has a price, what serving it later is
// expected to cost, and leaves if the plan saves more by that than it drives for it. So routes leave that are worth it as a
// whole. The logarithm of a price is linear in a few properties of its request, and the weights were learned from days planned in
// hindsight, as the winner of the competition learned his: Baty, Jungel, Klein, Parmentier and Schiffer (2024),
// "Combinatorial optimization-enriched machine learning to solve the dynamic vehicle routing problem with time windows",
// Transportation Science 58(4), 708-725, arXiv:2304.00789. docs/adr/0010-prizes-of-waiting.md tells how.
//
// Different from the paper: the model is log-linear, for what makes a request patient takes a share off its price, and prices
// are raised by Eagerness, for a plan in hindsight lets requests wait for others that it knows and a policy can only hope
// for.
type Prizes struct {
	Eagerness float64 // factor of all prices
	First     float64 // the same in a wave that begins with nothing left over, as the first of the day
}

// NewPrizes is Prizes with the figures that experiments chose.
func NewPrizes() Prizes { return Prizes{Eagerness: 1.4, First: 1.25} }

// Decide implements Policy.
func (p Prizes) Decide(ctx context.Context, ep *Epoch, b Budget) ([][]int32, error) {
	if ep.Number == ep.Last {
		return Greedy{}.Decide(ctx, ep, b)
	}
	wave := outlook{ep: ep, items: p.priced(ep), waves: 1}
	budget, tune := b.part(0, 1, 0), collecting()
	budget.Tuning = &tune
	found, err := wave.solve(ctx, budget)
	if err != nil {
		return nil, err
	}
	return wave.ids(found), nil
}

// priced lists the open requests with their prices; what costs nothing to serve later is left out.
func (p Prizes) priced(ep *Epoch) []item {
	unit, eagerness := ep.Instance.meanLeg(), p.Eagerness
	if !slices.ContainsFunc(ep.Open, func(r Request) bool { return r.Epoch < ep.Number }) {
		eagerness = p.First
	}
	out := make([]item, 0, len(ep.Open))
	for i := range ep.Open {
		it := item{Request: ep.Open[i]}
		if !ep.Must[i] {
			if it.prize = int64(eagerness * unit * ep.price(&ep.Open[i], unit)); it.prize == 0 {
				continue
			}
		}
		out = append(out, it)
	}
	return out
}

// collecting is the tuning for problems in which whole routes are not worth their way: prices count in full from the
// start, more iterations open routes at a discount and try more of what was left out, and the search begins hot and anneals
// several times sooner, for which routes leave is a choice that one annealing rarely mends.
func collecting() route.Tuning {
	t := route.DefaultTuning()
	t.PrizeHot, t.HotBrief, t.Enough = 0, t.Hot, 300
	t.Discount, t.Revive = 0.3, 30
	return t
}

// The weights of the logarithm of a price. The more waves are left, the less waiting costs: somebody to share a route with
// is still to come.
var perPatience = [...]float64{-0.777, -1.247, -1.502, -1.706} // one later wave that it can leave with, two, three, more

const (
	perDepotLeg      = 0.555 // logarithm of its leg to the depot, in mean legs
	perDepotLegOnce  = 0.112 // more with one later wave
	perNearLeg       = 0.716 // logarithm of its leg to its neighbours, in fifths of mean legs
	perNearLegOnce   = 0.019
	perOnSite        = 0.757  // hour on site
	perEarly         = -0.174 // hour by which the window opens after a vehicle that leaves now is there, up to mostHours
	perSlack         = -0.237 // hour of the window behind that, up to mostHours
	perRemaining     = 0.017  // wave to come
	lastButOne       = -0.154 // in the last wave but one
	mostHours        = 4
	leastLeg, nearBy = 0.05, 5
)

// price is what serving a request later is expected to cost, in mean legs of the instance.
func (ep *Epoch) price(r *Request, unit float64) float64 {
	in := ep.Instance
	later := ep.laterWaves(r)
	depot, near := math.Log(in.depotLeg(r.Node)/unit+leastLeg), math.Log(nearBy*in.nearLeg(r.Node)/unit+leastLeg)
	out := perPatience[min(later, len(perPatience))-1] + perDepotLeg*depot + perNearLeg*near
	if later == 1 {
		out += perDepotLegOnce*depot + perNearLegOnce*near
	}
	there := ep.Start + in.Travel.At(0, r.Node)
	out += perOnSite * hours(r.OnSite)
	out += perEarly * min(max(hours(r.First-there), 0), mostHours)
	out += perSlack * min(hours(r.Last-max(there, r.First)), mostHours)
	out += perRemaining * float64(ep.Last-ep.Number)
	if ep.Last-ep.Number == 1 {
		out += lastButOne
	}
	return math.Exp(min(out, mostPrice))
}

// mostPrice bounds the logarithm of a price, far above all that days have shown.
const mostPrice = 2

func hours(seconds int32) float64 { return float64(seconds) / 3600 }

// laterWaves is the number of later waves that a request can leave with.
func (ep *Epoch) laterWaves(r *Request) int {
	n := int32(0)
	for ep.Number+n < ep.Last && ep.Instance.canLeave(r, ep.Start+(n+1)*Interval) {
		n++
	}
	return int(n)
}

// depotLeg is the mean of the two legs between a node and the depot.
func (in *Instance) depotLeg(node int32) float64 {
	return float64(in.Travel.At(0, node)+in.Travel.At(node, 0)) / 2
}

// meanLeg is the mean leg between the depot and a customer.
func (in *Instance) meanLeg() float64 {
	n, sum := int32(len(in.First)-1), 0.0
	for node := int32(1); node <= n; node++ {
		sum += in.depotLeg(node)
	}
	return max(sum/float64(n), 1)
}

// nearShare is the share of the customers that are neighbours of a customer.
const nearShare = 0.05

// nearLeg is the mean leg between a customer and its neighbours, both ways. O(customers · log customers).
func (in *Instance) nearLeg(node int32) float64 {
	legs := make([]float64, 0, len(in.First))
	for other := int32(1); other < int32(len(in.First)); other++ {
		if other != node {
			legs = append(legs, float64(in.Travel.At(node, other)+in.Travel.At(other, node))/2)
		}
	}
	slices.Sort(legs)
	few := min(max(int(nearShare*float64(len(in.First)-1)), 1), len(legs))
	sum := 0.0
	for _, leg := range legs[:few] {
		sum += leg
	}
	return sum / float64(max(few, 1))
}
