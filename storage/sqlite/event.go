package sqlite

import (
	"context"
	"database/sql"
	"fmt"

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
	Clock      engine.Clock          `json:"clock,omitempty"`
	Again      bool                  `json:"again,omitempty"`
}

func toEventJSON(e *engine.Event) *eventJSON {
	out := &eventJSON{
		Assignment: toAssignment(e.Assignment), Pin: toPin(e.Pin), Until: toStamp(e.Until), Rating: e.Rating, Comment: e.Comment,
		Nearest: e.Nearest, Into: e.Into, Clock: e.Clock, Again: e.Again,
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
	e.Nearest, e.Into, e.Clock, e.Again = j.Nearest, j.Into, j.Clock, j.Again
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

const eventColumns = `sequence, type, happened_at, actor, order_id, technician_id, reason, state, version, detail`

const insertEvent = `INSERT INTO events (org, ` + eventColumns + `) VALUES (?,?,?,?,?,?,?,?,?,?,?)`

// eventRow makes the arguments of insertEvent.
func eventRow(id org.ID, e *engine.Event) ([]any, error) {
	detail, err := encode(toEventJSON(e))
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Sequence, err)
	}
	return []any{
		string(id), e.Sequence, string(e.Type), e.Time.UnixMicro(), e.Actor, string(e.Order), string(e.Technician), e.Reason,
		string(e.State), e.Version, detail,
	}, nil
}

func scanEvent(row scanner) (engine.Event, error) {
	var (
		e                                engine.Event
		kind, order, technician, s, text string
		at                               int64
	)
	if err := row.Scan(&e.Sequence, &kind, &at, &e.Actor, &order, &technician, &e.Reason, &s, &e.Version, &text); err != nil {
		return e, err
	}
	var j eventJSON
	if err := decode(text, &j); err != nil {
		return e, fmt.Errorf("event %d: %w", e.Sequence, err)
	}
	j.fill(&e)
	e.Type, e.Time, e.State = engine.EventType(kind), fromMicros(at), engine.State(s)
	e.Order, e.Technician = dispatch.WorkOrderID(order), dispatch.TechnicianID(technician)
	return e, nil
}

const (
	queryEvents = `SELECT ` + eventColumns + ` FROM events WHERE org = ? AND sequence > ? ORDER BY sequence LIMIT ?`

	queryOrderEvents = `SELECT ` + eventColumns + ` FROM events WHERE org = ? AND order_id = ? AND order_id <> ''
AND sequence > ? ORDER BY sequence LIMIT ?`

	queryLast  = `SELECT max(sequence) FROM events WHERE org = ?`
	queryFirst = `SELECT min(sequence) FROM events WHERE org = ?`
)

// Events implements engine.EventReader.
func (d *DB) Events(ctx context.Context, o org.ID, after int64, limit int) ([]engine.Event, error) {
	out, err := many(ctx, d, limit, scanEvent, queryEvents, string(o), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

// OrderEvents implements engine.EventReader.
func (d *DB) OrderEvents(
	ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int,
) ([]engine.Event, error) {
	out, err := many(ctx, d, limit, scanEvent, queryOrderEvents, string(o), string(id), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events of order %s: %w", id, err)
	}
	return out, nil
}

// LastSequence implements engine.EventReader.
func (d *DB) LastSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read last sequence", queryLast, string(o))
}

// FirstSequence implements engine.EventReader.
func (d *DB) FirstSequence(ctx context.Context, o org.ID) (int64, error) {
	return d.number(ctx, "read first sequence", queryFirst, string(o))
}

// number reads one integer, 0 for NULL.
func (d *DB) number(ctx context.Context, what, query string, args ...any) (int64, error) {
	n, err := one(ctx, d, func(row scanner) (n sql.NullInt64, err error) {
		err = row.Scan(&n)
		return n, err
	}, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n.Int64, nil
}
