// Package meterserver is MeterService: meters as resources of the registry, their readings, what is found in them, and the order
// that follows. A finding and the work that opens its order are kept with the readings in one transaction.
//
// Read server.go for meters, intake.go for readings, finding.go for what was found and its order.
package meterserver

import (
	"context"
	"errors"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/meter"
)

// Config says what the service needs. All must be given.
type Config struct {
	Registry *registry.Registry
	Store    ledger.Reader
	Clock    call.Clock
	Zone     *time.Location // of the dwellings
}

// Server implements MeterService.
type Server struct {
	tenancyv1.UnimplementedMeterServiceServer
	c      Config
	meters registry.Resource[meter.Device, *tenancyv1.Meter]
	alarms registry.Resource[meter.Alarm, *tenancyv1.Finding]
	series *registry.Kind[meter.Series]
}

// New makes the service.
func New(c Config) *Server {
	s := &Server{c: c, series: Readings()}
	s.meters = registry.Resource[meter.Device, *tenancyv1.Meter]{
		Registry: c.Registry, Kind: Meters(), Field: "meter", FromMessage: readMeter, ToMessage: showMeter, Check: s.check,
	}
	s.alarms = registry.Resource[meter.Alarm, *tenancyv1.Finding]{Registry: c.Registry, Kind: Findings(), ToMessage: showFinding}
	return s
}

// Register adds the service to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { tenancyv1.RegisterMeterServiceServer(r, s) }

// REST adds the paths of the service.
func REST(ctx context.Context, m *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return tenancyv1.RegisterMeterServiceHandlerClient(ctx, m, tenancyv1.NewMeterServiceClient(conn))
}

// The keys of meters and findings.
const (
	ofUnit   = "unit"
	bySerial = "serial"
	ofMeter  = "meter" // [time]
	byTime   = "time"
)

// Meters is how meters are kept.
func Meters() *registry.Kind[meter.Device] {
	return &registry.Kind[meter.Device]{Name: "meters", Prefix: "mt_", Keys: func(d *meter.Device) []ledger.Key {
		return []ledger.Key{{Name: ofUnit, Value: ledger.Text(d.Unit)}, {Name: bySerial, Value: ledger.Text(d.Serial), Unique: true}}
	}}
}

// Readings is how the memory of a meter is kept, under the id of the meter.
func Readings() *registry.Kind[meter.Series] {
	return &registry.Kind[meter.Series]{
		Name: "meterReadings", Encode: func(s *meter.Series) ([]byte, error) { return s.Encode(), nil },
		Decode: func(body []byte, s *meter.Series) error { return s.Decode(body) },
	}
}

// Findings is how findings are kept: found by meter and by instant.
func Findings() *registry.Kind[meter.Alarm] {
	return &registry.Kind[meter.Alarm]{Name: "meterFindings", Prefix: "mf_", Keys: func(a *meter.Alarm) []ledger.Key {
		at := ledger.Instant(a.Time)
		return []ledger.Key{{Name: ofMeter, Value: ledger.Join(ledger.Text(a.Meter), at)}, {Name: byTime, Value: at}}
	}}
}

// unitKind is the kind of dwellings.
const unitKind = "units"

// check wants the dwelling of a meter to be there, also at the commit.
func (s *Server) check(tx *registry.Tx, _, after *meter.Device) error {
	if after == nil {
		return nil
	}
	unit, err := tx.Store().Record(tx.Context(), tx.Org, unitKind, after.Unit)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && unit.State == registry.Deleted {
		return &invalid.Error{Field: "unitId", Value: after.Unit, Want: "the id of a dwelling"}
	}
	if err == nil {
		tx.Seen(unit.Ref())
	}
	return err
}

func readMeter(m *tenancyv1.Meter) (meter.Device, error) {
	d := meter.Device{Unit: m.GetUnitId(), Utility: meter.Utility(m.GetUtility().String()), Serial: m.GetSerial(), Measure: m.GetMeasure()}
	for _, k := range m.GetOrderKinds() {
		d.Orders = append(d.Orders, meter.Kind(k.String()))
	}
	if d.Orders == nil {
		d.Orders = []meter.Kind{meter.Leak}
	}
	return d, nil
}

func showMeter(item *registry.Item[meter.Device]) *tenancyv1.Meter {
	d := &item.Value
	out := &tenancyv1.Meter{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		UnitId: d.Unit, Utility: tenancyv1.Meter_Utility(tenancyv1.Meter_Utility_value[string(d.Utility)]), Serial: d.Serial, Measure: d.Measure,
	}
	for _, k := range d.Orders {
		out.OrderKinds = append(out.OrderKinds, tenancyv1.Finding_Kind(tenancyv1.Finding_Kind_value[string(k)]))
	}
	return out
}

// CreateMeter implements the method of the same name.
func (s *Server) CreateMeter(ctx context.Context, r *tenancyv1.CreateMeterRequest) (*tenancyv1.Meter, error) {
	return s.meters.Create(ctx, r, r.GetMeter())
}

// GetMeter implements the method of the same name.
func (s *Server) GetMeter(ctx context.Context, r *tenancyv1.GetMeterRequest) (*tenancyv1.Meter, error) {
	return s.meters.Get(ctx, r.GetId())
}

// ListMeters implements the method of the same name.
func (s *Server) ListMeters(ctx context.Context, r *tenancyv1.ListMetersRequest) (*tenancyv1.ListMetersResponse, error) {
	q := s.meters.All()
	switch {
	case r.GetUnitId() != "" && r.GetSerial() != "":
		return nil, &invalid.Error{Field: "unitId", Want: "at most one of unitId and serial"}
	case r.GetUnitId() != "":
		q = s.meters.Where(ofUnit, ledger.Text(r.GetUnitId()))
	case r.GetSerial() != "":
		q = s.meters.Where(bySerial, ledger.Text(r.GetSerial()))
	}
	found, next, err := s.meters.List(ctx, r, q)
	return &tenancyv1.ListMetersResponse{Meters: found, NextPageToken: next}, err
}

// UpdateMeter implements the method of the same name.
func (s *Server) UpdateMeter(ctx context.Context, r *tenancyv1.UpdateMeterRequest) (*tenancyv1.Meter, error) {
	return s.meters.Update(ctx, r, r.GetMeter().GetId(), r.GetMeter())
}

// DeleteMeter implements the method of the same name.
func (s *Server) DeleteMeter(ctx context.Context, r *tenancyv1.DeleteMeterRequest) (*emptypb.Empty, error) {
	return s.meters.Delete(ctx, r, r.GetId(), r.GetEtag())
}

// caller is who asks.
func caller(ctx context.Context) (*auth.Principal, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return who, nil
}
