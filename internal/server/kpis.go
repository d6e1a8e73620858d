package server

import (
	"context"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/kpi"
)

// kpis implements KPIService.
type kpis struct {
	*Server
	dispatchv1.UnimplementedKPIServiceServer
}

// Intervals of figures.
const (
	defaultKPIDays = 30
	maxKPIDays     = 400
)

// interval is what a request asks for, or the default.
func (s *kpis) interval(from, to time.Time, now time.Time) (start, end time.Time, err error) {
	if end = to; end.IsZero() {
		end = now
	}
	if start = from; start.IsZero() {
		start = end.AddDate(0, 0, -defaultKPIDays)
	}
	switch {
	case !start.Before(end):
		err = &dispatch.InvalidError{Field: "startTime", Value: start.Format(time.RFC3339), Want: "a time before endTime, " + end.Format(time.RFC3339)}
	case end.Sub(start) > maxKPIDays*24*time.Hour:
		err = &dispatch.InvalidError{Field: "startTime", Value: start.Format(time.RFC3339), Want: "at most " + strconv.Itoa(maxKPIDays) + " days before endTime"}
	}
	return start, end, err
}

// kpiRequest is what the methods of figures have in common.
type kpiRequest interface {
	GetGroupBy() dispatchv1.GetKPIsRequest_Dimension
	GetBuildingId() string
	GetTrade() string
	GetTechnicianId() string
}

// query reads a request. An unknown dimension or period has been refused before.
func (s *kpis) query(r kpiRequest, from, to time.Time, now time.Time) (q kpi.Query, err error) {
	q = kpi.Query{
		Zone: s.cfg.Zone, Building: r.GetBuildingId(), Trade: dispatch.Skill(r.GetTrade()), Technician: dispatch.TechnicianID(r.GetTechnicianId()),
	}
	if r.GetGroupBy() != dispatchv1.GetKPIsRequest_DIMENSION_UNSPECIFIED {
		q.By = kpi.Dimension(r.GetGroupBy().String())
	}
	q.From, q.To, err = s.interval(from, to, now)
	return q, err
}

// GetKPIs implements the method of the same name.
func (s *kpis) GetKPIs(ctx context.Context, r *dispatchv1.GetKPIsRequest) (*dispatchv1.KPIs, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := instants(r)
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
	duties, err := s.duties(ctx, c)
	if err != nil {
		return nil, err
	}
	q.OnDuty = duties
	out := &dispatchv1.KPIs{StartTime: wire.Timestamp(q.From), EndTime: wire.Timestamp(q.To), AsOfTime: wire.Timestamp(now)}
	for _, d := range kpi.Definitions() {
		out.Definitions = append(out.Definitions, &dispatchv1.KPIDefinition{Kpi: string(d.ID), Unit: string(d.Unit), Text: d.Text})
	}
	err = s.books.read(ctx, c.org, now, func(b *kpi.Book) {
		out.AsOfSequence = float64(b.Last())
		rows := b.Report(q, now)
		mean := meanRating(rows)
		for i := range rows {
			out.Rows = append(out.Rows, kpiRow(c, &q, &rows[i], mean))
		}
	})
	return out, err
}

// instants reads the interval of a request.
func instants(r *dispatchv1.GetKPIsRequest) (from, to time.Time, err error) {
	if from, err = wire.Instant("startTime", r.GetStartTime()); err != nil {
		return from, to, err
	}
	to, err = wire.Instant("endTime", r.GetEndTime())
	return from, to, err
}

// duties finds the shifts of technicians as they stand now. One who is no longer there has none.
func (s *kpis) duties(ctx context.Context, c caller) (func(dispatch.TechnicianID, time.Time, time.Time) time.Duration, error) {
	all := map[dispatch.TechnicianID]*engine.Technician{}
	for after := dispatch.TechnicianID(""); ; {
		page, err := s.cfg.Store.Technicians(ctx, c.org, after, bookPage)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			all[t.ID], after = t, t.ID
		}
		if len(page) < bookPage {
			break
		}
	}
	return func(id dispatch.TechnicianID, from, to time.Time) time.Duration {
		if all[id] == nil {
			return 0
		}
		return engine.OnDuty(all[id], s.cfg.Zone, from, to)
	}, nil
}

// ratingPrior is how many ratings of the mean a technician is given beside the real ones, so that two lucky ones do not make
// somebody the best.
const ratingPrior = 5

// meanRating is the mean of all rows.
func meanRating(rows []kpi.Row) float64 {
	var sum float64
	var n int
	for i := range rows {
		for _, v := range rows[i].Values {
			if v.ID == kpi.Rating {
				sum, n = sum+v.Value*float64(v.N), n+v.N
			}
		}
	}
	return sum / float64(max(n, 1))
}

func kpiRow(c caller, q *kpi.Query, r *kpi.Row, mean float64) *dispatchv1.KPIRow {
	out := &dispatchv1.KPIRow{
		Group: r.Group, StartTime: wire.Timestamp(r.Start), EndTime: wire.Timestamp(r.End), TotalMinutes: r.Total.Minutes(),
	}
	if q.By == kpi.ByTechnician {
		out.GroupName = c.Name(dispatch.TechnicianID(r.Group))
	}
	for _, v := range r.Values {
		m := &dispatchv1.KPIValue{Kpi: string(v.ID), Count: int32(v.N)}
		if v.N > 0 {
			m.Value = proto.Float64(v.Value)
		}
		if v.N > 0 && v.P90 > 0 {
			m.Median, m.P90 = proto.Float64(v.Median), proto.Float64(v.P90)
		}
		if v.ID == kpi.Rating && q.By == kpi.ByTechnician && v.N > 0 {
			m.Shrunk = proto.Float64((v.Value*float64(v.N) + mean*ratingPrior) / float64(v.N+ratingPrior))
		}
		out.Values = append(out.Values, m)
	}
	for i, hop := range kpi.Hops() {
		if r.Hops[i] > 0 {
			out.Hops = append(out.Hops, hopMinutes(hop, r.Hops[i], r.Total))
		}
	}
	return out
}

func hopMinutes(hop kpi.Hop, spent, total time.Duration) *dispatchv1.HopMinutes {
	return &dispatchv1.HopMinutes{Hop: string(hop), Minutes: spent.Minutes(), TotalWithoutMinutes: (total - spent).Minutes()}
}

// ListKPIOrders implements the method of the same name.
func (s *kpis) ListKPIOrders(ctx context.Context, r *dispatchv1.ListKPIOrdersRequest) (*dispatchv1.ListKPIOrdersResponse, error) {
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
	id := kpi.ID(r.GetKpi())
	if !slices.ContainsFunc(kpi.Definitions(), func(d kpi.Definition) bool { return d.ID == id && d.OfOrders() }) {
		return nil, &dispatch.InvalidError{Field: "kpi", Value: r.GetKpi(), Want: "an indicator of orders, as MINUTES_TO_ACCEPT"}
	}
	filter := call.Filter("kpiOrders", c.org, id, q.From, r.GetEndTime(), q.By, r.GetGroup(), q.Building, q.Trade, q.Technician)
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	var parts []kpi.Part
	err = s.books.read(ctx, c.org, now, func(b *kpi.Book) { parts = b.Orders(q, r.GetGroup(), q.From, q.To, id, now) })
	if err != nil {
		return nil, err
	}
	return kpiPage(parts, after, filter, call.PageSize(r.GetPageSize())), nil
}

// kpiPage is the page of parts after a number of them.
func kpiPage(parts []kpi.Part, after, filter string, size int) *dispatchv1.ListKPIOrdersResponse {
	skip, _ := strconv.Atoi(after) // its sum holds: we wrote it
	parts = parts[min(skip, len(parts)):]
	out := &dispatchv1.ListKPIOrdersResponse{}
	if len(parts) > size {
		parts = parts[:size]
		out.NextPageToken = call.PageToken(strconv.Itoa(skip+size), filter)
	}
	for _, p := range parts {
		out.Orders = append(out.Orders, &dispatchv1.KPIOrder{WorkOrderId: string(p.Order), CreateTime: wire.Timestamp(p.Created), Value: p.Value})
	}
	return out
}

// GetWaterfall implements the method of the same name.
func (s *kpis) GetWaterfall(ctx context.Context, r *dispatchv1.GetWaterfallRequest) (*dispatchv1.Waterfall, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.WorkOrderID(r.GetId())
	if _, err := s.cfg.Store.Order(ctx, c.org, id); err != nil {
		return nil, err
	}
	var events []engine.Event
	for {
		after := int64(0)
		if len(events) > 0 {
			after = events[len(events)-1].Sequence
		}
		page, err := s.cfg.Store.OrderEvents(ctx, c.org, id, after, bookPage)
		if err != nil {
			return nil, err
		}
		events = append(events, page...)
		if len(page) < bookPage {
			break
		}
	}
	out := &dispatchv1.Waterfall{WorkOrderId: r.GetId()}
	var total time.Duration
	spent := map[kpi.Hop]time.Duration{}
	for _, span := range kpi.Waterfall(events, s.cfg.Clock.Now()) {
		spent[span.Hop] += span.Length()
		total += span.Length()
		out.Spans = append(out.Spans, &dispatchv1.WaterfallSpan{
			Hop: string(span.Hop), TechnicianId: string(span.Technician), TechnicianName: c.Name(span.Technician),
			StartTime: wire.Timestamp(span.From), EndTime: wire.Timestamp(span.To), Minutes: span.Length().Minutes(), Reason: span.Reason,
		})
	}
	out.TotalMinutes = total.Minutes()
	for _, hop := range kpi.Hops() {
		if spent[hop] > 0 {
			out.Hops = append(out.Hops, hopMinutes(hop, spent[hop], total))
		}
	}
	return out, nil
}
