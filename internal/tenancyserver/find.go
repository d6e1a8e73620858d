package tenancyserver

import (
	"context"
	"time"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/policy"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/tenant"
)

// ListTenants implements the method of the same name.
func (s *Server) ListTenants(ctx context.Context, r *tenancyv1.ListTenantsRequest) (*tenancyv1.ListTenantsResponse, error) {
	if n := given(r.GetTag() != "", r.GetUnitId() != "", r.GetContactStale(), r.GetIdExpiresBefore() != ""); n > 1 {
		return nil, &invalid.Error{Field: "tag", Want: "at most one of tag, unitId, contactStale and idExpiresBefore"}
	}
	if r.GetUnitId() != "" {
		return s.ofUnit(ctx, r.GetUnitId())
	}
	before, err := day("idExpiresBefore", r.GetIdExpiresBefore())
	if err != nil {
		return nil, err
	}
	q := s.tenants.All()
	switch {
	case r.GetTag() != "":
		q = s.tenants.Where(byTag, ledger.Text(r.GetTag()))
	case r.GetContactStale():
		// by whole days, so that the pages of a list belong together
		q = s.tenants.Between(byContact, "", ledger.Instant(s.c.Clock.Now().UTC().Truncate(24*time.Hour).Add(-tenant.Stale)))
	case !before.IsZero():
		q = s.tenants.Between(byExpiry, "", ledger.Text(before.String()))
	}
	found, next, err := s.tenants.List(ctx, r, q)
	if err != nil {
		return nil, err
	}
	return &tenancyv1.ListTenantsResponse{Tenants: found, NextPageToken: next}, nil
}

// ByPhone lists the ids of those who have a telephone number of 11 digits.
func (s *Server) ByPhone(ctx context.Context, o org.ID, phone string) ([]string, error) {
	hash, err := s.index(o, byPhone, phone)
	if err != nil {
		return nil, err
	}
	items, _, err := s.tenants.Kind.List(ctx, s.c.Store, o, s.tenants.Where(byPhone, ledger.Text(hash)), policy.MaxPageSize)
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.ID
	}
	return out, err
}

// Tagged lists the ids of those who have a tag.
func (s *Server) Tagged(ctx context.Context, o org.ID, tag string) (out []string, err error) {
	q := s.tenants.Where(byTag, ledger.Text(tag))
	for {
		items, next, err := s.tenants.Kind.List(ctx, s.c.Store, o, q, policy.MaxPageSize)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			out = append(out, item.ID)
		}
		if next == (ledger.Place{}) {
			return out, nil
		}
		q.After = next
	}
}

// given counts what is so.
func given(these ...bool) (n int) {
	for _, is := range these {
		if is {
			n++
		}
	}
	return n
}

// ofUnit lists the tenants of a dwelling: those of its leases that are not closed.
func (s *Server) ofUnit(ctx context.Context, unit string) (*tenancyv1.ListTenantsResponse, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	leases, err := s.leasesOf(ctx, who.Org, unit)
	if err != nil {
		return nil, err
	}
	items, err := s.people(ctx, who.Org, leases)
	if err != nil {
		return nil, err
	}
	out := &tenancyv1.ListTenantsResponse{}
	for _, item := range items {
		out.Tenants = append(out.Tenants, s.show(item))
	}
	return out, nil
}

// SearchTenants implements the method of the same name.
func (s *Server) SearchTenants(ctx context.Context, r *tenancyv1.SearchTenantsRequest) (*tenancyv1.SearchTenantsResponse, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	q, err := s.wanted(who.Org, r)
	if err != nil {
		return nil, err
	}
	items, _, err := s.tenants.Kind.List(ctx, s.c.Store, who.Org, q, policy.MaxPageSize)
	if err != nil {
		return nil, err
	}
	out := &tenancyv1.SearchTenantsResponse{}
	for _, item := range items {
		out.Tenants = append(out.Tenants, s.show(item))
	}
	return out, nil
}

// wanted is the query of a search.
func (s *Server) wanted(o org.ID, r *tenancyv1.SearchTenantsRequest) (ledger.Query, error) {
	var kind, value string
	var err error
	if n := given(r.GetPhone() != "", r.GetNationalId() != "", r.GetDisplayName() != ""); n != 1 {
		return ledger.Query{}, &invalid.Error{Field: "phone", Want: "exactly one of phone, nationalId and displayName"}
	}
	switch {
	case r.GetPhone() != "":
		kind = byPhone
		value, err = tenant.Phone("phone", r.GetPhone())
	case r.GetNationalId() != "":
		kind = byID
		value, err = tenant.NationalID("nationalId", r.GetNationalId())
	default:
		kind, value = byName, tenant.SearchName(r.GetDisplayName())
	}
	if err != nil {
		return ledger.Query{}, err
	}
	hash, err := s.index(o, kind, value)
	return s.tenants.Where(kind, ledger.Text(hash)), err
}
