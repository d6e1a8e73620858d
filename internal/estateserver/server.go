// Package estateserver is EstateService: the buildings that are let and the dwellings in them, as resources of the registry.
// It is the example that docs/resources.md goes through.
package estateserver

import (
	"context"
	"errors"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	rentalv1 "fettle/api/gen/fettle/rental/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/estate"
	"fettle/rental/fault"
)

// Service is the full name of the service.
const Service = "fettle.rental.v1.EstateService"

// Server implements EstateService.
type Server struct {
	rentalv1.UnimplementedEstateServiceServer
	properties registry.Resource[estate.Property, *rentalv1.Property]
	units      registry.Resource[estate.Unit, *rentalv1.Unit]
}

// New makes the service.
func New(r *registry.Registry) *Server {
	s := &Server{}
	s.properties = registry.Resource[estate.Property, *rentalv1.Property]{
		Registry: r, Kind: Properties(), Field: "property", FromMessage: readProperty, ToMessage: showProperty,
	}
	s.units = registry.Resource[estate.Unit, *rentalv1.Unit]{
		Registry: r, Kind: Units(), Field: "unit", FromMessage: readUnit, ToMessage: showUnit, Check: s.checkUnit,
	}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { rentalv1.RegisterEstateServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return rentalv1.RegisterEstateServiceHandlerClient(ctx, m, rentalv1.NewEstateServiceClient(conn))
}

// Keys of a unit: its property, and its property with its number.
const (
	within = "property"
	door   = "door"
)

// Properties is how buildings are kept.
func Properties() *registry.Kind[estate.Property] {
	return &registry.Kind[estate.Property]{Name: "properties", Prefix: "pr_"}
}

// Units is how dwellings are kept: found by property, and by property and number, which one unit has.
func Units() *registry.Kind[estate.Unit] {
	return &registry.Kind[estate.Unit]{Name: "units", Prefix: "un_", Keys: func(u *estate.Unit) []ledger.Key {
		return []ledger.Key{
			{Name: within, Value: ledger.Text(u.Property)},
			{Name: door, Value: ledger.Text(u.Property, u.Number), Unique: true},
		}
	}}
}

// checkUnit wants the property of a unit to be there, also at the commit.
func (s *Server) checkUnit(tx *registry.Tx, _, after *estate.Unit) error {
	if after == nil {
		return nil
	}
	_, err := s.properties.Depend(tx, after.Property)
	if errors.Is(err, ledger.ErrNotFound) {
		return &invalid.Error{Field: "propertyId", Value: after.Property, Want: "the id of a property"}
	}
	return err
}

// CreateProperty implements the method of the same name.
func (s *Server) CreateProperty(ctx context.Context, r *rentalv1.CreatePropertyRequest) (*rentalv1.Property, error) {
	return s.properties.Create(ctx, r, r.GetProperty())
}

// GetProperty implements the method of the same name.
func (s *Server) GetProperty(ctx context.Context, r *rentalv1.GetPropertyRequest) (*rentalv1.Property, error) {
	return s.properties.Get(ctx, r.GetId())
}

// ListProperties implements the method of the same name.
func (s *Server) ListProperties(ctx context.Context, r *rentalv1.ListPropertiesRequest) (*rentalv1.ListPropertiesResponse, error) {
	found, next, err := s.properties.List(ctx, r, s.properties.All())
	if err != nil {
		return nil, err
	}
	return &rentalv1.ListPropertiesResponse{Properties: found, NextPageToken: next}, nil
}

// UpdateProperty implements the method of the same name.
func (s *Server) UpdateProperty(ctx context.Context, r *rentalv1.UpdatePropertyRequest) (*rentalv1.Property, error) {
	return s.properties.Update(ctx, r, r.GetProperty().GetId(), r.GetProperty())
}

// DeleteProperty implements the method of the same name. A unit that is added meanwhile depends on the property, and the end of
// the property on there being no unit: one of both is decided again.
func (s *Server) DeleteProperty(ctx context.Context, r *rentalv1.DeletePropertyRequest) (*emptypb.Empty, error) {
	return registry.Do(ctx, s.properties.Registry, r, func(tx *registry.Tx) (*emptypb.Empty, error) {
		item, err := s.properties.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		version, err := call.Version(r.GetEtag())
		if err != nil || version != call.AnyVersion && version != item.Version {
			return nil, errors.Join(err, ledger.ErrStale)
		}
		n, err := tx.Store().Count(ctx, tx.Org, s.units.Where(within, ledger.Text(item.ID)), 1)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, &fault.StateError{Thing: "property " + item.ID, State: "IN_USE", Verb: "delete", Legal: "one without units"}
		}
		tx.Absent(ledger.Holding{Kind: s.units.Name, Name: within, Value: ledger.Text(item.ID)})
		tx.About(s.properties.Name, item.ID)
		return &emptypb.Empty{}, s.properties.Kind.Delete(tx, item)
	})
}

// CreateUnit implements the method of the same name.
func (s *Server) CreateUnit(ctx context.Context, r *rentalv1.CreateUnitRequest) (*rentalv1.Unit, error) {
	return s.units.Create(ctx, r, r.GetUnit())
}

// GetUnit implements the method of the same name.
func (s *Server) GetUnit(ctx context.Context, r *rentalv1.GetUnitRequest) (*rentalv1.Unit, error) {
	return s.units.Get(ctx, r.GetId())
}

// ListUnits implements the method of the same name.
func (s *Server) ListUnits(ctx context.Context, r *rentalv1.ListUnitsRequest) (*rentalv1.ListUnitsResponse, error) {
	q := s.units.All()
	if id := r.GetPropertyId(); id != "" {
		q = ledger.Under(s.units.Name, door, ledger.Text(id))
	}
	found, next, err := s.units.List(ctx, r, q)
	if err != nil {
		return nil, err
	}
	return &rentalv1.ListUnitsResponse{Units: found, NextPageToken: next}, nil
}

// UpdateUnit implements the method of the same name.
func (s *Server) UpdateUnit(ctx context.Context, r *rentalv1.UpdateUnitRequest) (*rentalv1.Unit, error) {
	return s.units.Update(ctx, r, r.GetUnit().GetId(), r.GetUnit())
}

// DeleteUnit implements the method of the same name.
func (s *Server) DeleteUnit(ctx context.Context, r *rentalv1.DeleteUnitRequest) (*emptypb.Empty, error) {
	return s.units.Delete(ctx, r, r.GetId(), r.GetEtag())
}
