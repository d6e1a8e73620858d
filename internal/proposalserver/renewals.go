package proposalserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/renewal/proposal"
)

// DueExpire is the due work of a proposal whose time is over; its key is the id of the proposal.
const DueExpire = "renewal.expire"

const (
	lifeUnlessGiven = 14 * 24 * time.Hour
	maxLink         = 30 * 24 * time.Hour
	termUnlessGiven = 12 // months
)

type renewals struct {
	renewalv1.UnimplementedRenewalServiceServer
	house
	offers   *registry.Kind[proposal.Offer]
	resource registry.Resource[proposal.Proposal, *renewalv1.Renewal]
}

func newRenewals(c *Config, offers *registry.Kind[proposal.Offer]) *renewals {
	s := &renewals{house: house{Config: c}, offers: offers}
	s.resource = registry.Resource[proposal.Proposal, *renewalv1.Renewal]{
		Registry: c.Registry, Kind: proposals(), Field: "renewal",
		ToMessage: func(item *registry.Item[proposal.Proposal]) *renewalv1.Renewal {
			return showRenewal(item, c.Clock.Now())
		},
	}
	return s
}

// CreateRenewal implements the method of the same name.
func (s *renewals) CreateRenewal(ctx context.Context, r *renewalv1.CreateRenewalRequest) (*renewalv1.Renewal, error) {
	in := r.GetRenewal()
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Renewal, error) {
		p, err := s.draft(tx, in)
		if err != nil {
			return nil, err
		}
		item, err := s.resource.Insert(tx, p)
		if err != nil {
			return nil, err
		}
		tx.Due(ledger.DueWork{Kind: DueExpire, Key: item.ID, At: p.Expires})
		tx.About(s.resource.Name, item.ID)
		return s.resource.ToMessage(item), nil
	})
	return out, wire.In(s.resource.Field, err)
}

// draft makes the proposal that a request describes, for a lease that can be renewed.
func (s *renewals) draft(tx *registry.Tx, in *renewalv1.Renewal) (proposal.Proposal, error) {
	ctx, today := tx.Context(), s.today()
	l, err := s.Residence.Lease(ctx, tx.Org, lease.ID(in.GetLeaseId()), today)
	if errors.Is(err, ledger.ErrNotFound) {
		return proposal.Proposal{}, &invalid.Error{Field: "leaseId", Value: in.GetLeaseId(), Want: "the id of a lease"}
	}
	if err != nil {
		return proposal.Proposal{}, err
	}
	p := proposal.Proposal{Lease: l.ID, Tenant: l.Tenant, Unit: l.Unit, Start: today.Add(1)}
	if end := l.Current().End; !end.IsZero() {
		p.Start = end.Add(1)
	}
	if err := s.terms(tx, &p, in, l.Current().Rent); err != nil {
		return p, err
	}
	m := lease.Moment{At: tx.Now, Zone: s.Residence.Zone, Actor: tx.Who.Name}
	probe := lease.Terms{Start: p.Start, End: proposal.End(p.Start, p.Prices[0].Months)}
	if _, err := l.Renewal("next", probe, m); err != nil { // who cannot be renewed is not asked
		return p, err
	}
	if p, err = proposal.New(p, tx.Now); err != nil {
		return p, err
	}
	p.Figures, err = s.life(ctx, tx.Org, &l)
	return p, err
}

// wish is what a request says of the terms of a proposal.
type wish interface {
	GetPrices() []*renewalv1.RenewalPrice
	GetOfferIds() []string
	GetBudgetCents() int64
	GetGreeting() string
	GetExpireTime() *timestamppb.Timestamp
}

// terms reads what is offered; what is left out is a year at the rent of now, or stays.
func (s *renewals) terms(tx *registry.Tx, p *proposal.Proposal, in wish, rent int64) error {
	if len(in.GetPrices()) > 0 {
		p.Prices = nil
	} else if len(p.Prices) == 0 {
		p.Prices = []proposal.Price{{Months: termUnlessGiven, Rent: rent}}
	}
	for _, x := range in.GetPrices() {
		p.Prices = append(p.Prices, proposal.Price{Months: int(x.GetMonths()), Rent: x.GetRentCents()})
	}
	if ids := in.GetOfferIds(); len(ids) > 0 {
		p.Options = nil
		for i, id := range ids {
			o, err := s.option(tx, id)
			if err != nil {
				return wire.In(fmt.Sprintf("offerIds[%d]", i), err)
			}
			p.Options = append(p.Options, o)
		}
	}
	if in.GetBudgetCents() != 0 {
		p.Budget = in.GetBudgetCents()
	}
	if in.GetGreeting() != "" {
		p.Greeting = in.GetGreeting()
	}
	at, err := wire.Instant("expireTime", in.GetExpireTime())
	switch {
	case err != nil:
		return err
	case !at.IsZero():
		p.Expires = at
	case p.Expires.IsZero():
		p.Expires = tx.Now.Add(lifeUnlessGiven).Truncate(time.Second)
	}
	return nil
}

// option is an offer of the catalogue as a proposal has it.
func (s *renewals) option(tx *registry.Tx, id string) (proposal.Option, error) {
	item, err := s.offers.Load(tx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return proposal.Option{}, &invalid.Error{Field: "", Value: id, Want: "the id of an offer"}
	}
	if err != nil {
		return proposal.Option{}, err
	}
	o := &item.Value
	return proposal.Option{Offer: id, Name: o.Name, Kind: o.Kind, Cost: o.Cost, MaxDays: o.MaxDays}, o.Open(id, s.today())
}

// GetRenewal implements the method of the same name.
func (s *renewals) GetRenewal(ctx context.Context, r *renewalv1.GetRenewalRequest) (*renewalv1.Renewal, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListRenewals implements the method of the same name.
func (s *renewals) ListRenewals(ctx context.Context, r *renewalv1.ListRenewalsRequest) (*renewalv1.ListRenewalsResponse, error) {
	q := s.resource.All()
	switch state := r.GetState(); {
	case r.GetLeaseId() != "" && state != renewalv1.Renewal_STATE_UNSPECIFIED:
		return nil, &invalid.Error{Field: "state", Value: state.String(), Want: "at most one of leaseId and state"}
	case r.GetLeaseId() != "":
		q = s.resource.Where(keyLease, ledger.Text(r.GetLeaseId()))
	case state != renewalv1.Renewal_STATE_UNSPECIFIED:
		q = s.resource.Where(keyState, ledger.Text(state.String()))
	}
	list, next, err := s.resource.List(ctx, r, q)
	return &renewalv1.ListRenewalsResponse{Renewals: list, NextPageToken: next}, err
}

// read finds a proposal of the caller's org.
func (s *renewals) read(ctx context.Context, id string) (*registry.Item[proposal.Proposal], *auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, nil, auth.ErrUnknown
	}
	item, err := s.resource.Read(ctx, s.Residence.Store, who.Org, id)
	return item, who, err
}

// QuoteRenewal implements the method of the same name.
func (s *renewals) QuoteRenewal(ctx context.Context, r *renewalv1.QuoteRenewalRequest) (*renewalv1.RenewalQuote, error) {
	item, who, err := s.read(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	q, err := item.Value.Quote(choiceOf(r.GetChoice()))
	if err != nil {
		return nil, err
	}
	out := &renewalv1.RenewalQuote{
		StartDate: q.Terms.Start.String(), EndDate: q.Terms.End.String(), RentCents: q.Terms.Rent, TotalCents: q.Total, SavedCents: q.Saved,
		FreeDaysLeft: int32(q.DaysLeft), CostCents: q.Cost,
	}
	for _, t := range q.Takes {
		o, err := s.offers.Read(ctx, s.Residence.Store, who.Org, t.Offer)
		if err != nil {
			return nil, err
		}
		if err := o.Value.Open(t.Offer, s.today()); err != nil {
			out.Unavailable = append(out.Unavailable, t.Offer)
		}
	}
	return out, nil
}

// LinkRenewal implements the method of the same name.
func (s *renewals) LinkRenewal(ctx context.Context, r *renewalv1.LinkRenewalRequest) (*renewalv1.RenewalLink, error) {
	item, who, err := s.read(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	expires := item.Value.Expires
	if latest := s.Clock.Now().Add(maxLink); expires.After(latest) {
		expires = latest
	}
	token, err := s.Link(who.Org, string(item.Value.Lease), item.ID, expires)
	if err != nil {
		return nil, err
	}
	return &renewalv1.RenewalLink{Token: token, ExpireTime: wire.Timestamp(expires.Truncate(time.Second))}, nil
}

// errSettled says that there is nothing to do any more.
var errSettled = errors.New("the proposal is settled")

// change carries out a verb on a proposal.
func (s *renewals) change(
	ctx context.Context, r proto.Message, id string, verb func(tx *registry.Tx, p *proposal.Proposal) error,
) (*renewalv1.Renewal, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Renewal, error) {
		item, err := s.resource.Load(tx, id)
		if err != nil {
			return nil, err
		}
		if err := verb(tx, &item.Value); err != nil {
			return nil, err
		}
		if !item.Value.State.Open() {
			tx.Done(ledger.DueWork{Kind: DueExpire, Key: id})
		}
		tx.About(s.resource.Name, id, "state")
		if err := s.resource.Save(tx, item); err != nil {
			return nil, err
		}
		return s.resource.ToMessage(item), nil
	})
}

// ViewRenewal implements the method of the same name.
func (s *renewals) ViewRenewal(ctx context.Context, r *renewalv1.ViewRenewalRequest) (*renewalv1.Renewal, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		return p.View(r.GetId(), r.GetTouchPointId(), tx.Now)
	})
}

// CounterRenewal implements the method of the same name.
func (s *renewals) CounterRenewal(ctx context.Context, r *renewalv1.CounterRenewalRequest) (*renewalv1.Renewal, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		return p.Want(r.GetId(), proposal.Counter{Months: int(r.GetMonths()), Rent: r.GetRentCents(), Note: r.GetNote()}, tx.Now)
	})
}

// ReviseRenewal implements the method of the same name.
func (s *renewals) ReviseRenewal(ctx context.Context, r *renewalv1.ReviseRenewalRequest) (*renewalv1.Renewal, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		next := *p
		if err := s.terms(tx, &next, r, 0); err != nil {
			return err
		}
		if err := p.Revise(r.GetId(), next, tx.Now); err != nil {
			return err
		}
		tx.Due(ledger.DueWork{Kind: DueExpire, Key: r.GetId(), At: p.Expires})
		return nil
	})
}

// AcceptRenewal implements the method of the same name.
func (s *renewals) AcceptRenewal(ctx context.Context, r *renewalv1.AcceptRenewalRequest) (*renewalv1.Renewal, error) {
	s.accepting.Lock()
	defer s.accepting.Unlock()
	method, _ := grpc.Method(ctx)
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		next := lease.ID(tx.NewID("ls_"))
		q, err := p.Accept(r.GetId(), choiceOf(r.GetChoice()), next, tx.Now)
		if err != nil {
			return err
		}
		for _, t := range q.Takes {
			if err := s.take(tx, t); err != nil {
				return err
			}
		}
		by := &leasing.Caller{Org: tx.Org, Actor: tx.Who.Name, Method: method}
		c, err := s.Desk.Renewal(ctx, by, p.Lease, next, q.Terms)
		if err != nil {
			return err
		}
		tx.Join(c)
		return nil
	})
}

// take counts one contract more with an offer.
func (s *renewals) take(tx *registry.Tx, t proposal.Taking) error {
	o, err := s.offers.Load(tx, t.Offer)
	if err != nil {
		return err
	}
	if err := o.Value.Take(t.Offer, t.Cost, s.today()); err != nil {
		return err
	}
	tx.Also(s.offers.Name, t.Offer, "taken")
	return s.offers.Save(tx, o)
}

// DeclineRenewal implements the method of the same name.
func (s *renewals) DeclineRenewal(ctx context.Context, r *renewalv1.EndRenewalRequest) (*renewalv1.Renewal, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		return p.Decline(r.GetId(), r.GetReason(), tx.Now)
	})
}

// WithdrawRenewal implements the method of the same name.
func (s *renewals) WithdrawRenewal(ctx context.Context, r *renewalv1.EndRenewalRequest) (*renewalv1.Renewal, error) {
	return s.change(ctx, r, r.GetId(), func(tx *registry.Tx, p *proposal.Proposal) error {
		return p.Withdraw(r.GetId(), r.GetReason(), tx.Now)
	})
}

// expire notes that the time of a proposal is over.
func (s *renewals) expire(ctx context.Context, o org.ID, id string) error {
	err := s.Registry.Work(ctx, o, DueExpire, func(tx *registry.Tx) error {
		item, err := s.resource.Load(tx, id)
		if err != nil {
			return err
		}
		tx.About(s.resource.Name, id, "state")
		if !item.Value.Expire(tx.Now) {
			return errSettled
		}
		return s.resource.Save(tx, item)
	})
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, errSettled) {
		return nil
	}
	return err
}
