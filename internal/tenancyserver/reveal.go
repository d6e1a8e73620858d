package tenancyserver

import (
	"context"
	"slices"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/rental/lease"
)

// RevealTenant implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) RevealTenant(ctx context.Context, r *tenancyv1.RevealTenantRequest) (*tenancyv1.TenantNumbers, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	item, err := s.tenants.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	t := &item.Value
	return &tenancyv1.TenantNumbers{Id: item.ID, Phone: t.Phone, NationalId: t.NationalID, Emergency: showEmergency(&t.Emergency)}, nil
}

// RevealOrderContacts implements the method of the same name. Whose order it is was asked at the gate.
func (s *Server) RevealOrderContacts(ctx context.Context, r *tenancyv1.RevealOrderContactsRequest) (*tenancyv1.OrderContacts, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	unit, err := s.c.UnitOf(ctx, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	out := &tenancyv1.OrderContacts{WorkOrderId: r.GetId()}
	if unit == "" {
		return out, nil
	}
	leases, err := s.leasesOf(ctx, who.Org, unit)
	if err != nil {
		return nil, err
	}
	leases = slices.DeleteFunc(leases, func(l lease.Lease) bool { return l.State != lease.Active && l.State != lease.Expiring })
	items, err := s.people(ctx, who.Org, leases)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		t := &item.Value
		out.Contacts = append(out.Contacts, &tenancyv1.OrderContacts_Contact{
			Id: item.ID, DisplayName: t.Name, Phone: t.Phone, Emergency: showEmergency(&t.Emergency),
		})
	}
	return out, nil
}
