package lowcodeserver

import (
	"context"
	"errors"
	"strings"

	lowcodev1 "fettle/api/gen/fettle/lowcode/v1"
	"fettle/internal/call"
	"fettle/internal/lowcode"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// DueLook is the due work of a record whose own fields were set; its key is its kind and id.
const DueLook = "automation.look"

// dryHits is how many matches a dry run shows.
const dryHits = 100

// judge compiles a rule with the fields of its kind.
func (s *Server) judge(ctx context.Context, o org.ID, r *lowcode.Rule) (*lowcode.Judge, error) {
	fields, err := s.fieldsOf(ctx, o, r.Kind)
	if err != nil {
		return nil, err
	}
	return lowcode.NewJudge(r, fields)
}

// CreateAutomation implements the method of the same name.
func (s *Server) CreateAutomation(ctx context.Context, r *lowcodev1.CreateAutomationRequest) (*lowcodev1.Automation, error) {
	rule := ruleOf(r.GetAutomation())
	out, err := registry.Do(ctx, s.Registry, r, func(tx *registry.Tx) (*lowcodev1.Automation, error) {
		if _, err := s.judge(ctx, tx.Org, &rule); err != nil {
			return nil, err
		}
		var a lowcode.Automation
		a.Write(rule, tx.Who.Name, tx.Now)
		item, err := s.automations.Insert(tx, a)
		if err != nil {
			return nil, err
		}
		tx.About(s.automations.Name, item.ID)
		return showAutomation(item), nil
	})
	return out, wire.In("automation", err)
}

// GetAutomation implements the method of the same name.
func (s *Server) GetAutomation(ctx context.Context, r *lowcodev1.GetAutomationRequest) (*lowcodev1.Automation, error) {
	return s.automations.Get(ctx, r.GetId())
}

// ListAutomations implements the method of the same name.
func (s *Server) ListAutomations(ctx context.Context, r *lowcodev1.ListAutomationsRequest) (*lowcodev1.ListAutomationsResponse, error) {
	list, next, err := s.automations.List(ctx, r, s.automations.All())
	return &lowcodev1.ListAutomationsResponse{Automations: list, NextPageToken: next}, err
}

// UpdateAutomation implements the method of the same name.
func (s *Server) UpdateAutomation(ctx context.Context, r *lowcodev1.UpdateAutomationRequest) (*lowcodev1.Automation, error) {
	return s.automations.Edit(ctx, r, r.GetAutomation().GetId(), r.GetAutomation(), func(tx *registry.Tx, a *lowcode.Automation, merged *lowcodev1.Automation) error {
		rule := ruleOf(merged)
		if _, err := s.judge(ctx, tx.Org, &rule); err != nil {
			return err
		}
		a.Write(rule, tx.Who.Name, tx.Now)
		return nil
	})
}

// DryRunAutomation implements the method of the same name.
func (s *Server) DryRunAutomation(ctx context.Context, r *lowcodev1.DryRunAutomationRequest) (*lowcodev1.AutomationDryRun, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	rule := ruleOf(r.GetAutomation())
	j, err := s.judge(ctx, who.Org, &rule)
	if err != nil {
		return nil, wire.In("automation", err)
	}
	out, today := &lowcodev1.AutomationDryRun{}, s.today()
	err = s.each(ctx, who.Org, rule.Kind, func(r *lowcode.Record) {
		out.Records++
		holds, value, err := j.Eval(r, today)
		switch {
		case err != nil:
			if out.Unknown++; out.GetFirstProblem() == "" {
				out.FirstProblem = r.ID + ": " + err.Error()
			}
		case holds:
			if out.Matches++; out.GetMatches() <= dryHits {
				out.Hits = append(out.Hits, showHit("", nil, &lowcode.Hit{
					Kind: rule.Kind, Record: r.ID, Text: rule.Text, Field: rule.SetField, Value: value,
				}))
			}
		}
	})
	return out, err
}

// RunAutomations implements the method of the same name.
func (s *Server) RunAutomations(ctx context.Context, _ *lowcodev1.RunAutomationsRequest) (*lowcodev1.RunAutomationsResponse, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	found, cleared, err := s.Run(ctx, who.Org)
	return &lowcodev1.RunAutomationsResponse{Found: int32(found), Cleared: int32(cleared)}, err
}

// standing is a rule that is in use, and the records that it has found.
type standing struct {
	id    string
	rule  *lowcode.Version
	judge *lowcode.Judge
	hits  map[string]string // id of the record to that of the hit
}

// inUse lists the enabled rules of an org. One whose field is gone finds nothing until it is mended.
func (s *Server) inUse(ctx context.Context, o org.ID) (out []*standing, err error) {
	err = all(ctx, s.automations.Kind, s.Store, o, s.automations.All(), func(item *registry.Item[lowcode.Automation]) {
		if v := item.Value.Current(); v.Enabled {
			out = append(out, &standing{id: item.ID, rule: v})
		}
	})
	if err != nil {
		return nil, err
	}
	kept := out[:0]
	for _, x := range out {
		if x.judge, err = s.judge(ctx, o, &x.rule.Rule); err == nil {
			kept = append(kept, x)
		}
	}
	return kept, nil
}

// Run judges every record by every enabled rule: what is found anew is noted and done, what no rule holds for any more is cleared.
func (s *Server) Run(ctx context.Context, o org.ID) (found, cleared int, err error) {
	rules, err := s.inUse(ctx, o)
	if err != nil {
		return 0, 0, err
	}
	today := s.today()
	for _, x := range rules {
		if err := s.standingHits(ctx, o, x, ""); err != nil {
			return found, cleared, err
		}
		var fresh []finding
		seen := map[string]bool{}
		err := s.each(ctx, o, x.rule.Kind, func(r *lowcode.Record) {
			holds, value, err := x.judge.Eval(r, today)
			if err != nil || !holds {
				return
			}
			if seen[r.ID] = true; x.hits[r.ID] == "" {
				fresh = append(fresh, finding{r.ID, value})
			}
		})
		if err != nil {
			return found, cleared, err
		}
		for _, f := range fresh {
			if err := s.note(ctx, o, x, f); err != nil {
				return found, cleared, err
			}
			found++
		}
		for record, hit := range x.hits {
			if seen[record] {
				continue
			}
			if err := s.clear(ctx, o, hit); err != nil {
				return found, cleared, err
			}
			cleared++
		}
	}
	return found, cleared, nil
}

// finding is a record that a rule holds for, and what is set.
type finding struct {
	record string
	value  any
}

// standingHits reads what a rule has found: of one record, or of all when it is "".
func (s *Server) standingHits(ctx context.Context, o org.ID, x *standing, record string) error {
	x.hits = map[string]string{}
	q := ledger.Under(s.hits.Name, keyRecord, ledger.Text(x.id))
	if record != "" {
		q = s.hits.Where(keyRecord, ledger.Text(x.id, record))
	}
	return all(ctx, s.hits, s.Store, o, q, func(item *registry.Item[lowcode.Hit]) { x.hits[item.Value.Record] = item.ID })
}

// note keeps a hit and sets what the rule sets, once.
func (s *Server) note(ctx context.Context, o org.ID, x *standing, f finding) error {
	err := s.Registry.Work(ctx, o, "automation.hit", func(tx *registry.Tx) error {
		r := x.rule
		item, err := s.hits.Insert(tx, lowcode.Hit{
			Automation: x.id, Version: r.Number, Kind: r.Kind, Record: f.record, Text: r.Text, Field: r.SetField, Value: f.value,
		})
		if err != nil {
			return err
		}
		tx.About(s.hits.Name, item.ID)
		if r.SetField == "" {
			return nil
		}
		own, err := s.ofRecord(ctx, o, r.Kind, f.record)
		if err != nil {
			return err
		}
		if own == nil {
			own = &registry.Item[lowcode.Values]{
				ID: tx.NewID(s.values.Prefix), Created: tx.Now, Value: lowcode.Values{Kind: r.Kind, Record: f.record, Values: map[string]any{}},
			}
		}
		own.Value.Values[r.SetField] = f.value
		tx.Also(s.values.Name, own.ID, r.SetField)
		return s.save(tx, own)
	})
	if errors.Is(err, ledger.ErrTaken) { // somebody else has noted it meanwhile
		return nil
	}
	return err
}

// clear notes that a rule holds for a record no more.
func (s *Server) clear(ctx context.Context, o org.ID, hit string) error {
	return s.Registry.Work(ctx, o, "automation.clear", func(tx *registry.Tx) error {
		item, err := s.hits.Load(tx, hit)
		if err != nil {
			return err
		}
		item.Value.Cleared = tx.Now
		tx.About(s.hits.Name, hit)
		return s.hits.Save(tx, item)
	})
}

// Look is the handler of due work of DueLook: it judges one record by the rules of its kind.
func (s *Server) Look(o org.ID) func(ctx context.Context, w ledger.DueWork) error {
	return func(ctx context.Context, w ledger.DueWork) error {
		kind, id, _ := strings.Cut(w.Key, "/")
		k := lowcode.Kind(kind)
		it, err := s.Source.One(ctx, o, k, id)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rules, err := s.inUse(ctx, o)
		if err != nil {
			return err
		}
		for _, x := range rules {
			if x.rule.Kind != k {
				continue
			}
			if err := s.look(ctx, o, x, id, it); err != nil {
				return err
			}
		}
		return nil
	}
}

// look judges one record by one rule.
func (s *Server) look(ctx context.Context, o org.ID, x *standing, id string, it map[string]any) error {
	own, err := s.ofRecord(ctx, o, x.rule.Kind, id)
	if err != nil {
		return err
	}
	r := &lowcode.Record{ID: id, It: it, Custom: map[string]any{}}
	if own != nil {
		r.Custom = own.Value.Values
	}
	if err := s.standingHits(ctx, o, x, id); err != nil {
		return err
	}
	holds, value, err := x.judge.Eval(r, s.today())
	if holds = holds && err == nil; holds && x.hits[id] == "" {
		return s.note(ctx, o, x, finding{id, value})
	}
	if !holds && x.hits[id] != "" {
		return s.clear(ctx, o, x.hits[id])
	}
	return nil
}

// ListAutomationHits implements the method of the same name.
func (s *Server) ListAutomationHits(ctx context.Context, r *lowcodev1.ListAutomationHitsRequest) (*lowcodev1.ListAutomationHitsResponse, error) {
	q := s.hits.All()
	if r.GetAutomationId() != "" {
		q = s.hits.Where(keyRule, ledger.Text(r.GetAutomationId()))
	}
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	filter := call.Filter(q.Kind, who.Org, q.Key, q.Value)
	token, err := call.PageAfter(r.GetPageToken(), filter)
	if err != nil {
		return nil, err
	}
	if token != "" {
		q.After.ID, q.After.Value, _ = strings.Cut(token, "\x00")
	}
	items, next, err := s.hits.List(ctx, s.Store, who.Org, q, call.PageSize(r.GetPageSize()))
	if err != nil {
		return nil, err
	}
	out := &lowcodev1.ListAutomationHitsResponse{}
	for _, item := range items {
		out.Hits = append(out.Hits, showHit(item.ID, wire.Timestamp(item.Created), &item.Value))
	}
	if next != (ledger.Place{}) {
		out.NextPageToken = call.PageToken(next.ID+"\x00"+next.Value, filter)
	}
	return out, nil
}
