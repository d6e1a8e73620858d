package triggerserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	renewalv1 "fettle/api/gen/fettle/renewal/v1"
	"fettle/internal/auth"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/lease"
	"fettle/rental/renewal/trigger"
)

// Bounds of a dry run.
const (
	dryDays, maxDryDays = 30, 120
	maxItems            = 5000
)

// told is what a rule has told, as it is kept: once a rule, lease and day.
type told struct {
	trigger.Told
	Version int    `json:"version"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
}

// The keys of records.
const (
	keyOnce  = "once"
	keyLease = "lease"
)

type triggers struct {
	renewalv1.UnimplementedTriggerServiceServer
	*house
	resource registry.Resource[trigger.Versioned, *renewalv1.Trigger]
	told     *registry.Kind[told]
	mornings *registry.Kind[lastMorning]
}

// lastMorning is the last day whose rules were run: an org has one.
type lastMorning struct {
	Day calendar.Date `json:"day"`
}

func newTriggers(h *house) *triggers {
	s := &triggers{house: h}
	s.resource = registry.Resource[trigger.Versioned, *renewalv1.Trigger]{
		Registry: h.Registry, Kind: &registry.Kind[trigger.Versioned]{Name: "triggers", Prefix: "tg_"}, Field: "trigger", ToMessage: showTrigger,
	}
	s.told = &registry.Kind[told]{Name: "triggersTold", Prefix: "tt_", Keys: func(t *told) []ledger.Key {
		return []ledger.Key{
			{Name: keyLease, Value: ledger.Text(t.Lease)},
			{Name: keyOnce, Value: ledger.Text(t.Rule, t.Lease, t.Day.String()), Unique: true},
		}
	}}
	s.mornings = &registry.Kind[lastMorning]{Name: "triggerMornings", Prefix: "tm_", Keys: func(*lastMorning) []ledger.Key {
		return []ledger.Key{{Name: keyOnce, Unique: true}}
	}}
	return s
}

// morning reads which morning was the last, nil for none.
func (s *triggers) morning(ctx context.Context, o org.ID) (*registry.Item[lastMorning], error) {
	items, _, err := s.mornings.List(ctx, s.Residence.Store, o, s.mornings.Where(keyOnce, ""), 1)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return items[0], nil
}

// over notes that the rules of a day were run.
func (s *triggers) over(ctx context.Context, o org.ID, day calendar.Date) error {
	return s.Registry.Work(ctx, o, "trigger.run", func(tx *registry.Tx) error {
		item, err := s.morning(ctx, o)
		if err != nil {
			return err
		}
		if item == nil {
			item = &registry.Item[lastMorning]{ID: tx.NewID(s.mornings.Prefix), Created: tx.Now}
		}
		item.Value.Day = day
		tx.About(s.mornings.Name, item.ID)
		return s.mornings.Save(tx, item)
	})
}

// CreateTrigger implements the method of the same name.
func (s *triggers) CreateTrigger(ctx context.Context, r *renewalv1.CreateTriggerRequest) (*renewalv1.Trigger, error) {
	return registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*renewalv1.Trigger, error) {
		v := trigger.Versioned{}
		if err := v.Write(ruleOf(r.GetTrigger()), tx.Who.Name, tx.Now); err != nil {
			return nil, wire.In("trigger", err)
		}
		item, err := s.resource.Insert(tx, v)
		if err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, item.ID)
		return showTrigger(item), nil
	})
}

// GetTrigger implements the method of the same name.
func (s *triggers) GetTrigger(ctx context.Context, r *renewalv1.GetTriggerRequest) (*renewalv1.Trigger, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListTriggers implements the method of the same name.
func (s *triggers) ListTriggers(ctx context.Context, r *renewalv1.ListTriggersRequest) (*renewalv1.ListTriggersResponse, error) {
	list, next, err := s.resource.List(ctx, r, s.resource.All())
	return &renewalv1.ListTriggersResponse{Triggers: list, NextPageToken: next}, err
}

// UpdateTrigger implements the method of the same name.
func (s *triggers) UpdateTrigger(ctx context.Context, r *renewalv1.UpdateTriggerRequest) (*renewalv1.Trigger, error) {
	return s.resource.Edit(ctx, r, r.GetTrigger().GetId(), r.GetTrigger(), func(tx *registry.Tx, v *trigger.Versioned, merged *renewalv1.Trigger) error {
		return v.Write(ruleOf(merged), tx.Who.Name, tx.Now)
	})
}

// rules are those of an org.
func (s *triggers) rules(ctx context.Context, o org.ID) (out []trigger.Active, err error) {
	err = each(ctx, s.resource.Kind, s.Residence.Store, o, s.resource.All(), func(item *registry.Item[trigger.Versioned]) {
		v := item.Value.Current()
		out = append(out, trigger.Active{ID: item.ID, Version: v.Number, Rule: v.Rule})
	})
	return out, err
}

// tenants are those whom rules may concern up to a day, with what is known of them.
func (s *triggers) tenants(ctx context.Context, o org.ID, rules []trigger.Active, until calendar.Date) (out []trigger.Tenant, err error) {
	ahead := -1
	for i := range rules {
		if rules[i].Enabled {
			ahead = max(ahead, rules[i].From)
		}
	}
	running, err := s.running(ctx, o)
	if err != nil || ahead < 0 {
		return nil, err
	}
	for i := range running {
		l := &running[i]
		end := l.Current().End
		if end.IsZero() || end.Sub(until) > ahead || l.Next != "" && l.State == lease.Renewed {
			continue
		}
		t := trigger.Tenant{Lease: string(l.ID), Unit: l.Unit, Renter: l.Tenant, Start: l.Current().Start, End: end}
		if err := s.Tenant(ctx, o, &t); err != nil {
			return nil, fmt.Errorf("lease %s: %w", l.ID, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// past is what rules have told.
func (s *triggers) past(ctx context.Context, o org.ID) (out []trigger.Told, err error) {
	err = each(ctx, s.told, s.Residence.Store, o, s.told.All(), func(item *registry.Item[told]) { out = append(out, item.Value.Told) })
	return out, err
}

// letter is what an item tells.
func letter(i *trigger.Item, at time.Time) Letter {
	return Letter{
		ID: "trigger." + i.Rule + "." + i.Lease + "." + i.Day.String(), Rule: i.Rule, Lease: i.Lease, Renter: i.Tenant.Renter, Unit: i.Tenant.Unit,
		Template: i.Template, Text: i.Text, End: i.Tenant.End, At: at,
	}
}

// run does what the rules say of today: each message with the note that it was told, once.
func (s *triggers) run(ctx context.Context, o org.ID) error {
	day, now := s.today(), s.Clock.Now()
	rules, err := s.rules(ctx, o)
	if err != nil {
		return err
	}
	if len(rules) == 0 || !s.Post.Reaches() {
		return s.over(ctx, o, day)
	}
	tenants, err := s.tenants(ctx, o, rules, day)
	if err != nil {
		return err
	}
	past, err := s.past(ctx, o)
	if err != nil {
		return err
	}
	items, _ := trigger.Plan(day, now, rules, tenants, past)
	for i := range items {
		item := &items[i]
		if item.Outcome != trigger.Send {
			continue
		}
		l := letter(item, now)
		work, err := s.Post.Letter(o, &l)
		if err != nil {
			return err
		}
		work.At = now
		err = s.Registry.Work(ctx, o, "trigger.run", func(tx *registry.Tx) error {
			tx.Due(work)
			kept, err := s.told.Insert(tx, told{
				Told: trigger.Told{Rule: item.Rule, Lease: item.Lease, End: item.Tenant.End, Day: day}, Version: item.Version, Message: l.ID, Reason: item.Reason,
			})
			if err == nil {
				tx.About(s.told.Name, kept.ID)
			}
			return err
		})
		if err != nil && !errors.Is(err, ledger.ErrTaken) { // taken: it was told before a crash
			return err
		}
	}
	return s.over(ctx, o, day)
}

// DryRunTriggers implements the method of the same name.
func (s *triggers) DryRunTriggers(ctx context.Context, r *renewalv1.DryRunTriggersRequest) (*renewalv1.DryRun, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	from := s.today()
	if last, err := s.morning(ctx, who.Org); err != nil {
		return nil, err
	} else if last != nil && !last.Value.Day.Before(from) {
		from = last.Value.Day.Add(1)
	}
	to, err := lastDay(r.GetToDate(), from)
	if err != nil {
		return nil, err
	}
	rules, err := s.rules(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	if m := r.GetTrigger(); m != nil {
		v := trigger.Versioned{}
		if err := v.Write(ruleOf(m), who.Name, s.Clock.Now()); err != nil {
			return nil, wire.In("trigger", err)
		}
		v.Versions[0].Enabled = true
		rules = append(rules, trigger.Active{ID: "dry", Rule: v.Versions[0].Rule})
	}
	items, err := s.foresee(ctx, who.Org, rules, from, to)
	if err != nil {
		return nil, err
	}
	out := &renewalv1.DryRun{FromDate: from.String(), ToDate: to.String()}
	if n := len(items) - maxItems; n > 0 {
		out.Omitted, items = int32(n), items[:maxItems]
	}
	out.Items = items
	return out, nil
}

func morning(day calendar.Date, zone *time.Location) time.Time {
	return day.At(calendar.Clock{Hour: Hour}, zone)
}

// lastDay reads the last day of a dry run.
func lastDay(text string, from calendar.Date) (calendar.Date, error) {
	if text == "" {
		return from.Add(dryDays - 1), nil
	}
	to, err := calendar.ParseDate(text)
	if err != nil || to.Before(from) || to.Sub(from) >= maxDryDays {
		return to, &invalid.Error{Field: "toDate", Value: text, Want: "a day from " + from.String() + " on, less than 120 days later"}
	}
	return to, nil
}

// foresee plans the mornings from one day to another, and lists the reminders that are owed beside them.
func (s *triggers) foresee(ctx context.Context, o org.ID, rules []trigger.Active, from, to calendar.Date) ([]*renewalv1.DryRunItem, error) {
	tenants, err := s.tenants(ctx, o, rules, to)
	if err != nil {
		return nil, err
	}
	past, err := s.past(ctx, o)
	if err != nil {
		return nil, err
	}
	var out []*renewalv1.DryRunItem
	var letters []foreseen
	for day := from; !day.After(to); day = day.Add(1) {
		at := morning(day, s.Residence.Zone)
		var items []trigger.Item
		items, past = trigger.Plan(day, at, rules, tenants, past)
		for i := range items {
			m := showItem(&items[i])
			out = append(out, m)
			if items[i].Outcome == trigger.Send {
				letters = append(letters, foreseen{letter(&items[i], at), m})
			}
		}
	}
	owed, err := s.owed(ctx, o, tenants, from, to)
	if err != nil {
		return nil, err
	}
	for i := range owed {
		out = append(out, owed[i].shown)
	}
	if err := s.fates(ctx, o, append(owed, letters...)); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b *renewalv1.DryRunItem) int { return strings.Compare(a.GetDate(), b.GetDate()) })
	return out, nil
}

// foreseen is a letter with how it is shown.
type foreseen struct {
	Letter
	shown *renewalv1.DryRunItem
}

// overdueDays is how far back reminders are looked for that should have been told.
const overdueDays = 400

// owed are the reminders from one day to another, whatever rules say.
func (s *triggers) owed(ctx context.Context, o org.ID, tenants []trigger.Tenant, from, to calendar.Date) (out []foreseen, err error) {
	who := map[string]*trigger.Tenant{}
	for i := range tenants {
		who[tenants[i].Lease] = &tenants[i]
	}
	zone, now := s.Residence.Zone, s.Clock.Now()
	err = s.Residence.Reminders(ctx, o, from.Add(-overdueDays).At(calendar.Clock{}, zone), to.Add(1).At(calendar.Clock{}, zone), func(id lease.ID, kind string, at time.Time) {
		if at.Before(now) {
			at = now // it is on its way, or overdue
		}
		f := foreseen{Letter{Lease: string(id), Template: kind, At: at, Owed: true}, &renewalv1.DryRunItem{
			Date: calendar.DateOf(at, zone).String(), LeaseId: string(id), Outcome: "FLOOR", TemplateId: kind, Reason: "a reminder that is owed whatever the rules say",
		}}
		if t := who[string(id)]; t != nil {
			f.Renter, f.Unit = t.Renter, t.Unit
		}
		out = append(out, f)
	})
	return out, err
}

// fates says of letters what would become of them, in the order of their instants.
func (s *triggers) fates(ctx context.Context, o org.ID, all []foreseen) error {
	slices.SortStableFunc(all, func(a, b foreseen) int { return a.At.Compare(b.At) })
	letters := make([]Letter, len(all))
	for i := range all {
		letters[i] = all[i].Letter
	}
	fates, err := s.Post.Foresee(ctx, o, letters)
	if err != nil {
		return err
	}
	for i := range fates {
		f, m := &fates[i], all[i].shown
		m.Channel, m.HoldUntil = f.Channel, wire.Timestamp(f.Until)
		if all[i].Owed {
			continue
		}
		m.Outcome = f.Outcome
	}
	return nil
}

// ListTold implements the method of the same name.
func (s *triggers) ListTold(ctx context.Context, r *renewalv1.ListToldRequest) (*renewalv1.ListToldResponse, error) {
	q := s.told.All()
	if r.GetLeaseId() != "" {
		q = s.told.Where(keyLease, ledger.Text(r.GetLeaseId()))
	}
	list := registry.Resource[told, *renewalv1.Told]{
		Registry: s.Registry, Kind: s.told,
		ToMessage: func(item *registry.Item[told]) *renewalv1.Told {
			t := &item.Value
			return &renewalv1.Told{
				Date: t.Day.String(), LeaseId: t.Lease, TriggerId: t.Rule, Version: int32(t.Version), MessageId: t.Message, Reason: t.Reason,
			}
		},
	}
	out, next, err := list.List(ctx, r, q)
	return &renewalv1.ListToldResponse{Told: out, NextPageToken: next}, err
}

func showItem(i *trigger.Item) *renewalv1.DryRunItem {
	return &renewalv1.DryRunItem{
		Date: i.Day.String(), LeaseId: i.Lease, TriggerId: i.Rule, Version: int32(i.Version), Outcome: string(i.Outcome), Reason: i.Reason,
		Text: i.Text, TemplateId: i.Template,
	}
}

func ruleOf(m *renewalv1.Trigger) trigger.Rule {
	r := trigger.Rule{
		Name: m.GetDisplayName(), Enabled: m.GetEnabled(), From: int(m.GetFromDays()), Until: int(m.GetUntilDays()), Tag: m.GetTag(),
		Segment: m.GetSegment(), Template: m.GetTemplateId(), Text: m.GetText(), Rest: int(m.GetRestDays()), Rank: int(m.GetRank()),
	}
	for _, c := range m.GetConditions() {
		r.Signals = append(r.Signals, trigger.Condition{Signal: c.GetSignal(), Value: c.GetValue(), Below: c.GetBelow()})
	}
	return r
}

func showTrigger(item *registry.Item[trigger.Versioned]) *renewalv1.Trigger {
	v := item.Value.Current()
	out := &renewalv1.Trigger{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: v.Name, Enabled: v.Enabled, FromDays: int32(v.From), UntilDays: int32(v.Until), Tag: v.Tag, Segment: v.Segment,
		Text: v.Text, TemplateId: v.Template, RestDays: int32(v.Rest), Rank: int32(v.Rank), Version: int32(v.Number),
	}
	for _, c := range v.Signals {
		out.Conditions = append(out.Conditions, &renewalv1.TriggerCondition{Signal: c.Signal, Value: c.Value, Below: c.Below})
	}
	for i := range item.Value.Versions {
		x := &item.Value.Versions[i]
		out.Versions = append(out.Versions, &renewalv1.TriggerVersion{
			Number: int32(x.Number), Time: wire.Timestamp(x.At), By: x.By, Rule: x.Words(),
		})
	}
	return out
}
