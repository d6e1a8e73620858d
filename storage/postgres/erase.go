package postgres

import (
	"context"

	"fettle/dispatch"
	"fettle/org"
	"fettle/storage/internal/row"
)

// eraser takes words out of rows of an org that stay.
func (d *DB) eraser(o org.ID) *row.Eraser {
	return &row.Eraser{From: d, Seal: d.seal, Write: func(ctx context.Context, s []row.Statement) error {
		_, err := d.write(ctx, "erase words", o, s)
		return err
	}}
}

// EraseWords takes descriptions, reasons and comments out of the events of an order, which stay. It counts the events.
func (d *DB) EraseWords(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (int, error) {
	return d.eraser(o).Words(ctx, o, id)
}

// EraseAnswers empties the answers kept under idempotency keys that hold one of some ids, and counts them. The keys stay.
func (d *DB) EraseAnswers(ctx context.Context, o org.ID, ids []string) (int, error) {
	return d.eraser(o).Answers(ctx, o, ids)
}
