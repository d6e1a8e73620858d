package breachserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/kpi/breach"
	"fettle/ledger"
	"fettle/org"
)

// most is how many records one pass writes at a time.
const most = 500

// Watch forecasts the promises of an org once: it tells supervisors of what is likely to break, keeps one forecast of each order for the
// reliability table, and notes what became of those that were kept before.
func (s *Server) Watch(ctx context.Context, o org.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.watch(ctx, o)
	if err != nil {
		delete(s.known, o) // what was written is not known for sure: read it again
	}
	return err
}

func (s *Server) watch(ctx context.Context, o org.ID) error {
	m, err := s.memory(ctx, o)
	if err != nil {
		return err
	}
	seen, err := s.look(ctx, o)
	if err != nil {
		return err
	}
	if len(seen.orders) == 0 && len(m.open) == 0 {
		return nil
	}
	rules, err := s.c.Conduct(ctx, o)
	if err != nil {
		return err
	}
	b := &batch{s: s, o: o, m: m, now: seen.now, changed: map[dispatch.WorkOrderID]*kept{}}
	for i := range seen.chances {
		if err := b.told(ctx, &seen.chances[i], seen.orders[seen.chances[i].Order], &rules); err != nil {
			return err
		}
	}
	for id, k := range m.open {
		if err := b.decide(ctx, id, k, seen.orders[id]); err != nil {
			return err
		}
	}
	return b.write(ctx)
}

// batch is what one pass changes.
type batch struct {
	s       *Server
	o       org.ID
	m       *memory
	now     time.Time
	changed map[dispatch.WorkOrderID]*kept
}

// told escalates an order that is likely to break its promise, and keeps its forecast when half of the time is gone.
func (b *batch) told(ctx context.Context, c *breach.Chance, o *engine.Order, rules *engine.Conduct) error {
	k := b.m.open[c.Order]
	p, above := b.m.calibrator.Chance(c.Basis, c.Raw), breach.Above(rules, o)
	tell := above > 0 && p >= above && o.Escalation == 0 && (k == nil || k.Escalated.IsZero())
	half := !b.now.Before(o.Created.Add(c.Due.Sub(o.Created)/2)) && (k == nil || k.Made.IsZero())
	if !tell && !half {
		return nil
	}
	if k == nil {
		k = &kept{}
	}
	k.Due = c.Due
	if half {
		k.Made, k.Basis, k.Raw, k.Told = b.now, c.Basis, c.Raw, p
	}
	if tell {
		why := fmt.Sprintf("likely to be late: %.0f %% that nobody is on site by %s", 100*p, c.Due.In(b.s.c.Zone).Format("15:04"))
		var conflict *engine.ConflictError
		switch err := b.s.c.Escalate(ctx, b.o, c.Order, why); {
		case errors.As(err, &conflict): // it has ended since
		case err != nil:
			return fmt.Errorf("escalate %s: %w", c.Order, err)
		default:
			k.Escalated, k.Chance = b.now, p
		}
	}
	b.m.open[c.Order], b.changed[c.Order] = k, k
	return nil
}

// decide notes what became of a forecast.
func (b *batch) decide(ctx context.Context, id dispatch.WorkOrderID, k *kept, o *engine.Order) error {
	if o == nil {
		var err error
		if o, err = b.s.c.Store.Order(ctx, b.o, id); err != nil {
			return err
		}
	}
	broken, decided := breach.Outcome(o, k.Due, b.now)
	if !decided && o.State.Open() {
		return nil
	}
	k.Decided, k.Broken, k.Void = b.now, broken, !decided
	b.m.learn(k)
	b.changed[id] = k
	return nil
}

// write keeps what has changed.
func (b *batch) write(ctx context.Context) error {
	change := &ledger.Change{}
	flush := func() error {
		if len(change.Records) == 0 {
			return nil
		}
		err := b.s.c.Store.Apply(ctx, b.o, change)
		change = &ledger.Change{}
		return err
	}
	for id, k := range b.changed {
		r, err := k.encode(id, b.now)
		if err != nil {
			return err
		}
		change.Records = append(change.Records, r)
		k.version++
		if !k.Decided.IsZero() {
			delete(b.m.open, id)
		}
		if len(change.Records) == most {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
