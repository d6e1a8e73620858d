package subjectserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	compliancev1 "fettle/api/gen/fettle/compliance/v1"
	"fettle/internal/leasing"
	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/rental/lease"
)

// payload is what due work of an erasure knows: the ids of the records and of the notes that went with the person.
type payload struct {
	Gone  []string `json:"gone,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// payloadOf writes down what was removed.
func payloadOf(gone map[ledger.Ref]bool, notes []string) (string, error) {
	p := payload{Notes: notes}
	for r := range gone {
		p.Gone = append(p.Gone, r.ID)
	}
	slices.Sort(p.Gone)
	p.Gone = slices.Compact(p.Gone)
	body, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("write down what was removed: %w", err)
	}
	return string(body), nil
}

// begin reads the payload of due work; work of a time before has none.
func (t *trail) begin(text string) error {
	if text == "" {
		return nil
	}
	var p payload
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("read what was removed: %w", err)
	}
	t.also, t.ids = p.Gone, append(t.ids, p.Notes...)
	return nil
}

// contract finds the records about a person that stay without words.
func (t *trail) contract(ctx context.Context, id string, leases []lease.Lease) error {
	note := func(r *ledger.Record) error { //nolint:unparam // as each asks for
		t.also = append(t.also, r.ID)
		return nil
	}
	find := func(about string, all []holding) error {
		for i := range all {
			if err := t.s.each(ctx, t.org, all[i].query(about), note); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range leases {
		if err := find(string(leases[i].ID), ofLease); err != nil {
			return err
		}
	}
	t.also = append(t.also, references(id, nil)...)
	if err := find(id, ofTenant); err != nil {
		return err
	}
	return t.s.each(ctx, t.org, ledger.Under(leasing.Leases, leasing.KeyTenant, ledger.Text(id)), note)
}

// reasons takes what staff gave as the reason of an action out of the entries of the audit about the person, each told of by an entry of
// its own before. The reason of the erasure itself stays: somebody may have to account for it.
func (t *trail) reasons(ctx context.Context) error {
	about := map[string]bool{}
	for _, id := range append(slices.Clone(t.ids), t.also...) {
		about[id] = true
	}
	now := t.s.c.Clock.Now().UTC().Truncate(time.Microsecond)
	for after := (ledger.AuditPlace{}); ; {
		page, err := t.s.c.Store.AuditReasons(ctx, t.org, after, pageSize)
		if err != nil {
			return err
		}
		var mine, tell []ledger.Entry
		for i := range page {
			e := &page[i]
			after = e.Place()
			if !about[e.ID] || e.Method == compliancev1.SubjectService_EraseSubject_FullMethodName {
				continue
			}
			chain.Forget(e)
			mine = append(mine, *e)
			tell = append(tell, ledger.Entry{
				Time: now, Actor: "service", Method: ledger.ReasonErased, Kind: ledger.AuditEvents, ID: e.Name(), Result: ledger.OK,
				Fields: []string{chain.Rest(e)},
			})
		}
		if len(mine) > 0 {
			if err := t.s.c.Store.Apply(ctx, t.org, &ledger.Change{Audit: tell}); err != nil {
				return fmt.Errorf("tell of reasons that are erased: %w", err)
			}
			if err := t.s.c.Store.EraseReasons(ctx, t.org, mine); err != nil {
				return fmt.Errorf("erase reasons: %w", err)
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}
