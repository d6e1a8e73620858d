package sqlite

import (
	"context"

	"fettle/dispatch"
	"fettle/ledger"
	"fettle/org"
	"fettle/storage/internal/row"
)

// eraser takes words out of rows that stay.
func (d *DB) eraser() *row.Eraser {
	return &row.Eraser{From: d, Seal: d.seal, Write: func(ctx context.Context, s []row.Statement) error {
		return d.write(ctx, "erase words", func(ctx context.Context, w *writer) error {
			for i := range s {
				if _, err := w.exec(ctx, s[i].SQL, s[i].Args...); err != nil {
					return err
				}
			}
			return nil
		})
	}}
}

// EraseWords takes descriptions, reasons and comments out of the events of an order, which stay. It counts the events.
func (d *DB) EraseWords(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (int, error) {
	return d.eraser().Words(ctx, o, id)
}

// EraseAnswers empties the answers kept under idempotency keys that hold one of some ids, and counts them. The keys stay.
func (d *DB) EraseAnswers(ctx context.Context, o org.ID, ids []string) (int, error) {
	return d.eraser().Answers(ctx, o, ids)
}

// EraseReasons takes the reasons out of audit entries, which chain.Forget has covered by hashes that need none. Entries that tell of it
// (ledger.ReasonErased) must be there already: without them it is refused.
func (d *DB) EraseReasons(ctx context.Context, o org.ID, entries []ledger.Entry) error {
	return d.eraser().Reasons(ctx, o, entries)
}
