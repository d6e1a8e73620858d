package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/dispatch"
	"fettle/ledger"
)

// Kinds of due work.
const (
	DueOfferExpire = "offer.expire" // key: order id, "/", instant of the offer
	// The clocks of the service level; key: order id.
	DueSLAAcknowledge = "sla.acknowledge"
	DueSLAAccept      = "sla.accept"
	DueSLAOnSite      = "sla.on_site"
	DueSLAResolve     = "sla.resolve"
	DueLadder         = "sla.ladder" // the next step of escalation; key: order id

	DueSuggestion = "suggestion.apply" // key: order id, "/", instant of the suggestion
)

// DueKinds lists the kinds of due work that DueCommand reads.
func DueKinds() []string {
	return []string{DueOfferExpire, DueSLAAcknowledge, DueSLAAccept, DueSLAOnSite, DueSLAResolve, DueLadder, DueSuggestion}
}

// DueCommand is what is to be done when due work is due.
func DueCommand(w DueWork) (Command, error) {
	switch w.Kind {
	case DueOfferExpire, DueSuggestion:
		at := strings.LastIndexByte(w.Key, '/')
		if at < 0 {
			return nil, fmt.Errorf("read due work %s %q: the key lacks the instant of the offer", w.Kind, w.Key)
		}
		offered, err := time.Parse(time.RFC3339Nano, w.Key[at+1:])
		if err != nil {
			return nil, fmt.Errorf("read due work %s %q: %w", w.Kind, w.Key, err)
		}
		if w.Kind == DueSuggestion {
			return ApplySuggestion{Order: dispatch.WorkOrderID(w.Key[:at]), Made: offered}, nil
		}
		return ExpireOffer{Order: dispatch.WorkOrderID(w.Key[:at]), Offered: offered}, nil
	case DueLadder:
		return ClimbLadder{Order: dispatch.WorkOrderID(w.Key)}, nil
	case DueSLAAcknowledge:
		return BreachDue{Order: dispatch.WorkOrderID(w.Key), Clock: ClockAcknowledge}, nil
	case DueSLAAccept:
		return BreachDue{Order: dispatch.WorkOrderID(w.Key), Clock: ClockAccept}, nil
	case DueSLAOnSite:
		return BreachDue{Order: dispatch.WorkOrderID(w.Key), Clock: ClockOnSite}, nil
	case DueSLAResolve:
		return BreachDue{Order: dispatch.WorkOrderID(w.Key), Clock: ClockResolve}, nil
	}
	return nil, fmt.Errorf("read due work: unknown kind %q", w.Kind)
}

// DueOf is the due work of an order: a function of the order alone, so that rows and orders cannot disagree. nil stands for
// an order that does not exist.
func DueOf(o *Order) []DueWork {
	if o == nil || !o.State.Open() {
		return nil
	}
	var out []DueWork
	if a := o.Assignment; o.State == StateAssigned && !a.AcceptBy.IsZero() {
		out = append(out, DueWork{Kind: DueOfferExpire, Key: string(o.ID) + "/" + a.Offered.UTC().Format(time.RFC3339Nano), At: a.AcceptBy})
	}
	if s := o.Suggestion; o.State == StateNew && s != nil && !s.Applies.IsZero() {
		out = append(out, DueWork{Kind: DueSuggestion, Key: string(o.ID) + "/" + s.Offered.UTC().Format(time.RFC3339Nano), At: s.Applies})
	}
	for _, c := range []struct {
		clock Clock
		kind  string
	}{{ClockAcknowledge, DueSLAAcknowledge}, {ClockAccept, DueSLAAccept}, {ClockOnSite, DueSLAOnSite}, {ClockResolve, DueSLAResolve}} {
		if at, running := o.clock(c.clock); running {
			out = append(out, DueWork{Kind: c.kind, Key: string(o.ID), At: at})
		}
	}
	if at := o.climbs(); !at.IsZero() {
		out = append(out, DueWork{Kind: DueLadder, Key: string(o.ID), At: at})
	}
	if o.Urgency == dispatch.UrgencyEmergency {
		for i := range out {
			out[i].Rank = ledger.Urgent
		}
	}
	return out
}

// clock is when a promise ends, and whether it is still to be kept: not yet kept, and not yet counted as broken.
func (o *Order) clock(c Clock) (at time.Time, running bool) {
	kept := false
	switch c {
	case ClockAcknowledge:
		at, kept = o.Due.Acknowledge, !o.Clocks.Acknowledged.IsZero()
	case ClockAccept:
		at, kept = o.Due.Accept, !o.Clocks.Accepted.IsZero()
	case ClockOnSite:
		at, kept = o.Due.OnSite, !o.Clocks.Arrived.IsZero()
	case ClockResolve:
		at = o.Due.Resolve
	}
	return at, o.State.Open() && !kept && !at.IsZero() && !slices.Contains(o.Breached, c)
}

// diffDue adds to a batch what has become of the due work of an order.
func diffDue(b *Batch, before, after *Order) {
	was, is := DueOf(before), DueOf(after)
	for _, w := range is {
		if i := slices.IndexFunc(was, same(w)); i < 0 || !was[i].At.Equal(w.At) {
			b.DueSet = append(b.DueSet, w)
		}
	}
	for _, w := range was {
		if !slices.ContainsFunc(is, same(w)) {
			b.DueDone = append(b.DueDone, w)
		}
	}
}

func same(w DueWork) func(DueWork) bool {
	return func(x DueWork) bool { return w.Kind == x.Kind && w.Key == x.Key }
}
