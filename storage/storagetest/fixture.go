package storagetest

import (
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// at is an instant some seconds after the suite begins, with microseconds.
func at(seconds int) time.Time {
	return time.Date(2026, 3, 8, 1, 2, 3, 456_789_000, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// Order makes an order with every field set, in a state that fits its technician. It is for other tests of stores too.
func Order(id string, state engine.State, technician string) *engine.Order {
	o := &engine.Order{
		ID: dispatch.WorkOrderID(id), Version: 3, Created: at(0), Updated: at(1), State: state, Wish: *wish(),
		Visit: 2, Due: engine.DueTimes{Acknowledge: at(30), Accept: at(60), OnSite: at(3600), Resolve: at(7200)},
		Clocks:   engine.Clocks{Acknowledged: at(7), Assigned: at(1), Accepted: at(2), Departed: at(3), Arrived: at(4), Started: at(5), Completed: at(6)},
		Pin:      &engine.Pin{Technician: "t9", Start: at(900)},
		Declined: []dispatch.TechnicianID{"t3", "t4"}, MergedInto: "w0", Reports: []dispatch.WorkOrderID{"w8", "w9"}, Reason: "no \"access\" <&>", Rating: 4,
		RatingComment: "谢谢 👍", Escalation: 2, NextEscalation: at(8),
	}
	if technician == "" {
		o.Unassigned = &dispatch.Unassigned{Reason: dispatch.ReasonSkillLevel, Short: 2, Detail: "level 3 is needed"}
		o.Nearest = "t7"
		o.Suggestion = &engine.Suggestion{Assignment: *assignment("t7"), Mode: engine.ModeVeto, Applies: at(12)}
		return o
	}
	o.Assignment = assignment(technician)
	return o
}

func wish() *engine.Wish {
	return &engine.Wish{
		Location: geo.Point{Lat: 30.209_876_543_21, Lon: 120.212_345_678_9}, UnitID: "u-1", Building: "b 1", Territory: "滨江",
		Description: "水管漏水\nline two\u0000end", Channel: dispatch.ChannelWeChat, Urgency: dispatch.UrgencyEmergency, Priority: 70,
		Skills: []dispatch.SkillLevel{{Skill: "plumbing", Level: 2}, {Skill: "gas"}}, Tools: []string{"pump"},
		OnSite:  45*time.Minute + time.Nanosecond,
		Windows: []dispatch.TimeSpan{{Start: at(10), End: at(20)}, {Start: at(30), End: at(40)}},
		Only:    []dispatch.TechnicianID{"t1"}, Excluded: []dispatch.TechnicianID{"t2"}, Preferred: []dispatch.TechnicianID{"t1"},
	}
}

func assignment(technician string) *engine.Assignment {
	return &engine.Assignment{
		Technician: dispatch.TechnicianID(technician), Shift: at(-3600), Arrival: at(100), Start: at(110), End: at(2810),
		Window: dispatch.TimeSpan{Start: at(0), End: at(7200)}, Offered: at(1), AcceptBy: at(301),
		Cost: dispatch.Cost{1, -2, 3}, From: geo.Point{Lat: -30.5, Lon: 179.999},
		Alternatives: []engine.Alternative{{Technician: "t5", Difference: 12, Term: dispatch.TermTravel, Arrival: at(130)}},
		Policy:       "po_1", PolicyVersion: 7,
	}
}

// Technician makes a technician with every field set.
func Technician(id string) *engine.Technician {
	return &engine.Technician{
		ID: dispatch.TechnicianID(id), Version: 5, Created: at(0), Updated: at(7), Profile: *profile("老王 " + id),
		Extra: dispatch.TimeSpan{Start: at(1), End: at(2)}, EndedAt: at(3), Resume: at(4), Current: "w1",
	}
}

func profile(name string) *engine.Profile {
	return &engine.Profile{
		Name: name, Skills: []dispatch.SkillLevel{{Skill: "gas", Level: 1}}, Tools: []string{"ladder"}, Territories: []string{"a"},
		Home: geo.Point{Lat: 1, Lon: 2}, MaxVisits: 9, Zone: "Asia/Shanghai",
		Shifts: []engine.Shift{{
			TimeSpan: dispatch.TimeSpan{Start: at(5), End: at(50)},
			Breaks:   []engine.Break{{TimeSpan: dispatch.TimeSpan{Start: at(6), End: at(7)}, Duration: time.Minute}},
		}},
		Weekly: []engine.WeeklyShift{{
			Days: []time.Weekday{time.Sunday, time.Monday}, Start: 480, End: 1020,
			Breaks: []engine.WeeklyBreak{{Start: 720, End: 780, Duration: time.Hour}},
		}},
	}
}

// Event makes an event of an order with the fields that every event has.
func Event(sequence int64, order string, state engine.State) engine.Event {
	return engine.Event{
		Sequence: sequence, Type: engine.OrderUpdated, Time: at(int(sequence)), Actor: "service",
		Order: dispatch.WorkOrderID(order), Technician: "t1", Reason: "because", State: state, Version: sequence,
	}
}

// fullEvents has every field of an event set in one of them.
func fullEvents() []engine.Event {
	due := engine.DueTimes{Accept: at(1), Resolve: at(2)}
	es := []engine.Event{
		{Type: engine.OrderCreated, Order: "w1", State: engine.StateNew, Wish: wish(), Due: &due},
		{Type: engine.OrderUnassigned, Order: "w1", State: engine.StateNew, Unassigned: &dispatch.Unassigned{Reason: dispatch.ReasonBreak, Detail: "x"}},
		{Type: engine.OrderPinned, Order: "w1", State: engine.StateNew, Pin: &engine.Pin{Start: at(3)}},
		{Type: engine.OrderAssigned, Order: "w1", State: engine.StateAssigned, Assignment: assignment("t1")},
		{Type: engine.OrderMerged, Order: "w1", State: engine.StateMerged, Into: "w0"},
		{Type: engine.TechnicianCreated, Technician: "t1", Profile: profile("a"), Until: at(9)},
		{Type: engine.OrderRated, Order: "w2", State: engine.StateVerified, Rating: 5, Comment: "好"},
		{Type: engine.DueBreached, Order: "w3", State: engine.StateNew, Clock: engine.ClockOnSite, Again: true},
		{Type: engine.ReportLinked, Order: "w3", State: engine.StateNew, Report: "w1"},
		{Type: engine.OrderEscalated, Order: "w3", State: engine.StateNew, Next: at(4)},
		{Type: engine.OrderSuggested, Order: "w3", State: engine.StateNew, Assignment: assignment("t2"), Mode: engine.ModeShadow},
		{Type: engine.PolicyApplied, Conduct: conduct()},
	}
	for i := range es {
		es[i].Sequence, es[i].Time, es[i].Actor, es[i].Version = int64(i+1), at(i), "user 王", int64(i+10)
	}
	return es
}

// conduct has every field of a conduct set.
func conduct() *engine.Conduct {
	return &engine.Conduct{
		Policy: "po_1", Version: 7, Freeze: time.Hour,
		Weights: &engine.Weights{
			Unserved: 9, UnservedPerPriority: 8, SkillSurplus: 6, MovedPromise: 5,
			Normal: []dispatch.LatenessStep{{PerTick: 1}, {After: 60, PerTick: 2}}, Emergency: []dispatch.LatenessStep{{PerTick: 3}},
		},
		Rules: []engine.Rule{{Team: "滨江", Building: "b 1", Mode: engine.ModeVeto, Veto: time.Minute, OfferNormal: time.Hour, OfferEmergency: time.Second}},
	}
}

// Key makes an idempotency record.
func Key(key string, created time.Time) engine.IdempotencyRecord {
	return engine.IdempotencyRecord{Key: key, Method: "POST /v1/workOrders", Hash: [32]byte{1, 31: 9}, Response: []byte("{\x00}"), Created: created}
}

// ids are n order ids that rise.
func ids(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("w%04d", i)
	}
	return out
}
