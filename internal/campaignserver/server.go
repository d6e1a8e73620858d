// Package campaignserver is CampaignService: campaigns and coupons as resources of the registry. That a coupon is redeemed once is a
// matter of versions: of two changes of the same version the store keeps one, and the other is decided again on what is then.
package campaignserver

import (
	"context"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/campaign"
	"fettle/rental/fault"
)

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Zone     *time.Location // whose days are meant
}

// Server implements CampaignService.
type Server struct {
	tenancyv1.UnimplementedCampaignServiceServer
	c         Config
	campaigns registry.Resource[campaign.Campaign, *tenancyv1.Campaign]
	coupons   registry.Resource[campaign.Coupon, *tenancyv1.Coupon]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.campaigns = registry.Resource[campaign.Campaign, *tenancyv1.Campaign]{
		Registry: c.Registry, Kind: Campaigns(), Field: "campaign", FromMessage: readCampaign, ToMessage: showCampaign, Check: check,
	}
	s.coupons = registry.Resource[campaign.Coupon, *tenancyv1.Coupon]{Registry: c.Registry, Kind: Coupons(), Field: "coupon", ToMessage: showCoupon}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { tenancyv1.RegisterCampaignServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return tenancyv1.RegisterCampaignServiceHandlerClient(ctx, m, tenancyv1.NewCampaignServiceClient(conn))
}

// The keys of a coupon.
const (
	ofCampaign = "campaign" // [state]
	ofTenant   = "tenant"
	pair       = "campaignAndTenant"
)

// Campaigns is how campaigns are kept.
func Campaigns() *registry.Kind[campaign.Campaign] {
	return &registry.Kind[campaign.Campaign]{Name: "campaigns", Prefix: "ca_"}
}

// Coupons is how coupons are kept: one of a campaign for each tenant.
func Coupons() *registry.Kind[campaign.Coupon] {
	return &registry.Kind[campaign.Coupon]{
		Name: "coupons", Prefix: "co_", State: func(u *campaign.Coupon) string { return string(u.State) },
		Keys: func(u *campaign.Coupon) []ledger.Key {
			return []ledger.Key{
				{Name: ofCampaign, Value: ledger.Text(u.Campaign, string(u.State))},
				{Name: ofTenant, Value: ledger.Text(u.Tenant)},
				{Name: pair, Value: ledger.Text(u.Campaign, u.Tenant), Unique: true},
			}
		},
	}
}

// check keeps how many were issued, and refuses a limit below it.
func check(_ *registry.Tx, before, after *campaign.Campaign) error {
	if before != nil && after != nil {
		after.Issued = before.Issued
		if after.Limit < after.Issued {
			return fault.New("couponLimit", after.Limit, "not less than what is issued")
		}
	}
	return nil
}

// CreateCampaign implements the method of the same name.
func (s *Server) CreateCampaign(ctx context.Context, r *tenancyv1.CreateCampaignRequest) (*tenancyv1.Campaign, error) {
	return s.campaigns.Create(ctx, r, r.GetCampaign())
}

// GetCampaign implements the method of the same name.
func (s *Server) GetCampaign(ctx context.Context, r *tenancyv1.GetCampaignRequest) (*tenancyv1.Campaign, error) {
	m, err := s.campaigns.Get(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	m.Funnel = &tenancyv1.Campaign_Funnel{IssuedCount: m.GetIssuedCount()}
	count := func(state campaign.State) (int32, error) {
		n, err := s.c.Store.Count(ctx, who.Org, s.coupons.Where(ofCampaign, ledger.Text(r.GetId(), string(state))), campaign.MaxLimit)
		return int32(n), err
	}
	for _, f := range []struct {
		state campaign.State
		to    *int32
	}{
		{campaign.Claimed, &m.Funnel.ClaimedCount}, {campaign.Redeemed, &m.Funnel.RedeemedCount}, {campaign.Revoked, &m.Funnel.RevokedCount},
	} {
		if *f.to, err = count(f.state); err != nil {
			return nil, err
		}
	}
	m.Funnel.ClaimedCount += m.Funnel.GetRedeemedCount()
	m.Funnel.CostCents = int64(m.Funnel.GetRedeemedCount()) * m.GetValueCents()
	return m, nil
}

// ListCampaigns implements the method of the same name.
func (s *Server) ListCampaigns(ctx context.Context, r *tenancyv1.ListCampaignsRequest) (*tenancyv1.ListCampaignsResponse, error) {
	found, next, err := s.campaigns.List(ctx, r, s.campaigns.All())
	return &tenancyv1.ListCampaignsResponse{Campaigns: found, NextPageToken: next}, err
}

// UpdateCampaign implements the method of the same name.
func (s *Server) UpdateCampaign(ctx context.Context, r *tenancyv1.UpdateCampaignRequest) (*tenancyv1.Campaign, error) {
	return s.campaigns.Update(ctx, r, r.GetCampaign().GetId(), r.GetCampaign())
}

// issue gives a tenant a coupon of a campaign, nil when there is one already. The caller saves the campaign.
func (s *Server) issue(tx *registry.Tx, of *registry.Item[campaign.Campaign], tenant string) (*registry.Item[campaign.Coupon], error) {
	n, err := s.c.Store.Count(tx.Context(), tx.Org, s.coupons.Where(pair, ledger.Text(of.ID, tenant)), 1)
	if err != nil || n > 0 {
		return nil, err
	}
	of.Value.ID = of.ID
	u, err := of.Value.Issue("", tenant, tx.Now, calendar.DateOf(tx.Now, s.c.Zone))
	if err != nil {
		return nil, err
	}
	return s.coupons.Insert(tx, u)
}

// IssueCoupons implements the method of the same name.
func (s *Server) IssueCoupons(ctx context.Context, r *tenancyv1.IssueCouponsRequest) (*tenancyv1.IssueCouponsResponse, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.IssueCouponsResponse, error) {
		of, err := s.campaigns.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		out := &tenancyv1.IssueCouponsResponse{}
		for _, tenant := range r.GetTenantIds() {
			made, err := s.issue(tx, of, tenant)
			switch {
			case err != nil:
				return nil, err
			case made == nil:
				out.KnownCount++
			default:
				out.Coupons = append(out.Coupons, showCoupon(made))
			}
		}
		tx.About(s.campaigns.Name, of.ID, "issuedCount")
		return out, s.campaigns.Save(tx, of)
	})
}

// CreateCoupon implements the method of the same name.
func (s *Server) CreateCoupon(ctx context.Context, r *tenancyv1.CreateCouponRequest) (*tenancyv1.Coupon, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.Coupon, error) {
		of, err := s.campaigns.Load(tx, r.GetCoupon().GetCampaignId())
		if err != nil {
			return nil, &invalid.Error{Field: "coupon.campaignId", Value: r.GetCoupon().GetCampaignId(), Want: "the id of a campaign"}
		}
		made, err := s.issue(tx, of, r.GetCoupon().GetTenantId())
		if err != nil {
			return nil, err
		}
		if made == nil {
			return nil, &ledger.TakenError{Kind: s.coupons.Name, Name: pair}
		}
		tx.About(s.coupons.Name, made.ID)
		return showCoupon(made), s.campaigns.Save(tx, of)
	})
}

// GetCoupon implements the method of the same name.
func (s *Server) GetCoupon(ctx context.Context, r *tenancyv1.GetCouponRequest) (*tenancyv1.Coupon, error) {
	return s.coupons.Get(ctx, r.GetId())
}

// ListCoupons implements the method of the same name.
func (s *Server) ListCoupons(ctx context.Context, r *tenancyv1.ListCouponsRequest) (*tenancyv1.ListCouponsResponse, error) {
	q := s.coupons.All()
	switch {
	case r.GetCampaignId() != "" && r.GetTenantId() != "":
		q = s.coupons.Where(pair, ledger.Text(r.GetCampaignId(), r.GetTenantId()))
	case r.GetCampaignId() != "":
		q = ledger.Under(s.coupons.Name, ofCampaign, ledger.Text(r.GetCampaignId()))
	case r.GetTenantId() != "":
		q = s.coupons.Where(ofTenant, ledger.Text(r.GetTenantId()))
	}
	found, next, err := s.coupons.List(ctx, r, q)
	return &tenancyv1.ListCouponsResponse{Coupons: found, NextPageToken: next}, err
}

// change does something to a coupon at the version that an etag names, any for none.
func (s *Server) change(
	ctx context.Context, r interface {
		request
		GetId() string
		GetEtag() string
	}, edit func(tx *registry.Tx, u *registry.Item[campaign.Coupon]) error,
) (*tenancyv1.Coupon, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.Coupon, error) {
		version, err := call.Version(r.GetEtag())
		if err != nil {
			return nil, err
		}
		item, err := s.coupons.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if version != call.AnyVersion && version != item.Version {
			return nil, ledger.ErrStale
		}
		item.Value.ID = item.ID
		if err := edit(tx, item); err != nil {
			return nil, err
		}
		tx.About(s.coupons.Name, item.ID, "state")
		err = s.coupons.Save(tx, item)
		return showCoupon(item), err
	})
}

// ClaimCoupon implements the method of the same name.
func (s *Server) ClaimCoupon(ctx context.Context, r *tenancyv1.ChangeCouponRequest) (*tenancyv1.Coupon, error) {
	return s.change(ctx, r, func(tx *registry.Tx, u *registry.Item[campaign.Coupon]) error { return u.Value.Claim(tx.Now) })
}

// RedeemCoupon implements the method of the same name.
func (s *Server) RedeemCoupon(ctx context.Context, r *tenancyv1.RedeemCouponRequest) (*tenancyv1.Coupon, error) {
	return s.change(ctx, r, func(tx *registry.Tx, u *registry.Item[campaign.Coupon]) error {
		of, err := s.campaigns.Load(tx, u.Value.Campaign)
		if err != nil {
			return err
		}
		return u.Value.Redeem(&of.Value, r.GetPlace(), tx.Now, calendar.DateOf(tx.Now, s.c.Zone))
	})
}

// RevokeCoupon implements the method of the same name.
func (s *Server) RevokeCoupon(ctx context.Context, r *tenancyv1.ChangeCouponRequest) (*tenancyv1.Coupon, error) {
	return s.change(ctx, r, func(tx *registry.Tx, u *registry.Item[campaign.Coupon]) error {
		tx.Purpose(r.GetReason())
		return u.Value.Revoke(r.GetReason())
	})
}
