package whatif

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// MoveKind says how a promise moves.
type MoveKind string

// The kinds of move, the worst first.
const (
	Dropped    MoveKind = "DROPPED"    // had somebody, would have nobody
	Technician MoveKind = "TECHNICIAN" // somebody else would come
	Window     MoveKind = "WINDOW"     // the same technician, outside of the window that the tenant was told
	Gained     MoveKind = "GAINED"     // had nobody, would have somebody
	Added      MoveKind = "ADDED"      // is not there yet
	Removed    MoveKind = "REMOVED"    // would not be there any more
)

// Move is an order about which people would be told something else.
type Move struct {
	Order dispatch.WorkOrderID
	Kind  MoveKind
	// Window is what the tenant was told; its zero value when nothing.
	Window             dispatch.TimeSpan
	From, To           dispatch.TechnicianID // "" when nobody
	FromStart, ToStart time.Time             // as planned; zero when nobody has it
	Accepted           bool                  // the technician has agreed
}

// Breaks reports whether the move breaks a promise to a tenant.
func (m *Move) Breaks() bool { return m.Kind == Dropped || m.Kind == Technician || m.Kind == Window }

// side is the work of a technician in one plan.
type side struct {
	orders []dispatch.WorkOrderID
	travel time.Duration
	end    time.Time
}

// RouteChange is how the work of a technician would change.
type RouteChange struct {
	Technician dispatch.TechnicianID
	Name       string
	// Before and After are the orders in sequence, Gained and Lost those that come and go.
	Before, After, Gained, Lost []dispatch.WorkOrderID
	TravelBefore, TravelAfter   time.Duration
	EndBefore, EndAfter         time.Time // at home; zero without work
}

// moves compares what people were told with a plan.
func moves(told, then *layout) (out []Move) {
	was, _ := told.places()
	is, _ := then.places()
	for _, o := range told.open {
		if o.State.Started() || o.State == engine.StatePaused {
			continue
		}
		m := Move{Order: o.ID, From: was[o.ID].technician, FromStart: was[o.ID].start, To: is[o.ID].technician, ToStart: is[o.ID].start}
		if o.Assignment != nil {
			m.Window, m.Accepted = o.Assignment.Window, o.State == engine.StateAccepted
		}
		if m.Kind = kindOf(&m, then.orders[o.ID] == nil); m.Kind != "" {
			out = append(out, m)
		}
	}
	for _, o := range then.open {
		if told.orders[o.ID] == nil {
			out = append(out, Move{Order: o.ID, Kind: Added, To: is[o.ID].technician, ToStart: is[o.ID].start})
		}
	}
	slices.SortFunc(out, func(x, y Move) int { return cmp.Compare(x.Order, y.Order) })
	return out
}

// kindOf is how a promise moves; "" when it stays.
func kindOf(m *Move, gone bool) MoveKind {
	told := !m.Window.Start.IsZero()
	switch {
	case gone:
		return Removed
	case m.From == "" && m.To != "":
		return Gained
	case m.From != "" && m.To == "":
		return Dropped
	case m.From != m.To:
		return Technician
	case m.To != "" && told && (m.ToStart.Before(m.Window.Start) || !m.ToStart.Before(m.Window.End)) &&
		!m.FromStart.Before(m.Window.Start) && m.FromStart.Before(m.Window.End):
		return Window
	}
	return ""
}

// routes compares the work of each technician.
func routes(told, then *layout) (out []RouteChange) {
	_, was := told.places()
	_, is := then.places()
	all := map[dispatch.TechnicianID]bool{}
	for id := range was {
		all[id] = true
	}
	for id := range is {
		all[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		before, after := cmp.Or(was[id], &side{}), cmp.Or(is[id], &side{})
		if slices.Equal(before.orders, after.orders) {
			continue
		}
		out = append(out, RouteChange{
			Technician: id, Name: cmp.Or(then.names[id], told.names[id]), Before: before.orders, After: after.orders,
			Gained: missing(after.orders, before.orders), Lost: missing(before.orders, after.orders),
			TravelBefore: before.travel, TravelAfter: after.travel, EndBefore: before.end, EndAfter: after.end,
		})
	}
	return out
}

// missing lists what of a is not in b.
func missing(a, b []dispatch.WorkOrderID) (out []dispatch.WorkOrderID) {
	for _, id := range a {
		if !slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}
