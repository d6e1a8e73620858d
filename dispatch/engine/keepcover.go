package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/dispatch/plan"
)

// Expect tells the engine what a forecast expects from now on; nil means nothing. Like a position it is an observation: no
// event, and what a decision made of it is in the cost of its assignment. From then on an order that is no emergency pays, with a
// technician who has nothing in hand, for the expected emergencies that nobody else would answer while he is away. The outlook
// must not be changed afterwards.
func (e *Engine) Expect(o *cover.Outlook) error {
	if o != nil {
		if err := o.Check(); err != nil {
			return fmt.Errorf("expect: %w", err)
		}
	}
	e.outlook = o
	return nil
}

// keepsCover says whether somebody expects something, and the policy prices it.
func (e *Engine) keepsCover() bool { return e.outlook != nil && e.config.Policy.Cover > 0 }

// thousandths is the unit in which Policy.Cover prices expected emergencies.
func thousandths(lost float64) int64 { return int64(math.Round(1000 * lost)) }

// keepCover ranks offers anew by what they cost together with the cover that they take away. Nobody else is looked at: whoever
// is not among the cheapest offers without cover is too far for it to matter.
func (d *decision) keepCover(o *Order, found []plan.Offer) []plan.Offer {
	if !d.e.keepsCover() || len(found) < 2 || o.Urgency == dispatch.UrgencyEmergency {
		return found
	}
	free, ids := d.free()
	for i := range found {
		f := &found[i]
		at := slices.Index(ids, f.Technician)
		if at < 0 || !d.e.board.spans[f.Technician][f.Shift].start.Before(d.now) {
			continue
		}
		others := slices.Delete(slices.Clone(free), at, at+1)
		lost := d.e.config.Policy.Cover * thousandths(d.e.outlook.Lost(&free[at], others, d.e.board.when(f.Start).Add(o.OnSite).Sub(d.now)))
		f.Terms[dispatch.TermCover] += lost
		f.Difference += lost
	}
	slices.SortStableFunc(found, func(x, y plan.Offer) int { return cmp.Compare(x.Difference, y.Difference) })
	return found
}

// free are the technicians who work now and have nothing in hand or ahead within the next while, and their indices on the board.
func (d *decision) free() (people []cover.Person, ids []int32) {
	const soon = 30 * time.Minute
	b := d.e.board
	for i, id := range b.ids {
		t := d.technician(id)
		s := running(b.spans[i], d.now)
		if t == nil || s < 0 || t.Current != "" {
			continue
		}
		if next := b.Sequence(int32(i), int32(s)); len(next) > 0 {
			if o := d.order(b.orderOf(next[0])); o != nil && o.Assignment != nil && o.Assignment.Arrival.Before(d.now.Add(soon)) {
				continue
			}
		}
		people = append(people, cover.Person{Point: d.e.beginsAt(t, &b.spans[i][s], d.now), Skills: t.Skills})
		ids = append(ids, int32(i))
	}
	return people, ids
}

// priceCover gives the search and the explanations the same prices: what each visit would take away with each technician who is
// free. Visits of about the same length share a row.
func (e *Engine) priceCover(p *dispatch.Problem, now time.Time) {
	if !e.keepsCover() {
		return
	}
	const step = 15 * time.Minute
	d := &decision{e: e, now: now}
	free, ids := d.free()
	rates := make([]int64, len(p.Technicians)) // for a step
	for i := range p.Technicians {
		if at := slices.Index(ids, e.board.index[p.Technicians[i].ID]); at >= 0 {
			rates[i] = thousandths(e.outlook.Lost(&free[at], slices.Delete(slices.Clone(free), at, at+1), step))
		}
	}
	t := &dispatch.Table[int64]{Columns: int32(len(p.Technicians)), Row: make([]int32, len(p.Visits))}
	for i := range p.Technicians {
		t.Column = append(t.Column, int32(i))
	}
	rows := map[int64]int32{}
	for v := range p.Visits {
		steps := int64(0)
		if o := e.orders[p.Visits[v].WorkOrder]; o != nil && o.Urgency != dispatch.UrgencyEmergency {
			steps = 1 + int64(o.OnSite/step)
		}
		row, ok := rows[steps]
		if !ok {
			row = int32(len(rows))
			rows[steps] = row
			for _, r := range rates {
				t.Values = append(t.Values, r*steps)
			}
		}
		t.Row[v] = row
	}
	p.Cover = t
}
