package slides

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/internal/adapter/pdf"
	"fettle/internal/policy"
)

// orders counts work orders.
type orders struct {
	States, Urgencies, Channels tally
}

// halfDay after the midnight on which a week begins in the zone of the org it is the same day in UTC.
const halfDay = 12 * time.Hour

// weeks is how far back the figures by week go.
const weeks = 13

// shown are the indicators that have a slide.
func shown() []string {
	return []string{
		"REPORTED", "MINUTES_TO_ACCEPT", "MINUTES_TO_ON_SITE", "MINUTES_TO_RESOLVE", "SLA_ON_SITE", "WINDOW_KEPT", "FIRST_TIME_FIX", "RATING",
	}
}

// Begin has nothing to read.
func (c *orders) Begin(context.Context, grpc.ClientConnInterface) error { return nil }

// Page counts a page of orders.
func (c *orders) Page(ctx context.Context, conn grpc.ClientConnInterface, ask *Ask, token string) (n int, next string, err error) {
	page, err := dispatchv1.NewWorkOrderServiceClient(conn).ListWorkOrders(ctx, &dispatchv1.ListWorkOrdersRequest{
		PageSize: policy.MaxPageSize, PageToken: token, Open: ask.Open, UnitId: ask.Unit,
	})
	if err != nil {
		return 0, "", err
	}
	for _, o := range page.GetWorkOrders() {
		c.States.add(o.GetState().String())
		c.Urgencies.add(o.GetUrgency().String())
		c.Channels.add(o.GetChannel().String())
	}
	return len(page.GetWorkOrders()), page.GetNextPageToken(), nil
}

func (c *orders) deck(ctx context.Context, conn grpc.ClientConnInterface, t tongue, ask *Ask) (title string, all []pdf.Slide, err error) {
	kpis := dispatchv1.NewKPIServiceClient(conn)
	sum, err := kpis.GetKPIs(ctx, &dispatchv1.GetKPIsRequest{}) // for the time of the service
	if err != nil {
		return "", nil, err
	}
	end := sum.GetAsOfTime().AsTime()
	span := &dispatchv1.GetKPIsRequest{StartTime: timestamppb.New(end.AddDate(0, 0, -7*weeks)), EndTime: timestamppb.New(end)}
	if sum, err = kpis.GetKPIs(ctx, span); err != nil {
		return "", nil, err
	}
	span.Period = dispatchv1.GetKPIsRequest_WEEK
	byWeek, err := kpis.GetKPIs(ctx, span)
	if err != nil {
		return "", nil, err
	}
	day := end.Format(time.DateOnly)
	all = []pdf.Slide{
		c.counted(t, ask, words{"Work orders by state", "各状态工单"}, c.States, day), c.counted(t, ask, words{"Work orders by urgency", "工单紧急程度"}, c.Urgencies, day),
		c.counted(t, ask, words{"How repairs are reported", "报修渠道"}, c.Channels, day),
	}
	for _, d := range sum.GetDefinitions() {
		for _, name := range shown() {
			if d.GetKpi() == name {
				all = append(all, indicator(t, d, sum, byWeek))
			}
		}
	}
	return t.say(words{"Work orders as of %s", "工单概览（%s）"}, day), all, nil
}

// counted is a slide of what the sheet of orders holds.
func (c *orders) counted(t tongue, ask *Ask, title words, what tally, day string) pdf.Slide {
	of := words{"work orders, as of %s", "张工单，截至 %s"}
	if ask.Open {
		of = words{"open work orders, as of %s", "张未完成工单，截至 %s"}
	}
	return pdf.Slide{
		Title: t.of(title), Figure: whole(what.total()), Said: t.say(of, day), Chart: what.rows(t, "EMERGENCY", "NEW"),
		Means: t.of(words{"Each work order of the sheet counts once.", "表中每张工单计一次。"}),
	}
}

// indicator is a slide of an indicator by week.
func indicator(t tongue, d *dispatchv1.KPIDefinition, all, byWeek *dispatchv1.KPIs) pdf.Slide {
	out := pdf.Slide{
		Title: t.name(d.GetKpi()), Figure: "–", Said: t.of(words{"no order counts in it", "没有计入的工单"}), Means: t.of(words{d.GetText(), means[d.GetKpi()]}),
	}
	for _, r := range all.GetRows() {
		if v := valueOf(r, d.GetKpi()); v != nil {
			out.Figure = written(d.GetUnit(), v.GetValue())
			out.Said = t.say(words{"of %s orders reported from %s until %s, all buildings", "%[2]s 至 %[3]s 报修、计入的 %[1]s 张工单，全部楼栋"}, whole(int64(v.GetCount())),
				r.GetStartTime().AsTime().Format(time.DateOnly), r.GetEndTime().AsTime().Format(time.DateOnly))
			if d.GetUnit() == "MINUTES" {
				out.Said += t.say(words{"; half within %s, nine of ten within %s", "；半数不超过 %s，九成不超过 %s"}, written("MINUTES", v.GetMedian()), written("MINUTES", v.GetP90()))
			}
		}
	}
	var bars pdf.Columns
	for _, r := range byWeek.GetRows() {
		bar := pdf.Bar{Name: r.GetStartTime().AsTime().Add(halfDay).Format("01-02"), Text: "–"}
		if v := valueOf(r, d.GetKpi()); v != nil {
			bar.Value, bar.Text = v.GetValue(), written(d.GetUnit(), v.GetValue())
		}
		bars = append(bars, bar)
	}
	if len(bars) > 0 {
		out.Chart = bars[max(0, len(bars)-weeks-1):]
		out.Means += " " + t.of(words{"By the week of the report.", "按报修所在周统计。"})
	}
	return out
}

// valueOf is an indicator of a row, nil where nothing counts in it.
func valueOf(r *dispatchv1.KPIRow, name string) *dispatchv1.KPIValue {
	for _, v := range r.GetValues() {
		if v.GetKpi() == name && v.Value != nil {
			return v
		}
	}
	return nil
}

// written is a value with its unit.
func written(unit string, v float64) string {
	switch unit {
	case "SHARE":
		return percent(v)
	case "MINUTES":
		if v >= 120 {
			return strconv.FormatFloat(v/60, 'f', 1, 64) + " h"
		}
		return strconv.FormatFloat(v, 'f', 0, 64) + " min"
	case "STARS":
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return whole(int64(v + 0.5))
}
