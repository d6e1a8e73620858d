package day

import (
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Metric is one figure of a policy.
type Metric int

// The metrics. Minutes count from the report; shares are between 0 and 1.
const (
	AcknowledgeMinutes Metric = iota // mean, until the tenant hears that somebody has it
	AcceptMinutes                    // mean, until a technician has agreed
	AcceptMedian                     // median of the same
	OnSiteMinutes                    // mean, until a technician is at the door for the first time
	CompleteMinutes                  // mean, until it is done
	CompleteMedian                   // median of the same
	CompleteP90                      // nine in ten are done by then
	EmergencyOnSite                  // mean of OnSiteMinutes over emergencies
	EmergencyP90                     // at nine in ten emergencies somebody is by then
	EmergencyIn30                    // share of emergencies at which somebody is within 30 minutes
	AcceptInTime                     // share whose acceptance kept the promise
	OnSiteInTime                     // share of arrivals that did
	CompleteInTime                   // share of resolutions that did
	TravelMinutes                    // a shift
	TravelShare                      // travel of travel and work
	Utilization                      // travel and work of paid time
	OvertimeMinutes                  // a shift
	StandbyMinutes                   // a shift, of driving to where nothing is to be done yet
	PromisesMoved                    // times that a tenant was told another window, for each 100 orders
	Unfairness                       // coefficient of variation of the busy share of paid time among technicians
	UnfinishedShare                  // not done three weeks later
	metrics
)

// KPI are the figures of a policy, by Metric. NaN where there was nothing to measure.
type KPI [metrics]float64

// Metrics lists all metrics.
func Metrics() []Metric {
	out := make([]Metric, metrics)
	for i := range out {
		out[i] = Metric(i)
	}
	return out
}

// String is the name in files.
func (m Metric) String() string {
	names := [metrics]string{
		"acknowledgeMinutes", "acceptMinutes", "acceptMinutesMedian", "onSiteMinutes", "completeMinutes", "completeMinutesMedian",
		"completeMinutesP90", "emergencyOnSiteMinutes", "emergencyOnSiteMinutesP90", "emergencyWithin30", "acceptInTime", "onSiteInTime",
		"completeInTime", "travelMinutes", "travelShare", "utilization",
		"overtimeMinutes", "standbyMinutes", "promisesMoved", "unfairness", "unfinishedShare",
	}
	if m < 0 || m >= metrics {
		return "unknown"
	}
	return names[m]
}

// MoreIsBetter says in which direction a metric is good.
func (m Metric) MoreIsBetter() bool {
	return m == EmergencyIn30 || m == AcceptInTime || m == OnSiteInTime || m == CompleteInTime
}

// outcome sums the lives up.
func (r *run) outcome() *Outcome {
	out := &Outcome{Trace: r.trace.Sum64(), Events: r.events, Shifts: r.shifts}
	var reports []*Report
	for _, o := range r.order {
		if o.counts {
			out.Orders = append(out.Orders, o.Life)
			reports = append(reports, o.report)
		}
	}
	out.KPI = Measure(reports, out.Orders, &r.w.Levels)
	r.fillPeople(&out.KPI)
	return out
}

// Measure sums up what became of reports; canceled ones are left out. What concerns technicians is NaN.
func Measure(reports []*Report, lives []Life, levels *Levels) (k KPI) {
	var m measures
	for i := range lives {
		if !lives[i].Canceled {
			m.add(reports[i], &lives[i], levels.Promises(reports[i]))
		}
	}
	for i := range k {
		k[i] = math.NaN()
	}
	m.fill(&k)
	return k
}

// measures collects what the orders of an outcome took.
type measures struct {
	n, unfinished, moved, emergencies, soon          int
	acknowledge, accept, onSite, complete, emergency []float64
	kept                                             [3]int
}

func (m *measures) add(r *Report, o *Life, due engine.DueTimes) {
	m.n++
	m.moved += o.Moved
	since := func(t time.Time) float64 { return t.Sub(r.At).Minutes() }
	note := func(into *[]float64, t time.Time) {
		if !t.IsZero() {
			*into = append(*into, since(t))
		}
	}
	note(&m.acknowledge, o.Acknowledged)
	note(&m.accept, o.Accepted)
	note(&m.onSite, o.OnSite)
	note(&m.complete, o.Resolved)
	if r.Wish.Urgency == dispatch.UrgencyEmergency {
		note(&m.emergency, o.OnSite)
		m.emergencies++
		if !o.OnSite.IsZero() && o.OnSite.Sub(r.At) <= 30*time.Minute {
			m.soon++
		}
	}
	if o.Resolved.IsZero() {
		m.unfinished++
	}
	for i, c := range [3][2]time.Time{{o.Accepted, due.Accept}, {o.OnSite, due.OnSite}, {o.Resolved, due.Resolve}} {
		if !c[0].IsZero() && !c[0].After(c[1]) {
			m.kept[i]++
		}
	}
}

func (m *measures) fill(k *KPI) {
	n := float64(m.n)
	k[AcknowledgeMinutes], k[AcceptMinutes], k[AcceptMedian] = mean(m.acknowledge), mean(m.accept), quantile(m.accept, 0.5)
	k[OnSiteMinutes], k[CompleteMinutes], k[CompleteMedian] = mean(m.onSite), mean(m.complete), quantile(m.complete, 0.5)
	k[CompleteP90], k[EmergencyOnSite] = quantile(m.complete, 0.9), mean(m.emergency)
	k[EmergencyP90], k[EmergencyIn30] = quantile(m.emergency, 0.9), float64(m.soon)/float64(m.emergencies)
	k[AcceptInTime], k[OnSiteInTime], k[CompleteInTime] = float64(m.kept[0])/n, float64(m.kept[1])/n, float64(m.kept[2])/n
	k[PromisesMoved], k[UnfinishedShare] = 100*float64(m.moved)/n, float64(m.unfinished)/n
}

// fillPeople sets what concerns technicians: it counts the shifts that began in the measured interval, whole.
func (r *run) fillPeople(k *KPI) {
	var worked, travel, standby, over, paid time.Duration
	var shares []float64
	for _, a := range r.agents {
		worked, travel, standby = worked+a.worked, travel+a.travel, standby+a.standby
		over, paid = over+a.over, paid+a.paid
		if a.paid > 0 {
			shares = append(shares, float64(a.worked+a.travel)/float64(a.paid))
		}
	}
	k[TravelMinutes] = travel.Minutes() / float64(r.duty)
	k[TravelShare] = float64(travel) / float64(travel+worked)
	k[Utilization] = float64(travel+worked) / float64(paid)
	k[OvertimeMinutes], k[StandbyMinutes] = over.Minutes()/float64(r.duty), standby.Minutes()/float64(r.duty)
	average, squares := mean(shares), 0.0
	for _, s := range shares {
		squares += (s - average) * (s - average)
	}
	k[Unfairness] = math.Sqrt(squares/float64(len(shares))) / average
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// quantile sorts x and interpolates; NaN when it is empty.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	at := q * float64(len(x)-1)
	i := int(at)
	if i+1 == len(x) {
		return x[i]
	}
	return x[i] + (at-float64(i))*(x[i+1]-x[i])
}
