package waves

import (
	"context"
	"math/rand/v2"

	"fettle/dispatch/route"
)

// Consensus plans sampled futures together with what is known and does now what most of these plans do now: iterative
// conditional dispatch, Lan et al. (2024), section 4. In each round a number of futures is drawn as the environment draws
// them, planned over several waves, and each request that is still undecided is counted where its route waits for a
// later wave. Who is counted in most futures waits, who in few leaves, and both hold in the rounds that follow. The rest of
// the budget plans what leaves.
//
// Different from the paper: plans of futures are plans of several waves that the route optimiser makes as a whole, and a
// route of known requests alone counts as leaving now, whatever its wave.
type Consensus struct {
	Rounds  int // of futures
	Futures int // in a round
	Ahead   int // waves of the future that are drawn
	// Wait and Leave are the shares of futures from which, and up to which, a request waits or leaves; after the last round
	// those between them wait from Last on.
	Wait, Leave, Last float64
	Share             float64 // of the budget for futures
	Hot               float64 // temperature at which plans of futures begin, see route.Tuning
}

// NewConsensus is a Consensus with the figures that experiments chose.
func NewConsensus() Consensus {
	return Consensus{Rounds: 5, Futures: 8, Ahead: 1, Wait: 0.8, Leave: 0.5, Last: 0.8, Share: 0.8, Hot: 0.1}
}

// fate is what was decided about a request.
type fate uint8

const (
	undecided fate = iota
	leaves
	waits
)

// Decide implements Policy.
func (c Consensus) Decide(ctx context.Context, ep *Epoch, b Budget) ([][]int32, error) {
	fates := make([]fate, len(ep.Open))
	for i := range fates {
		if ep.Must[i] {
			fates[i] = leaves
		}
	}
	share := 0.0
	if ep.Number < ep.Last {
		share = c.Share
		o := oracle{Consensus: c, ep: ep, b: b, fates: fates, rng: rand.New(rand.NewPCG(b.Seed, uint64(ep.Number)))}
		if err := o.settle(ctx); err != nil {
			return nil, err
		}
	}
	return static(ctx, ep, chosen(ep, func(i int) bool { return fates[i] == leaves }), b.part(share, 1, 0))
}

// oracle decides one epoch.
type oracle struct {
	Consensus
	ep     *Epoch
	b      Budget
	rng    *rand.Rand
	fates  []fate // by index in ep.Open
	waited []int  // futures of this round in which the request waits
	last   *plan  // of the future before
}

// settle decides the fate of every request.
func (o *oracle) settle(ctx context.Context) error {
	total, done := o.Rounds*o.Futures, 0
	for round := range o.Rounds {
		o.waited = make([]int, len(o.fates))
		seen := 0
		for range o.Futures {
			from := o.b.used(o.Share * float64(done) / float64(total))
			if from >= o.Share || ctx.Err() != nil {
				break
			}
			to := from + (o.Share-from)/float64(total-done)
			done++
			seen++
			if err := o.ask(ctx, from, to); err != nil {
				return err
			}
		}
		o.judge(seen, round == o.Rounds-1)
	}
	return nil
}

// judge fixes the fate of requests after a round of so many futures.
func (o *oracle) judge(seen int, last bool) {
	for i := range o.fates {
		if o.fates[i] != undecided {
			continue
		}
		share := float64(o.waited[i]) / float64(max(seen, 1))
		switch {
		case share >= o.Wait, last && share >= o.Last:
			o.fates[i] = waits
		case share <= o.Leave, last:
			o.fates[i] = leaves
		}
	}
}

// ask draws a future, plans it within a part of the budget, and counts who waits in it.
func (o *oracle) ask(ctx context.Context, from, to float64) error {
	ep, known := o.ep, int32(len(o.ep.Open))
	look := outlook{ep: ep, waves: min(int32(o.Ahead), ep.Last-ep.Number) + 1, start: o.last, known: known}
	for i := range ep.Open {
		it := item{Request: ep.Open[i], to: look.waves - 1}
		switch o.fates[i] {
		case leaves:
			it.to = 0
		case waits:
			it.from = 1
		}
		look.items = append(look.items, it)
	}
	look.items = ep.future(o.rng, look.items, look.waves)
	budget := o.b.part(from, to, o.rng.Uint64())
	if o.last != nil {
		tune := route.DefaultTuning()
		tune.Hot = o.Hot
		budget.Tuning = &tune
	}
	p, err := look.solve(ctx, budget)
	if err != nil {
		return err
	}
	o.last = p
	for k, stops := range p.routes {
		later := false
		for _, v := range stops {
			later = later || p.waves[k] > 0 && (v >= known || o.fates[v] == waits)
		}
		for _, v := range stops {
			if later && v < known {
				o.waited[v]++
			}
		}
	}
	return nil
}

// future draws the requests of the waves to come as the environment draws them.
func (ep *Epoch) future(rng *rand.Rand, items []item, waves int32) []item {
	in := ep.Instance
	n := int32(len(in.First) - 1)
	draw := func() int32 { return 1 + rng.Int32N(n) }
	for w := int32(1); w < waves; w++ {
		for range drawn {
			r := in.request(draw(), draw(), draw(), draw())
			if in.canLeave(&r, ep.Start+w*Interval) {
				items = append(items, item{Request: r, from: w, to: waves - 1})
			}
		}
	}
	return items
}
