package moneyserver

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/rental/deposit"
)

func compareText(a, b string) int { return strings.Compare(a, b) }

// stamp is an instant as a message, nil for none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func readDeposit(m *tenancyv1.Deposit) (deposit.Case, error) {
	c := deposit.Case{Lease: m.GetLeaseId()}
	var err error
	if c.MovedOut, err = day("moveOutDate", m.GetMoveOutDate()); err != nil {
		return c, err
	}
	for _, d := range m.GetDeductions() {
		c.Deductions = append(c.Deductions, deposit.Deduction{
			ID: d.GetId(), What: d.GetWhat(), Amount: d.GetAmountCents(), Evidence: slices.Clone(d.GetEvidence()),
		})
	}
	return c, nil
}

func showDeposit(item *registry.Item[deposit.Case]) *tenancyv1.Deposit {
	c := &item.Value
	out := &tenancyv1.Deposit{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		LeaseId: c.Lease, TenantId: c.Tenant, DepositCents: c.Deposit, MoveOutDate: c.MovedOut.String(), RefundCents: c.Refund(),
		State:     tenancyv1.Deposit_State(tenancyv1.Deposit_State_value[string(c.State)]),
		AuditTime: stamp(c.AuditedAt), RefundTime: stamp(c.RefundedAt),
	}
	if !c.AuditedAt.IsZero() {
		out.Elapsed = durationpb.New(c.AuditedAt.Sub(c.OpenedAt))
	}
	for i := range c.Deductions {
		d := &c.Deductions[i]
		out.Deductions = append(out.Deductions, &tenancyv1.Deposit_Deduction{
			Id: d.ID, What: d.What, AmountCents: d.Amount, Evidence: slices.Clone(d.Evidence),
		})
	}
	for i := range c.Mismatches {
		m := &c.Mismatches[i]
		out.Mismatches = append(out.Mismatches, &tenancyv1.Deposit_Mismatch{
			Kind:        tenancyv1.Deposit_Mismatch_Kind(tenancyv1.Deposit_Mismatch_Kind_value[string(m.Kind)]),
			DeductionId: m.Deduction, EntryId: m.Entry, CaseCents: m.Case, BooksCents: m.Books,
		})
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		out.Entries = append(out.Entries, &tenancyv1.BookEntry{
			Id: e.ID, LeaseId: e.Lease, Kind: tenancyv1.BookEntry_Kind(tenancyv1.BookEntry_Kind_value[string(e.Kind)]), AmountCents: e.Amount,
			Date: e.Date.String(), Reference: e.Reference,
		})
	}
	return out
}
