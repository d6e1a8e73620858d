package server

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/kpi"
)

// defaultSilent is how long an order must be silent to be listed, in hours.
const defaultSilent = 4

// ListSilentOrders implements the method of the same name.
func (s *kpis) ListSilentOrders(ctx context.Context, r *dispatchv1.ListSilentOrdersRequest) (*dispatchv1.ListSilentOrdersResponse, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	hours := cmp.Or(r.GetHours(), defaultSilent)
	filter := call.Filter("silent", c.org, hours)
	after, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	var quiet []kpi.Quiet
	err = s.books.read(ctx, c.org, now, func(b *kpi.Book) {
		quiet = b.Silent(now.Add(-time.Duration(hours * float64(time.Hour))))
	})
	if err != nil {
		return nil, err
	}
	out := &dispatchv1.ListSilentOrdersResponse{Total: int32(len(quiet))}
	skip, _ := strconv.Atoi(after) // its sum holds: we wrote it
	quiet = quiet[min(skip, len(quiet)):]
	if size := call.PageSize(r.GetPageSize()); len(quiet) > size {
		quiet = quiet[:size]
		out.NextPageToken = call.PageToken(strconv.Itoa(skip+size), filter)
	}
	for i := range quiet {
		q := &quiet[i]
		out.Orders = append(out.Orders, &dispatchv1.SilentOrder{
			WorkOrderId: string(q.Order), State: string(q.State), Urgency: string(q.Urgency), TechnicianId: string(q.Technician),
			TechnicianName: c.Name(q.Technician), CreateTime: wire.Timestamp(q.Created), NewsTime: wire.Timestamp(q.News),
			SilentHours: now.Sub(q.News).Hours(),
		})
	}
	return out, nil
}

// GetTechnicianSheet implements the method of the same name.
func (s *kpis) GetTechnicianSheet(ctx context.Context, r *dispatchv1.GetTechnicianSheetRequest) (*dispatchv1.TechnicianSheet, error) {
	c, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	id := dispatch.TechnicianID(r.GetId())
	if _, err := s.cfg.Store.Technician(ctx, c.org, id); err != nil {
		return nil, err
	}
	from, to, err := instants(&dispatchv1.GetKPIsRequest{StartTime: r.GetStartTime(), EndTime: r.GetEndTime()})
	if err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	if from, to, err = s.interval(from, to, now); err != nil {
		return nil, err
	}
	var sheets map[dispatch.TechnicianID]*kpi.Sheet
	err = s.books.read(ctx, c.org, now, func(b *kpi.Book) { sheets = b.Sheets(from, to, s.cfg.Zone, now) })
	if err != nil {
		return nil, err
	}
	own := sheets[id]
	if own == nil {
		own = &kpi.Sheet{Technician: id}
	}
	all := make([]*kpi.Sheet, 0, len(sheets))
	for _, sheet := range sheets {
		all = append(all, sheet)
	}
	team := teamMean(all)
	return &dispatchv1.TechnicianSheet{
		TechnicianId: r.GetId(), TechnicianName: c.Name(id), StartTime: wire.Timestamp(from), EndTime: wire.Timestamp(to),
		Own: sheetFigures(own, team.GetRating()), TeamMean: team, Team: int32(len(all)), HoursGini: gini(all),
	}, nil
}

// sheetFigures writes a sheet; mean is the mean rating of the team.
func sheetFigures(s *kpi.Sheet, mean float64) *dispatchv1.SheetFigures {
	out := &dispatchv1.SheetFigures{
		Completed: float64(s.Completed), Reopened: float64(s.Reopened), Trips: float64(s.Trips), Emergencies: float64(s.Emergencies),
		TravelHours: s.Travel.Hours(), DoorHours: s.Door.Hours(), WorkHours: s.Work.Hours(), NightHours: s.Night.Hours(),
	}
	n, rating := s.Rated()
	if out.Ratings = float64(n); n > 0 {
		out.Rating = proto.Float64(rating)
		out.RatingShrunk = proto.Float64((rating*float64(n) + mean*ratingPrior) / float64(n+ratingPrior))
	}
	return out
}

// teamMean is the mean of sheets; its rating is that of all ratings together.
func teamMean(all []*kpi.Sheet) *dispatchv1.SheetFigures {
	var sum kpi.Sheet
	for _, s := range all {
		sum.Completed, sum.Reopened = sum.Completed+s.Completed, sum.Reopened+s.Reopened
		sum.Trips, sum.Emergencies = sum.Trips+s.Trips, sum.Emergencies+s.Emergencies
		sum.Travel, sum.Door, sum.Work, sum.Night = sum.Travel+s.Travel, sum.Door+s.Door, sum.Work+s.Work, sum.Night+s.Night
		for i, n := range s.Ratings {
			sum.Ratings[i] += n
		}
	}
	out := sheetFigures(&sum, 0)
	out.RatingShrunk = nil
	n := float64(max(1, len(all)))
	for _, v := range []*float64{
		&out.Completed, &out.Reopened, &out.Trips, &out.Emergencies, &out.TravelHours, &out.DoorHours, &out.WorkHours, &out.NightHours, &out.Ratings,
	} {
		*v /= n
	}
	return out
}

// gini says how unequally the hours on orders are spread (Gini 1912): half the mean difference of two, over the mean.
func gini(all []*kpi.Sheet) float64 {
	hours := make([]float64, len(all))
	var sum, weighted float64
	for i, s := range all {
		hours[i] = s.Busy().Hours()
	}
	slices.Sort(hours)
	for i, h := range hours {
		sum += h
		weighted += float64(2*(i+1)-len(hours)-1) * h
	}
	if sum == 0 {
		return 0
	}
	return weighted / (float64(len(hours)) * sum)
}
