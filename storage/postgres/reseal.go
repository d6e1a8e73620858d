package postgres

import (
	"context"

	"fettle/org"
	"fettle/storage/internal/row"
)

// Reseal seals all rows of an org under its newest key, but those of the log, which is never changed; done hears how many
// after each page. It returns the ids of the keys that rows are under when it ends. It may be cut short and run again.
func (d *DB) Reseal(ctx context.Context, o org.ID, done func(rows int)) (used map[string]bool, err error) {
	d.sealing.Lock()   // whatever was sealed under an older key is kept from here on
	d.sealing.Unlock() //nolint:staticcheck // nothing is done under the lock: to have had it is enough
	r := row.Resealer{From: d, Seal: d.seal, Done: done, Write: func(ctx context.Context, s []row.Statement) error {
		_, err := d.write(ctx, "seal rows anew", o, s)
		return err
	}}
	return r.Run(ctx, o)
}
