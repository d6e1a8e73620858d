package engine

import (
	"cmp"
	"fmt"
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

// keepCover ranks offers anew by what they cost together with the cover that they take away. Nobody else is looked at: whoever
// is not among the cheapest offers without cover is too far for it to matter.
func (d *decision) keepCover(o *Order, found []plan.Offer) []plan.Offer {
	if d.e.outlook == nil || d.e.outlook.Price == 0 || len(found) < 2 || o.Urgency == dispatch.UrgencyEmergency {
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
		lost := d.e.outlook.Lost(&free[at], others, d.e.board.when(f.Start).Add(o.OnSite).Sub(d.now))
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
		r, ok := b.Route(int32(i), int32(s))
		if ok && slices.ContainsFunc(r.Stops, func(x dispatch.Stop) bool {
			return x.Kind == dispatch.StopVisit && b.when(x.Arrival-x.Travel).Before(d.now.Add(soon))
		}) {
			continue
		}
		people = append(people, cover.Person{Point: d.e.beginsAt(t, &b.spans[i][s], d.now), Skills: t.Skills})
		ids = append(ids, int32(i))
	}
	return people, ids
}
