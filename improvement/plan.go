package improvement

import (
	"slices"
	"time"

	"fettle/invalid"
	"fettle/kpi"
)

// States of a plan.
const (
	PlanOpen   = "OPEN"
	PlanClosed = "CLOSED"
)

// Span is over how many days the figure of a plan is taken.
const Span = 28

// Plan says which figure should become what, by whom and until when.
type Plan struct {
	State           string
	Name            string
	KPI             kpi.ID
	Building, Trade string // of one of them alone; "" means all
	Target          float64
	Owner           string
	Deadline        string   // the last day, as 2026-06-30
	Baseline, Final *float64 // before the plan was made, when it was closed; nil when there was nothing to measure
	Outcome         string
}

// Check refuses a plan that cannot be followed. The error is an *invalid.Error.
func (p *Plan) Check() error {
	if _, err := Indicator(p.KPI); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, p.Deadline); err != nil {
		return &invalid.Error{Field: "deadlineDate", Value: p.Deadline, Want: "a day such as 2026-06-30"}
	}
	return nil
}

// Reached reports whether a figure is as good as the target.
func (p *Plan) Reached(figure *float64) bool {
	if figure == nil {
		return false
	}
	if LessIsBetter(p.KPI) {
		return *figure <= p.Target
	}
	return *figure >= p.Target
}

// Indicator is an indicator by its id. The error is an *invalid.Error of the field "kpi".
func Indicator(id kpi.ID) (kpi.Definition, error) {
	all := kpi.Definitions()
	i := slices.IndexFunc(all, func(d kpi.Definition) bool { return d.ID == id })
	if i < 0 {
		return kpi.Definition{}, &invalid.Error{Field: "kpi", Value: string(id), Want: "an indicator of /v1/kpis, as MINUTES_TO_ACCEPT"}
	}
	return all[i], nil
}

// LessIsBetter says which way an indicator should go.
func LessIsBetter(id kpi.ID) bool {
	switch id { //nolint:exhaustive // of the others less is better
	case kpi.Completed, kpi.SLAAcknowledge, kpi.SLAAccept, kpi.SLAOnSite, kpi.SLAResolve, kpi.WindowKept, kpi.FirstTimeFix, kpi.Rating, kpi.Utilization:
		return false
	}
	return true
}
