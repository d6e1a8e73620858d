package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotLeader says that a server is not the one to write to: a standby, or a primary from before the last failover.
var ErrNotLeader = errors.New("server is not the primary")

// leader remembers which primary was the last: each promotion of a standby begins a timeline with a higher number.
type leader struct{ timeline atomic.Uint64 }

// lookAtLeader names the file that the server writes its log to, which begins with its timeline; NULL on a standby.
const lookAtLeader = `SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END`

// check refuses a new connection to a server that does not lead, and to one that led before the last that was seen.
func (l *leader) check(ctx context.Context, c *pgx.Conn) error {
	var file *string
	err := c.QueryRow(ctx, lookAtLeader).Scan(&file)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code[:2] != "57":
		return nil // a service whose log nobody may look at: it fences by itself
	case err != nil:
		return err
	case file == nil:
		return fmt.Errorf("it follows another: %w", ErrNotLeader)
	}
	const digits = 8
	if len(*file) < digits {
		return nil
	}
	now, err := strconv.ParseUint((*file)[:digits], 16, 64)
	if err != nil {
		return nil //nolint:nilerr // not a name that says more
	}
	for {
		seen := l.timeline.Load()
		if now < seen {
			return fmt.Errorf("timeline %d, and %d has written since: %w", now, seen, ErrNotLeader)
		}
		if l.timeline.CompareAndSwap(seen, now) {
			return nil
		}
	}
}
