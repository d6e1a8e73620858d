package day

import (
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
)

// Policy says who decides which technician does what, and when. It is data: a report of a simulation names it, and two runs
// of one Policy are the same.
type Policy struct {
	Name string
	// Desk is how an order finds its technician.
	Desk Desk
	// Hold is how long orders that are no emergencies are collected before they are given, with DeskBatch.
	Hold time.Duration
	// Improve searches for better routes now and then; zero means never.
	Improve Improve
	// Chain are the hops of DeskChain.
	Chain Chain
	// Standby lets technicians without work wait at the standby points of the World.
	Standby bool
	// Cover tells the engine where emergencies are expected (World.Expected): its objective prices who may help next.
	Cover bool
	// Beat is how often the engine hears where people are; five minutes unless given.
	Beat time.Duration
	// WarmUp is how long before the measured interval the World is lived, for routes and agreed days to be as full as they
	// are on any day; one day unless given.
	WarmUp time.Duration
	// Weights replace the engine's objective when not nil.
	Weights *dispatch.Policy
	// Conduct is how far the engine acts by itself, with DeskInsert, and who asks whom; it may have weights of its own. Nil lets the
	// engine assign everything at once.
	Conduct *engine.Conduct
	// Answers are how dispatchers answer the suggestions of a Conduct; UsualAnswers unless given.
	Answers Answers
}

// Desk is a way by which orders find technicians.
type Desk string

// The desks.
const (
	DeskInsert  Desk = "insert"  // at once, where it costs least: the live engine
	DeskBatch   Desk = "batch"   // collected, then given one after the other, emergencies first
	DeskNearest Desk = "nearest" // whoever is free and nearest, as soon as somebody is
	DeskChain   Desk = "chain"   // front desk, area manager, technicians who grab
)

// Improve is a search for better routes in simulated time. It counts iterations, not seconds, so that it is repeatable.
type Improve struct {
	Every      time.Duration
	Iterations int64
}

// Chain is dispatch by hand, as the sources describe it: the front desk passes a report on, the area manager puts it up, and
// technicians grab it and agree a day with the tenant. Times are medians of log-normal draws.
type Chain struct {
	Desk, Manager, Grab time.Duration
	Spread              float64
	// Appointment is how far ahead the agreed day is.
	Appointment       time.Duration
	AppointmentSpread float64
	// Urgent is the factor on all of these for an emergency.
	Urgent float64
}

// What a policy that keeps cover counts as near, about 20 minutes away, and how likely a free technician is not free when the
// emergency comes.
const (
	coverRadius = 6000
	coverBusy   = 0.3
)

// Hours in which the chain works, from local midnight. Emergencies are taken at any hour.
const (
	deskOpens, deskCloses       = 8 * time.Hour, 20 * time.Hour
	managerOpens, managerCloses = 8*time.Hour + 30*time.Minute, 18 * time.Hour
)

// ManualChain is the chain that makes the demo operator take 6.7 h from report to acceptance and 3.2 days to resolution, the
// figures of the sources. Two numbers were fitted to these two figures, the common factor of the first three medians and
// the appointment (Fit); the shares among the hops and the spreads are assumed.
func ManualChain() Chain {
	return Chain{
		Desk: 31 * time.Minute, Manager: 94 * time.Minute, Grab: 63 * time.Minute, Spread: 0.8,
		Appointment: 45 * time.Hour, AppointmentSpread: 0.6, Urgent: 0.04,
	}
}

// Policies are the policies by name, in the order of Names.
func Policies() []Policy {
	improve := often()
	return []Policy{
		{Name: "manual", Desk: DeskChain, Chain: ManualChain(), Beat: 20 * time.Minute, WarmUp: 5 * 24 * time.Hour},
		{Name: "nearest", Desk: DeskNearest},
		{Name: "greedy", Desk: DeskInsert},
		{Name: "veto", Desk: DeskInsert, Conduct: asking(engine.ModeVeto)},
		{Name: "suggest", Desk: DeskInsert, Conduct: asking(engine.ModeSuggest)},
		{Name: "shadow", Desk: DeskInsert, Conduct: asking(engine.ModeShadow)},
		{Name: "batch", Desk: DeskBatch, Hold: 15 * time.Minute},
		{Name: "optimize", Desk: DeskInsert, Improve: improve},
		{Name: "nearest-standby", Desk: DeskNearest, Standby: true},
		{Name: "greedy-standby", Desk: DeskInsert, Standby: true},
		{Name: "batch-standby", Desk: DeskBatch, Hold: 15 * time.Minute, Standby: true},
		{Name: "optimize-standby", Desk: DeskInsert, Improve: improve, Standby: true},
		{Name: "greedy-cover", Desk: DeskInsert, Cover: true},
		{Name: "greedy-standby-cover", Desk: DeskInsert, Standby: true, Cover: true},
		{Name: "optimize-standby-cover", Desk: DeskInsert, Improve: improve, Standby: true, Cover: true},
	}
}

// asking is the engine on a lower rung of the ladder of trust, for all orders alike.
func asking(m engine.Mode) *engine.Conduct {
	const veto = 10 * time.Minute
	return &engine.Conduct{Policy: string(m), Version: 1, Rules: []engine.Rule{{Mode: m, Veto: veto}}}
}

// Names are the names of Policies.
func Names() []string {
	all := Policies()
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].Name
	}
	return out
}

// Named is the policy of a name.
func Named(name string) (Policy, error) {
	all := Policies()
	i := slices.IndexFunc(all, func(p Policy) bool { return p.Name == name })
	if i < 0 {
		return Policy{}, &dispatch.InvalidError{Field: "policy", Value: name, Want: fmt.Sprintf("one of %v", Names())}
	}
	return all[i], nil
}

// Steadfast searches for better routes as the policy optimize does, while a promise that is moved costs a price, in seconds of
// travel: who pays more for it moves fewer.
func Steadfast(price int64) Policy {
	weights := engine.DefaultPolicy()
	weights.NotPreferred = price
	return Policy{Name: fmt.Sprintf("optimize@%d", price), Desk: DeskInsert, Improve: often(), Weights: &weights}
}

// often is the search of the policies that search.
func often() Improve { return Improve{Every: 15 * time.Minute, Iterations: 300} }
