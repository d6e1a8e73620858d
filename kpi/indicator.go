package kpi

import "time"

// ID names an indicator. The values are stable: they are in the API.
type ID string

// The indicators.
const (
	Reported       ID = "REPORTED"
	Open           ID = "OPEN"
	Completed      ID = "COMPLETED"
	Canceled       ID = "CANCELED"
	Merged         ID = "MERGED"
	Acknowledge    ID = "MINUTES_TO_ACKNOWLEDGE"
	Accept         ID = "MINUTES_TO_ACCEPT"
	OnSite         ID = "MINUTES_TO_ON_SITE"
	Resolve        ID = "MINUTES_TO_RESOLVE"
	SLAAcknowledge ID = "SLA_ACKNOWLEDGE"
	SLAAccept      ID = "SLA_ACCEPT"
	SLAOnSite      ID = "SLA_ON_SITE"
	SLAResolve     ID = "SLA_RESOLVE"
	WindowKept     ID = "WINDOW_KEPT"
	FirstTimeFix   ID = "FIRST_TIME_FIX"
	Reopened       ID = "REOPENED"
	Rating         ID = "RATING"
	TravelShare    ID = "TRAVEL_SHARE"
	Utilization    ID = "UTILIZATION"
)

// Unit says how to read a value.
type Unit string

// The units.
const (
	UnitCount   Unit = "COUNT"   // a number of orders
	UnitMinutes Unit = "MINUTES" // a mean; with median and 90th percentile
	UnitShare   Unit = "SHARE"   // from 0 to 1
	UnitStars   Unit = "STARS"   // from 1 to 5
)

// Definition says what an indicator means, in one sentence that stands beside the figure.
type Definition struct {
	ID   ID
	Unit Unit
	Text string
	of   func(f *Fact, now time.Time) (float64, bool) // what an order adds, and whether it counts; nil for those of technicians
}

// OfOrders reports whether orders stand behind the indicator, rather than the time of technicians.
func (d *Definition) OfOrders() bool { return d.of != nil }

// Definitions lists all indicators in the order in which they are shown. An order belongs to the period of its report.
func Definitions() []Definition {
	return []Definition{
		{Reported, UnitCount, "Orders reported in the period.", countIf(func(*Fact) bool { return true })},
		{Open, UnitCount, "Of these, orders that are not completed, canceled or merged now.", countIf(func(f *Fact) bool { return f.Ended.IsZero() })},
		{Completed, UnitCount, "Of these, orders whose repair is completed now.", countIf(func(f *Fact) bool { return !f.Resolved.IsZero() })},
		{Canceled, UnitCount, "Of these, orders that were canceled.", countIf(func(f *Fact) bool { return f.State == canceled })},
		{Merged, UnitCount, "Of these, reports that were found to be the same fault as another order.", countIf(func(f *Fact) bool { return f.State == merged })},
		{Acknowledge, UnitMinutes, "From the report until the tenant knew who is in charge: by the first assignment, in an emergency by a call. Canceled and merged orders do not count.", minutes(func(f *Fact) time.Time { return f.Acknowledged })},
		{Accept, UnitMinutes, "From the report until a technician had agreed to come. Canceled and merged orders do not count.", minutes(func(f *Fact) time.Time { return f.Accepted })},
		{OnSite, UnitMinutes, "From the report until a technician was first at the door. Canceled and merged orders do not count.", minutes(func(f *Fact) time.Time { return f.OnSite })},
		{Resolve, UnitMinutes, "From the report until the repair was completed; a reopened order counts until its last completion.", minutes(func(f *Fact) time.Time { return f.Resolved })},
		{SLAAcknowledge, UnitShare, "Share whose tenant knew who is in charge by the time promised, of orders whose promise was kept or has come due.", promised(func(f *Fact) (stop, due time.Time) { return f.Acknowledged, f.Due.Acknowledge })},
		{SLAAccept, UnitShare, "Share accepted by the time promised, of orders whose promise was kept or has come due.", promised(func(f *Fact) (stop, due time.Time) { return f.Accepted, f.Due.Accept })},
		{SLAOnSite, UnitShare, "Share with a technician at the door by the time promised, of orders whose promise was kept or has come due.", promised(func(f *Fact) (stop, due time.Time) { return f.OnSite, f.Due.OnSite })},
		{SLAResolve, UnitShare, "Share completed by the time promised, of orders whose promise was kept or has come due.", promised(func(f *Fact) (stop, due time.Time) { return f.Resolved, f.Due.Resolve })},
		{WindowKept, UnitShare, "Share of first visits that began within the window that the tenant was last told.", windowKept},
		{FirstTimeFix, UnitShare, "Share of completed orders that took one visit and were not reopened.", fixed},
		{Reopened, UnitShare, "Share of orders that were completed at least once and opened again.", reopened},
		{Rating, UnitStars, "Mean rating by tenants, of orders that were rated.", rated},
		{TravelShare, UnitShare, "Time on the way as a share of time on the way, at the door and at work, within the period.", nil},
		{Utilization, UnitShare, "Time on the way, at the door and at work as a share of the shifts within the period, by the shifts as they stand now.", nil},
	}
}

func countIf(is func(*Fact) bool) func(*Fact, time.Time) (float64, bool) {
	return func(f *Fact, _ time.Time) (float64, bool) { return 1, is(f) }
}

func minutes(stop func(*Fact) time.Time) func(*Fact, time.Time) (float64, bool) {
	return func(f *Fact, _ time.Time) (float64, bool) {
		at := stop(f)
		return at.Sub(f.Created).Minutes(), f.counts() && !at.IsZero()
	}
}

func promised(of func(*Fact) (stop, due time.Time)) func(*Fact, time.Time) (float64, bool) {
	return func(f *Fact, now time.Time) (float64, bool) {
		stop, due := of(f)
		ok, decided := kept(stop, due, now)
		return share(ok), decided && f.counts()
	}
}

func windowKept(f *Fact, _ time.Time) (float64, bool) {
	told := !f.Told.Start.IsZero() && !f.OnSite.IsZero()
	return share(!f.OnSite.Before(f.Told.Start) && f.OnSite.Before(f.Told.End)), told && f.counts()
}

func fixed(f *Fact, _ time.Time) (float64, bool) {
	return share(f.Visits <= 1 && f.Reopened == 0), !f.Resolved.IsZero()
}

func reopened(f *Fact, _ time.Time) (float64, bool) {
	return share(f.Reopened > 0), f.Reopened > 0 || !f.Resolved.IsZero()
}

func rated(f *Fact, _ time.Time) (float64, bool) { return float64(f.Rating), f.Rating > 0 }

func share(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
