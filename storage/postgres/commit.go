package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fettle/dispatch/engine"
	"fettle/org"
	"fettle/storage/internal/row"
)

// How long the server may take. What waits beyond that is unavailable, and says so within the patience of whoever asked.
const (
	// answerLimit is for one answer, before its connection is given up.
	answerLimit = 4 * time.Second
	// lockLimit is for a lock that others hold. The server itself ends the wait, so that who gives up leaves nobody waiting.
	lockLimit = 1500 * time.Millisecond
	// turnLimit is for a connection while all that may write wait for locks.
	turnLimit = 1500 * time.Millisecond
)

const (
	setOrg    = `SELECT set_config('fettle.org', $1, true)`
	enter     = `SELECT set_config('fettle.org', $1, true), fettle_fence($1, $2)`
	makeMonth = `SELECT fettle_month($1)`
	pruneKeys = `DELETE FROM idempotency_keys WHERE org = $1 AND key IN (
SELECT key FROM idempotency_keys WHERE org = $1 AND created_at < $2 ORDER BY created_at LIMIT $3)`
	beat = `UPDATE heartbeat SET beats = beats + 1`
)

// Commit implements engine.Committer. It takes the lead of the org when nobody has it.
func (d *DB) Commit(ctx context.Context, o org.ID, b *engine.Batch) error {
	if b.Empty() {
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	d.sealing.RLock()
	defer d.sealing.RUnlock()
	statements, started, err := row.Statements(d.seal, o, b)
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	// The constraint on started orders is checked at the commit, so their order does not matter.
	statements = append(statements, started...)
	audit, err := auditStatements(d.seal, o, b.Audit)
	if err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	statements = append(statements, audit...)
	months := d.newMonths(b.Events)
	_, err = d.write(ctx, "commit batch", o, append(months, statements...))
	if err == nil {
		for _, m := range months {
			d.months.Store(monthOf(m.Args[0].(int64)), true) //nolint:errcheck // newMonths gives one integer
		}
	}
	return err
}

// newMonths makes the partitions of the months that events begin.
func (d *DB) newMonths(events []engine.Event) (out []row.Statement) {
	seen := ""
	for i := range events {
		at := events[i].Time.UnixMicro()
		month := monthOf(at)
		if _, made := d.months.Load(month); made || month == seen || events[i].Time.Year() < 1970 {
			continue
		}
		seen = month
		out = append(out, row.Statement{SQL: makeMonth, Args: []any{at}})
	}
	return out
}

func monthOf(micros int64) string { return time.UnixMicro(micros).UTC().Format("2006-01") }

// write runs statements of an org that is led here in one transaction and one round trip. It returns how many rows the last
// statement has touched. A context that has ended keeps anything from being written; one that ends later does not cut the
// transaction short.
func (d *DB) write(ctx context.Context, what string, o org.ID, statements []row.Statement) (int64, error) {
	if err := d.state(); err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	epoch, err := d.epoch(ctx, o)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	b := &pgx.Batch{} // what is sent together is one transaction, without a BEGIN
	b.Queue(enter, string(o), epoch)
	for _, s := range d.texts.together(statements) {
		b.Queue(s.SQL, spell(s.Args)...)
	}
	n, err := d.send(ctx, b)
	if err != nil && pgconn.SafeToRetry(err) { // nothing was sent: the connection was dead
		d.pool.Reset()
		n, err = d.send(ctx, b)
	}
	if err == nil {
		d.last.Store(nil)
		return n, nil
	}
	if isFenced(err) {
		d.note(o, 0)
	}
	err = d.fault(what, err)
	if errors.Is(err, engine.ErrFull) || errors.Is(err, engine.ErrUnavailable) {
		d.last.Store(&err)
	}
	return 0, err
}

// turn waits until another transaction may write: some connections are left for those who read, whatever writers wait for.
func (d *DB) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, turnLimit)
	defer cancel()
	select {
	case d.writers <- struct{}{}:
		return func() { <-d.writers }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("all %d connections for writing are taken: %w", cap(d.writers), ctx.Err())
	}
}

// send runs a batch and returns how many rows its last statement has touched.
func (d *DB) send(ctx context.Context, b *pgx.Batch) (n int64, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	done, err := d.turn(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	results := c.SendBatch(ctx, b)
	for range b.Len() {
		var tag pgconn.CommandTag
		if tag, err = results.Exec(); err != nil {
			break
		}
		n = tag.RowsAffected()
	}
	if closed := results.Close(); err == nil { // what the commit itself refuses is found here
		err = closed
	}
	return n, err
}

// Probe writes a row durably, to find out whether writes are possible again, and takes back the lead of each org that this
// process has lost, if nobody has it.
func (d *DB) Probe(ctx context.Context) error {
	if err := d.state(); err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if _, err := d.pool.Exec(ctx, beat); err != nil {
		return d.fault("probe store", err)
	}
	for _, o := range d.lost() {
		if _, err := d.epoch(ctx, o); err != nil {
			return fmt.Errorf("probe store: %w", err)
		}
	}
	d.last.Store(nil)
	return nil
}

// PruneKeys implements engine.Committer.
func (d *DB) PruneKeys(ctx context.Context, o org.ID, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, ctx.Err()
	}
	n, err := d.write(ctx, "prune idempotency keys", o, []row.Statement{
		{SQL: pruneKeys, Args: []any{string(o), before.UnixMicro(), limit}},
	})
	return int(n), err
}

// PrunePositions removes the last places of those who were seen before an instant and not since, and returns how many.
func (d *DB) PrunePositions(ctx context.Context, o org.ID, before time.Time) (int, error) {
	n, err := d.write(ctx, "prune positions", o, []row.Statement{{SQL: row.PrunePositions, Args: []any{string(o), before.UnixMicro()}}})
	return int(n), err
}

// SavePositions implements engine.PositionStore.
func (d *DB) SavePositions(ctx context.Context, o org.ID, ps []engine.Position) error {
	if len(ps) == 0 {
		return ctx.Err()
	}
	rows := make([]row.Statement, len(ps))
	for i := range ps {
		rows[i] = row.Statement{SQL: row.UpsertPosition, Args: row.Position(o, &ps[i])}
	}
	_, err := d.write(ctx, "save positions", o, rows)
	return err
}
