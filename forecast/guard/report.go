package guard

import "math"

// Faults is what an area's reports show about how fast people report: after the first report of a fault, every further one
// that comes before it is repaired is a repeat. The first ones say nothing about the rate, so they are left out.
type Faults struct {
	Reported float64 // faults with at least one report
	Repeats  float64 // further reports of these
	Days     float64 // days between first report and repair, summed over the faults
}

// priorRepeats is how many repeats the common rate counts for in each area.
const priorRepeats = 5

// ReportingRates estimates, for each area, reports a day of a fault that is open: its repeats over its days, leaning on the rate of
// all areas where there are few (a gamma prior). Without any days they are zero: nothing is known.
func ReportingRates(areas []Faults) []float64 {
	repeats, days := 0.0, 0.0
	for _, a := range areas {
		repeats += a.Repeats
		days += a.Days
	}
	rates := make([]float64, len(areas))
	if days <= 0 {
		return rates
	}
	common := (repeats + 0.5) / days
	for i, a := range areas {
		rates[i] = (a.Repeats + priorRepeats) / (a.Days + priorRepeats/common)
	}
	return rates
}

// mostCorrection bounds how many faults one report may stand for: above it, the data do not carry the conclusion.
const mostCorrection = 10

// Corrected estimates how many faults there were in each area, reported or not. A fault that nobody reports ends by itself or is
// found otherwise after lifetime days on average (exponential), so one is reported at all with probability rate/(rate +
// 1/lifetime). Areas without a known rate stay as they are.
func Corrected(areas []Faults, rates []float64, lifetime float64) []float64 {
	faults := make([]float64, len(areas))
	for i, a := range areas {
		faults[i] = a.Reported
		if i < len(rates) && rates[i] > 0 && lifetime > 0 {
			faults[i] *= math.Min(mostCorrection, (rates[i]+1/lifetime)/rates[i])
		}
	}
	return faults
}
