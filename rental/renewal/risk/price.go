package risk

import (
	"fmt"
	"slices"

	"fettle/rental/fault"
)

// Source is where a value comes from.
type Source string

// The sources.
const (
	Lease       Source = "LEASE"
	Payments    Source = "PAYMENTS"
	WorkOrders  Source = "WORK_ORDERS"
	Mood        Source = "MOOD"
	LocksMeters Source = "LOCKS_METERS"
	App         Source = "APP"
	Community   Source = "COMMUNITY"
)

// Feature is something that is known of leases.
type Feature struct {
	Name   string `json:"name"`
	Source Source `json:"source"`
}

// ForPrice refuses a model that knows how people live for decisions about what they pay: comings and goings, what they do in
// the app, whom they meet.
func ForPrice(features []Feature) error {
	for _, f := range features {
		if slices.Contains([]Source{LocksMeters, App, Community}, f.Source) {
			return fault.New("purpose", "PRICE", fmt.Sprintf("CARE: the model knows %s from %s, which may not decide on a price", f.Name, f.Source))
		}
	}
	return nil
}
