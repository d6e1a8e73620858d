// Package tenancyserver is TenancyService: who rents, as resources of the registry. Telephone and identity numbers are sealed with
// the body of the record and found by keyed hashes (secret.Ring.Index), so that nothing at rest tells a number.
//
// Read server.go for the resource, find.go for lists and searches, reveal.go for what is shown to who gives a reason.
package tenancyserver

import (
	"context"
	"errors"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/internal/vault"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/tenant"
)

// Service is the full name of the service.
const Service = "fettle.tenancy.v1.TenancyService"

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	// Index makes the keyed hash of a value of a kind in an org: (*secret.Ring).Index.
	Index func(o org.ID, kind, value string) (string, error)
	// UnitOf is the dwelling of an order, "" when the order names none; ledger.ErrNotFound when there is no such order.
	UnitOf func(ctx context.Context, o org.ID, order string) (string, error)
}

// Server implements TenancyService.
type Server struct {
	tenancyv1.UnimplementedTenancyServiceServer
	c       Config
	tenants registry.Resource[tenant.Tenant, *tenancyv1.Tenant]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.tenants = registry.Resource[tenant.Tenant, *tenancyv1.Tenant]{
		Registry: c.Registry, Kind: Tenants(), Field: "tenant", FromMessage: readTenant, ToMessage: s.show, Check: s.check,
	}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { tenancyv1.RegisterTenancyServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return tenancyv1.RegisterTenancyServiceHandlerClient(ctx, m, tenancyv1.NewTenancyServiceClient(conn))
}

// The keys of a tenant.
const (
	byPhone   = "phone"      // keyed hash
	byID      = "nationalId" // keyed hash, of one tenant
	byName    = "name"       // keyed hash
	byTag     = "tag"
	byContact = "contact" // when the emergency contact was confirmed; the year 1 where there is none
	byExpiry  = "expires" // last day of the identity card
)

// Tenants is how tenants are kept: each sealed under a key of their own.
func Tenants() *registry.Kind[tenant.Tenant] {
	return &registry.Kind[tenant.Tenant]{Name: leasing.Tenants, Prefix: leasing.TenantPrefix, Keys: keysOf, Own: vault.Vault{}}
}

// Remains is how is kept what is left of somebody who was erased: under no key.
func Remains() *registry.Kind[tenant.Tenant] {
	k := Tenants()
	k.Own = nil
	return k
}

func keysOf(t *tenant.Tenant) []ledger.Key {
	if !t.Erased.IsZero() {
		return nil
	}
	keys := []ledger.Key{{Name: byContact, Value: ledger.Instant(t.Emergency.Confirmed)}}
	for _, k := range []ledger.Key{
		{Name: byPhone, Value: t.Blind.Phone},
		{Name: byID, Value: t.Blind.NationalID, Unique: true},
		{Name: byName, Value: t.Blind.Name},
		{Name: byExpiry, Value: t.IDExpires.String()},
	} {
		if k.Value != "" {
			k.Value = ledger.Text(k.Value)
			keys = append(keys, k)
		}
	}
	for _, tag := range t.Tags {
		keys = append(keys, ledger.Key{Name: byTag, Value: ledger.Text(tag)})
	}
	return keys
}

func (s *Server) show(item *registry.Item[tenant.Tenant]) *tenancyv1.Tenant {
	return showTenant(item, s.c.Clock.Now())
}

// check dates what has changed and makes the hashes by which the tenant is found. Who has a lease in force stays.
func (s *Server) check(tx *registry.Tx, before, after *tenant.Tenant) error {
	if after == nil {
		return nil // DeleteTenant has looked for leases
	}
	if err := after.Follow(before, tx.Now); err != nil {
		return err
	}
	after.Blind = tenant.Blind{}
	for _, h := range []struct {
		to          *string
		kind, value string
	}{
		{&after.Blind.Phone, byPhone, after.Phone},
		{&after.Blind.NationalID, byID, after.NationalID},
		{&after.Blind.Name, byName, tenant.SearchName(after.Name)},
	} {
		if h.value == "" {
			continue
		}
		var err error
		if *h.to, err = s.index(tx.Org, h.kind, h.value); err != nil {
			return err
		}
	}
	return nil
}

// index is the hash under which tenants are found by a value.
func (s *Server) index(o org.ID, kind, value string) (string, error) {
	return s.c.Index(o, "tenants."+kind, value)
}

// CreateTenant implements the method of the same name.
func (s *Server) CreateTenant(ctx context.Context, r *tenancyv1.CreateTenantRequest) (*tenancyv1.Tenant, error) {
	return s.tenants.Create(ctx, r, r.GetTenant())
}

// GetTenant implements the method of the same name.
func (s *Server) GetTenant(ctx context.Context, r *tenancyv1.GetTenantRequest) (*tenancyv1.Tenant, error) {
	return s.tenants.Get(ctx, r.GetId())
}

// UpdateTenant implements the method of the same name.
func (s *Server) UpdateTenant(ctx context.Context, r *tenancyv1.UpdateTenantRequest) (*tenancyv1.Tenant, error) {
	return s.tenants.Update(ctx, r, r.GetTenant().GetId(), r.GetTenant())
}

// DeleteTenant implements the method of the same name. A lease that is made meanwhile depends on the tenant, and the end of the
// tenant on no lease being held: one of both is decided again.
func (s *Server) DeleteTenant(ctx context.Context, r *tenancyv1.DeleteTenantRequest) (*emptypb.Empty, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*emptypb.Empty, error) {
		item, err := s.at(tx, r.GetId(), r.GetEtag())
		if err != nil {
			return nil, err
		}
		held := ledger.Text(item.ID)
		n, err := s.c.Store.Count(ctx, tx.Org, ledger.Where(leasing.Leases, leasing.KeyHolder, held), 1)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, &fault.StateError{Thing: "tenant " + item.ID, State: "RENTING", Verb: "delete", Legal: "one without a lease that is not closed"}
		}
		tx.Absent(ledger.Holding{Kind: leasing.Leases, Name: leasing.KeyHolder, Value: held})
		tx.About(s.tenants.Name, item.ID)
		if err := s.tenants.Kind.Delete(tx, item); err != nil {
			return nil, err
		}
		return &emptypb.Empty{}, vault.Destroy(tx, item.ID)
	})
}

// at loads a tenant at the version that an etag names, any for none.
func (s *Server) at(tx *registry.Tx, id, etag string) (*registry.Item[tenant.Tenant], error) {
	version, err := call.Version(etag)
	if err != nil {
		return nil, err
	}
	item, err := s.tenants.Load(tx, id)
	if err == nil && version != call.AnyVersion && item.Version != version {
		err = ledger.ErrStale
	}
	return item, err
}

// ConfirmContact implements the method of the same name.
func (s *Server) ConfirmContact(ctx context.Context, r *tenancyv1.ConfirmContactRequest) (*tenancyv1.Tenant, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.Tenant, error) {
		item, err := s.at(tx, r.GetId(), r.GetEtag())
		if err != nil {
			return nil, err
		}
		if err := item.Value.Confirm(tx.Now); err != nil {
			return nil, err
		}
		tx.About(s.tenants.Name, item.ID, "emergencyContact")
		return s.show(item), s.tenants.Save(tx, item)
	})
}

// caller is who asks.
func caller(ctx context.Context) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return who, nil
}

// leasesOf lists the leases of a dwelling that are not closed, by their last day.
func (s *Server) leasesOf(ctx context.Context, o org.ID, unit string) ([]lease.Lease, error) {
	return leasing.Standing(ctx, s.c.Store, o, ledger.Under(leasing.Leases, leasing.KeyUnit, ledger.Text(unit)))
}

// people reads tenants by id; one that is gone, or that is kept elsewhere, is left out.
func (s *Server) people(ctx context.Context, o org.ID, leases []lease.Lease) (out []*registry.Item[tenant.Tenant], err error) {
	seen := map[string]bool{}
	for i := range leases {
		id := leases[i].Tenant
		if seen[id] {
			continue
		}
		seen[id] = true
		item, err := s.tenants.Read(ctx, s.c.Store, o, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}
