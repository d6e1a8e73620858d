package server

import (
	"context"
	"time"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/internal/wire"
	"fettle/kpi"
)

// targetMinutes is how soon work is accepted unless it is said.
const targetMinutes = 120

// GetHopReport implements the method of the same name.
func (s *kpis) GetHopReport(ctx context.Context, r *dispatchv1.GetHopReportRequest) (*dispatchv1.HopReport, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := instants(&dispatchv1.GetKPIsRequest{StartTime: r.GetStartTime(), EndTime: r.GetEndTime()})
	if err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	q, err := s.query(r, from, to, now)
	if err != nil {
		return nil, err
	}
	if r.GetPeriod() != dispatchv1.GetKPIsRequest_PERIOD_UNSPECIFIED {
		q.Step = kpi.Step(r.GetPeriod().String())
	}
	target := r.GetTargetMinutes()
	if target == 0 {
		target = targetMinutes
	}
	out := &dispatchv1.HopReport{
		StartTime: wire.Timestamp(q.From), EndTime: wire.Timestamp(q.To), AsOfTime: wire.Timestamp(now), TargetMinutes: target,
	}
	err = s.books.read(ctx, c.org, now, func(b *kpi.Book) {
		rows := b.Losses(q, time.Duration(target*float64(time.Minute)), now)
		for i := range rows {
			m := lossRow(&rows[i])
			if q.By == kpi.ByTechnician {
				m.GroupName = c.Name(dispatch.TechnicianID(rows[i].Group))
			}
			out.Rows = append(out.Rows, m)
		}
	})
	return out, err
}

func lossRow(r *kpi.Lost) *dispatchv1.HopReportRow {
	accepted := float64(max(r.Accepted, 1))
	out := &dispatchv1.HopReportRow{
		Group: r.Group, StartTime: wire.Timestamp(r.Start), EndTime: wire.Timestamp(r.End), Orders: int32(r.Orders), TotalHours: r.Total.Hours(),
		Accepted: int32(r.Accepted), MeanMinutesToAccept: r.Answer.Minutes() / accepted, InTargetShare: float64(r.InTarget) / accepted,
		WorstHop: string(r.Worst),
	}
	for i := range r.Hops {
		h := &r.Hops[i]
		out.Hops = append(out.Hops, &dispatchv1.HopLoss{
			Hop: string(h.Hop), Orders: int32(h.Orders), Hours: h.Spent.Hours(), Share: h.Spent.Hours() / max(r.Total.Hours(), 1e-9),
			MedianMinutes: h.Median.Minutes(), P90Minutes: h.P90.Minutes(), HoursBeforeAcceptance: h.Waited.Hours(),
			MeanMinutesToAcceptWithout: (r.Answer - h.Waited).Minutes() / accepted, InTargetShareWithout: float64(h.InTargetWithout) / accepted,
		})
	}
	return out
}
