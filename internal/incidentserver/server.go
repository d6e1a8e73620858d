// Package incidentserver is IncidentService: incidents as resources of the registry, and the work that groups and releases their
// orders. What is to happen to an order is kept with the incident in one transaction and carried out by due work, so that a crash
// leaves neither half done.
package incidentserver

import (
	"context"
	"errors"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	incidentv1 "fettle/api/gen/fettle/incident/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/intake/incident"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
)

// Store is what is read.
type Store interface {
	ledger.Reader
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	Orders(ctx context.Context, o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int) ([]*engine.Order, error)
}

// Letter is what one dwelling is told.
type Letter struct{ ID, Incident, Order, Unit, Text string }

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    Store
	// Act carries a command to the live state of an org.
	Act func(ctx context.Context, o org.ID, a engine.Act) error
	// Tell makes the work of telling a letter.
	Tell func(o org.ID, l *Letter) (ledger.DueWork, error)
	// Buildings are those of dwellings, by the id of the dwelling.
	Buildings func(ctx context.Context, o org.ID) (map[string]string, error)
}

// Server implements IncidentService.
type Server struct {
	incidentv1.UnimplementedIncidentServiceServer
	c         Config
	incidents registry.Resource[incident.Incident, *incidentv1.Incident]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c}
	s.incidents = registry.Resource[incident.Incident, *incidentv1.Incident]{Registry: c.Registry, Kind: Incidents(), Field: "incident", ToMessage: show}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { incidentv1.RegisterIncidentServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return incidentv1.RegisterIncidentServiceHandlerClient(ctx, m, incidentv1.NewIncidentServiceClient(conn))
}

// The keys of incidents.
const (
	within = "property"
	about  = "about" // each order that is or was part of it
	holds  = "holds" // each that is; no order is in two
	byOpen = "open"  // of those that are
)

// Incidents is how incidents are kept.
func Incidents() *registry.Kind[incident.Incident] {
	return &registry.Kind[incident.Incident]{
		Name: "incidents", Prefix: "in_", Keys: keys, State: func(i *incident.Incident) string { return string(i.State) },
	}
}

func keys(i *incident.Incident) []ledger.Key {
	open := i.State == incident.Open
	out := []ledger.Key{{Name: within, Value: ledger.Text(i.Property)}, {Name: about, Value: ledger.Text(string(i.Main))}}
	if open {
		out = append(out, ledger.Key{Name: byOpen, Value: ledger.Text("")}, ledger.Key{Name: holds, Value: ledger.Text(string(i.Main)), Unique: true})
	}
	for j := range i.Members {
		m := &i.Members[j]
		out = append(out, ledger.Key{Name: about, Value: ledger.Text(string(m.Order))})
		if open && m.Active() {
			out = append(out, ledger.Key{Name: holds, Value: ledger.Text(string(m.Order)), Unique: true})
		}
	}
	return out
}

// CreateIncident implements the method of the same name.
func (s *Server) CreateIncident(ctx context.Context, r *incidentv1.CreateIncidentRequest) (*incidentv1.Incident, error) {
	in := r.GetIncident()
	if in.GetWorkOrderId() == "" {
		return nil, &invalid.Error{Field: "incident.workOrderId", Want: "the order that repairs the cause"}
	}
	expected, err := wire.Instant("incident.expectedEndTime", in.GetExpectedEndTime())
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*incidentv1.Incident, error) {
		orders, err := s.orders(ctx, tx.Org, append([]string{in.GetWorkOrderId()}, in.GetWorkOrderIds()...))
		if err != nil {
			return nil, wire.In("incident", err)
		}
		i, err := incident.Begin(in.GetDisplayName(), in.GetPropertyId(), orders[0])
		if err != nil {
			return nil, err
		}
		i.Expected = expected
		if err := i.Group(tx.Now, orders[1:]); err != nil {
			return nil, wire.In("incident", err)
		}
		if err := s.building(tx, &i); err != nil {
			return nil, err
		}
		item, err := s.incidents.Insert(tx, i)
		if err != nil {
			return nil, err
		}
		s.settles(tx, item)
		tx.About(s.incidents.Name, item.ID)
		return show(item), nil
	})
}

// building finds out the building by the dwelling of the order, unless it is given, and wants one that is kept.
func (s *Server) building(tx *registry.Tx, i *incident.Incident) error {
	if i.Property == "" && i.MainUnit != "" {
		all, err := s.c.Buildings(tx.Context(), tx.Org)
		if err != nil {
			return err
		}
		i.Property = all[i.MainUnit]
		return nil
	}
	if i.Property == "" {
		return nil
	}
	_, err := tx.Store().Record(tx.Context(), tx.Org, "properties", i.Property)
	if errors.Is(err, ledger.ErrNotFound) {
		return &invalid.Error{Field: "incident.propertyId", Value: i.Property, Want: "the id of a property"}
	}
	return err
}

// orders reads orders. One that is not there is an invalid value.
func (s *Server) orders(ctx context.Context, o org.ID, ids []string) ([]*engine.Order, error) {
	out := make([]*engine.Order, len(ids))
	for i, id := range ids {
		var err error
		if out[i], err = s.c.Store.Order(ctx, o, dispatch.WorkOrderID(id)); errors.Is(err, engine.ErrNotFound) {
			return nil, &invalid.Error{Field: "workOrderIds", Value: id, Want: "ids of work orders"}
		} else if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settles sets the work that carries out what is pending.
func (s *Server) settles(tx *registry.Tx, item *registry.Item[incident.Incident]) {
	if len(item.Value.Pending()) > 0 {
		tx.Due(ledger.DueWork{Kind: DueSettle, Key: item.ID, At: tx.Now})
	}
}

// GetIncident implements the method of the same name.
func (s *Server) GetIncident(ctx context.Context, r *incidentv1.GetIncidentRequest) (*incidentv1.Incident, error) {
	out, err := s.incidents.Get(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	who, _ := auth.FromContext(ctx)
	for _, m := range out.GetMembers() {
		o, err := s.c.Store.Order(ctx, who.Org, dispatch.WorkOrderID(m.GetWorkOrderId()))
		if err != nil {
			return nil, err
		}
		m.OrderState = dispatchv1.WorkOrder_State(dispatchv1.WorkOrder_State_value[string(o.State)])
	}
	return out, nil
}

// ListIncidents implements the method of the same name.
func (s *Server) ListIncidents(ctx context.Context, r *incidentv1.ListIncidentsRequest) (*incidentv1.ListIncidentsResponse, error) {
	q := s.incidents.All()
	switch {
	case r.GetWorkOrderId() != "":
		q = s.incidents.Where(about, ledger.Text(r.GetWorkOrderId()))
	case r.GetPropertyId() != "":
		q = s.incidents.Where(within, ledger.Text(r.GetPropertyId()))
	}
	found, next, err := s.incidents.List(ctx, r, q)
	return &incidentv1.ListIncidentsResponse{Incidents: found, NextPageToken: next}, err
}

// UpdateIncident implements the method of the same name.
func (s *Server) UpdateIncident(ctx context.Context, r *incidentv1.UpdateIncidentRequest) (*incidentv1.Incident, error) {
	in := r.GetIncident()
	return s.incidents.Edit(ctx, r, in.GetId(), in, func(_ *registry.Tx, i *incident.Incident, m *incidentv1.Incident) error {
		switch {
		case m.GetPropertyId() != i.Property:
			return &invalid.Error{Field: "propertyId", Value: m.GetPropertyId(), Want: "what it was: the building is fixed"}
		case m.GetWorkOrderId() != string(i.Main):
			return &invalid.Error{Field: "workOrderId", Value: m.GetWorkOrderId(), Want: "what it was: the order is fixed"}
		case len(in.GetWorkOrderIds()) > 0:
			return &invalid.Error{Field: "workOrderIds", Want: "none: group and ungroup change them"}
		}
		expected, err := wire.Instant("expectedEndTime", m.GetExpectedEndTime())
		i.Name, i.Expected = m.GetDisplayName(), expected
		return err
	})
}

// verb is a request about one incident.
type verb interface {
	GetId() string
	GetEtag() string
}

// change applies a verb to an incident.
func (s *Server) change(tx *registry.Tx, r verb, field string, apply func(item *registry.Item[incident.Incident]) error) (*incidentv1.Incident, error) {
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	item, err := s.incidents.Load(tx, r.GetId())
	if err != nil {
		return nil, err
	}
	if version != call.AnyVersion && version != item.Version {
		return nil, ledger.ErrStale
	}
	if err := apply(item); err != nil {
		return nil, err
	}
	tx.About(s.incidents.Name, item.ID, field)
	s.settles(tx, item)
	if err := s.incidents.Save(tx, item); err != nil {
		return nil, err
	}
	return show(item), nil
}

func show(item *registry.Item[incident.Incident]) *incidentv1.Incident {
	i := &item.Value
	out := &incidentv1.Incident{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		State: incidentv1.Incident_State(incidentv1.Incident_State_value[string(i.State)]), DisplayName: i.Name, PropertyId: i.Property,
		WorkOrderId: string(i.Main), ExpectedEndTime: wire.Timestamp(i.Expected), CloseTime: wire.Timestamp(i.Closed), Outcome: i.Outcome,
	}
	for _, m := range i.Members {
		out.Members = append(out.Members, &incidentv1.Incident_Member{
			WorkOrderId: string(m.Order), UnitId: m.Unit, State: incidentv1.Incident_Member_State(incidentv1.Incident_Member_State_value[string(m.State)]),
			Reason: m.Reason, Time: wire.Timestamp(m.Since),
		})
	}
	for _, n := range i.Notices {
		audience := incidentv1.Incident_REPORTERS
		if n.Building {
			audience = incidentv1.Incident_BUILDING
		}
		out.Notices = append(out.Notices, &incidentv1.Incident_Notice{Time: wire.Timestamp(n.Time), Text: n.Text, Audience: audience, Count: int32(n.Count), By: n.By})
	}
	return out
}
