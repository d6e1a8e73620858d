package breachserver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/kpi/breach"
	"fettle/ledger"
	"fettle/org"
)

// kind is that of the records of forecasts; their id is that of the order.
const kind = "breachForecasts"

// The keys of records.
const (
	pending = "pending" // its promise is neither kept nor broken
	byEnd   = "end"     // when it was decided
)

// Record is what is kept of the forecast of an order.
type Record struct {
	Due time.Time
	// Made is when half of the time was gone, zero before; Basis, Raw and Told are of then.
	Made      time.Time
	Basis     breach.Basis
	Raw, Told float64
	// Escalated is when supervisors were told, zero for never, and Chance the chance of then.
	Escalated time.Time
	Chance    float64
	// Decided is when it was known what came; Void says that nothing did: it was canceled or merged.
	Decided      time.Time
	Broken, Void bool
}

// kept is a record with its version.
type kept struct {
	Record
	version int64
	created time.Time
}

func (k *kept) encode(id dispatch.WorkOrderID, now time.Time) (ledger.Record, error) {
	body, err := json.Marshal(k.Record)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("write the forecast of %s: %w", id, err)
	}
	if k.created.IsZero() {
		k.created = now
	}
	r := ledger.Record{Kind: kind, ID: string(id), Version: k.version + 1, Created: k.created, Updated: now, Body: body}
	if k.Decided.IsZero() {
		r.Keys = []ledger.Key{{Name: pending, Value: ledger.Text("")}}
	} else {
		r.Keys = []ledger.Key{{Name: byEnd, Value: ledger.Instant(k.Decided)}}
	}
	return r, nil
}

func decode(r *ledger.Record) (*kept, error) {
	k := &kept{version: r.Version, created: r.Created}
	if err := json.Unmarshal(r.Body, &k.Record); err != nil {
		return nil, fmt.Errorf("read the forecast of %s: %w", r.ID, err)
	}
	return k, nil
}

// memory is what is known of the forecasts of an org.
type memory struct {
	open       map[dispatch.WorkOrderID]*kept
	calibrator breach.Calibrator
}

const (
	pageSize = 1000
	learned  = 20_000 // decided forecasts that count, the latest
)

// remember reads what is kept.
func remember(ctx context.Context, s ledger.Reader, o org.ID) (*memory, error) {
	m := &memory{open: map[dispatch.WorkOrderID]*kept{}}
	q := ledger.Where(kind, pending, ledger.Text(""))
	err := each(ctx, s, o, q, 1<<30, func(id dispatch.WorkOrderID, k *kept) { m.open[id] = k })
	if err != nil {
		return nil, err
	}
	q = ledger.Between(kind, byEnd, "", "")
	q.Descending = true
	err = each(ctx, s, o, q, learned, func(_ dispatch.WorkOrderID, k *kept) { m.learn(k) })
	return m, err
}

// learn takes in what became of a forecast.
func (m *memory) learn(k *kept) {
	if !k.Void && !k.Made.IsZero() {
		m.calibrator.Add(k.Basis, k.Raw, k.Told, k.Broken)
	}
}

func each(ctx context.Context, s ledger.Reader, o org.ID, q ledger.Query, most int, do func(dispatch.WorkOrderID, *kept)) error {
	for n := 0; n < most; {
		got, err := s.Records(ctx, o, q, pageSize)
		if err != nil {
			return fmt.Errorf("read forecasts: %w", err)
		}
		for i := range got.Records {
			k, err := decode(&got.Records[i])
			if err != nil {
				return err
			}
			do(dispatch.WorkOrderID(got.Records[i].ID), k)
		}
		if n += len(got.Records); got.Next == (ledger.Place{}) {
			return nil
		}
		q.After = got.Next
	}
	return nil
}
