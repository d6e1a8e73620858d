// Package residence reads what is known of those who live in dwellings: the leases of an org, the building of a dwelling, the
// repairs that were reported from it. It writes nothing and decides nothing; what follows from it is for the packages below
// rental/renewal.
package residence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/internal/leasing"
	"fettle/ledger"
	"fettle/org"
	"fettle/org/calendar"
	"fettle/rental/estate"
	"fettle/rental/lease"
)

// Store is what is read: rows of the ledger, committed orders and the log.
type Store interface {
	ledger.Reader
	Orders(ctx context.Context, o org.ID, f engine.OrderFilter, after dispatch.WorkOrderID, limit int) ([]*engine.Order, error)
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
}

// Reader reads. Any goroutine may use it.
type Reader struct {
	Store Store
	Zone  *time.Location // of orgs
}

// page is how many rows are read at once.
const page = 1000

// Lease reads one lease as it is on a day.
func (r *Reader) Lease(ctx context.Context, o org.ID, id lease.ID, today calendar.Date) (lease.Lease, error) {
	rec, err := r.Store.Record(ctx, o, leasing.Leases, string(id))
	if err != nil {
		return lease.Lease{}, fmt.Errorf("lease %s: %w", id, err)
	}
	k, err := leasing.DecodeLease(rec)
	return k.Value.On(today), err
}

// Leases calls do with every lease of an org, as it is on a day, in the order of their ids.
func (r *Reader) Leases(ctx context.Context, o org.ID, today calendar.Date, do func(l *lease.Lease)) error {
	return r.leases(ctx, o, ledger.All(leasing.Leases), today, do)
}

// Ending calls do with every lease of an org whose last day is not before one day and before another, as it is on the first, by
// rising last day.
func (r *Reader) Ending(ctx context.Context, o org.ID, from, before calendar.Date, do func(l *lease.Lease)) error {
	q := ledger.Between(leasing.Leases, leasing.KeyEnd, leasing.EndKey(from), leasing.EndKey(before))
	return r.leases(ctx, o, q, from, do)
}

func (r *Reader) leases(ctx context.Context, o org.ID, q ledger.Query, today calendar.Date, do func(l *lease.Lease)) error {
	for {
		got, err := r.Store.Records(ctx, o, q, page)
		if err != nil {
			return fmt.Errorf("read leases: %w", err)
		}
		for i := range got.Records {
			k, err := leasing.DecodeLease(&got.Records[i])
			if err != nil {
				return err
			}
			l := k.Value.On(today)
			do(&l)
		}
		if got.Next == (ledger.Place{}) {
			return nil
		}
		q.After = got.Next
	}
}

// The kinds of the records of buildings and dwellings.
const (
	properties = "properties"
	units      = "units"
)

// Buildings are the buildings of dwellings, by the id of the dwelling: the id of the property. A dwelling that is not kept has
// none.
func (r *Reader) Buildings(ctx context.Context, o org.ID) (map[string]string, error) {
	out := map[string]string{}
	q := ledger.All(units)
	for {
		got, err := r.Store.Records(ctx, o, q, page)
		if err != nil {
			return nil, fmt.Errorf("read units: %w", err)
		}
		for i := range got.Records {
			var u estate.Unit
			if err := json.Unmarshal(got.Records[i].Body, &u); err != nil {
				return nil, fmt.Errorf("read unit %s: %w", got.Records[i].ID, err)
			}
			out[got.Records[i].ID] = u.Property
		}
		if got.Next == (ledger.Place{}) {
			return out, nil
		}
		q.After = got.Next
	}
}

// Building is the building of one dwelling, "" when it is not kept.
func (r *Reader) Building(ctx context.Context, o org.ID, unit string) (string, error) {
	rec, err := r.Store.Record(ctx, o, units, unit)
	if errors.Is(err, ledger.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read unit %s: %w", unit, err)
	}
	var u estate.Unit
	if err := json.Unmarshal(rec.Body, &u); err != nil {
		return "", fmt.Errorf("read unit %s: %w", unit, err)
	}
	return u.Property, nil
}

// Place is where a dwelling is: the place of its building.
func (r *Reader) Place(ctx context.Context, o org.ID, unit string) (geo.Point, error) {
	building, err := r.Building(ctx, o, unit)
	if err != nil {
		return geo.Point{}, err
	}
	rec, err := r.Store.Record(ctx, o, properties, building)
	if err != nil {
		return geo.Point{}, fmt.Errorf("the building of unit %s: %w", unit, err)
	}
	var p estate.Property
	if err := json.Unmarshal(rec.Body, &p); err != nil {
		return geo.Point{}, fmt.Errorf("read property %s: %w", building, err)
	}
	return p.Location, nil
}

// Reminders calls do with every reminder that is due from one instant until another, as far as it is written: with its lease, its
// kind and its instant.
func (r *Reader) Reminders(ctx context.Context, o org.ID, from, to time.Time, do func(id lease.ID, kind string, at time.Time)) error {
	q := ledger.Between(leasing.Obligations, leasing.KeyAt, ledger.Instant(from), ledger.Instant(to))
	for {
		got, err := r.Store.Records(ctx, o, q, page)
		if err != nil {
			return fmt.Errorf("read reminders: %w", err)
		}
		for i := range got.Records {
			k, err := leasing.DecodeObligation(&got.Records[i])
			if err != nil {
				return err
			}
			if k.Value.State.Open() {
				do(k.Value.Lease, leasing.KindOf(k.Value.Rung), k.Value.At)
			}
		}
		if got.Next == (ledger.Place{}) {
			return nil
		}
		q.After = got.Next
	}
}

// Repair is one work order of a dwelling, as far as those who live there care.
type Repair struct {
	ID      string
	Created time.Time
	Done    time.Time // when the work was completed last; zero while it is not
	Open    bool
	Late    bool // a promise was not kept
}

// Repairs lists the work orders of a dwelling as Reports does, with when each was done.
func (r *Reader) Repairs(ctx context.Context, o org.ID, unit string, from time.Time) ([]Repair, error) {
	out, err := r.Reports(ctx, o, unit, from)
	for i := range out {
		if err == nil && !out[i].Open {
			out[i].Done, err = r.done(ctx, o, dispatch.WorkOrderID(out[i].ID))
		}
	}
	return out, err
}

// Reports lists the work orders of a dwelling that were reported at or after an instant, the oldest first, those aside that were
// canceled or merged into another. It does not say when they were done.
func (r *Reader) Reports(ctx context.Context, o org.ID, unit string, from time.Time) ([]Repair, error) {
	if unit == "" {
		return nil, nil
	}
	var out []Repair
	for after := dispatch.WorkOrderID(""); ; {
		list, err := r.Store.Orders(ctx, o, engine.OrderFilter{UnitID: unit}, after, page)
		if err != nil {
			return nil, fmt.Errorf("read the work orders of unit %s: %w", unit, err)
		}
		for _, x := range list {
			after = x.ID
			if x.Created.Before(from) || x.State == engine.StateCanceled || x.State == engine.StateMerged {
				continue
			}
			out = append(out, Repair{ID: string(x.ID), Created: x.Created, Open: x.State.Open(), Late: len(x.Breached) > 0})
		}
		if len(list) < page {
			return out, nil
		}
	}
}

// LeasesOf are the leases of a dwelling as they are on a day, by rising last day.
func (r *Reader) LeasesOf(ctx context.Context, o org.ID, unit string, today calendar.Date) ([]lease.Lease, error) {
	q := ledger.Under(leasing.Leases, leasing.KeyUnit, ledger.Text(unit))
	got, err := r.Store.Records(ctx, o, q, page) // no dwelling has had as many
	if err != nil {
		return nil, fmt.Errorf("read the leases of unit %s: %w", unit, err)
	}
	var out []lease.Lease
	for i := range got.Records {
		k, err := leasing.DecodeLease(&got.Records[i])
		if err != nil {
			return nil, err
		}
		out = append(out, k.Value.On(today))
	}
	return out, nil
}

// done is when an order was completed last.
func (r *Reader) done(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (time.Time, error) {
	events, err := r.Store.OrderEvents(ctx, o, id, 0, page)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the events of work order %s: %w", id, err)
	}
	for _, e := range slices.Backward(events) {
		if e.Type == engine.OrderCompleted {
			return e.Time, nil
		}
	}
	return time.Time{}, nil
}

// The kind of the records of tasks, and what is read of one.
const tasks = "tasks"

type reported struct {
	Kind, State string
	Opened      time.Time
}

// Frictions are when those who live in a dwelling have reported what is no repair, since an instant, in rising order. What follows
// from a report is not counted, nor what was canceled.
func (r *Reader) Frictions(ctx context.Context, o org.ID, unit string, from time.Time) ([]time.Time, error) {
	if unit == "" {
		return nil, nil
	}
	got, err := r.Store.Records(ctx, o, ledger.Where(tasks, "unit", ledger.Text(unit)), page)
	if err != nil {
		return nil, fmt.Errorf("read the tasks of unit %s: %w", unit, err)
	}
	var out []time.Time
	for i := range got.Records {
		var t reported
		if err := json.Unmarshal(got.Records[i].Body, &t); err != nil {
			return nil, fmt.Errorf("read task %s: %w", got.Records[i].ID, err)
		}
		if t.Kind != "MATCHING" && t.State != "CANCELED" && !t.Opened.Before(from) {
			out = append(out, t.Opened)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out, nil
}
