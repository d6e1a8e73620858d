package experiment

import "math"

// beliefs are how many households weigh for the variants being equal, among those who did not click and among those who did:
// the stake is spread over three bets, for rates that are low, anything, and high. Any numbers are valid; these cost little
// when the difference is large and little when there is none.
func beliefs() [3][2]float64 { return [3][2]float64{{200, 12}, {30, 30}, {12, 200}} }

// game is a bet on which of two variants households are in, given what they did. Its money grows by the share that was
// expected of the variant, over the share that was drawn.
type game struct {
	share float64       // of the first variant among the two, as drawn
	count [2][2]float64 // households by what they did (0 nothing, 1 a click) and variant
	money [3]float64    // logarithm, by belief
}

// round plays a household and returns the logarithm of what a stake of 1 has become.
func (g *game) round(first, click bool) float64 {
	did, variant, drawn := 0, 1, 1-g.share
	if click {
		did = 1
	}
	if first {
		variant, drawn = 0, g.share
	}
	c := &g.count[did]
	for k, weigh := range beliefs() {
		w := weigh[did]
		g.money[k] += math.Log((c[variant] + w*drawn) / (c[0] + c[1] + w) / drawn)
	}
	c[variant]++
	top := max(g.money[0], g.money[1], g.money[2])
	sum := 0.0
	for _, m := range g.money {
		sum += math.Exp(m-top) / float64(len(g.money))
	}
	return top + math.Log(sum)
}

// leads reports whether the second variant has the better odds of a click. It goes by odds because clicks are known earlier
// than what is none.
func (g *game) leads() bool {
	clicks, none := &g.count[1], &g.count[0]
	return (clicks[1]+0.5)*(none[0]+0.5) > (clicks[0]+0.5)*(none[1]+0.5)
}
