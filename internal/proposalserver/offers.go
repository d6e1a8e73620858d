package proposalserver

import (
	"context"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/renewal/proposal"
)

type offers struct {
	renewalv1.UnimplementedOfferServiceServer
	resource registry.Resource[proposal.Offer, *renewalv1.Offer]
}

func newOffers(c *Config, kind *registry.Kind[proposal.Offer]) *offers {
	return &offers{resource: registry.Resource[proposal.Offer, *renewalv1.Offer]{
		Registry: c.Registry, Kind: kind, Field: "offer", FromMessage: offerOf, ToMessage: showOffer,
		Check: func(_ *registry.Tx, _, after *proposal.Offer) error { return after.Validate() },
	}}
}

// CreateOffer implements the method of the same name.
func (s *offers) CreateOffer(ctx context.Context, r *renewalv1.CreateOfferRequest) (*renewalv1.Offer, error) {
	return s.resource.Create(ctx, r, r.GetOffer())
}

// GetOffer implements the method of the same name.
func (s *offers) GetOffer(ctx context.Context, r *renewalv1.GetOfferRequest) (*renewalv1.Offer, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListOffers implements the method of the same name.
func (s *offers) ListOffers(ctx context.Context, r *renewalv1.ListOffersRequest) (*renewalv1.ListOffersResponse, error) {
	list, next, err := s.resource.List(ctx, r, s.resource.All())
	return &renewalv1.ListOffersResponse{Offers: list, NextPageToken: next}, err
}

// UpdateOffer implements the method of the same name.
func (s *offers) UpdateOffer(ctx context.Context, r *renewalv1.UpdateOfferRequest) (*renewalv1.Offer, error) {
	return s.resource.Update(ctx, r, r.GetOffer().GetId(), r.GetOffer())
}

// offerOf reads an offer. What was taken is output only: it comes from the record that a PATCH was merged with.
func offerOf(m *renewalv1.Offer) (proposal.Offer, error) {
	o := proposal.Offer{
		Name: m.GetDisplayName(), Kind: proposal.OfferKind(m.GetKind().String()), Partner: m.GetPartner(), Cost: m.GetCostCents(),
		MaxDays: int(m.GetMaxFreeDays()), Stock: int(m.GetStock()), Taken: int(m.GetTaken()), Spent: m.GetSpentCents(),
	}
	var err error
	if o.From, err = dayOf("startDate", m.GetStartDate()); err != nil {
		return o, err
	}
	o.To, err = dayOf("endDate", m.GetEndDate())
	return o, err
}

func showOffer(item *registry.Item[proposal.Offer]) *renewalv1.Offer {
	o := &item.Value
	return &renewalv1.Offer{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: o.Name, Kind: renewalv1.Offer_Kind(renewalv1.Offer_Kind_value[string(o.Kind)]), Partner: o.Partner, CostCents: o.Cost,
		MaxFreeDays: int32(o.MaxDays), Stock: int32(o.Stock), StartDate: o.From.String(), EndDate: o.To.String(),
		Taken: int32(o.Taken), SpentCents: o.Spent,
	}
}

// dayOf reads a day.
func dayOf(field, text string) (calendar.Date, error) {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, &invalid.Error{Field: field, Value: text, Want: "a day that exists, as YYYY-MM-DD"}
	}
	return d, nil
}
