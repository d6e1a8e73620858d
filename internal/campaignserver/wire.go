package campaignserver

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/campaign"
)

// request is what a method is asked.
type request = proto.Message

func readCampaign(m *tenancyv1.Campaign) (campaign.Campaign, error) {
	c := campaign.Campaign{Name: m.GetDisplayName(), Benefit: m.GetBenefit(), Value: m.GetValueCents(), Limit: int(m.GetCouponLimit())}
	for _, d := range []struct {
		field, text string
		to          *calendar.Date
	}{{"startDate", m.GetStartDate(), &c.From}, {"endDate", m.GetEndDate(), &c.To}} {
		day, err := calendar.ParseDate(d.text)
		if err != nil {
			return c, &invalid.Error{Field: d.field, Value: d.text, Want: "a day that exists, as YYYY-MM-DD"}
		}
		*d.to = day
	}
	return c, c.Validate()
}

func showCampaign(item *registry.Item[campaign.Campaign]) *tenancyv1.Campaign {
	c := &item.Value
	return &tenancyv1.Campaign{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: c.Name, Benefit: c.Benefit, ValueCents: c.Value, StartDate: c.From.String(), EndDate: c.To.String(),
		CouponLimit: int32(c.Limit), IssuedCount: int32(c.Issued),
	}
}

// stamp is an instant as a message, nil for none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func showCoupon(item *registry.Item[campaign.Coupon]) *tenancyv1.Coupon {
	u := &item.Value
	return &tenancyv1.Coupon{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		CampaignId: u.Campaign, TenantId: u.Tenant, State: tenancyv1.Coupon_State(tenancyv1.Coupon_State_value[string(u.State)]),
		ClaimTime: stamp(u.ClaimedAt), RedeemTime: stamp(u.RedeemedAt), Place: u.Place, Reason: u.Reason,
	}
}
