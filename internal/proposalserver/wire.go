package proposalserver

import (
	"time"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/rental/renewal/proposal"
)

func choiceOf(m *renewalv1.RenewalChoice) proposal.Choice {
	return proposal.Choice{Months: int(m.GetMonths()), Days: int(m.GetFreeDays()), Offers: m.GetOfferIds()}
}

func showRenewal(item *registry.Item[proposal.Proposal], now time.Time) *renewalv1.Renewal {
	p := &item.Value
	out := &renewalv1.Renewal{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		LeaseId: string(p.Lease), TenantId: p.Tenant, UnitId: p.Unit, State: renewalv1.Renewal_State(renewalv1.Renewal_State_value[string(p.On(now))]),
		StartDate: p.Start.String(), BudgetCents: p.Budget, ExpireTime: wire.Timestamp(p.Expires), Greeting: p.Greeting,
		TotalCents: p.Total, NextLeaseId: string(p.Next), Reason: p.Reason, ViewTime: wire.Timestamp(p.ViewedAt),
		EndTime: wire.Timestamp(p.EndedAt), TouchPointId: p.Touch,
	}
	for _, x := range p.Prices {
		out.Prices = append(out.Prices, &renewalv1.RenewalPrice{Months: int32(x.Months), RentCents: x.Rent})
	}
	for i := range p.Options {
		o := &p.Options[i]
		out.OfferIds = append(out.OfferIds, o.Offer)
		out.Options = append(out.Options, &renewalv1.RenewalOption{
			OfferId: o.Offer, DisplayName: o.Name, Kind: renewalv1.Offer_Kind(renewalv1.Offer_Kind_value[string(o.Kind)]),
			MaxFreeDays: int32(o.MaxDays), CostCents: o.Cost,
		})
	}
	for i := range p.Figures {
		f := &p.Figures[i]
		out.Figures = append(out.Figures, &renewalv1.RenewalFigure{
			Name: f.Name, Value: f.Value, Unit: f.Unit, Definition: f.Definition, Source: f.Source, Query: f.Query,
		})
	}
	if c := p.Choice; c != nil {
		out.Choice = &renewalv1.RenewalChoice{Months: int32(c.Months), FreeDays: int32(c.Days), OfferIds: c.Offers}
	}
	for _, t := range p.Takes {
		out.CostCents += t.Cost
	}
	if c := p.Counter; c != nil {
		out.Counter = &renewalv1.RenewalCounter{Months: int32(c.Months), RentCents: c.Rent, Note: c.Note, Time: wire.Timestamp(c.At)}
	}
	return out
}
