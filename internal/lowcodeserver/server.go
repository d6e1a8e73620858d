// Package lowcodeserver is LowCodeService: fields, rules and tiles that people add without programmers. It decodes, lets
// internal/lowcode decide on resources of the registry, and encodes.
//
// Rules run each hour, when they are asked to, and over one record whenever its own fields are set. A record is found once: its hit
// stays until the rule holds no more, so that nothing is done twice, whoever runs at the same time.
package lowcodeserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	lowcodev1 "fettle/api/gen/fettle/lowcode/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/lowcode"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Source reads the records of an org that fields, rules and tiles are about.
type Source interface {
	// Each calls do with every record of a kind: its id and what expressions see of it.
	Each(ctx context.Context, o org.ID, k lowcode.Kind, do func(id string, it map[string]any)) error
	// One reads one record, or ledger.ErrNotFound.
	One(ctx context.Context, o org.ID, k lowcode.Kind, id string) (map[string]any, error)
}

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Source   Source
	Clock    call.Clock
	Zone     *time.Location
	// Index is the hash of an org under which values are found that are not kept in clear.
	Index func(o org.ID, kind, value string) (string, error)
}

// Server implements LowCodeService.
type Server struct {
	lowcodev1.UnimplementedLowCodeServiceServer
	Config
	fields      registry.Resource[lowcode.Field, *lowcodev1.CustomField]
	automations registry.Resource[lowcode.Automation, *lowcodev1.Automation]
	tiles       registry.Resource[lowcode.Tile, *lowcodev1.Tile]
	values      *registry.Kind[lowcode.Values]
	hits        *registry.Kind[lowcode.Hit]
}

// The keys by which things are found.
const (
	keyName   = "name"   // of a field: kind and name; of a tile and a rule: the name
	keyRecord = "record" // of values: kind and id; of a hit that stands: rule and id
	keyValue  = "value"  // of values: kind, field and keyed hash of the value as text
	keyRule   = "rule"   // of a hit
)

// New makes the service.
func New(c Config) *Server {
	s := &Server{Config: c, values: valueKind(), hits: hitKind()}
	s.fields = registry.Resource[lowcode.Field, *lowcodev1.CustomField]{
		Registry: c.Registry, Kind: &registry.Kind[lowcode.Field]{Name: "customFields", Prefix: "cf_", Keys: func(f *lowcode.Field) []ledger.Key {
			return []ledger.Key{{Name: keyName, Value: ledger.Text(string(f.Kind), f.Name), Unique: true}}
		}}, Field: "customField", FromMessage: fieldOf, ToMessage: showField, Check: sameField,
	}
	s.automations = registry.Resource[lowcode.Automation, *lowcodev1.Automation]{
		Registry: c.Registry, Kind: &registry.Kind[lowcode.Automation]{Name: "automations", Prefix: "au_", Keys: func(a *lowcode.Automation) []ledger.Key {
			return []ledger.Key{{Name: keyName, Value: ledger.Text(a.Current().Name), Unique: true}}
		}}, Field: "automation", ToMessage: showAutomation,
	}
	s.tiles = registry.Resource[lowcode.Tile, *lowcodev1.Tile]{
		Registry: c.Registry, Kind: &registry.Kind[lowcode.Tile]{Name: "tiles", Prefix: "ti_", Keys: func(t *lowcode.Tile) []ledger.Key {
			return []ledger.Key{{Name: keyName, Value: ledger.Text(t.Name), Unique: true}}
		}}, Field: "tile", FromMessage: tileOf, ToMessage: showTile,
	}
	return s
}

func valueKind() *registry.Kind[lowcode.Values] {
	return &registry.Kind[lowcode.Values]{Name: "customValues", Prefix: "cv_", Keys: func(v *lowcode.Values) []ledger.Key {
		keys := []ledger.Key{{Name: keyRecord, Value: ledger.Text(string(v.Kind), v.Record), Unique: true}}
		for name, hash := range v.Found {
			keys = append(keys, ledger.Key{Name: keyValue, Value: ledger.Text(string(v.Kind), name, hash)})
		}
		return keys
	}}
}

// maxFound is how long a value may be that is searched for, in bytes.
const maxFound = 200

// hash is that under which records are found by the value of a field.
func (s *Server) hash(o org.ID, k lowcode.Kind, field, text string) (string, error) {
	return s.Index(o, s.values.Name+"."+string(k)+"."+field, text)
}

// save writes values with the hashes by which their record is found.
func (s *Server) save(tx *registry.Tx, item *registry.Item[lowcode.Values]) error {
	v := &item.Value
	v.Found = map[string]string{}
	for name, x := range v.Values {
		text := lowcode.Plain(x)
		if len(text) > maxFound {
			continue
		}
		var err error
		if v.Found[name], err = s.hash(tx.Org, v.Kind, name, text); err != nil {
			return err
		}
	}
	return s.values.Save(tx, item)
}

func hitKind() *registry.Kind[lowcode.Hit] {
	return &registry.Kind[lowcode.Hit]{Name: "automationHits", Prefix: "ah_", Keys: func(h *lowcode.Hit) []ledger.Key {
		keys := []ledger.Key{{Name: keyRule, Value: ledger.Text(h.Automation)}}
		if h.Cleared.IsZero() {
			keys = append(keys, ledger.Key{Name: keyRecord, Value: ledger.Text(h.Automation, h.Record), Unique: true})
		}
		return keys
	}}
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { lowcodev1.RegisterLowCodeServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return lowcodev1.RegisterLowCodeServiceHandlerClient(ctx, m, lowcodev1.NewLowCodeServiceClient(conn))
}

// today is the day in the zone of orgs, as expressions see it.
func (s *Server) today() string { return calendar.DateOf(s.Clock.Now(), s.Zone).String() }

// sameField keeps what values were written by.
func sameField(_ *registry.Tx, before, after *lowcode.Field) error {
	if before != nil && (before.Kind != after.Kind || before.Name != after.Name || before.Type != after.Type) {
		return fault.New("name", after.Name, "kind, name and type as they are: values were written by them")
	}
	return nil
}

// CreateCustomField implements the method of the same name.
func (s *Server) CreateCustomField(ctx context.Context, r *lowcodev1.CreateCustomFieldRequest) (*lowcodev1.CustomField, error) {
	return s.fields.Create(ctx, r, r.GetCustomField())
}

// GetCustomField implements the method of the same name.
func (s *Server) GetCustomField(ctx context.Context, r *lowcodev1.GetCustomFieldRequest) (*lowcodev1.CustomField, error) {
	return s.fields.Get(ctx, r.GetId())
}

// ListCustomFields implements the method of the same name.
func (s *Server) ListCustomFields(ctx context.Context, r *lowcodev1.ListCustomFieldsRequest) (*lowcodev1.ListCustomFieldsResponse, error) {
	list, next, err := s.fields.List(ctx, r, s.fields.All())
	return &lowcodev1.ListCustomFieldsResponse{CustomFields: list, NextPageToken: next}, err
}

// UpdateCustomField implements the method of the same name.
func (s *Server) UpdateCustomField(ctx context.Context, r *lowcodev1.UpdateCustomFieldRequest) (*lowcodev1.CustomField, error) {
	return s.fields.Update(ctx, r, r.GetCustomField().GetId(), r.GetCustomField())
}

// CreateTile implements the method of the same name.
func (s *Server) CreateTile(ctx context.Context, r *lowcodev1.CreateTileRequest) (*lowcodev1.Tile, error) {
	return s.tiles.Create(ctx, r, r.GetTile())
}

// GetTile implements the method of the same name.
func (s *Server) GetTile(ctx context.Context, r *lowcodev1.GetTileRequest) (*lowcodev1.Tile, error) {
	return s.tiles.Get(ctx, r.GetId())
}

// ListTiles implements the method of the same name.
func (s *Server) ListTiles(ctx context.Context, r *lowcodev1.ListTilesRequest) (*lowcodev1.ListTilesResponse, error) {
	list, next, err := s.tiles.List(ctx, r, s.tiles.All())
	return &lowcodev1.ListTilesResponse{Tiles: list, NextPageToken: next}, err
}

// UpdateTile implements the method of the same name.
func (s *Server) UpdateTile(ctx context.Context, r *lowcodev1.UpdateTileRequest) (*lowcodev1.Tile, error) {
	return s.tiles.Update(ctx, r, r.GetTile().GetId(), r.GetTile())
}

// DeleteTile implements the method of the same name.
func (s *Server) DeleteTile(ctx context.Context, r *lowcodev1.DeleteTileRequest) (*emptypb.Empty, error) {
	return s.tiles.Delete(ctx, r, r.GetId(), r.GetEtag())
}

// caller is who asks.
func caller(ctx context.Context) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return who, nil
}

// fieldsOf are the fields of a kind, by name.
func (s *Server) fieldsOf(ctx context.Context, o org.ID, k lowcode.Kind) (map[string]*lowcode.Field, error) {
	out := map[string]*lowcode.Field{}
	err := all(ctx, s.fields.Kind, s.Store, o, s.fields.All(), func(item *registry.Item[lowcode.Field]) {
		if item.Value.Kind == k {
			out[item.Value.Name] = &item.Value
		}
	})
	return out, err
}

// customOf are the own fields of all records of a kind, by the id of the record.
func (s *Server) customOf(ctx context.Context, o org.ID, k lowcode.Kind) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	err := all(ctx, s.values, s.Store, o, s.values.All(), func(item *registry.Item[lowcode.Values]) {
		if item.Value.Kind == k {
			out[item.Value.Record] = item.Value.Values
		}
	})
	return out, err
}

// each calls do with every record of a kind as expressions see it.
func (s *Server) each(ctx context.Context, o org.ID, k lowcode.Kind, do func(r *lowcode.Record)) error {
	custom, err := s.customOf(ctx, o, k)
	if err != nil {
		return err
	}
	return s.Source.Each(ctx, o, k, func(id string, it map[string]any) {
		own := custom[id]
		if own == nil {
			own = map[string]any{}
		}
		do(&lowcode.Record{ID: id, It: it, Custom: own})
	})
}

// ofRecord finds the own fields of a record, nil when it has none.
func (s *Server) ofRecord(ctx context.Context, o org.ID, k lowcode.Kind, id string) (*registry.Item[lowcode.Values], error) {
	found, _, err := s.values.List(ctx, s.Store, o, s.values.Where(keyRecord, ledger.Text(string(k), id)), 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// SetCustomValues implements the method of the same name.
func (s *Server) SetCustomValues(ctx context.Context, r *lowcodev1.SetCustomValuesRequest) (*lowcodev1.CustomValues, error) {
	kind := lowcode.Kind(r.GetKind().String())
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*lowcodev1.CustomValues, error) {
		if _, err := s.Source.One(ctx, tx.Org, kind, r.GetRecordId()); errors.Is(err, ledger.ErrNotFound) {
			return nil, &invalid.Error{Field: "recordId", Value: r.GetRecordId(), Want: "the id of one of " + string(kind)}
		} else if err != nil {
			return nil, err
		}
		fields, err := s.fieldsOf(ctx, tx.Org, kind)
		if err != nil {
			return nil, err
		}
		item, err := s.ofRecord(ctx, tx.Org, kind, r.GetRecordId())
		if err != nil {
			return nil, err
		}
		if item == nil {
			item = &registry.Item[lowcode.Values]{
				ID: tx.NewID(s.values.Prefix), Created: tx.Now, Value: lowcode.Values{Kind: kind, Record: r.GetRecordId(), Values: map[string]any{}},
			}
		}
		var names []string
		for name, v := range r.GetValues() {
			f := fields[name]
			if f == nil {
				return nil, &invalid.Error{Field: "values." + name, Value: name, Want: "the name of a field of " + string(kind) + ", as /v1/customFields has them"}
			}
			names = append(names, name)
			given := v.AsInterface()
			if given == nil {
				delete(item.Value.Values, name)
				continue
			}
			if item.Value.Values[name], err = f.Accept(given); err != nil {
				return nil, err
			}
		}
		tx.About(s.values.Name, item.ID, names...)
		tx.Due(ledger.DueWork{Kind: DueLook, Key: string(kind) + "/" + r.GetRecordId(), At: tx.Now})
		if err := s.save(tx, item); err != nil {
			return nil, err
		}
		return showValues(item)
	})
	return out, err
}

// ListCustomValues implements the method of the same name.
func (s *Server) ListCustomValues(ctx context.Context, r *lowcodev1.ListCustomValuesRequest) (*lowcodev1.ListCustomValuesResponse, error) {
	kind := r.GetKind().String()
	q := ledger.Under(s.values.Name, keyRecord, ledger.Text(kind))
	switch {
	case r.GetRecordId() != "" && r.GetField() != "":
		return nil, &invalid.Error{Field: "field", Value: r.GetField(), Want: "at most one of recordId and field"}
	case r.GetRecordId() != "":
		q = s.values.Where(keyRecord, ledger.Text(kind, r.GetRecordId()))
	case r.GetField() != "":
		who, err := caller(ctx)
		if err != nil {
			return nil, err
		}
		hash, err := s.hash(who.Org, lowcode.Kind(kind), r.GetField(), r.GetEquals())
		if err != nil {
			return nil, err
		}
		q = s.values.Where(keyValue, ledger.Text(kind, r.GetField(), hash))
	}
	list := registry.Resource[lowcode.Values, *lowcodev1.CustomValues]{
		Registry: s.Registry, Kind: s.values, ToMessage: func(item *registry.Item[lowcode.Values]) *lowcodev1.CustomValues {
			m, err := showValues(item)
			if err != nil { // values have passed Accept
				return &lowcodev1.CustomValues{Id: item.ID}
			}
			return m
		},
	}
	found, next, err := list.List(ctx, r, q)
	return &lowcodev1.ListCustomValuesResponse{CustomValues: found, NextPageToken: next}, err
}

// ReadTile implements the method of the same name.
func (s *Server) ReadTile(ctx context.Context, r *lowcodev1.GetTileRequest) (*lowcodev1.TileValue, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	item, err := s.tiles.Read(ctx, s.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	c, err := lowcode.NewCounter(&item.Value)
	if err != nil {
		return nil, err
	}
	today := s.today()
	if err := s.each(ctx, who.Org, item.Value.Kind, func(r *lowcode.Record) { c.Add(r, today) }); err != nil {
		return nil, err
	}
	return showValue(c, s.Clock.Now()), nil
}

// all calls do with every item that a query selects.
func all[T any](ctx context.Context, k *registry.Kind[T], store ledger.Reader, o org.ID, q ledger.Query, do func(*registry.Item[T])) error {
	const page = 1000
	for {
		items, next, err := k.List(ctx, store, o, q, page)
		if err != nil {
			return fmt.Errorf("read %s: %w", k.Name, err)
		}
		for _, item := range items {
			do(item)
		}
		if next == (ledger.Place{}) {
			return nil
		}
		q.After = next
	}
}
