package row

import (
	"database/sql"
	"fmt"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// orderJSON is what of an order is in its detail column.
type orderJSON struct {
	Wish          wishJSON                `json:"wish"`
	Visit         int32                   `json:"visit,omitempty"`
	Assignment    *assignmentJSON         `json:"assignment,omitempty"`
	Unassigned    *unassignedJSON         `json:"unassigned,omitempty"`
	Nearest       dispatch.TechnicianID   `json:"nearest,omitempty"`
	Suggestion    *suggestionJSON         `json:"suggestion,omitempty"`
	Due           dueTimesJSON            `json:"due,omitzero"`
	Clocks        clocksJSON              `json:"clocks,omitzero"`
	Pin           *pinJSON                `json:"pin,omitempty"`
	Declined      []dispatch.TechnicianID `json:"declined,omitempty"`
	Expired       []dispatch.TechnicianID `json:"expired,omitempty"`
	Previous      dispatch.TechnicianID   `json:"previous,omitempty"`
	Breached      []engine.Clock          `json:"breached,omitempty"`
	MergedInto    dispatch.WorkOrderID    `json:"mergedInto,omitempty"`
	Reports       []dispatch.WorkOrderID  `json:"reports,omitempty"`
	Reason        string                  `json:"reason,omitempty"`
	Rating        int32                   `json:"rating,omitempty"`
	RatingComment string                  `json:"ratingComment,omitempty"`
	Escalation    int32                   `json:"escalation,omitempty"`
	Next          stamp                   `json:"nextEscalation,omitzero"`
}

type clocksJSON struct {
	Acknowledged stamp `json:"acknowledged,omitzero"`
	Assigned     stamp `json:"assigned,omitzero"`
	Accepted     stamp `json:"accepted,omitzero"`
	Departed     stamp `json:"departed,omitzero"`
	Arrived      stamp `json:"arrived,omitzero"`
	Started      stamp `json:"started,omitzero"`
	Completed    stamp `json:"completed,omitzero"`
}

func toClocks(c engine.Clocks) clocksJSON {
	return clocksJSON{
		toStamp(c.Acknowledged), toStamp(c.Assigned), toStamp(c.Accepted), toStamp(c.Departed), toStamp(c.Arrived), toStamp(c.Started), toStamp(c.Completed),
	}
}

func (c clocksJSON) clocks() engine.Clocks {
	return engine.Clocks{
		Acknowledged: c.Acknowledged.time(), Assigned: c.Assigned.time(), Accepted: c.Accepted.time(), Departed: c.Departed.time(), Arrived: c.Arrived.time(),
		Started: c.Started.time(), Completed: c.Completed.time(),
	}
}

// toOrderJSON leaves out what is a column.
func toOrderJSON(o *engine.Order) *orderJSON {
	out := &orderJSON{
		Wish: toWish(&o.Wish), Visit: o.Visit, Assignment: toAssignment(o.Assignment), Nearest: o.Nearest,
		Due: toDueTimes(o.Due), Clocks: toClocks(o.Clocks), Pin: toPin(o.Pin), Declined: o.Declined,
		Expired: o.Expired, Previous: o.Previous, Breached: o.Breached,
		MergedInto: o.MergedInto, Reports: o.Reports, Reason: o.Reason, Rating: o.Rating, RatingComment: o.RatingComment,
		Escalation: o.Escalation, Next: toStamp(o.NextEscalation), Suggestion: toSuggestion(o.Suggestion),
	}
	out.Wish.UnitID, out.Wish.Urgency = "", ""
	if o.Unassigned != nil {
		u := unassignedJSON(*o.Unassigned)
		out.Unassigned = &u
	}
	if a := out.Assignment; a != nil {
		a.Technician, a.Shift, a.Arrival, a.Start, a.End = "", 0, 0, 0, 0
	}
	return out
}

// fill sets what is not a column.
func (j *orderJSON) fill(o *engine.Order) {
	o.Wish = j.Wish.wish()
	o.Visit, o.Assignment, o.Nearest = j.Visit, j.Assignment.assignment(), j.Nearest
	if j.Unassigned != nil {
		u := dispatch.Unassigned(*j.Unassigned)
		o.Unassigned = &u
	}
	o.Due, o.Clocks, o.Pin, o.Declined = j.Due.times(), j.Clocks.clocks(), j.Pin.pin(), j.Declined
	o.Expired, o.Previous, o.Breached = j.Expired, j.Previous, j.Breached
	o.MergedInto, o.Reports = j.MergedInto, j.Reports
	o.Reason, o.Rating, o.RatingComment = j.Reason, j.Rating, j.RatingComment
	o.Escalation, o.NextEscalation, o.Suggestion = j.Escalation, j.Next.time(), j.Suggestion.suggestion()
}

// OrderColumns are what ScanOrder reads.
const OrderColumns = `id, version, state, urgency, unit_id, technician_id, shift_at, arrival_at, start_at, end_at, ` +
	`created_at, updated_at, detail`

// UpsertOrder takes the arguments that Order makes.
const UpsertOrder = `INSERT INTO work_orders (org, ` + OrderColumns + `) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)
ON CONFLICT (org, id) DO UPDATE SET version = excluded.version, state = excluded.state, urgency = excluded.urgency,
unit_id = excluded.unit_id, technician_id = excluded.technician_id, shift_at = excluded.shift_at,
arrival_at = excluded.arrival_at, start_at = excluded.start_at, end_at = excluded.end_at,
created_at = excluded.created_at, updated_at = excluded.updated_at, detail = excluded.detail`

// QueryOrder takes the org and an id.
const QueryOrder = `SELECT ` + OrderColumns + ` FROM work_orders WHERE org = $1 AND id = $2`

// Order makes the arguments of UpsertOrder.
func Order(id org.ID, o *engine.Order) ([]any, error) {
	detail, err := encode(toOrderJSON(o))
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", o.ID, err)
	}
	var technician, shift, arrival, start, end any
	if a := o.Assignment; a != nil {
		if a.Technician != "" {
			technician = string(a.Technician)
		}
		shift, arrival, start, end = micros(a.Shift), micros(a.Arrival), micros(a.Start), micros(a.End)
	}
	return []any{
		string(id), string(o.ID), o.Version, string(o.State), string(o.Urgency), o.UnitID, technician, shift, arrival, start,
		end, o.Created.UnixMicro(), o.Updated.UnixMicro(), detail,
	}, nil
}

// micros is a column that is NULL for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instant reads a column of micros.
func instant(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return fromMicros(v.Int64)
}

// Scanner is a row of a result.
type Scanner interface{ Scan(to ...any) error }

// ScanOrder reads OrderColumns.
func ScanOrder(row Scanner) (*engine.Order, error) {
	var (
		id, state, urgency, unit, detail string
		technician                       sql.NullString
		shift, arrival, start, end       sql.NullInt64
		version, created, updated        int64
	)
	err := row.Scan(&id, &version, &state, &urgency, &unit, &technician, &shift, &arrival, &start, &end, &created, &updated, &detail)
	if err != nil {
		return nil, err
	}
	var j orderJSON
	if err := read(row, cellOf("work_orders", id, "detail"), detail, &j); err != nil {
		return nil, fmt.Errorf("order %s: %w", id, err)
	}
	o := &engine.Order{ID: dispatch.WorkOrderID(id), Version: version, State: engine.State(state)}
	j.fill(o)
	o.Created, o.Updated = fromMicros(created), fromMicros(updated)
	o.Urgency, o.UnitID = dispatch.Urgency(urgency), unit
	if a := o.Assignment; a != nil {
		a.Technician = dispatch.TechnicianID(technician.String)
		a.Shift, a.Arrival, a.Start, a.End = instant(shift), instant(arrival), instant(start), instant(end)
	}
	return o, nil
}
