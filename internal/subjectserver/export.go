package subjectserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/auth"
	"fettle/internal/leasing"
	"fettle/internal/vault"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/lease"
)

// copying is a copy in the making.
type copying struct {
	s   *Server
	ctx context.Context
	org org.ID
	id  string
	out *compliancev1.SubjectExport
}

// ExportSubject implements the method of the same name. The gate has the audit entry written before the answer goes out.
func (s *Server) ExportSubject(ctx context.Context, r *compliancev1.ExportSubjectRequest) (*compliancev1.SubjectExport, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	item, err := s.c.Tenants.Read(ctx, s.c.Store, who.Org, r.GetId())
	if err != nil {
		return nil, err
	}
	now := s.c.Clock.Now()
	c := &copying{s: s, ctx: ctx, org: who.Org, id: item.ID, out: &compliancev1.SubjectExport{TenantId: item.ID, ExportTime: wire.Timestamp(now)}}
	leases, err := s.leases(ctx, who.Org, item.ID)
	if err != nil {
		return nil, err
	}
	own := item.Value
	own.Blind.Phone, own.Blind.NationalID, own.Blind.Name = "", "", ""
	person := c.section("tenants", "GET /v1/tenants/{id}", item.ID)
	if err := c.value(person, item.ID, "", item.Created, item.Updated, own); err != nil {
		return nil, err
	}
	for _, step := range []func([]lease.Lease) error{c.contracts, c.voices, c.reached, c.orders, c.looked} {
		if err := step(leases); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

// section begins what is held of a kind, or goes on with it.
func (c *copying) section(kind, source, id string) *compliancev1.SubjectExport_Section {
	source = strings.ReplaceAll(source, "{id}", id)
	for _, s := range c.out.Sections {
		if s.GetKind() == kind && s.GetSource() == source {
			return s
		}
	}
	s := &compliancev1.SubjectExport_Section{Kind: kind, Source: source}
	c.out.Sections = append(c.out.Sections, s)
	return s
}

// value adds a value as JSON has it.
func (c *copying) value(to *compliancev1.SubjectExport_Section, id, state string, made, changed time.Time, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("copy %s %s: %w", to.GetKind(), id, err)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("copy %s %s: %w", to.GetKind(), id, err)
	}
	delete(fields, "blind")
	fields["id"] = id
	for name, text := range map[string]string{"state": state, "createTime": instant(made), "updateTime": instant(changed)} {
		if text != "" {
			fields[name] = text
		}
	}
	record, err := structpb.NewStruct(fields)
	if err != nil {
		return fmt.Errorf("copy %s %s: %w", to.GetKind(), id, err)
	}
	to.Records = append(to.Records, record)
	return nil
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// record adds a record to a section.
func (c *copying) record(to *compliancev1.SubjectExport_Section) func(r *ledger.Record) error {
	return func(r *ledger.Record) error {
		return c.value(to, r.ID, r.State, r.Created, r.Updated, json.RawMessage(r.Body))
	}
}

// held copies what is held about somebody, of each kind.
func (c *copying) held(about string, all ...holding) error {
	for i := range all {
		h := &all[i]
		if err := c.s.each(c.ctx, c.org, h.query(about), c.record(c.section(h.kind, h.source, about))); err != nil {
			return err
		}
	}
	return nil
}

// contracts copies leases and what belongs to them.
func (c *copying) contracts(leases []lease.Lease) error {
	to := c.section(leasing.Leases, "GET /v1/leases?tenantId={id}", c.id)
	if err := c.s.each(c.ctx, c.org, ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(c.id)), c.record(to)); err != nil {
		return err
	}
	for i := range leases {
		if err := c.held(string(leases[i].ID), ofLease...); err != nil {
			return err
		}
	}
	return c.held(c.id, ofTenant...)
}

// voices copies what the tenant has said.
func (c *copying) voices(leases []lease.Lease) error {
	if err := c.s.answers(c.ctx, c.org, leases, c.record(c.section("surveyAnswers", "GET /v1/surveys", ""))); err != nil {
		return err
	}
	return c.s.care(c.ctx, c.org, leases, c.record(c.section("careTasks", "GET /v1/careTasks", "")))
}

// reached copies where the tenant is told, and what was told there.
func (c *copying) reached(leases []lease.Lease) error {
	for _, ref := range references(c.id, leases) {
		r, err := vault.Addresses{To: c.s.c.Store}.Record(c.ctx, c.org, recipients, ref)
		switch {
		case errors.Is(err, ledger.ErrNotFound):
		case err != nil:
			return fmt.Errorf("recipient %s: %w", ref, err)
		default:
			if err := c.record(c.section(recipients, "GET /v1/recipients/{id}", ref))(r); err != nil {
				return err
			}
		}
	}
	return c.held("tenant."+c.id, told)
}

// references are under which a tenant is reached.
func references(id string, leases []lease.Lease) []string {
	out := []string{"tenant." + id}
	seen := map[string]bool{}
	for i := range leases {
		if unit := leases[i].Unit; unit != "" && !seen[unit] {
			seen[unit] = true
			out = append(out, "unit."+unit)
		}
	}
	return out
}

// unitOf is the dwelling that a reference names.
func unitOf(ref string) (string, bool) { return strings.CutPrefix(ref, "unit.") }

// while is when a tenant has lived in the dwelling of a lease: from its first day until the end of its last, or until now.
func (s *Server) while(l *lease.Lease) (from, to time.Time) {
	terms := l.Current()
	from, to = terms.Start.At(midnight, s.c.Zone), s.c.Clock.Now().Add(time.Second) // and of this moment
	if last := terms.End; l.State.Closed() && !last.IsZero() {
		to = last.Add(1).At(midnight, s.c.Zone)
	}
	return from, to
}

// orders copies the repairs of the dwellings while the tenant lived there, with their photos, and what else was asked for.
func (c *copying) orders(leases []lease.Lease) error {
	for i := range leases {
		l := &leases[i]
		from, to := c.s.while(l)
		found, err := c.s.c.Orders(c.ctx, c.org, l.Unit, from, to)
		if err != nil {
			return err
		}
		section := c.section("workOrders", "GET /v1/workOrders?unitId={id}", l.Unit)
		for _, o := range found {
			if err := c.value(section, o.ID, o.State, o.Created, time.Time{}, o); err != nil {
				return err
			}
			if err := c.held(o.ID, ofOrder...); err != nil {
				return err
			}
			if err := c.said(o.ID); err != nil {
				return err
			}
		}
		asked := c.section(tasks.kind, tasks.source, l.Unit)
		err = c.s.each(c.ctx, c.org, tasks.query(l.Unit), func(r *ledger.Record) error {
			if r.Created.Before(from) || !r.Created.Before(to) {
				return nil
			}
			return c.record(asked)(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// looked copies who has seen or changed the tenant.
func (c *copying) looked([]lease.Lease) error {
	to := c.section("auditEvents", "GET /v1/auditEvents?objectKind=tenants&objectId={id}", c.id)
	q := ledger.AuditQuery{Kind: leasing.Tenants, ID: c.id}
	for {
		found, err := c.s.c.Store.AuditEntries(c.ctx, c.org, q, pageSize)
		if err != nil {
			return fmt.Errorf("read the audit: %w", err)
		}
		for i := range found {
			e := &found[i]
			entry := map[string]any{"time": instant(e.Time), "actor": e.Actor, "method": e.Method, "result": e.Result, "purpose": e.Reason}
			if err := c.value(to, fmt.Sprint(e.Sequence, ".", e.Position), "", time.Time{}, time.Time{}, entry); err != nil {
				return err
			}
		}
		if len(found) < pageSize {
			return nil
		}
		q.Before = found[len(found)-1].Place()
	}
}
