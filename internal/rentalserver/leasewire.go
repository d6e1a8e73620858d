package rentalserver

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/leasing"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// dayOf reads a day; "" is none.
func dayOf(field, text string) (calendar.Date, error) {
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, &invalid.Error{Field: field, Value: text, Want: "a day that exists, as YYYY-MM-DD"}
	}
	return d, nil
}

// stamp is an instant as a message, nil for none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// cycles are the payment cycles by message.
func cycleOf(c rentalv1.Lease_PaymentCycle) lease.Cycle {
	if c == rentalv1.Lease_PAYMENT_CYCLE_UNSPECIFIED {
		return ""
	}
	return lease.Cycle(c.String())
}

// openOf reads an approval; nil is none.
func openOf(in *rentalv1.OpenEnded) (*lease.Approval, error) {
	if in == nil {
		return nil, nil
	}
	review, err := dayOf("openEnded.reviewDate", in.GetReviewDate())
	return &lease.Approval{Reason: in.GetReason(), Approver: in.GetApprover(), Review: review}, err
}

// wish is what the terms of a message have in common.
type wish interface {
	GetStartDate() string
	GetEndDate() string
	GetRentCents() int64
	GetDepositCents() int64
	GetPaymentCycle() rentalv1.Lease_PaymentCycle
	GetOpenEnded() *rentalv1.OpenEnded
}

// termsOf reads terms.
func termsOf(in wish) (lease.Terms, error) {
	t := lease.Terms{Rent: in.GetRentCents(), Deposit: in.GetDepositCents(), Cycle: cycleOf(in.GetPaymentCycle())}
	var err error
	if t.Start, err = dayOf("startDate", in.GetStartDate()); err != nil {
		return t, err
	}
	if t.End, err = dayOf("endDate", in.GetEndDate()); err != nil {
		return t, err
	}
	t.Open, err = openOf(in.GetOpenEnded())
	return t, err
}

// signature is what requests say of the contract on paper.
type signature interface {
	GetSigned() bool
	GetSignedDate() string
}

// signedTerms reads terms and the day on which they were signed.
func signedTerms(in wish, by signature) (lease.Terms, error) {
	t, err := termsOf(in)
	if err != nil {
		return t, err
	}
	if t.Signed, err = dayOf("signedDate", by.GetSignedDate()); err == nil && !t.Signed.IsZero() && !by.GetSigned() {
		err = &invalid.Error{Field: "signedDate", Value: by.GetSignedDate(), Want: "nothing, unless signed is true: a contract that nobody has signed has no such day"}
	}
	return t, err
}

func showOpen(a *lease.Approval) *rentalv1.OpenEnded {
	if a == nil {
		return nil
	}
	return &rentalv1.OpenEnded{Reason: a.Reason, Approver: a.Approver, ReviewDate: a.Review.String()}
}

// showLease writes a lease as it is on a day. Whole says that all versions of its terms are shown.
func showLease(k *leasing.Kept[lease.Lease], today calendar.Date, whole bool) *rentalv1.Lease {
	l := k.Value.On(today)
	t := l.Current()
	standing, why := l.Standing(today)
	out := &rentalv1.Lease{
		Id: string(l.ID), Name: "leases/" + string(l.ID), Etag: wire.Etag(k.Version),
		CreateTime: stamp(k.Created), UpdateTime: stamp(k.Updated),
		State:    rentalv1.Lease_State(rentalv1.Lease_State_value[string(l.State)]),
		TenantId: l.Tenant, UnitId: l.Unit, Number: l.Number, Note: l.Note,
		StartDate: t.Start.String(), EndDate: t.End.String(), RentCents: t.Rent, DepositCents: t.Deposit,
		PaymentCycle: rentalv1.Lease_PaymentCycle(rentalv1.Lease_PaymentCycle_value[string(t.Cycle)]),
		OpenEnded:    showOpen(t.Open), Class: classOf(t.Class),
		Standing:       rentalv1.Lease_Standing(rentalv1.Lease_Standing_value[string(standing)]),
		StandingReason: why, TermsVersion: int32(t.Version), PreviousLeaseId: string(l.Previous), NextLeaseId: string(l.Next),
		ActiveTime: stamp(l.SignedAt), CloseTime: stamp(l.ClosedAt), LeaveDate: l.LeftOn.String(), Reason: l.Reason,
	}
	if whole {
		for i := range l.Terms {
			out.Terms = append(out.Terms, showTerms(&l.Terms[i]))
		}
	}
	return out
}

func classOf(c lease.Class) rentalv1.Lease_Class {
	return rentalv1.Lease_Class(rentalv1.Lease_Class_value[string(c)])
}

func showTerms(t *lease.Terms) *rentalv1.LeaseTerms {
	return &rentalv1.LeaseTerms{
		Version: int32(t.Version), Class: classOf(t.Class), StartDate: t.Start.String(), EndDate: t.End.String(),
		RentCents: t.Rent, DepositCents: t.Deposit, OpenEnded: showOpen(t.Open), CreateTime: stamp(t.From), Actor: t.Actor,
		PaymentCycle: rentalv1.Lease_PaymentCycle(rentalv1.Lease_PaymentCycle_value[string(t.Cycle)]),
	}
}
