package profileserver

import (
	"context"
	"strings"
	"time"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
	"fettle/rental/renewal/profile"
	"fettle/rental/renewal/segment"
)

// placed is the segment of a lease as it is kept.
type placed struct {
	segment.Placed              // by the model; its segment is empty before the first fit
	By             segment.Name `json:"by,omitempty"` // by hand; "" for none
	Who            string       `json:"who,omitempty"`
	Why            string       `json:"why,omitempty"`
}

// segment is the one that counts.
func (p *placed) segment() segment.Name {
	if p.By != "" {
		return p.By
	}
	return p.Segment
}

// fitted is the model in use: an org has one.
type fitted struct {
	segment.Model
	At time.Time `json:"at"`
}

func placedKind() *registry.Kind[placed] {
	return &registry.Kind[placed]{Name: "segments", Prefix: "sg_", Keys: func(p *placed) []ledger.Key {
		return []ledger.Key{
			{Name: keyOnce, Value: ledger.Text(p.ID), Unique: true}, {Name: keySegment, Value: ledger.Text(string(p.segment()))},
		}
	}}
}

func modelsKind() *registry.Kind[fitted] {
	return &registry.Kind[fitted]{Name: "segmentModels", Prefix: "sm_", Keys: func(*fitted) []ledger.Key {
		return []ledger.Key{{Name: keyOnce, Unique: true}}
	}}
}

const segmentDefinition = "Each running lease is three numbers of the last 365 days: SOCIAL (events visited, neighbors met, posts), PRICE (prices viewed, coupons used), " +
	"SERVICE (repairs, service requests); log(1+x), mean 0, deviation 1. k-means (k=4) finds groups; a group is named by the dimension whose center is at " +
	"least 0.5 above the mean and 0.3 above the others, else it is OTHER. Shares add to 1."

type segments struct {
	renewalv1.UnimplementedSegmentServiceServer
	*house
}

// FitSegments implements the method of the same name.
func (s *segments) FitSegments(ctx context.Context, r *renewalv1.FitSegmentsRequest) (*renewalv1.SegmentModel, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.SegmentModel, error) {
		tenants, err := s.tenants(ctx, tx.Org)
		if err != nil {
			return nil, err
		}
		model, err := segment.Fit(tenants, uint64(r.GetSeed()))
		if err != nil {
			return nil, err
		}
		have, err := s.everybody(ctx, tx.Org)
		if err != nil {
			return nil, err
		}
		var all []placed
		for i := range tenants {
			item := have[tenants[i].ID]
			if item == nil {
				item = &registry.Item[placed]{ID: tx.NewID(s.placed.Prefix), Created: tx.Now}
			}
			delete(have, tenants[i].ID)
			item.Value.Placed = model.Place(&tenants[i])
			if err := s.placed.Save(tx, item); err != nil {
				return nil, err
			}
			all = append(all, item.Value)
		}
		for _, gone := range have { // their leases run no more
			if err := s.placed.Delete(tx, gone); err != nil {
				return nil, err
			}
		}
		item, err := one(ctx, s.models, tx.Store(), tx.Org, "")
		if err != nil {
			return nil, err
		}
		if item == nil {
			item = &registry.Item[fitted]{ID: tx.NewID(s.models.Prefix), Created: tx.Now}
		}
		item.Value = fitted{Model: *model, At: tx.Now}
		tx.About(s.models.Name, item.ID)
		return showModel(&item.Value, all), s.models.Save(tx, item)
	})
}

// tenants are the leases that run, with their signals of the sources that are on.
func (s *segments) tenants(ctx context.Context, o org.ID) ([]segment.Tenant, error) {
	off, err := s.off(ctx, o)
	if err != nil {
		return nil, err
	}
	facts := map[string][]profile.Facts{}
	if err := each(ctx, s.facts, s.Residence.Store, o, s.facts.All(), func(item *registry.Item[profile.Facts]) {
		facts[item.Value.Lease] = append(facts[item.Value.Lease], item.Value)
	}); err != nil {
		return nil, err
	}
	var running []lease.Lease
	if err := s.Residence.Leases(ctx, o, s.today(), func(l *lease.Lease) {
		if l.State == lease.Active || l.State == lease.Expiring {
			running = append(running, *l)
		}
	}); err != nil {
		return nil, err
	}
	out := make([]segment.Tenant, len(running))
	for i := range running {
		k, err := s.gather(ctx, o, &running[i], facts[string(running[i].ID)], off)
		if err != nil {
			return nil, err
		}
		t := segment.Tenant{ID: string(running[i].ID)}
		for name, to := range map[segment.Name]*float64{segment.Social: &t.Social, segment.Price: &t.Price, segment.Service: &t.Service} {
			for _, want := range segment.Signals(name) {
				for j := range k.signals {
					if k.signals[j].Name == want {
						*to += k.signals[j].Value
					}
				}
			}
		}
		out[i] = t
	}
	return out, nil
}

// everybody reads who is placed, by lease.
func (s *segments) everybody(ctx context.Context, o org.ID) (map[string]*registry.Item[placed], error) {
	out := map[string]*registry.Item[placed]{}
	err := each(ctx, s.placed, s.Residence.Store, o, s.placed.All(), func(item *registry.Item[placed]) { out[item.Value.ID] = item })
	return out, err
}

// Segments are the segments of leases, by the id of the lease.
func (s *Server) Segments(ctx context.Context, o org.ID) (map[string]string, error) {
	all, err := s.segments.everybody(ctx, o)
	out := make(map[string]string, len(all))
	for id, item := range all {
		out[id] = string(item.Value.segment())
	}
	return out, err
}

// GetSegments implements the method of the same name.
func (s *segments) GetSegments(ctx context.Context, _ *renewalv1.GetSegmentsRequest) (*renewalv1.SegmentModel, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := one(ctx, s.models, s.Residence.Store, who.Org, "")
	if err != nil {
		return nil, err
	}
	if item == nil {
		item = &registry.Item[fitted]{}
	}
	everybody, err := s.everybody(ctx, who.Org)
	all := make([]placed, 0, len(everybody))
	for _, p := range everybody {
		all = append(all, p.Value)
	}
	return showModel(&item.Value, all), err
}

// ListAssignments implements the method of the same name.
func (s *segments) ListAssignments(ctx context.Context, r *renewalv1.ListSegmentAssignmentsRequest) (*renewalv1.ListSegmentAssignmentsResponse, error) {
	q := s.placed.All()
	if r.GetSegment() != "" {
		q = s.placed.Where(keySegment, ledger.Text(strings.ToUpper(r.GetSegment())))
	}
	list := registry.Resource[placed, *renewalv1.SegmentAssignment]{
		Registry: s.Registry, Kind: s.placed,
		ToMessage: func(item *registry.Item[placed]) *renewalv1.SegmentAssignment { return showPlaced(&item.Value) },
	}
	out, next, err := list.List(ctx, r, q)
	return &renewalv1.ListSegmentAssignmentsResponse{Assignments: out, NextPageToken: next}, err
}

// OverrideSegment implements the method of the same name.
func (s *segments) OverrideSegment(ctx context.Context, r *renewalv1.OverrideSegmentRequest) (*renewalv1.SegmentAssignment, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.SegmentAssignment, error) {
		if _, err := s.Residence.Lease(ctx, tx.Org, lease.ID(r.GetLeaseId()), s.today()); err != nil {
			return nil, err
		}
		item, err := one(ctx, s.placed, tx.Store(), tx.Org, ledger.Text(r.GetLeaseId()))
		if err != nil {
			return nil, err
		}
		if item == nil {
			item = &registry.Item[placed]{ID: tx.NewID(s.placed.Prefix), Created: tx.Now, Value: placed{Placed: segment.Placed{ID: r.GetLeaseId()}}}
		}
		p := &item.Value
		p.By, p.Who, p.Why = segment.Name(r.GetSegment()), tx.Who.Name, r.GetReason()
		if p.By == "" {
			p.Who, p.Why = "", ""
		}
		tx.About(s.placed.Name, item.ID, "segment")
		tx.Purpose(r.GetReason())
		return showPlaced(p), s.placed.Save(tx, item)
	})
}

func showPlaced(p *placed) *renewalv1.SegmentAssignment {
	return &renewalv1.SegmentAssignment{
		LeaseId: p.ID, Segment: string(p.segment()), Reasons: p.Reasons, Margin: p.Margin, Overridden: p.By != "", OverrideBy: p.Who,
		OverrideReason: p.Why, ModelSegment: string(p.Segment),
	}
}

func showModel(m *fitted, all []placed) *renewalv1.SegmentModel {
	out := &renewalv1.SegmentModel{
		FitTime: wire.Timestamp(m.At), Leases: int32(m.Tenants), Stability: m.Stability, Stable: m.Stability >= segment.UnstableBelow,
		Explained: m.Explained, Definition: segmentDefinition,
	}
	for i, c := range m.Centers {
		out.Groups = append(out.Groups, &renewalv1.SegmentGroup{Segment: string(m.Named[i]), Social: c[0], Price: c[1], Service: c[2]})
	}
	of, by := make([]segment.Name, len(all)), map[segment.Name]int32{}
	for i := range all {
		of[i] = all[i].segment()
		if all[i].By != "" {
			by[all[i].By]++
		}
	}
	for _, x := range segment.Shares(of) {
		out.Shares = append(out.Shares, &renewalv1.SegmentShare{
			Segment: string(x.Segment), Leases: int32(x.Tenants), Share: x.Share, Overridden: by[x.Segment],
		})
	}
	return out
}
