package rentalserver

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/leasing"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// leases implements LeaseService.
type leases struct {
	*Server
	rentalv1.UnimplementedLeaseServiceServer
}

// show writes a whole lease as it is today.
func (c *call) show(k *leasing.Kept[lease.Lease]) *rentalv1.Lease {
	return showLease(k, c.s.c.Desk.Moment(c.org(), "").Today(), true)
}

// make does something that makes or changes a lease, once.
func (s *leases) make(
	ctx context.Context, r proto.Message, do func(c *call, by *leasing.Caller) (leasing.Kept[lease.Lease], error),
) (*rentalv1.Lease, error) {
	c, err := s.newCall(ctx, r)
	if err != nil {
		return nil, err
	}
	return once(ctx, c, func() (*rentalv1.Lease, error) {
		k, err := do(c, c.answering(func(m leasing.Made) proto.Message { return c.show(m.Lease) }))
		if err != nil {
			return nil, err
		}
		return c.show(&k), nil
	})
}

// edit does something to one lease, once.
func (s *leases) edit(ctx context.Context, r proto.Message, id, etag string, edit leasing.Edit) (*rentalv1.Lease, error) {
	return s.make(ctx, r, func(_ *call, by *leasing.Caller) (leasing.Kept[lease.Lease], error) {
		version, err := versionOf(etag)
		if err != nil {
			return leasing.Kept[lease.Lease]{}, err
		}
		reason := ""
		if with, ok := r.(interface{ GetReason() string }); ok {
			reason = with.GetReason()
		}
		return s.c.Desk.Change(ctx, by, lease.ID(id), version, reason, edit)
	})
}

// CreateLease implements the method of the same name.
func (s *leases) CreateLease(ctx context.Context, r *rentalv1.CreateLeaseRequest) (*rentalv1.Lease, error) {
	return s.make(ctx, r, func(_ *call, by *leasing.Caller) (leasing.Kept[lease.Lease], error) {
		in := r.GetLease()
		terms, err := signedTerms(in, r)
		if err != nil {
			return leasing.Kept[lease.Lease]{}, err
		}
		l := lease.Lease{
			ID: lease.ID(s.newID("ls_")), Tenant: in.GetTenantId(), Unit: in.GetUnitId(), Number: in.GetNumber(), Note: in.GetNote(),
		}
		return s.c.Desk.Create(ctx, by, l, terms, r.GetSigned())
	})
}

// GetLease implements the method of the same name.
func (s *leases) GetLease(ctx context.Context, r *rentalv1.GetLeaseRequest) (*rentalv1.Lease, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.c.Desk.Lease(ctx, p.Org, lease.ID(r.GetId()))
	if err != nil {
		return nil, err
	}
	return showLease(&k, s.c.Desk.Moment(p.Org, "").Today(), true), nil
}

// UpdateLease implements the method of the same name.
func (s *leases) UpdateLease(ctx context.Context, r *rentalv1.UpdateLeaseRequest) (*rentalv1.Lease, error) {
	return s.edit(ctx, r, r.GetLease().GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		merged := showLease(&leasing.Kept[lease.Lease]{Value: *l}, m.Today(), false)
		if err := merge(merged, r.GetLease(), r.GetUpdateMask()); err != nil {
			return lease.Lease{}, err
		}
		if merged.GetTenantId() != l.Tenant || merged.GetUnitId() != l.Unit {
			return lease.Lease{}, &invalid.Error{Field: "lease.tenantId", Want: "tenant and unit as they are: another tenant or unit is another lease"}
		}
		terms, err := termsOf(merged)
		if err != nil {
			return lease.Lease{}, err
		}
		out, err := l.Amend(terms, m)
		out.Number, out.Note = merged.GetNumber(), merged.GetNote()
		return out, err
	})
}

// merge copies the fields that a mask names; a field that is named but not set is cleared. Without a mask every field counts
// that is set.
func merge(to, from *rentalv1.Lease, mask *fieldmaskpb.FieldMask) error {
	src, dst := from.ProtoReflect(), to.ProtoReflect()
	paths := mask.GetPaths()
	fields := src.Descriptor().Fields()
	if len(paths) == 0 {
		proto.Merge(to, from)
		return nil
	}
	for _, path := range paths {
		top, _, _ := strings.Cut(path, ".")
		fd := fields.ByTextName(top)
		if fd == nil {
			fd = fields.ByJSONName(top)
		}
		switch {
		case fd == nil:
			return &invalid.Error{Field: "updateMask", Value: path, Want: "names of fields, as endDate"}
		case src.Has(fd):
			dst.Set(fd, src.Get(fd))
		default:
			dst.Clear(fd)
		}
	}
	return nil
}

// SignLease implements the method of the same name.
func (s *leases) SignLease(ctx context.Context, r *rentalv1.ChangeLeaseRequest) (*rentalv1.Lease, error) {
	return s.edit(ctx, r, r.GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) { return l.Sign(m) })
}

// WithdrawLease implements the method of the same name.
func (s *leases) WithdrawLease(ctx context.Context, r *rentalv1.ChangeLeaseRequest) (*rentalv1.Lease, error) {
	return s.edit(ctx, r, r.GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		return l.Withdraw(r.GetReason(), m)
	})
}

// ActivateLease implements the method of the same name.
func (s *leases) ActivateLease(ctx context.Context, r *rentalv1.ChangeLeaseRequest) (*rentalv1.Lease, error) {
	return s.edit(ctx, r, r.GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) { return l.Activate(m) })
}

// RenewLease implements the method of the same name.
func (s *leases) RenewLease(ctx context.Context, r *rentalv1.RenewLeaseRequest) (*rentalv1.Lease, error) {
	return s.make(ctx, r, func(_ *call, by *leasing.Caller) (leasing.Kept[lease.Lease], error) {
		terms, err := signedTerms(r, r)
		if err != nil {
			return leasing.Kept[lease.Lease]{}, err
		}
		return s.c.Desk.Renew(ctx, by, lease.ID(r.GetId()), lease.ID(s.newID("ls_")), terms, r.GetSigned())
	})
}

// TerminateLease implements the method of the same name.
func (s *leases) TerminateLease(ctx context.Context, r *rentalv1.TerminateLeaseRequest) (*rentalv1.Lease, error) {
	on, err := dayOf("leaveDate", r.GetLeaveDate())
	if err != nil {
		return nil, err
	}
	return s.edit(ctx, r, r.GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		return l.Terminate(on, r.GetReason(), m)
	})
}

// ApproveOpenEndedLease implements the method of the same name.
func (s *leases) ApproveOpenEndedLease(ctx context.Context, r *rentalv1.ApproveOpenEndedLeaseRequest) (*rentalv1.Lease, error) {
	review, err := dayOf("openEnded.reviewDate", r.GetReviewDate())
	if err != nil {
		return nil, err
	}
	return s.edit(ctx, r, r.GetId(), r.GetEtag(), func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
		a := lease.Approval{Reason: r.GetReason(), Approver: r.GetApprover(), Review: review}
		if a.Approver == "" {
			a.Approver = m.Actor
		}
		return l.Approve(a, m)
	})
}

// ListLeases implements the method of the same name.
func (s *leases) ListLeases(ctx context.Context, r *rentalv1.ListLeasesRequest) (*rentalv1.ListLeasesResponse, error) {
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	q, err := leaseQuery(r)
	if err != nil {
		return nil, err
	}
	page, err := s.c.Store.Records(ctx, p.Org, q, sizeOf(r))
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	out := &rentalv1.ListLeasesResponse{}
	today := s.c.Desk.Moment(p.Org, "").Today()
	for i := range page.Records {
		k, err := leasing.DecodeLease(&page.Records[i])
		if err != nil {
			return nil, err
		}
		out.Leases = append(out.Leases, showLease(&k, today, false))
	}
	out.NextPageToken, err = next(r, page.Next)
	return out, err
}

// leaseQuery is what a request for a list selects.
func leaseQuery(r *rentalv1.ListLeasesRequest) (ledger.Query, error) {
	var key, first string
	named := 0
	for _, f := range []struct{ key, value string }{
		{leasing.KeyTenant, r.GetTenantId()},
		{leasing.KeyUnit, r.GetUnitId()},
		{leasing.KeyState, enumName(int32(r.GetState()), r.GetState().String())},
		{leasing.KeyClass, enumName(int32(r.GetClass()), r.GetClass().String())},
	} {
		if f.value != "" {
			named++
			key, first = f.key, f.value
		}
	}
	if named > 1 {
		return ledger.Query{}, &invalid.Error{Field: "tenantId", Want: "at most one of state, tenantId, unitId and class"}
	}
	from, err := dayOf("endingFrom", r.GetEndingFrom())
	if err != nil {
		return ledger.Query{}, err
	}
	before, err := dayOf("endingBefore", r.GetEndingBefore())
	if err != nil {
		return ledger.Query{}, err
	}
	q := ledger.Between(leasing.Leases, leasing.KeyEnd, bound("", from), bound("", before))
	if named == 1 {
		q = ledger.Under(leasing.Leases, key, ledger.Text(first))
		if !from.IsZero() {
			q.From = bound(first, from)
		}
		if !before.IsZero() {
			q.To = bound(first, before)
		}
	}
	q.After, err = after(r)
	return q, err
}

// bound is the value of a key for leases that end on a day, behind a first part unless it is empty; "" for no day.
func bound(first string, d calendar.Date) string {
	switch {
	case d.IsZero():
		return ""
	case first == "":
		return leasing.EndKey(d)
	}
	return ledger.Join(ledger.Text(first), leasing.EndKey(d))
}

// enumName is the name of a value, "" for the one that is not set.
func enumName(number int32, name string) string {
	if number == 0 {
		return ""
	}
	return name
}
