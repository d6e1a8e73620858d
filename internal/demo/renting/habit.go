package renting

import (
	"context"
	"fmt"
	"strings"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
)

// tellHabits tells what devices and lists know of those who live here, sorts them by what draws them, and sets the rules of who
// is told what before a lease ends.
func (b *Book) tellHabits(ctx context.Context) {
	homes := b.running()
	day, agreed := b.plan.Today.Add(-7).String(), b.plan.Today.Add(-200).String()
	var app, community, orders strings.Builder
	app.WriteString("lease_id,date,consent_date,sessions,gym_visits,kitchen_bookings,price_views,coupons_used,commute_minutes_saved\n")
	community.WriteString("lease_id,date,consent_date,events,posts,neighbors_met\n")
	orders.WriteString("lease_id,date,service_requests\n")
	for n, home := range homes {
		p, id := b.person(home), b.latest[home] // nobody changes it any more
		kitchen := 0
		if n%9 == 0 {
			kitchen = 14
		}
		fmt.Fprintf(&app, "%s,%s,%s,%d,%d,%d,%d,%d,%d\n", id, day, agreed, 20+n%30, 3*p.Events, kitchen, p.Prices, p.Prices/3, 60*(n%10))
		fmt.Fprintf(&community, "%s,%s,%s,%d,%d,%d\n", id, day, agreed, p.Events, p.Events/2, p.Events/2)
		fmt.Fprintf(&orders, "%s,%s,%d\n", id, day, p.Services)
	}
	for _, file := range []struct {
		source  renewalv1.FactSource
		content string
	}{
		{renewalv1.FactSource_APP, app.String()},
		{renewalv1.FactSource_COMMUNITY, community.String()},
		{renewalv1.FactSource_WORK_ORDERS, orders.String()},
	} {
		_, _ = ask(ctx, b, "facts-"+file.source.String(), b.profiles.ImportFacts, &renewalv1.ImportFactsRequest{Source: file.source, Content: file.content})
	}
	_, _ = ask(ctx, b, "segments", b.segments.FitSegments, &renewalv1.FitSegmentsRequest{Seed: uint32(b.cfg.Seed)})
	for i, t := range rules() {
		_, _ = ask(ctx, b, fmt.Sprint("rule-", i), b.triggers.CreateTrigger, &renewalv1.CreateTriggerRequest{Trigger: t})
	}
}

// rules are the ones that article B names: the kitchen 25 days before the end, a channel of their own for those whom a repair has kept
// waiting, and a word to each segment.
func rules() []*renewalv1.Trigger {
	return []*renewalv1.Trigger{
		{DisplayName: "Kitchen users, 25 days before · 到期前 25 天的厨房常客", Enabled: true, FromDays: 25, Tag: "KITCHEN_USER", Rank: 1, Text: "The shared kitchen has been renewed. 共享厨房已升级。"},
		{DisplayName: "After a late repair · 维修迟到之后", Enabled: true, FromDays: 60, Tag: "LATE_REPAIR", Rank: 2, Text: "Your repair took too long. From now on you have a direct line. 维修让您久等了，今后您有专属服务通道。"},
		{DisplayName: "Social", Enabled: true, FromDays: 45, Segment: "SOCIAL", Rank: 5, RestDays: 30, Text: "Your neighbours are staying. 邻居们都在续租。"},
		{DisplayName: "Price", Enabled: true, FromDays: 45, Segment: "PRICE", Rank: 5, RestDays: 30, Text: "One month free, or a better room: choose on your page. 免租一个月或升级房型，由您选择。"},
	}
}
