package meterserver

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/csvtable"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org/calendar"
	"fettle/rental/meter"
)

// AddReadings implements the method of the same name.
func (s *Server) AddReadings(ctx context.Context, r *tenancyv1.AddReadingsRequest) (*tenancyv1.AddReadingsResponse, error) {
	readings := make([]meter.Reading, len(r.GetReadings()))
	for i, in := range r.GetReadings() {
		readings[i] = meter.Reading{Time: in.GetTime().AsTime(), Used: in.GetUsed()}
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.AddReadingsResponse, error) {
		item, err := s.meters.Depend(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		tx.About(s.meters.Name, item.ID, "readings")
		got, err := s.take(tx, item, readings)
		if err != nil {
			return nil, err
		}
		return &tenancyv1.AddReadingsResponse{
			AcceptedCount: int32(got.accepted), RejectedCount: int32(len(readings) - got.accepted), Findings: got.findings,
		}, nil
	})
}

// taken is what has become of readings.
type taken struct {
	accepted int
	findings []*tenancyv1.Finding
}

// take adds readings to the memory of a meter, keeps what is found, and sets the work that opens an order.
func (s *Server) take(tx *registry.Tx, item *registry.Item[meter.Device], readings []meter.Reading) (out taken, err error) {
	memory, err := s.series.Load(tx, item.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		memory, err = &registry.Item[meter.Series]{ID: item.ID, Created: tx.Now}, nil
	}
	if err != nil {
		return out, err
	}
	for _, r := range readings {
		found, err := memory.Value.Take(meter.Config{Zone: s.c.Zone}, r)
		if err != nil {
			continue // it is not after the last one, or no number
		}
		out.accepted++
		for _, f := range found {
			alarm, err := s.alarms.Insert(tx, meter.Alarm{Finding: f, Meter: item.ID, Unit: item.Value.Unit})
			if err != nil {
				return out, err
			}
			if slices.Contains(item.Value.Orders, f.Kind) {
				tx.Due(ledger.DueWork{Kind: DueOrder, Key: alarm.ID, At: tx.Now})
			}
			out.findings = append(out.findings, showFinding(alarm))
		}
	}
	if out.accepted == 0 {
		return out, nil
	}
	return out, s.series.Save(tx, memory)
}

// importLines is the most that one file may have.
const importLines = 10_000

// ImportReadings implements the method of the same name.
func (s *Server) ImportReadings(ctx context.Context, r *tenancyv1.ImportReadingsRequest) (*tenancyv1.ImportReadingsResponse, error) {
	serials, readings, err := s.readFile(r.GetCsv())
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.ImportReadingsResponse, error) {
		out := &tenancyv1.ImportReadingsResponse{}
		tx.About(s.meters.Name, "", "readings")
		for _, serial := range serials {
			items, _, err := s.meters.Kind.List(ctx, tx.Store(), tx.Org, s.meters.Where(bySerial, ledger.Text(serial)), 1)
			if err != nil {
				return nil, err
			}
			if len(items) == 0 {
				out.UnknownSerials = append(out.UnknownSerials, serial)
				continue
			}
			tx.Seen(ledger.Ref{Kind: s.meters.Name, ID: items[0].ID, Version: items[0].Version})
			got, err := s.take(tx, items[0], readings[serial])
			if err != nil {
				return nil, err
			}
			out.AcceptedCount += int32(got.accepted)
			out.RejectedCount += int32(len(readings[serial]) - got.accepted)
			out.Findings = append(out.Findings, got.findings...)
		}
		return out, nil
	})
}

// readFile reads a file: the serial numbers in the order of their first reading, and the readings of each.
func (s *Server) readFile(text string) (serials []string, readings map[string][]meter.Reading, err error) {
	rows, err := csvtable.Read(text, []string{"serial", "time", "used"}, nil, importLines)
	if err != nil {
		return nil, nil, err
	}
	readings = map[string][]meter.Reading{}
	for i := range rows {
		r := &rows[i]
		at, err := time.Parse(time.RFC3339, r.Get("time"))
		if err != nil {
			at, err = time.ParseInLocation(time.DateTime, r.Get("time"), s.c.Zone)
		}
		if err != nil {
			return nil, nil, r.Fault("time", "an instant as 2026-07-06T08:00:00+08:00 or 2026-07-06 08:00:00")
		}
		used, err := r.Float("used")
		if err != nil || math.IsNaN(used) || math.IsInf(used, 0) {
			return nil, nil, r.Fault("used", "a number")
		}
		serial := r.Get("serial")
		if serial == "" {
			return nil, nil, r.Fault("serial", "the number on the meter")
		}
		if readings[serial] == nil {
			serials = append(serials, serial)
		}
		readings[serial] = append(readings[serial], meter.Reading{Time: at, Used: used})
	}
	return serials, readings, nil
}

// ListReadings implements the method of the same name.
func (s *Server) ListReadings(ctx context.Context, r *tenancyv1.ListReadingsRequest) (*tenancyv1.ListReadingsResponse, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.meters.Read(ctx, s.c.Store, who.Org, r.GetId()); err != nil {
		return nil, err
	}
	out := &tenancyv1.ListReadingsResponse{}
	memory, err := s.series.Read(ctx, s.c.Store, who.Org, r.GetId())
	if errors.Is(err, ledger.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range memory.Value.Past {
		out.Readings = append(out.Readings, &tenancyv1.Reading{Time: timestamppb.New(p.Time), Used: p.Used})
		day := calendar.DateOf(p.Time, s.c.Zone).String()
		if n := len(out.GetDays()); n == 0 || out.Days[n-1].GetDate() != day {
			out.Days = append(out.Days, &tenancyv1.ListReadingsResponse_Day{Date: day})
		}
		last := out.Days[len(out.GetDays())-1]
		last.Used += p.Used
		last.Readings++
	}
	return out, nil
}
