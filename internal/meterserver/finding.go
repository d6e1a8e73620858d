package meterserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/meter"
)

// DueOrder is the due work that opens the order of a finding; its key is the id of the finding.
const DueOrder = "meter.order"

func showFinding(item *registry.Item[meter.Alarm]) *tenancyv1.Finding {
	a := &item.Value
	return &tenancyv1.Finding{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		MeterId: a.Meter, UnitId: a.Unit, Kind: tenancyv1.Finding_Kind(tenancyv1.Finding_Kind_value[string(a.Kind)]),
		StartTime: timestamppb.New(a.From), Time: timestamppb.New(a.Time), Used: a.Used, Limit: a.Limit, Text: a.Text,
		WorkOrderId: a.Order, Dismissed: a.Dismissed, Reason: a.Reason,
	}
}

// ListFindings implements the method of the same name.
func (s *Server) ListFindings(ctx context.Context, r *tenancyv1.ListFindingsRequest) (*tenancyv1.ListFindingsResponse, error) {
	q := s.alarms.Between(byTime, "", "")
	if id := r.GetMeterId(); id != "" {
		q = ledger.Under(s.alarms.Name, ofMeter, ledger.Text(id))
	}
	q.Descending = true
	found, next, err := s.alarms.List(ctx, r, q)
	return &tenancyv1.ListFindingsResponse{Findings: found, NextPageToken: next}, err
}

// DismissFinding implements the method of the same name.
func (s *Server) DismissFinding(ctx context.Context, r *tenancyv1.DismissFindingRequest) (*tenancyv1.Finding, error) {
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*tenancyv1.Finding, error) {
		version, err := call.Version(r.GetEtag())
		if err != nil {
			return nil, err
		}
		item, err := s.alarms.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		if version != call.AnyVersion && version != item.Version {
			return nil, ledger.ErrStale
		}
		if err := item.Value.Dismiss(r.GetReason()); err != nil {
			return nil, err
		}
		tx.About(s.alarms.Name, item.ID, "dismissed")
		tx.Purpose(r.GetReason())
		err = s.alarms.Save(tx, item)
		return showFinding(item), err
	})
}

// reportMost is how many findings a report counts.
const reportMost = 10_000

// GetMeterReport implements the method of the same name.
func (s *Server) GetMeterReport(ctx context.Context, _ *tenancyv1.GetMeterReportRequest) (*tenancyv1.MeterReport, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	q := s.alarms.Between(byTime, "", "")
	q.Descending = true
	items, _, err := s.alarms.Kind.List(ctx, s.c.Store, who.Org, q, reportMost)
	if err != nil {
		return nil, err
	}
	lines := map[meter.Kind]*tenancyv1.MeterReport_Line{}
	for _, item := range items {
		a := &item.Value
		l := lines[a.Kind]
		if l == nil {
			l = &tenancyv1.MeterReport_Line{Kind: tenancyv1.Finding_Kind(tenancyv1.Finding_Kind_value[string(a.Kind)])}
			lines[a.Kind] = l
		}
		l.FoundCount++
		if a.Dismissed {
			l.DismissedCount++
		}
		if a.Order != "" {
			l.OrderCount++
		}
	}
	n, err := s.c.Store.Count(ctx, who.Org, s.meters.All(), 1<<30)
	out := &tenancyv1.MeterReport{MeterCount: int32(n)}
	for _, l := range lines {
		out.Lines = append(out.Lines, l)
	}
	slices.SortFunc(out.Lines, func(a, b *tenancyv1.MeterReport_Line) int { return cmp.Compare(a.GetKind(), b.GetKind()) })
	return out, err
}

// Order is what is to be opened for a finding.
type Order struct {
	Finding, Unit string
	Utility       meter.Utility
	Kind          meter.Kind
	Text          string
}

// Opener opens orders for findings.
type Opener struct {
	Registry *registry.Registry
	// Open opens an order, or returns the one that was opened for the same finding before.
	Open func(ctx context.Context, o org.ID, order *Order) (id string, err error)
}

// Handle does the due work of kind DueOrder. The order is opened under the id of the finding, so that a crash between the
// order and the finding opens none twice.
func (p *Opener) Handle(ctx context.Context, o org.ID, w ledger.DueWork) error {
	findings := Findings()
	return p.Registry.Work(ctx, o, DueOrder, func(tx *registry.Tx) error {
		tx.Done(w)
		tx.About(findings.Name, w.Key, "workOrderId")
		item, err := findings.Load(tx, w.Key)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil || item.Value.Order != "" || item.Value.Dismissed {
			return err
		}
		a := &item.Value
		device, err := Meters().Load(tx, a.Meter)
		if err != nil {
			return fmt.Errorf("meter of finding %s: %w", item.ID, err)
		}
		a.Order, err = p.Open(ctx, o, &Order{Finding: item.ID, Unit: a.Unit, Utility: device.Value.Utility, Kind: a.Kind, Text: a.Text})
		if err != nil {
			return err
		}
		return findings.Save(tx, item)
	})
}
