package sqlite

import (
	"context"
	"errors"
	"fmt"

	"fettle/dispatch/engine"
	"fettle/org"
)

// statement is a row to write.
type statement struct {
	query string
	args  []any
}

// Commit implements engine.Committer. Due work that is done is removed before other is set.
func (d *DB) Commit(ctx context.Context, o org.ID, b *engine.Batch) error {
	if b.Empty() {
		return ctx.Err()
	}
	statements, started, err := statementsOf(o, b)
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	return d.write(ctx, "commit batch", func(ctx context.Context, w *writer) error {
		for i := range statements {
			if _, err := w.exec(ctx, statements[i].query, statements[i].args...); err != nil {
				return err
			}
		}
		return writeStarted(ctx, w, started)
	})
}

// statementsOf encodes a batch, outside the turn to write. Orders that are started are apart; see writeStarted.
func statementsOf(o org.ID, b *engine.Batch) (all, started []statement, err error) {
	all = make([]statement, 0, len(b.Events)+len(b.Orders)+len(b.Technicians)+2*len(b.Deleted)+
		len(b.DueSet)+len(b.DueDone)+len(b.Keys))
	for i := range b.Events {
		row, err := eventRow(o, &b.Events[i])
		if err != nil {
			return nil, nil, err
		}
		all = append(all, statement{insertEvent, row})
	}
	for _, order := range b.Orders {
		row, err := orderRow(o, order)
		if err != nil {
			return nil, nil, err
		}
		if order.State.Started() {
			started = append(started, statement{upsertOrder, row})
		} else {
			all = append(all, statement{upsertOrder, row})
		}
	}
	for _, t := range b.Technicians {
		row, err := technicianRow(o, t)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, statement{upsertTechnician, row})
	}
	for _, id := range b.Deleted {
		args := []any{string(o), string(id)}
		all = append(all, statement{deleteTechnician, args}, statement{deletePosition, args})
	}
	return appendDue(all, o, b), started, nil
}

const deleteTechnician = `DELETE FROM technicians WHERE org = ? AND id = ?`

// appendDue adds due work and keys.
func appendDue(all []statement, o org.ID, b *engine.Batch) []statement {
	for i := range b.DueDone {
		all = append(all, statement{deleteDue, []any{string(o), b.DueDone[i].Kind, b.DueDone[i].Key}})
	}
	for i := range b.DueSet {
		w := &b.DueSet[i]
		all = append(all, statement{upsertDue, []any{string(o), w.Kind, w.Key, w.At.UnixMicro(), w.Payload}})
	}
	for i := range b.Keys {
		all = append(all, statement{insertKey, keyRow(o, &b.Keys[i])})
	}
	return all
}

// writeStarted writes the orders that are travelled to or worked on, after those whose technicians they may have set free.
// When such orders swap technicians among each other, one may have to wait for the next: a row that is refused is tried
// again as long as others succeed.
func writeStarted(ctx context.Context, w *writer, rows []statement) error {
	for len(rows) > 0 {
		var refused []statement
		var first error
		for _, s := range rows {
			_, err := w.exec(ctx, s.query, s.args...)
			switch {
			case err == nil:
			case isUnique(err):
				refused, first = append(refused, s), errors.Join(first, err)
			default:
				return err
			}
		}
		if len(refused) == len(rows) {
			return first
		}
		rows = refused
	}
	return nil
}
