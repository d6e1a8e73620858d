package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"fettle/dispatch"
)

// Mode says how far the engine acts by itself: the ladder on which a team comes to trust it.
type Mode string

// The rungs, from the top.
const (
	ModeAuto    Mode = "AUTO"           // orders are assigned at once
	ModeVeto    Mode = "AUTO_WITH_VETO" // orders are suggested, and assigned unless somebody objects in time
	ModeSuggest Mode = "SUGGEST"        // orders are suggested; a dispatcher decides
	ModeShadow  Mode = "SHADOW"         // orders are suggested for the record; dispatchers decide without it
)

// Valid reports whether m is a mode.
func (m Mode) Valid() bool {
	return slices.Contains([]Mode{ModeAuto, ModeVeto, ModeSuggest, ModeShadow}, m)
}

// Rule is how the orders of a team are dispatched.
type Rule struct {
	Team string // the territory of its orders; "" for all orders whose territory has no rule
	// Building is the one whose orders the rule is for, whatever their territory; "" for all of the team.
	Building string
	Mode     Mode
	// Veto is how long a suggestion waits for an objection with ModeVeto.
	Veto time.Duration
	// OfferNormal and OfferEmergency are how long a technician has to accept; 0 means that of the service level.
	OfferNormal, OfferEmergency time.Duration
	EscalateAbove               float64 // the chance of a broken promise from which on supervisors are told; 0 for never (kpi/breach)
}

// Conduct is a version of a policy as the engine follows it. The zero value follows Config: everything is assigned at once.
// Values never change.
type Conduct struct {
	Policy  string // id of the policy; "" for the default
	Version int32
	// Weights of the objective; nil means those of Config.
	Weights *Weights
	// Freeze is how long before its start a visit is not moved any more by the search for better routes.
	Freeze time.Duration
	Rules  []Rule // at most one for each team
}

// Weights are the prices of the objective that a policy says. A second of travel costs 1.
type Weights struct {
	// Unserved is paid for an order that nobody gets, UnservedPerPriority for each point of its priority.
	Unserved, UnservedPerPriority int64
	// SkillSurplus is paid for each level by which a technician is better than an order needs.
	SkillSurplus int64
	// MovedPromise is paid for a promise that is broken: somebody else comes, or outside of the window that was told.
	MovedPromise int64
	// Normal and Emergency price waiting, from the report or the first window of the tenant on, by rising After.
	Normal, Emergency []dispatch.LatenessStep
}

// WeightsOf are those of a policy of dispatch.
func WeightsOf(p *dispatch.Policy) Weights {
	w := Weights{
		Unserved: p.Unserved.PerVisit, UnservedPerPriority: p.Unserved.PerPriority, SkillSurplus: p.SkillSurplus, MovedPromise: p.NotPreferred,
	}
	if t := p.Tier(tierNormal); t != nil {
		w.Normal = t.Steps
	}
	if t := p.Tier(tierEmergency); t != nil {
		w.Emergency = t.Steps
	}
	return w
}

// Over lays the weights over a policy: what they do not say stays.
func (w *Weights) Over(p dispatch.Policy) dispatch.Policy {
	p.Unserved.PerVisit, p.Unserved.PerPriority = w.Unserved, w.UnservedPerPriority
	p.SkillSurplus, p.NotPreferred = w.SkillSurplus, w.MovedPromise
	p.Tiers = slices.Clone(p.Tiers)
	for i := range p.Tiers {
		switch p.Tiers[i].Name {
		case tierNormal:
			p.Tiers[i].Steps = w.Normal
		case tierEmergency:
			p.Tiers[i].Steps = w.Emergency
		}
	}
	return p
}

// Steer follows a version of a policy from now on. It does nothing when the engine follows it already, unless Again: then the log
// says once more what is followed.
type Steer struct {
	Conduct Conduct
	Again   bool
}

func (Steer) subject() about { return about{} }

// ApplySuggestion assigns an order as it was suggested, when nobody has objected in time. It does nothing when the order has
// moved on: Made must be the instant of the suggestion.
type ApplySuggestion struct {
	Order dispatch.WorkOrderID
	Made  time.Time
}

func (c ApplySuggestion) subject() about { return about{c.Order, ""} }

// Suggestion is who should have an order that nobody has.
type Suggestion struct {
	Assignment // as it would be made; Offered is when it was suggested
	Mode       Mode
	Applies    time.Time // when it is carried out unless somebody objects; zero for never
}

// Conduct is what the engine follows.
func (e *Engine) Conduct() Conduct { return e.conduct }

// follow takes over what was decided by Steer.
func (e *Engine) follow(c *Conduct) {
	e.conduct = *c
	e.config.Policy = e.base
	if c.Weights != nil {
		p := c.Weights.Over(*e.base)
		p.ID, p.Version = c.Policy, c.Version
		e.config.Policy = &p
	}
	e.board = nil
}

func (d *decision) steer(c Steer) error {
	if !c.Again && c.Conduct.Same(&d.e.conduct) {
		return nil
	}
	if w := c.Conduct.Weights; w != nil && w.Unserved <= 0 {
		return &dispatch.InvalidError{Field: "weights.unserved", Value: fmt.Sprint(w.Unserved), Want: "a positive price"}
	}
	d.emit(Event{Type: PolicyApplied, Conduct: &c.Conduct, Reason: c.Conduct.Policy})
	d.tryAllSoon()
	return nil
}

// rule is that of an order.
func (e *Engine) rule(o *Order) Rule {
	var general Rule
	found := false
	for _, r := range e.conduct.Rules {
		switch {
		case r.Building != "":
			if r.Building == o.Building {
				return r
			}
		case r.Team == "" && o.Territory != "" && !found:
			general = r
		case r.Team == o.Territory:
			general, found = r, true
		}
	}
	return general
}

// Same reports whether two conducts say the same.
func (c *Conduct) Same(as *Conduct) bool { return reflect.DeepEqual(c, as) }

// asks reports whether somebody decides beside the engine.
func (r *Rule) asks() bool { return r.Mode != "" && r.Mode != ModeAuto }

// asks reports whether somebody decides beside the engine about an order.
func (d *decision) asks(o *Order) bool {
	r := d.e.rule(o)
	return r.asks()
}

// anotherShift is why an order leaves a technician who could have it on another day.
func anotherShift() refusal {
	return refusal{why: &dispatch.Unassigned{
		Visit: -1, Technician: -1, Reason: dispatch.ReasonOutOfShift, Detail: "Its technician has no room left in this shift.",
	}}
}

// offer is how long a technician has to accept an order.
func (e *Engine) offer(o *Order) time.Duration {
	r := e.rule(o)
	own := r.OfferNormal
	if o.Urgency == dispatch.UrgencyEmergency {
		own = r.OfferEmergency
	}
	if own > 0 {
		return own
	}
	return e.config.level(o.Urgency).Offer
}

// frozen reports whether a visit begins too soon to be moved by a search.
func (d *decision) frozen(o *Order) bool {
	return o.State.Planned() && d.e.conduct.Freeze > 0 && o.Assignment.Start.Before(d.now.Add(d.e.conduct.Freeze))
}

// suggest finds who should have an order that nobody has, and says so where it was not said yet.
func (d *decision) suggest(id dispatch.WorkOrderID, w wanted, r Rule) error {
	a, why, err := d.insert(d.order(id), w)
	if err != nil {
		return err
	}
	d.e.setTried(id, d.now)
	if a == nil {
		d.unassign(id, why)
		return nil
	}
	if err := d.takeBack(id); err != nil {
		return err
	}
	if s := d.order(id).Suggestion; s != nil && s.Technician == a.Technician && s.Mode == r.Mode && (s.Applies.IsZero() || s.Applies.After(d.now)) {
		return nil
	}
	a.AcceptBy = time.Time{}
	ev := Event{Type: OrderSuggested, Order: id, Assignment: a, Mode: r.Mode}
	if r.Mode == ModeVeto {
		ev.Next = d.now.Add(r.Veto)
	}
	d.emit(ev)
	return nil
}

// takeBack takes an order off the route that it was put on: it stays on the board without one, as orders are that nobody has.
func (d *decision) takeBack(id dispatch.WorkOrderID) error {
	if err := d.remove(id); err != nil {
		return err
	}
	_, _, err := d.e.addVisit(d.e.board, d.order(id), wanted{})
	return err
}

// giveUp makes an order that somebody had one that nobody has, and suggests who should have it: moving it is not for the engine
// to decide.
func (d *decision) giveUp(o *Order, why refusal) error {
	d.emit(Event{
		Type: OrderUnassigned, Order: o.ID, Technician: o.TechnicianID(), Unassigned: why.why, Nearest: why.nearest,
		Reason: string(why.why.Reason),
	})
	return d.give(o.ID, wanted{})
}

// takeSuggestion gives an order to the technician who was suggested.
func (d *decision) takeSuggestion(o *Order, reason string) error {
	a, r, err := d.insertOrBack(o, wanted{only: o.Suggestion.Technician, forgive: true})
	if err != nil {
		return err
	}
	if a == nil {
		return noCandidate(o, r)
	}
	d.emit(Event{Type: OrderAssigned, Order: o.ID, Technician: a.Technician, Assignment: a, Reason: reason})
	return nil
}

// judgeSuggestion is what a dispatcher says to a suggestion. One that was carried out is taken back, and made anew.
func (d *decision) judgeSuggestion(c Act, o *Order) error {
	if c.Verb == RejectSuggestion && o.State == StateAssigned && d.asks(o) {
		return d.giveUp(o, refusal{why: &dispatch.Unassigned{Visit: -1, Technician: -1, Reason: dispatch.ReasonNotTried, Detail: c.Reason}})
	}
	if o.Suggestion == nil {
		return &ConflictError{Reason: "NO_SUGGESTION", State: o.State, Detail: "nobody is suggested for the order"}
	}
	if c.Verb == AcceptSuggestion {
		return d.takeSuggestion(o, c.Reason)
	}
	d.emit(Event{Type: SuggestionRejected, Order: o.ID, Reason: c.Reason})
	return d.give(o.ID, wanted{})
}

// applySuggestion carries a suggestion out that nobody objected to. Where the technician cannot come any more, or the policy
// does not let the engine act by itself any more, it suggests anew.
func (d *decision) applySuggestion(c ApplySuggestion) error {
	o := d.order(c.Order)
	if o == nil || o.State != StateNew || o.Suggestion == nil || !o.Suggestion.Offered.Equal(c.Made) || d.now.Before(o.Suggestion.Applies) {
		return nil
	}
	if r := d.e.rule(o); r.Mode != ModeVeto {
		return d.give(o.ID, wanted{})
	}
	err := d.takeSuggestion(o, "nobody objected")
	var cannot *ConflictError
	if errors.As(err, &cannot) {
		return d.give(o.ID, wanted{})
	}
	return err
}
