package cleaningserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/auth"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/cleaning"
)

// Hour is when the look of a quarter begins, on its first day, in the zone of orgs.
const Hour = 4

// method is what the audit names for what the look writes.
const method = "cleaning.run"

const (
	pageSize  = 500 // records that are read at once
	batchSize = 200 // findings that are written at once
	deadAfter = 3   // messages in a row that did not arrive
)

// RunCleaning implements the method of the same name.
func (s *Server) RunCleaning(ctx context.Context, r *compliancev1.RunCleaningRequest) (*compliancev1.CleaningReport, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	found, err := s.look(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	return registry.Do(ctx, s.c.Registry, r, func(tx *registry.Tx) (*compliancev1.CleaningReport, error) {
		item, err := s.reports.Insert(tx, *found)
		if err != nil {
			return nil, err
		}
		tx.About(s.reports.Name, item.ID)
		return showReport(item), nil
	})
}

// Quarterly looks once in each quarter: whoever calls it daily makes up for a day that was missed.
func (s *Server) Quarterly(ctx context.Context, o org.ID) error {
	quarter := cleaning.Quarter(calendar.DateOf(s.c.Clock.Now(), s.c.Zone))
	n, err := s.c.Store.Count(ctx, o, s.reports.Where(byQuarter, ledger.Text(quarter)), 1)
	if err != nil || n > 0 {
		return err
	}
	found, err := s.look(ctx, o)
	if err != nil || found.Tenants+found.Leases == 0 {
		return err // there is nothing yet
	}
	return s.c.Registry.Work(ctx, o, method, func(tx *registry.Tx) error {
		item, err := s.reports.Insert(tx, *found)
		if err == nil {
			tx.About(s.reports.Name, item.ID)
		}
		return err
	})
}

// look judges everything, brings the list up to date and counts.
func (s *Server) look(ctx context.Context, o org.ID) (*report, error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	today := calendar.DateOf(s.c.Clock.Now(), s.c.Zone)
	r := &report{Quarter: cleaning.Quarter(today), Counts: map[string]int32{}}
	var pairs cleaning.Pairs
	var found []cleaning.Finding
	for _, step := range []func(context.Context, org.ID, calendar.Date, *cleaning.Pairs, *report) ([]cleaning.Finding, error){
		s.tenants, s.leases, s.addresses,
	} {
		more, err := step(ctx, o, today, &pairs, r)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	found = append(found, pairs.Findings()...)
	for i := range found {
		r.Counts[string(found[i].Kind)]++
	}
	if err := s.write(ctx, o, found, r); err != nil {
		return nil, err
	}
	return r, s.close(ctx, o, found, r)
}

// tenants judges tenants.
func (s *Server) tenants(ctx context.Context, o org.ID, today calendar.Date, pairs *cleaning.Pairs, r *report) (out []cleaning.Finding, err error) {
	now := s.c.Clock.Now()
	for q := s.c.Tenants.All(); ; {
		items, next, err := s.c.Tenants.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			r.Tenants++
			out = append(out, cleaning.OfTenant(item.ID, &item.Value, now, today)...)
			pairs.Tenant(item.ID, item.Value.Blind.Phone)
		}
		if q.After = next; next == (ledger.Place{}) {
			return out, nil
		}
	}
}

// each calls do with every record that a query selects.
func (s *Server) each(ctx context.Context, o org.ID, q ledger.Query, do func(*ledger.Record) error) error {
	for {
		page, err := s.c.Store.Records(ctx, o, q, pageSize)
		if err != nil {
			return fmt.Errorf("read %s: %w", q.Kind, err)
		}
		for i := range page.Records {
			if err := do(&page.Records[i]); err != nil {
				return err
			}
		}
		if q.After = page.Next; page.Next == (ledger.Place{}) {
			return nil
		}
	}
}

// leases judges leases. Who is kept elsewhere is taken to be there.
func (s *Server) leases(ctx context.Context, o org.ID, today calendar.Date, pairs *cleaning.Pairs, r *report) (out []cleaning.Finding, err error) {
	err = s.each(ctx, o, ledger.All(leasing.Leases), func(rec *ledger.Record) error {
		k, err := leasing.DecodeLease(rec)
		if err != nil {
			return err
		}
		r.Leases++
		known := true
		if strings.HasPrefix(k.Value.Tenant, leasing.TenantPrefix) && !k.Value.State.Closed() {
			_, err := s.c.Tenants.Read(ctx, s.c.Store, o, k.Value.Tenant)
			if known = !errors.Is(err, ledger.ErrNotFound); known && err != nil {
				return err
			}
		}
		out = append(out, cleaning.OfLease(&k.Value, today, known)...)
		pairs.Lease(&k.Value)
		return nil
	})
	return out, err
}

// addresses finds recipients whose last messages did not arrive.
func (s *Server) addresses(ctx context.Context, o org.ID, _ calendar.Date, _ *cleaning.Pairs, _ *report) (out []cleaning.Finding, err error) {
	err = s.each(ctx, o, ledger.All("recipients"), func(rec *ledger.Record) error {
		q := ledger.Under("messages", "recipient", ledger.Text(rec.ID))
		q.Descending = true
		page, err := s.c.Store.Records(ctx, o, q, deadAfter)
		if err != nil {
			return fmt.Errorf("read messages to %s: %w", rec.ID, err)
		}
		failed := 0
		for i := range page.Records {
			if page.Records[i].State == "FAILED" {
				failed++
			}
		}
		if failed == deadAfter {
			out = append(out, cleaning.Finding{Kind: cleaning.AddressDead, Object: "recipients", ID: rec.ID, Wish: "an address that works: the last three messages did not arrive"})
		}
		return nil
	})
	return out, err
}

// write adds what is new to the list, and opens again what was said to be mended or was gone and is found again.
func (s *Server) write(ctx context.Context, o org.ID, found []cleaning.Finding, r *report) error {
	for len(found) > 0 {
		n := min(len(found), batchSize)
		batch := found[:n]
		found = found[n:]
		var added, standing int32
		err := s.c.Registry.Work(ctx, o, method, func(tx *registry.Tx) error {
			added, standing = 0, 0
			for i := range batch {
				isNew, isOpen, err := s.one(tx, &batch[i])
				if err != nil {
					return err
				}
				added, standing = added+isNew, standing+isOpen
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.New, r.Open = r.New+added, r.Open+standing
	}
	return nil
}

// one writes one finding, and counts whether it is new and whether it is open now.
func (s *Server) one(tx *registry.Tx, f *cleaning.Finding) (isNew, isOpen int32, err error) {
	items, _, err := s.findings.Kind.List(tx.Context(), tx.Store(), tx.Org, s.findings.Where(bySame, ledger.Text(f.Same())), 1)
	if err != nil {
		return 0, 0, err
	}
	if len(items) == 0 {
		_, err := s.findings.Insert(tx, finding{Finding: *f, State: open})
		return 1, 1, err
	}
	item := items[0]
	switch {
	case item.Value.State == open:
		return 0, 1, nil
	case item.Value.Outcome == compliancev1.CleaningFinding_ACCEPTED.String():
		return 0, 0, nil
	}
	item.Value = finding{Finding: *f, State: open}
	return 0, 1, s.findings.Save(tx, item)
}

// close ends the open findings that the look has not found.
func (s *Server) close(ctx context.Context, o org.ID, found []cleaning.Finding, r *report) error {
	there := make(map[string]bool, len(found))
	for i := range found {
		there[found[i].Same()] = true
	}
	var over []string
	for q := s.findings.Where(byState, ledger.Text(open)); ; {
		items, next, err := s.findings.Kind.List(ctx, s.c.Store, o, q, pageSize)
		if err != nil {
			return err
		}
		for _, item := range items {
			if !there[item.Value.Same()] {
				over = append(over, item.ID)
			}
		}
		if q.After = next; next == (ledger.Place{}) {
			break
		}
	}
	for ; len(over) > 0; over = over[min(len(over), batchSize):] {
		batch := over[:min(len(over), batchSize)]
		err := s.c.Registry.Work(ctx, o, method, func(tx *registry.Tx) error {
			for _, id := range batch {
				item, err := s.findings.Load(tx, id)
				if err != nil {
					return err
				}
				item.Value.State = gone
				if err := s.findings.Save(tx, item); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.Gone += int32(len(batch))
	}
	return nil
}
