package row

import (
	"fmt"
	"strconv"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/org"
)

// eventJSON is what of an event is in its detail column.
type eventJSON struct {
	Wish       *wishJSON             `json:"wish,omitempty"`
	Due        *dueTimesJSON         `json:"due,omitempty"`
	Assignment *assignmentJSON       `json:"assignment,omitempty"`
	Unassigned *unassignedJSON       `json:"unassigned,omitempty"`
	Nearest    dispatch.TechnicianID `json:"nearest,omitempty"`
	Pin        *pinJSON              `json:"pin,omitempty"`
	Profile    *profileJSON          `json:"profile,omitempty"`
	Until      stamp                 `json:"until,omitzero"`
	Rating     int32                 `json:"rating,omitempty"`
	Comment    string                `json:"comment,omitempty"`
	Into       dispatch.WorkOrderID  `json:"into,omitempty"`
	Report     dispatch.WorkOrderID  `json:"report,omitempty"`
	Next       stamp                 `json:"next,omitzero"`
	Clock      engine.Clock          `json:"clock,omitempty"`
	Again      bool                  `json:"again,omitempty"`
	Mode       engine.Mode           `json:"mode,omitempty"`
	Conduct    *conductJSON          `json:"conduct,omitempty"`
	Tapped     stamp                 `json:"tapped,omitzero"`
	Verb       engine.Verb           `json:"verb,omitempty"`
	Why        string                `json:"why,omitempty"`
}

func toEventJSON(e *engine.Event) *eventJSON {
	out := &eventJSON{
		Assignment: toAssignment(e.Assignment), Pin: toPin(e.Pin), Until: toStamp(e.Until), Rating: e.Rating, Comment: e.Comment,
		Nearest: e.Nearest, Into: e.Into, Report: e.Report, Next: toStamp(e.Next), Clock: e.Clock, Again: e.Again,
		Mode: e.Mode, Conduct: toConduct(e.Conduct), Tapped: toStamp(e.Tapped), Verb: e.Verb, Why: e.Why,
	}
	if e.Wish != nil {
		w := toWish(e.Wish)
		out.Wish = &w
	}
	if e.Due != nil {
		t := toDueTimes(*e.Due)
		out.Due = &t
	}
	if e.Unassigned != nil {
		u := unassignedJSON(*e.Unassigned)
		out.Unassigned = &u
	}
	if e.Profile != nil {
		p := toProfile(e.Profile)
		out.Profile = &p
	}
	return out
}

func (j *eventJSON) fill(e *engine.Event) {
	e.Assignment, e.Pin, e.Until, e.Rating, e.Comment = j.Assignment.assignment(), j.Pin.pin(), j.Until.time(), j.Rating, j.Comment
	e.Nearest, e.Into, e.Report, e.Clock, e.Again = j.Nearest, j.Into, j.Report, j.Clock, j.Again
	e.Next, e.Mode, e.Conduct = j.Next.time(), j.Mode, j.Conduct.conduct()
	e.Tapped, e.Verb, e.Why = j.Tapped.time(), j.Verb, j.Why
	if j.Wish != nil {
		w := j.Wish.wish()
		e.Wish = &w
	}
	if j.Due != nil {
		t := j.Due.times()
		e.Due = &t
	}
	if j.Unassigned != nil {
		u := dispatch.Unassigned(*j.Unassigned)
		e.Unassigned = &u
	}
	if j.Profile != nil {
		p := j.Profile.profile()
		e.Profile = &p
	}
}

// EventColumns are what ScanEvent reads.
const EventColumns = `sequence, type, happened_at, actor, order_id, technician_id, reason, state, version, detail`

// InsertEvent takes the arguments that Event makes.
const InsertEvent = `INSERT INTO events (org, ` + EventColumns + `) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`

// Event makes the arguments of InsertEvent.
func Event(id org.ID, e *engine.Event) ([]any, error) {
	detail, err := encode(toEventJSON(e))
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Sequence, err)
	}
	return []any{
		string(id), e.Sequence, string(e.Type), e.Time.UnixMicro(), e.Actor, string(e.Order), string(e.Technician), e.Reason,
		string(e.State), e.Version, detail,
	}, nil
}

// ScanEvent reads EventColumns.
func ScanEvent(row Scanner) (engine.Event, error) {
	var (
		e                                engine.Event
		kind, order, technician, s, text string
		at                               int64
	)
	if err := row.Scan(&e.Sequence, &kind, &at, &e.Actor, &order, &technician, &e.Reason, &s, &e.Version, &text); err != nil {
		return e, err
	}
	var j eventJSON
	name := strconv.FormatInt(e.Sequence, 10)
	if err := read(row, cellOf("events", name, "detail"), text, &j); err != nil {
		return e, fmt.Errorf("event %d: %w", e.Sequence, err)
	}
	reason, err := openText(row, cellOf("events", name, "reason"), e.Reason)
	if err != nil {
		return e, fmt.Errorf("event %d: %w", e.Sequence, err)
	}
	e.Reason = reason
	j.fill(&e)
	e.Type, e.Time, e.State = engine.EventType(kind), fromMicros(at), engine.State(s)
	e.Order, e.Technician = dispatch.WorkOrderID(order), dispatch.TechnicianID(technician)
	return e, nil
}

// Queries of the log.
const (
	QueryEvents = `SELECT ` + EventColumns + ` FROM events WHERE org = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`

	QueryOrderEvents = `SELECT ` + EventColumns + ` FROM events WHERE org = $1 AND order_id = $2 AND order_id <> ''
AND sequence > $3 ORDER BY sequence LIMIT $4`

	QueryLast  = `SELECT max(sequence) FROM events WHERE org = $1`
	QueryFirst = `SELECT min(sequence) FROM events WHERE org = $1`
)
