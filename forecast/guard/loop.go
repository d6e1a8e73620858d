package guard

import (
	"fmt"
	"math"
)

// Weight is what a fault counts for when a model is trained. One that people reported counts in full. One that a crew found
// counts a quarter of that, and less the more of the visits its area gets, so that the number of finds does not follow the
// number of visits: a quarter of the even share over the share, at most a quarter.
func Weight(found bool, share, evenShare float64) float64 {
	if !found {
		return 1
	}
	if !(share > 0) {
		return foundWeight
	}
	return foundWeight * math.Min(1, evenShare/share)
}

// foundWeight is what a find counts at most: most faults that crews find would have been reported, later.
const foundWeight = 0.25

// Loop compares where crews are sent with where people report. Reports do not depend on crews; when the share of
// visits leaves the share of reports behind, and keeps going, the forecast feeds itself. It is a cumulative sum (Page 1954) for
// each area.
type Loop struct {
	names   []string
	visits  []float64
	reports []float64
	drift   []float64 // of visits above what reports justify, in standard deviations of one day, less the allowance
	days    int
}

const (
	loopAllowance = 0.25 // standard deviations a day that are not held against an area
	loopAlarm     = 12.0 // sum at which the alarm is raised: about once in years when nothing is wrong
	loopTolerance = 0.05 // share of visits above the reports' that is no drift, however sure it is
	loopPrior     = 20.0 // reports that every day begins with, spread evenly: nobody is alarmed by the first few
)

// NewLoop watches areas by their names.
func NewLoop(areas []string) *Loop {
	n := len(areas)
	return &Loop{names: areas, visits: make([]float64, n), reports: make([]float64, n), drift: make([]float64, n)}
}

// Day takes one day: visits that were sent to each area because of the forecast, and reports by people from it. Both
// have one value for each area, or Day does nothing and says false.
func (l *Loop) Day(visits, reports []float64) bool {
	if len(visits) != len(l.names) || len(reports) != len(l.names) {
		return false
	}
	sent, reported := 0.0, loopPrior
	for a := range l.names {
		l.reports[a] += reports[a]
		l.visits[a] += visits[a]
		sent += visits[a]
		reported += l.reports[a]
	}
	l.days++
	if sent <= 0 {
		return true
	}
	for a := range l.names {
		share := (l.reports[a] + loopPrior/float64(len(l.names))) / reported
		// The chance of the day's visits, and that of the share itself.
		deviation := math.Sqrt(sent*share*(1-share) + sent*sent*share*(1-share)/reported + 1e-9)
		z := (visits[a] - sent*(share+loopTolerance)) / deviation
		l.drift[a] = math.Max(0, l.drift[a]+z-loopAllowance)
	}
	return true
}

// Alarm is an area that gets more visits than its reports justify.
type Alarm struct {
	Area         string
	VisitShare   float64 // of all visits so far
	ReportShare  float64 // of all reports so far
	DaysObserved int
}

// String says it in words.
func (a Alarm) String() string {
	return fmt.Sprintf("%s gets %.0f %% of the visits that the forecast sends and %.0f %% of the reports: the forecast may feed itself",
		a.Area, 100*a.VisitShare, 100*a.ReportShare)
}

// Alarms lists the areas that drift, in the order of their names as given.
func (l *Loop) Alarms() []Alarm {
	visits, reports := 0.0, 0.0
	for a := range l.names {
		visits += l.visits[a]
		reports += l.reports[a]
	}
	var list []Alarm
	for a, name := range l.names {
		if l.drift[a] > loopAlarm {
			list = append(list, Alarm{name, l.visits[a] / math.Max(visits, 1), l.reports[a] / math.Max(reports, 1), l.days})
		}
	}
	return list
}
