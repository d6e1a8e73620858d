package renting

import (
	"context"
	"fmt"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	rentalv1 "fettle/api/gen/fettle/rental/v1"
	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
)

// tellOffers tells what staying is rewarded with, whom it was proposed to and what they said, and a campaign.
func (b *Book) tellOffers(ctx context.Context) {
	today := b.plan.Today
	var ids []string
	for i, o := range []*renewalv1.Offer{
		{DisplayName: "A month free · 免租一个月", Kind: renewalv1.Offer_FREE_DAYS, MaxFreeDays: 30},
		{DisplayName: "A better room · 升级房型", Kind: renewalv1.Offer_UPGRADE, CostCents: 150_000},
		{DisplayName: "Two nights at a homestay · 民宿体验券", Kind: renewalv1.Offer_VOUCHER, CostCents: 60_000, Partner: "Lakeside Homestays (invented)"},
	} {
		o.Stock, o.StartDate, o.EndDate = 120, today.Add(-30).String(), today.Add(335).String()
		if made, err := ask(ctx, b, fmt.Sprint("offer-", i), b.offers.CreateOffer, &renewalv1.CreateOfferRequest{Offer: o}); err == nil {
			ids = append(ids, made.GetId())
		}
	}
	const from, to = 8, 45 // days before the end
	n := 0
	for _, home := range b.running() {
		h := &b.plan.Homes[home]
		c := h.Current(today)
		if days := c.End.Sub(today); days < from || days > to || c != &h.Contracts[len(h.Contracts)-1] {
			continue
		}
		made, err := ask(ctx, b, fmt.Sprint("proposal-", home), b.renewals.CreateRenewal, &renewalv1.CreateRenewalRequest{Renewal: &renewalv1.Renewal{
			LeaseId: b.lease(home), OfferIds: ids, BudgetCents: 450_000, Greeting: "Stay another year · 再住一年",
			Prices: []*renewalv1.RenewalPrice{{Months: 12, RentCents: h.RentCents}, {Months: 24, RentCents: h.RentCents * 97 / 100}},
		}})
		if err == nil {
			b.answer(ctx, n, h.RentCents, made)
			n++
		}
	}
	b.campaign(ctx)
}

// answer is what the n-th tenant says to a proposal: one in ten has not opened it, three think, two counter, two accept, two decline.
func (b *Book) answer(ctx context.Context, n int, rent int64, p *renewalv1.Renewal) {
	kind := n % 10
	what := fmt.Sprint("reply-", n)
	if kind == 0 {
		return
	}
	if _, err := ask(ctx, b, what+"-view", b.renewals.ViewRenewal, &renewalv1.ViewRenewalRequest{Id: p.GetId()}); err != nil {
		return
	}
	switch kind {
	case 1, 2:
		_, _ = ask(ctx, b, what, b.renewals.CounterRenewal, &renewalv1.CounterRenewalRequest{
			Id: p.GetId(), Months: 12, RentCents: rent * 95 / 100, Note: "the flat next door costs less",
		})
	case 3, 4:
		taken, err := ask(ctx, b, what, b.renewals.AcceptRenewal, &renewalv1.AcceptRenewalRequest{Id: p.GetId(), Choice: &renewalv1.RenewalChoice{Months: 12, FreeDays: 10}})
		if err == nil && kind == 3 { // the other one waits as a draft
			_, _ = ask(ctx, b, what+"-sign", b.leases.SignLease, &rentalv1.ChangeLeaseRequest{Id: taken.GetNextLeaseId()})
		}
	case 5, 6:
		_, _ = ask(ctx, b, what, b.renewals.DeclineRenewal, &renewalv1.EndRenewalRequest{Id: p.GetId(), Reason: "moves to another city"})
	}
}

// campaign tells a campaign with its coupons: of 180 half are claimed, and a third of those redeemed.
func (b *Book) campaign(ctx context.Context) {
	const issued = 180
	today := b.plan.Today
	made, err := ask(ctx, b, "campaign", b.coupons.CreateCampaign, &tenancyv1.CreateCampaignRequest{Campaign: &tenancyv1.Campaign{
		DisplayName: "A clean start · 焕新清洁", Benefit: "a free cleaning of the room · 免费清洁一次", ValueCents: 8000, CouponLimit: 500,
		StartDate: today.Add(-20).String(), EndDate: today.Add(70).String(),
	}})
	if err != nil {
		return
	}
	var who []string
	for _, home := range b.running() {
		if p := b.plan.Homes[home].Current(today).Person; len(who) < issued && b.plan.People[p].Marketing {
			if id := b.tenant(ctx, p); id != "" {
				who = append(who, id)
			}
		}
	}
	got, err := ask(ctx, b, "issue", b.coupons.IssueCoupons, &tenancyv1.IssueCouponsRequest{Id: made.GetId(), TenantIds: who})
	if err != nil {
		return
	}
	each(ctx, len(got.GetCoupons())/2, func(ctx context.Context, i int) {
		id := got.GetCoupons()[i].GetId()
		_, err := ask(ctx, b, fmt.Sprint("claim-", i), b.coupons.ClaimCoupon, &tenancyv1.ChangeCouponRequest{Id: id})
		if err == nil && i%3 == 0 {
			_, _ = ask(ctx, b, fmt.Sprint("redeem-", i), b.coupons.RedeemCoupon, &tenancyv1.RedeemCouponRequest{Id: id, Place: "front desk · 前台"})
		}
	})
}
