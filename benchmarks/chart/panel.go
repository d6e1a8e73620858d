package main

import (
	"math"
	"strconv"
)

// measure is what a panel shows; less is better in all.
type measure int

const (
	gap      measure = iota // to the best known, in percent
	travel                  // hours, where all visits are served
	priority                // not served, in percent of the whole
)

// panel is one family.
type panel struct {
	name, title, unit string
	measure           measure
	whole             float64 // sum of priorities
}

func panels() []panel {
	const toBest = "mean gap to best known, %"
	return []panel{
		{name: "solomon-100", title: "Solomon, 100 visits", unit: toBest},
		{name: "homberger-200", title: "Homberger, 200 visits", unit: toBest},
		{name: "homberger-400", title: "Homberger, 400 visits", unit: toBest},
		{name: "homberger-1000", title: "Homberger, 1,000 visits", unit: toBest},
		{name: "dispatch-500", title: "city, 100 x 500, all served", unit: "travel, hours", measure: travel},
		{name: "dispatch-2000", title: "city, 200 x 2,000", unit: "priority not served, %", measure: priority, whole: 5567},
		{name: "dispatch-5000", title: "city, 500 x 5,000", unit: "priority not served, %", measure: priority, whole: 13489},
	}
}

// axis maps values to a length, from its first tick to its last.
type axis struct {
	log   bool
	ticks []float64
}

func (a *axis) at(v float64) float64 {
	from, to := a.ticks[0], a.ticks[len(a.ticks)-1]
	v = min(max(v, from), to)
	if a.log {
		return math.Log(v/from) / math.Log(to/from)
	}
	return (v - from) / (to - from)
}

// least is the smallest gap that the logarithmic axis tells apart.
const least = 0.01

// valueAxis chooses the axis of values: gaps by powers of ten, others linear from a round number.
func valueAxis(p *panel, all []series) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range all {
		if s.panel != p.name {
			continue
		}
		for _, at := range s.points {
			low, high = min(low, at.value), max(high, at.value)
		}
	}
	if math.IsInf(low, 1) {
		low, high = 0, 1
	}
	if p.measure == gap {
		from := math.Pow(10, math.Floor(math.Log10(max(low, least))+1e-9))
		a := axis{log: true}
		for t := from; ; t *= 10 {
			a.ticks = append(a.ticks, t)
			if t >= high && len(a.ticks) > 1 {
				return a
			}
		}
	}
	if p.measure == priority {
		low = 0
	}
	step := niceStep((high - low) / 4)
	a := axis{}
	for t := math.Floor(low/step) * step; ; t += step {
		a.ticks = append(a.ticks, t)
		if t >= high && len(a.ticks) > 1 {
			return a
		}
	}
}

// niceStep is 1, 2 or 5 times a power of ten, at least as large as asked.
func niceStep(least float64) float64 {
	if least <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, k := range []float64{1, 2, 5} {
		if k*power >= least-1e-9 {
			return k * power
		}
	}
	return 10 * power
}

// number writes a value with as many digits as it needs.
func number(v float64) string {
	v = math.Round(v*100) / 100
	return strconv.FormatFloat(v, 'f', -1, 64)
}
