package recurringserver

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	recurringv1 "fettle/api/gen/fettle/recurring/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/org/recurrence"
)

// State of a rule.
type State string

// The states.
const (
	Active State = "ACTIVE"
	Paused State = "PAUSED"
	Ended  State = "ENDED"
)

// Recurring is a rule by which orders are made.
type Recurring struct {
	Name    string          `json:"name"`
	Rule    string          `json:"rule"`
	Start   string          `json:"start"` // local
	Zone    string          `json:"zone"`
	Window  time.Duration   `json:"window"`
	Lead    time.Duration   `json:"lead"`
	Order   json.RawMessage `json:"order"` // as the API has it
	State   State           `json:"state"`
	Next    time.Time       `json:"next,omitzero"`
	Skipped []time.Time     `json:"skipped,omitempty"` // of those to come
}

// Occurrence is what became of one time of a rule.
type Occurrence struct {
	Rule    string    `json:"rule"`
	At      time.Time `json:"at"`
	State   string    `json:"state"`
	Order   string    `json:"order,omitempty"`
	Problem string    `json:"problem,omitempty"`
}

// keyRule finds occurrences by their rule, in order.
const keyRule = "rule"

// Rules is how rules are kept.
func Rules() *registry.Kind[Recurring] {
	return &registry.Kind[Recurring]{Name: "recurringOrders", Prefix: "ro_", State: func(r *Recurring) string { return string(r.State) }}
}

// Occurrences is how occurrences are kept that have come.
func Occurrences() *registry.Kind[Occurrence] {
	return &registry.Kind[Occurrence]{Name: "recurringOccurrences", Prefix: "oc_", Keys: occurrenceKeys}
}

func occurrenceKeys(o *Occurrence) []ledger.Key {
	return []ledger.Key{{Name: keyRule, Value: ledger.Join(ledger.Text(o.Rule), ledger.Instant(o.At)), Unique: true}}
}

// Unless they are given.
const (
	defaultWindow = 4 * time.Hour
	defaultLead   = 24 * time.Hour
)

// rule reads when the orders are made.
func (r *Recurring) rule() (*recurrence.Rule, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return nil, &invalid.Error{Field: "timeZone", Value: r.Zone, Want: "an IANA zone as Asia/Shanghai"}
	}
	return recurrence.Parse(r.Rule, r.Start, zone)
}

// read makes a rule of a message that has passed its rules.
func read(m *recurringv1.RecurringOrder, zone *time.Location) (Recurring, error) {
	r := Recurring{
		Name: m.GetDisplayName(), Rule: m.GetRrule(), Start: m.GetStart(), Zone: m.GetTimeZone(), Window: defaultWindow, Lead: defaultLead, State: Active,
	}
	if r.Zone == "" {
		r.Zone = zone.String()
	}
	if d := m.GetWindow(); d != nil {
		r.Window = d.AsDuration()
	}
	if d := m.GetLead(); d != nil {
		r.Lead = d.AsDuration()
	}
	if _, err := r.rule(); err != nil {
		return r, err
	}
	order := m.GetWorkOrder()
	if len(order.GetTimeWindows()) > 0 {
		return r, &invalid.Error{Field: "workOrder.timeWindows", Want: "none: the rule says when"}
	}
	if _, err := wire.Wish(order); err != nil {
		return r, wire.In("workOrder", err)
	}
	var err error
	r.Order, err = protojson.Marshal(order)
	return r, err
}

// order is the message that asks for the order of an occurrence.
func (r *Recurring) order(at time.Time) (*dispatchv1.CreateWorkOrderRequest, error) {
	o := &dispatchv1.WorkOrder{}
	if err := protojson.Unmarshal(r.Order, o); err != nil {
		return nil, fmt.Errorf("read the order of a rule: %w", err)
	}
	o.TimeWindows = []*dispatchv1.TimeWindow{{StartTime: wire.Timestamp(at), EndTime: wire.Timestamp(at.Add(r.Window))}}
	return &dispatchv1.CreateWorkOrderRequest{WorkOrder: o}, nil
}

func show(item *registry.Item[Recurring]) *recurringv1.RecurringOrder {
	r := &item.Value
	out := &recurringv1.RecurringOrder{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		DisplayName: r.Name, Rrule: r.Rule, Start: r.Start, TimeZone: r.Zone, Window: durationpb.New(r.Window), Lead: durationpb.New(r.Lead),
		State: recurringv1.RecurringOrder_State(recurringv1.RecurringOrder_State_value[string(r.State)]), WorkOrder: &dispatchv1.WorkOrder{},
	}
	if r.State == Active {
		out.NextTime = wire.Timestamp(r.Next)
	}
	_ = protojson.Unmarshal(r.Order, out.GetWorkOrder()) // what read has written
	for _, t := range r.Skipped {
		out.SkippedTimes = append(out.SkippedTimes, wire.Timestamp(t))
	}
	return out
}

func showOccurrence(item *registry.Item[Occurrence]) *recurringv1.Occurrence {
	o := &item.Value
	return &recurringv1.Occurrence{
		Time: wire.Timestamp(o.At), State: recurringv1.Occurrence_State(recurringv1.Occurrence_State_value[o.State]), WorkOrderId: o.Order, Problem: o.Problem,
	}
}
