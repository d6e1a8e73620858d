package slides

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	rentalv1 "fettle/api/gen/fettle/rental/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/adapter/pdf"
	"fettle/internal/policy"
)

// leases counts leases.
type leases struct {
	Day      string // that the deck is of, in the zone of the org
	States   tally
	Standing tally // of those in force
	Months   tally // of the last days of those in force
	Soon     [len(board)]int64
	Rent     int64 // fen a month, of those in force
}

// board are the last days, from today, of the columns of the expiry board.
var board = [...]int{7, 30, 60, 90}

// Begin learns which day it is where the org is.
func (c *leases) Begin(ctx context.Context, conn grpc.ClientConnInterface) error {
	now, err := renewalv1.NewRenewalRateServiceClient(conn).GetRenewalRate(ctx, &renewalv1.GetRenewalRateRequest{})
	c.Day = now.GetToDate()
	return err
}

// Page counts a page of leases.
func (c *leases) Page(ctx context.Context, conn grpc.ClientConnInterface, ask *Ask, token string) (n int, next string, err error) {
	page, err := rentalv1.NewLeaseServiceClient(conn).ListLeases(ctx, &rentalv1.ListLeasesRequest{
		PageSize: policy.MaxPageSize, PageToken: token, EndingFrom: ask.From, EndingBefore: ask.Before,
	})
	if err != nil {
		return 0, "", err
	}
	for _, l := range page.GetLeases() {
		c.add(l)
	}
	return len(page.GetLeases()), page.GetNextPageToken(), nil
}

// add counts a lease.
func (c *leases) add(l *rentalv1.Lease) {
	c.States.add(l.GetState().String())
	if s := l.GetState(); s != rentalv1.Lease_ACTIVE && s != rentalv1.Lease_EXPIRING {
		return
	}
	c.Standing.add(l.GetStanding().String())
	c.Rent += l.GetRentCents()
	if end := l.GetEndDate(); len(end) == len(time.DateOnly) {
		c.Months.add(end[:len("2006-01")])
		if left := daysBetween(c.Day, end); left >= 0 {
			if i := slices.IndexFunc(board[:], func(last int) bool { return left <= last }); i >= 0 {
				c.Soon[i]++
			}
		}
	}
}

// daysBetween is how many days a day is after another; -1 for what is no day.
func daysBetween(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return -1
	}
	return int(b.Sub(a) / (24 * time.Hour))
}

func (c *leases) deck(ctx context.Context, conn grpc.ClientConnInterface, t tongue, ask *Ask) (title string, all []pdf.Slide, err error) {
	rate, err := c.rate(ctx, conn, t)
	if err != nil {
		return "", nil, err
	}
	empty, err := vacancies(ctx, conn, t)
	if err != nil {
		return "", nil, err
	}
	title = t.say(words{"Leases as of %s", "租约概览（%s）"}, c.Day)
	return title, []pdf.Slide{c.states(t, ask), c.soon(t), c.months(t), c.standing(t), rate, empty}, nil
}

func (c *leases) states(t tongue, ask *Ask) pdf.Slide {
	said := t.say(words{"leases, %s a month in rent of those in force", "份租约，在租合同月租合计 %s"}, yuan(c.Rent))
	if ask.From != "" || ask.Before != "" {
		said += t.say(words{"; last day from %s until before %s", "；最后一天自 %s 起、%s 之前"}, orAny(ask.From), orAny(ask.Before))
	}
	return pdf.Slide{
		Title: t.of(words{"Leases by state", "各状态租约"}), Figure: whole(c.States.total()), Said: said, Chart: c.States.rows(t, "EXPIRING"),
		Means: t.of(words{"Each lease counts once, by the state that it has now. In force are those that are active or end within 60 days.", "每份租约按当前状态计一次。在租合同指生效中与 60 天内到期的合同。"}),
	}
}

func orAny(day string) string {
	if day == "" {
		return "…"
	}
	return day
}

func (c *leases) soon(t tongue) pdf.Slide {
	var bars pdf.Columns
	total, from := int64(0), 0
	for i, last := range board {
		bars = append(bars, pdf.Bar{
			Name: t.say(words{"%d–%d days", "%d–%d 天"}, from, last), Value: float64(c.Soon[i]), Text: whole(c.Soon[i]), Alarm: i == 0,
		})
		total, from = total+c.Soon[i], last+1
	}
	return pdf.Slide{
		Title: t.of(words{"Leases that end soon", "即将到期的租约"}), Figure: whole(total), Chart: bars,
		Said:  t.say(words{"leases in force end within %d days of %s", "份在租合同将在 %[2]s 起 %[1]d 天内到期"}, board[len(board)-1], c.Day),
		Means: t.of(words{"Leases that are active or end within 60 days, by the days left until their last day, as on the expiry board of the console.", "生效中与 60 天内到期的租约，按距最后一天的天数分组，与控制台到期看板一致。"}),
	}
}

func (c *leases) months(t tongue) pdf.Slide {
	const most = 18
	var bars pdf.Columns
	now := c.Day[:min(len(c.Day), len("2006-01"))]
	before, after := int64(0), int64(0)
	months := sorted(c.Months)
	for _, m := range months {
		switch {
		case m < now:
			before += c.Months[m]
		case len(bars) < most && m != "later":
			bars = append(bars, pdf.Bar{Name: m, Value: float64(c.Months[m]), Text: whole(c.Months[m]), Alarm: m == now})
		default:
			after += c.Months[m]
		}
	}
	if before > 0 {
		bars = slices.Insert(bars, 0, pdf.Bar{Name: t.name("earlier"), Value: float64(before), Text: whole(before), Alarm: true})
	}
	if after > 0 {
		bars = append(bars, pdf.Bar{Name: t.name("later"), Value: float64(after), Text: whole(after)})
	}
	out := pdf.Slide{
		Title: t.of(words{"When leases end", "到期月份分布"}), Figure: whole(c.Months.total()),
		Said:  t.of(words{"leases in force with a last day", "份有最后一天的在租合同"}),
		Means: t.of(words{"Leases that are active or end within 60 days, by the month of their last day. Those without a last day are not in the chart.", "生效中与 60 天内到期的租约，按最后一天所在月份统计；无固定期限的不在图中。"}),
	}
	if len(bars) > 0 {
		out.Chart = bars
	}
	return out
}

func sorted(t tally) []string {
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *leases) standing(t tongue) pdf.Slide {
	return pdf.Slide{
		Title: t.of(words{"Will somebody hear of the end?", "到期是否有人收到提醒"}), Figure: whole(c.Standing["EXCEPTION"]), Chart: c.Standing.rows(t, "EXCEPTION"),
		Said: t.say(words{"of %s leases in force are exceptions", "份例外，共 %s 份在租合同"}, whole(c.Standing.total())),
		Means: t.of(words{
			"Each lease in force has its reminders planned, or is open-ended with reason, approver and review date, or is an exception that somebody has to settle. There is no fourth.",
			"每份在租合同或已排好提醒，或经批准为无固定期限（有原因、批准人与复核日），或为须处理的例外，别无其他。",
		}),
	}
}

// rate is the renewal rate by day, as the console has it.
func (c *leases) rate(ctx context.Context, conn grpc.ClientConnInterface, t tongue) (pdf.Slide, error) {
	h, err := renewalv1.NewRenewalRateServiceClient(conn).GetRateHistory(ctx, &renewalv1.GetRateHistoryRequest{EndDate: c.Day})
	if err != nil {
		return pdf.Slide{}, err
	}
	out := pdf.Slide{
		Title: t.of(words{"Renewal rate", "续租率"}), Figure: "–", Said: t.of(words{"no lease has ended in the 90 days", "90 天内没有到期的租约"}),
		Means: t.of(words{h.GetDefinition(), "每天：此前 90 天内最后一天（提前解约的为离开日）已到的已签租约中，截至当时已由另一份生效租约续签的占比。无固定期限的不计。红线为危险线。"}),
	}
	trend := pdf.Trend{Line: h.GetDangerLine(), Name: t.say(words{"danger line %s", "危险线 %s"}, percent(h.GetDangerLine()))}
	for _, d := range h.GetDays() {
		total := d.GetTotal()
		trend.Days = append(trend.Days, pdf.Day{Name: d.GetDate(), Share: total.GetRate(), Known: total != nil && total.Rate != nil})
	}
	if n := len(h.GetDays()); n > 1 {
		out.Chart = trend
		if last := h.GetDays()[n-1]; last.GetTotal().Rate != nil {
			out.Figure = percent(last.GetTotal().GetRate())
			out.Said = t.say(words{"on %s: %d of %d leases that ended, 95 %% interval %s to %s", "%s：%[3]d 份到期租约中 %[2]d 份续租，95%% 区间 %[4]s 至 %[5]s"},
				last.GetDate(), last.GetTotal().GetRenewed(), last.GetTotal().GetEnded(), percent(last.GetTotal().GetLow()), percent(last.GetTotal().GetHigh()))
		}
	}
	return out, nil
}

// vacancies is what empty dwellings cost by month.
func vacancies(ctx context.Context, conn grpc.ClientConnInterface, t tongue) (pdf.Slide, error) {
	v, err := tenancyv1.NewMarketServiceClient(conn).GetVacancyCost(ctx, &tenancyv1.GetVacancyCostRequest{})
	if err != nil {
		return pdf.Slide{}, fmt.Errorf("vacancies: %w", err)
	}
	var bars pdf.Columns
	days, empty, unpriced := int32(0), int32(0), int32(0)
	for _, m := range v.GetMonths() {
		days, empty = days+m.GetDays(), empty+m.GetEmptyDays()
		bars = append(bars, pdf.Bar{Name: m.GetFrom()[:min(len(m.GetFrom()), len("2006-01"))], Value: float64(m.GetCostCents()), Text: yuan(m.GetCostCents())})
	}
	for _, r := range v.GetRows() {
		unpriced += r.GetUnpricedDays()
	}
	out := pdf.Slide{
		Title: t.of(words{"What empty dwellings cost", "空置成本"}), Figure: yuan(v.GetCostCents()),
		Said: t.say(words{"from %s until before %s: %s of %s days empty, %s of them without a known rent and not in the sum", "%s 至 %s（不含）：%[4]s 个房源日中空置 %[3]s 日，其中 %[5]s 日租金未知、未计入"},
			v.GetFrom(), v.GetTo(), whole(int64(empty)), whole(int64(days)), whole(int64(unpriced))),
		Means: t.of(words{"Days on which nobody rented a dwelling, times what it would have brought a day, by month.", "无人租住的天数乘以该房源每日应得租金，按月合计。"}),
	}
	if len(bars) > 0 {
		out.Chart = bars[max(0, len(bars)-24):]
	}
	return out, nil
}
