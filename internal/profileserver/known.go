package profileserver

import (
	"context"
	"slices"
	"time"

	"fettle/internal/registry"
	"fettle/internal/residence"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/profile"
	"fettle/rental/renewal/proposal"
)

// known is what is known of the tenant of a lease.
type known struct {
	lease   lease.Lease
	signals []profile.Signal
	tags    []profile.Held
	off     map[profile.Source]bool
}

// known reads it: facts that were imported, and what the service knows itself of the lease and its repairs.
func (h *house) known(ctx context.Context, o org.ID, id string) (*known, error) {
	l, err := h.Residence.Lease(ctx, o, lease.ID(id), h.today())
	if err != nil {
		return nil, err
	}
	off, err := h.off(ctx, o)
	if err != nil {
		return nil, err
	}
	var facts []profile.Facts
	if err := each(ctx, h.facts, h.Residence.Store, o, h.facts.Where(keyLease, ledger.Text(id)), func(item *registry.Item[profile.Facts]) {
		facts = append(facts, item.Value)
	}); err != nil {
		return nil, err
	}
	return h.gather(ctx, o, &l, facts, off)
}

// gather joins the facts of a lease with what the service knows itself.
func (h *house) gather(ctx context.Context, o org.ID, l *lease.Lease, facts []profile.Facts, off map[profile.Source]bool) (*known, error) {
	k := &known{lease: *l, off: off}
	today := h.today()
	for i := range facts {
		if !off[facts[i].Source] {
			k.signals = append(k.signals, facts[i].Signals(today)...)
		}
	}
	now := h.Clock.Now()
	if !off[profile.Leases] {
		k.own(profile.Signal{
			Name: "rentCents", Unit: "fen", Source: profile.Leases, Value: float64(l.Current().Rent), Count: 1, First: l.Current().Start, Last: today, At: now,
		})
	}
	if off[profile.WorkOrders] {
		k.tags = profile.Judge(nil, k.signals, now, h.Residence.Zone)
		return k, nil
	}
	reports, err := h.Residence.Reports(ctx, o, l.Unit, l.Current().Start.At(calendar.Clock{}, h.Residence.Zone))
	if err != nil {
		return nil, err
	}
	k.repairs(reports, today, h.Residence.Zone)
	frictions, err := h.Residence.Frictions(ctx, o, l.Unit, today.Add(-profile.Over).At(calendar.Clock{}, h.Residence.Zone))
	if err != nil {
		return nil, err
	}
	k.frictions(frictions, h.Residence.Zone)
	told := make([]profile.Report, len(reports))
	for i := range reports {
		told[i] = profile.Report{ID: reports[i].ID, At: reports[i].Created, Late: reports[i].Late}
	}
	k.tags = profile.Judge(told, k.signals, now, h.Residence.Zone)
	return k, nil
}

// own adds a signal of the service itself, in place of an imported one of the same name.
func (k *known) own(x profile.Signal) {
	k.signals = slices.DeleteFunc(k.signals, func(y profile.Signal) bool { return y.Name == x.Name })
	k.signals = append(k.signals, x)
}

// repairs adds the counts of repairs of the last year, when there are some.
func (k *known) repairs(reports []residence.Repair, today calendar.Date, zone *time.Location) {
	all := profile.Signal{Name: "repairs", Unit: "repairs", Source: profile.WorkOrders}
	late := profile.Signal{Name: "lateRepairs", Unit: "repairs", Source: profile.WorkOrders}
	for i := range reports {
		day := calendar.DateOf(reports[i].Created, zone)
		if today.Sub(day) >= profile.Over {
			continue
		}
		for _, x := range []*profile.Signal{&all, &late} {
			if x == &late && !reports[i].Late {
				continue
			}
			if x.Count == 0 {
				x.First = day
			}
			x.Value++
			x.Count++
			x.Last, x.At = day, reports[i].Created
		}
	}
	for _, x := range []profile.Signal{all, late} {
		if x.Count > 0 {
			k.own(x)
		}
	}
}

// frictions adds the count of tasks that are no repairs, when there are some.
func (k *known) frictions(at []time.Time, zone *time.Location) {
	if len(at) == 0 {
		return
	}
	last := at[len(at)-1]
	k.own(profile.Signal{
		Name: "frictions", Unit: "tasks", Source: profile.WorkOrders, Value: float64(len(at)), Count: len(at),
		First: calendar.DateOf(at[0], zone), Last: calendar.DateOf(last, zone), At: last,
	})
}

// pleasant are the signals that a tenant is shown in a proposal.
func pleasant() []string {
	return []string{"gymVisits", "commuteMinutesSaved", "eventsVisited", "neighborsMet", "kitchenBookings"}
}

// Figures are the signals of a lease that a proposal shows, each with the request that it comes from.
func (s *Server) Figures(ctx context.Context, o org.ID, id string) ([]proposal.Figure, error) {
	k, err := s.profiles.known(ctx, o, id)
	if err != nil {
		return nil, err
	}
	var out []proposal.Figure
	for _, name := range pleasant() {
		for i := range k.signals {
			if x := &k.signals[i]; x.Name == name && x.Value > 0 {
				out = append(out, proposal.Figure{
					Name: x.Name, Value: x.Value, Unit: x.Unit, Source: string(x.Source), Query: "GET /v1/profiles/" + id,
					Definition: "sum of the facts " + x.Name + " from " + x.First.String() + " to " + x.Last.String() + ", agreed to on " + x.Agreed.String(),
				})
			}
		}
	}
	return out, nil
}

// Tenant is what rules of messages know of a lease.
type Tenant struct {
	Tags    map[string]time.Time // with their ends
	Segment string
	Signals map[string]float64
}

// Tenant tells of one lease.
func (s *Server) Tenant(ctx context.Context, o org.ID, id string) (Tenant, error) {
	k, err := s.profiles.known(ctx, o, id)
	if err != nil {
		return Tenant{}, err
	}
	out := Tenant{Signals: map[string]float64{}, Tags: map[string]time.Time{}}
	for i := range k.signals {
		out.Signals[k.signals[i].Name] = k.signals[i].Value
	}
	for i := range k.tags {
		out.Tags[string(k.tags[i].Tag)] = k.tags[i].Expires
	}
	item, err := one(ctx, s.segments.placed, s.segments.Residence.Store, o, ledger.Text(id))
	if item != nil {
		out.Segment = string(item.Value.segment())
	}
	return out, err
}

// Welcome are the hours of the day in which visits to a dwelling are welcome, by a tag of the tenant whose lease runs there;
// false when there are none.
func (s *Server) Welcome(ctx context.Context, o org.ID, unit string) (profile.Hours, bool, error) {
	leases, err := s.profiles.Residence.LeasesOf(ctx, o, unit, s.profiles.today())
	if err != nil {
		return profile.Hours{}, false, err
	}
	for i := range leases {
		if st := leases[i].State; st != lease.Active && st != lease.Expiring {
			continue
		}
		k, err := s.profiles.known(ctx, o, string(leases[i].ID))
		if err != nil {
			return profile.Hours{}, false, err
		}
		for j := range k.tags {
			if q := k.tags[j].Quiet; q != nil {
				return *q, true, nil
			}
		}
	}
	return profile.Hours{}, false, nil
}
