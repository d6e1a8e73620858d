package kpi

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Quiet is an open order of which the tenant has seen nothing for a while.
type Quiet struct {
	Order      dispatch.WorkOrderID
	State      engine.State
	Urgency    dispatch.Urgency
	Technician dispatch.TechnicianID // who was last concerned; "" when nobody was
	Created    time.Time
	News       time.Time // when the tenant last saw something happen
	Due        engine.DueTimes
}

// Silent lists the open orders of which the tenant has seen nothing since an instant, the longest silent first.
func (b *Book) Silent(since time.Time) []Quiet {
	var out []Quiet
	for _, f := range b.order {
		if f.State.Open() && f.News.Before(since) {
			out = append(out, Quiet{
				Order: f.Order, State: f.State, Urgency: f.Urgency, Technician: f.Technician, Created: f.Created, News: f.News, Due: f.Due,
			})
		}
	}
	slices.SortStableFunc(out, func(x, y Quiet) int { return cmp.Or(x.News.Compare(y.News), cmp.Compare(x.Order, y.Order)) })
	return out
}
