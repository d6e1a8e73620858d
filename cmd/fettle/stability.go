package main

import (
	"strconv"
	"strings"

	"fettle/internal/draw"
	"fettle/simulate/day"
	"fettle/simulate/trial"
)

// maxPrice is the highest price of a moved promise: 1,000 hours of travel move none.
const maxPrice = 3_600_000

// compared are the policies to live the days; with --stability also the prices, one for each of them but the first.
func (c *simulateCommand) compared() (prices []int64, policies []day.Policy, err error) {
	if c.Stability == "" {
		policies, err = policiesOf(c.Policy)
		return nil, policies, err
	}
	if policies, err = policiesOf("greedy"); err != nil {
		return nil, nil, err
	}
	for _, text := range strings.Split(c.Stability, ",") {
		price, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || price < 0 || price > maxPrice {
			return nil, nil, usageError("--stability is %s: want whole seconds from 0 to %d, separated by commas", c.Stability, maxPrice)
		}
		prices, policies = append(prices, price), append(policies, day.Steadfast(price))
	}
	return prices, policies, nil
}

// stability is a point of the curve: what the search for better routes saves, and what it moves for that, when a moved promise
// has a price.
type stability struct {
	MovedPromise  int64    `json:"movedPromise"`         // the price, in seconds of travel
	Travel        measured `json:"travelMinutesSaved"`   // of each shift
	Complete      measured `json:"completeMinutesSaved"` // from report to completion, of each order
	PromisesMoved measured `json:"promisesMoved"`        // more than without the search, of 100 orders
}

// saved turns a difference around.
func saved(i trial.Interval) trial.Interval {
	return trial.Interval{Mean: -i.Mean, Low: -i.High, High: -i.Low, N: i.N}
}

func stabilityOf(t *trial.Table, prices []int64) (out []stability) {
	for i, price := range prices {
		out = append(out, stability{
			price, measuredOf(saved(t.Difference(i+1, day.TravelMinutes))), measuredOf(saved(t.Difference(i+1, day.CompleteMinutes))),
			measuredOf(t.Difference(i+1, day.PromisesMoved)),
		})
	}
	return out
}

// stabilityPanels draw the curve by its prices, as absolute figures beside those of greedy; none without prices.
func stabilityPanels(t *trial.Table, prices []int64) []draw.Panel {
	if len(prices) == 0 {
		return nil
	}
	p := draw.Panel{Title: "Travel, minutes a shift"}
	for i := range t.Policies {
		v := t.Mean(i, day.TravelMinutes)
		p.Rows = append(p.Rows, draw.Interval{Name: t.Policies[i].Name, Mean: v.Mean, Low: v.Low, High: v.High})
	}
	return []draw.Panel{p}
}
