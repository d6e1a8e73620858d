package row

import (
	"context"
	"errors"
	"fmt"

	"fettle/ledger"
	"fettle/org"
)

// Readable opens one sealed value of each column and the oldest and newest of the log, so that whoever starts without the
// right keys finds out at once. It reports whether there is any row of the org.
func (r Reader) Readable(ctx context.Context, o org.ID) (some bool, err error) {
	columns := sealedColumns()
	for i := range columns {
		c := &columns[i]
		for _, direction := range c.ends() {
			_, err := one(ctx, r.From, c.open, c.sample(direction), string(o))
			switch {
			case errors.Is(err, ledger.ErrNotFound):
			case err != nil:
				return true, fmt.Errorf("read %s of %s: %w", c.column, c.table, err)
			default:
				some = true
			}
		}
	}
	return some, nil
}

// ends are the rows to look at: of the log the first and the last, since its keys are kept as long as their rows.
func (c *sealedColumn) ends() []string {
	if c.log {
		return []string{"", " DESC"}
	}
	return []string{""}
}

// sample reads a row at one end.
func (c *sealedColumn) sample(direction string) string {
	if c.column == reasonSealed {
		return "SELECT " + entryColumns + " FROM audit_entries WHERE org = $1 AND reason_sealed <> '' ORDER BY sequence" + direction + " LIMIT 1"
	}
	return "SELECT " + c.list() + ", " + c.column + " FROM " + c.table + " WHERE org = $1 ORDER BY " + c.keys[0] + direction + " LIMIT 1"
}

// open reads a row of sample, and what is sealed in it.
func (c *sealedColumn) open(s Scanner) (row sealedRow, err error) {
	if c.column == reasonSealed {
		_, err = scanEntry(s)
		return row, err
	}
	if row, err = c.scan(s); err != nil {
		return row, err
	}
	cell := c.cell(row.keys...)
	switch v := row.value.(type) {
	case string:
		_, err = openText(s, cell, v)
	case []byte:
		_, err = openBytes(s, cell, v)
	}
	return row, err
}
