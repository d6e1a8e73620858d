package proposalserver

import (
	"context"
	"slices"

	"fettle/internal/residence"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/proposal"
)

// maxChain is how many leases in a row are followed back.
const maxChain = 50

// life is the life in a dwelling in figures, each with the request that answers what was counted.
func (s *renewals) life(ctx context.Context, o org.ID, l *lease.Lease) ([]proposal.Figure, error) {
	first, err := s.first(ctx, o, l)
	if err != nil {
		return nil, err
	}
	since := first.Current().Start
	from := since.At(calendar.Clock{}, s.Residence.Zone)
	repairs, err := s.Residence.Repairs(ctx, o, l.Unit, from)
	if err != nil {
		return nil, err
	}
	out := []proposal.Figure{{
		Name: "monthsHere", Value: float64(months(since, s.today())), Unit: "months", Source: "LEASES", Query: "GET /v1/leases/" + string(first.ID),
		Definition: "whole months from startDate of the first lease in the row of renewals until the day of the proposal",
	}}
	out = append(out, ofRepairs(l.Unit, since, repairs)...)
	more, err := s.Facts(ctx, o, string(l.ID))
	return append(out, more...), err
}

// first is the lease at the beginning of a row of renewals.
func (s *renewals) first(ctx context.Context, o org.ID, l *lease.Lease) (lease.Lease, error) {
	out := *l
	for range maxChain {
		if out.Previous == "" {
			break
		}
		before, err := s.Residence.Lease(ctx, o, out.Previous, s.today())
		if err != nil {
			return out, err
		}
		out = before
	}
	return out, nil
}

// months are the whole months between two days.
func months(from, to calendar.Date) int {
	n := 0
	for !from.AddMonths(n + 1).After(to) {
		n++
	}
	return n
}

// ofRepairs counts the repairs since a day.
func ofRepairs(unit string, since calendar.Date, repairs []residence.Repair) []proposal.Figure {
	const counted = "work orders of the dwelling that were reported since then and neither canceled nor merged"
	f := proposal.Figure{Source: "WORK_ORDERS", Query: "GET /v1/workOrders?unitId=" + unit, Unit: "repairs"}
	reported, done := f, f
	reported.Name, reported.Value = "repairs", float64(len(repairs))
	reported.Definition = counted + "; since " + since.String()
	var hours []float64
	for i := range repairs {
		if r := &repairs[i]; !r.Done.IsZero() {
			hours = append(hours, r.Done.Sub(r.Created).Hours())
		}
	}
	done.Name, done.Value, done.Definition = "repairsDone", float64(len(hours)), "those of "+reported.Name+" that were completed"
	out := []proposal.Figure{reported, done}
	if len(hours) > 0 {
		slices.Sort(hours)
		f.Name, f.Value, f.Unit = "repairHours", (hours[(len(hours)-1)/2]+hours[len(hours)/2])/2, "hours"
		f.Definition = "median of the time from createTime to the last completion, of those of repairsDone"
		out = append(out, f)
	}
	return out
}
