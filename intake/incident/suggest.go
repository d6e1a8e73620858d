package incident

import (
	"cmp"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Report is an open order with where it came from.
type Report struct {
	Order    *engine.Order
	Building string
	Property string // the same as it is kept; "" when it is not
}

// Standing is an open incident.
type Standing struct {
	ID       string
	Incident *Incident
}

// Suggestion is orders that seem to have one cause.
type Suggestion struct {
	Property string
	Trade    dispatch.Skill
	Orders   []*engine.Order // as they came
	Main     dispatch.WorkOrderID
	Incident string // the open one that they belong to; "" for a new one
}

// place is where orders of a trade come from.
type place struct {
	building string
	trade    dispatch.Skill
}

// Suggest finds what looks like incidents: at least so many orders of one trade from one building within so long, more first. Where an
// incident of the trade is open in the building, each further order since it belongs to it. Orders without a building or a trade are
// passed over, and so are those that are part of an incident.
func Suggest(reports []Report, standing []Standing, within time.Duration, least int) []Suggestion {
	taken := map[dispatch.WorkOrderID]bool{}
	for _, s := range standing {
		taken[s.Incident.Main] = true
		for j := range s.Incident.Members {
			taken[s.Incident.Members[j].Order] = true
		}
	}
	groups, property := map[place][]*engine.Order{}, map[string]string{}
	for _, r := range reports {
		o := r.Order
		if r.Building == "" || len(o.Skills) == 0 || taken[o.ID] || !o.State.Open() {
			continue
		}
		k := place{r.Building, o.Skills[0].Skill}
		groups[k] = append(groups[k], o)
		property[r.Building] = r.Property
	}
	var out []Suggestion
	for k, orders := range groups {
		slices.SortFunc(orders, func(a, b *engine.Order) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
		s := Suggestion{Property: property[k.building], Trade: k.trade}
		if in := at(standing, s.Property, k.trade); in != nil {
			s.Incident, s.Main, s.Orders = in.ID, in.Incident.Main, orders
		} else if s.Orders = densest(orders, within); len(s.Orders) >= max(least, 2) {
			s.Main = main(s.Orders)
		} else {
			continue
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(len(b.Orders), len(a.Orders)), cmp.Compare(a.Orders[0].ID, b.Orders[0].ID))
	})
	return out
}

// at finds the open incident of a building and a trade.
func at(standing []Standing, property string, trade dispatch.Skill) *Standing {
	for i := range standing {
		if in := standing[i].Incident; property != "" && in.Property == property && in.Trade == trade {
			return &standing[i]
		}
	}
	return nil
}

// densest is the longest run of orders, by the time they came, that fits into a span.
func densest(orders []*engine.Order, within time.Duration) []*engine.Order {
	best, from := orders[:0], 0
	for to := range orders {
		for orders[to].Created.Sub(orders[from].Created) > within {
			from++
		}
		if run := orders[from : to+1]; len(run) > len(best) {
			best = run
		}
	}
	return best
}

// main is the order that would best be that of the incident: somebody is at it, or it is the most urgent, or came first.
func main(orders []*engine.Order) dispatch.WorkOrderID {
	weight := func(o *engine.Order) int {
		switch {
		case o.State.Started():
			return 2
		case o.Urgency == dispatch.UrgencyEmergency:
			return 1
		}
		return 0
	}
	best := orders[0]
	for _, o := range orders[1:] {
		if weight(o) > weight(best) {
			best = o
		}
	}
	return best.ID
}
