package rentalserver

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/leasing"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/obligation"
)

// obligations implements ObligationService.
type obligations struct {
	*Server
	rentalv1.UnimplementedObligationServiceServer
}

// showObligation writes an obligation.
func showObligation(k *leasing.Kept[obligation.Obligation]) *rentalv1.Obligation {
	o := &k.Value
	out := &rentalv1.Obligation{
		Id: o.ID, Name: "obligations/" + o.ID, Etag: wire.Etag(k.Version), CreateTime: stamp(k.Created), UpdateTime: stamp(k.Updated),
		State:   rentalv1.Obligation_State(rentalv1.Obligation_State_value[string(o.State)]),
		LeaseId: string(o.Lease), TermsVersion: int32(o.Version), Rung: string(o.Rung), DueDate: o.Due.String(), DueTime: stamp(o.At),
		Attempts: int32(o.Attempt), SentTime: stamp(o.SentAt), DeliveredTime: stamp(o.DeliveredAt), AcknowledgedTime: stamp(o.AcknowledgedAt),
		SettledTime: stamp(o.SettledAt), Reason: o.Reason, Actor: o.Actor, NeedsPerson: o.Person,
	}
	if o.Delay > 0 {
		out.Delay = durationpb.New(o.Delay)
	}
	return out
}

// GetObligation implements the method of the same name.
func (s *obligations) GetObligation(ctx context.Context, r *rentalv1.GetObligationRequest) (*rentalv1.Obligation, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.c.Desk.Obligation(ctx, p.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	return showObligation(&k), nil
}

// ListObligations implements the method of the same name.
func (s *obligations) ListObligations(ctx context.Context, r *rentalv1.ListObligationsRequest) (*rentalv1.ListObligationsResponse, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	q, err := obligationQuery(r)
	if err != nil {
		return nil, err
	}
	page, err := s.c.Store.Records(ctx, p.Org, q, sizeOf(r))
	if err != nil {
		return nil, fmt.Errorf("list obligations: %w", err)
	}
	out := &rentalv1.ListObligationsResponse{}
	for i := range page.Records {
		k, err := leasing.DecodeObligation(&page.Records[i])
		if err != nil {
			return nil, err
		}
		out.Obligations = append(out.Obligations, showObligation(&k))
	}
	out.NextPageToken, err = next(r, page.Next)
	return out, err
}

// obligationQuery is what a request for a list selects.
func obligationQuery(r *rentalv1.ListObligationsRequest) (ledger.Query, error) {
	key, first, named := leasing.KeyAt, "", 0
	if r.GetLeaseId() != "" {
		key, first, named = leasing.KeyLease, r.GetLeaseId(), named+1
	}
	if r.GetState() != rentalv1.Obligation_STATE_UNSPECIFIED {
		key, first, named = leasing.KeyState, r.GetState().String(), named+1
	}
	if r.GetNeedsPerson() {
		key, first, named = leasing.KeyPerson, "", named+1
	}
	if named > 1 {
		return ledger.Query{}, &invalid.Error{Field: "leaseId", Want: "at most one of leaseId, state and needsPerson"}
	}
	q := ledger.Between(leasing.Obligations, key, "", "")
	if first != "" {
		q = ledger.Under(leasing.Obligations, key, ledger.Text(first))
	}
	edge := func(t time.Time) string {
		if first == "" {
			return ledger.Instant(t)
		}
		return ledger.Join(ledger.Text(first), ledger.Instant(t))
	}
	if t := r.GetDueFrom(); t != nil {
		q.From = edge(t.AsTime())
	}
	if t := r.GetDueBefore(); t != nil {
		q.To = edge(t.AsTime())
	}
	var err error
	q.After, err = after(r)
	return q, err
}

// settle does something to an obligation, once.
func (s *obligations) settle(
	ctx context.Context, r *rentalv1.SettleObligationRequest, verb func(o *obligation.Obligation, now time.Time, actor string) error,
) (*rentalv1.Obligation, error) {
	c, err := s.newCall(ctx, r)
	if err != nil {
		return nil, err
	}
	version, err := versionOf(r.GetEtag())
	if err != nil {
		return nil, err
	}
	return once(ctx, c, func() (*rentalv1.Obligation, error) {
		by := c.answering(func(m leasing.Made) proto.Message { return showObligation(m.Obligation) })
		k, err := s.c.Desk.Settle(ctx, by, r.GetId(), version, func(o *obligation.Obligation, now time.Time) error {
			return verb(o, now, c.by.Actor)
		})
		if err != nil {
			return nil, err
		}
		return showObligation(&k), nil
	})
}

// AcknowledgeObligation implements the method of the same name.
func (s *obligations) AcknowledgeObligation(ctx context.Context, r *rentalv1.SettleObligationRequest) (*rentalv1.Obligation, error) {
	return s.settle(ctx, r, func(o *obligation.Obligation, now time.Time, actor string) error { return o.Acknowledge(now, actor) })
}

// WaiveObligation implements the method of the same name.
func (s *obligations) WaiveObligation(ctx context.Context, r *rentalv1.SettleObligationRequest) (*rentalv1.Obligation, error) {
	return s.settle(ctx, r, func(o *obligation.Obligation, now time.Time, actor string) error {
		return o.Waive(now, actor, r.GetReason())
	})
}

// CompensateObligation implements the method of the same name.
func (s *obligations) CompensateObligation(ctx context.Context, r *rentalv1.SettleObligationRequest) (*rentalv1.Obligation, error) {
	return s.settle(ctx, r, func(o *obligation.Obligation, now time.Time, actor string) error {
		return o.Compensate(now, actor, r.GetReason())
	})
}

// GetCertificate implements the method of the same name.
func (s *obligations) GetCertificate(ctx context.Context, r *rentalv1.GetCertificateRequest) (*rentalv1.Certificate, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	today := s.c.Desk.Moment(p.Org, "").Today()
	from := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(-1)
	if r.GetMonth() != "" {
		if from, err = dayOf("month", r.GetMonth()+"-01"); err != nil {
			return nil, &invalid.Error{Field: "month", Value: r.GetMonth(), Want: "a month as YYYY-MM"}
		}
	}
	return s.certify(ctx, p.Org, from, from.AddMonths(1))
}

// ReconcileObligations implements the method of the same name.
func (s *obligations) ReconcileObligations(ctx context.Context, r *rentalv1.ReconcileObligationsRequest) (*rentalv1.Certificate, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	from, err := dayOf("from", r.GetFrom())
	if err != nil {
		return nil, err
	}
	to, err := dayOf("to", r.GetTo())
	if err != nil {
		return nil, err
	}
	today := s.c.Desk.Moment(p.Org, "").Today()
	if from.IsZero() {
		from = calendar.Date{Year: today.Year, Month: today.Month, Day: 1}
	}
	if to.IsZero() {
		to = from.AddMonths(1)
	}
	if !from.Before(to) {
		return nil, &invalid.Error{Field: "to", Value: to.String(), Want: "a day after " + from.String()}
	}
	return s.certify(ctx, p.Org, from, to)
}
