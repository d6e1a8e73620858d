package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fettle/dispatch/engine"
	"fettle/org"
)

// takeLead gives the lead to whoever has it already, or to anybody when the time of the holder is over or its session has
// ended: that of a process that was killed ends at once, so that the next need not wait. Each change of the holder begins an
// epoch, and it is the epoch that keeps two from writing.
const takeLead = `INSERT INTO leads AS l (org, epoch, holder, session, held_to)
VALUES ($1, 1, $2, $4, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (org) DO UPDATE SET held_to = excluded.held_to, holder = excluded.holder, session = excluded.session,
epoch = l.epoch + CASE WHEN l.holder = excluded.holder THEN 0 ELSE 1 END
WHERE l.holder = excluded.holder OR l.held_to < clock_timestamp()
OR NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = l.session)
RETURNING epoch`

const (
	renewLead = `UPDATE leads SET held_to = clock_timestamp() + $3 * interval '1 millisecond', session = $5
WHERE org = $1 AND epoch = $2 AND holder = $4`
	endLead    = `UPDATE leads SET held_to = clock_timestamp() - interval '1 second' WHERE org = $1 AND epoch = $2 AND holder = $3`
	lookAtLead = `SELECT holder, held_to FROM leads WHERE org = $1`
)

// LedError says that another process writes for an org.
type LedError struct {
	Org    org.ID
	Holder string    // host, process and a random part
	Until  time.Time // when its lead ends unless it is renewed
}

// Error implements error.
func (e *LedError) Error() string {
	return fmt.Sprintf("org %s is led by another process (%s) until %s", e.Org, e.Holder, e.Until.UTC().Format(time.RFC3339))
}

// Lead takes the lead of an org, waiting while another process has it until ctx ends. The error is then a LedError.
func (d *DB) Lead(ctx context.Context, o org.ID) error {
	for {
		_, err := d.epoch(ctx, o)
		var led *LedError
		if !errors.As(err, &led) {
			return err
		}
		timer := time.NewTimer(d.term / 10)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", engine.ErrUnavailable, led)
		}
	}
}

// epoch returns that of an org that is led here, taking the lead if nobody has it.
func (d *DB) epoch(ctx context.Context, o org.ID) (int64, error) {
	if e := d.led()[o]; e > 0 {
		return e, nil
	}
	d.leading.Lock() // the database may take its time, so not under mu
	defer d.leading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	session, err := d.openSession(ctx)
	if err != nil {
		return 0, d.fault("take the lead", err)
	}
	var epoch int64
	err = d.inOrg(ctx, o, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, takeLead, string(o), d.holder, d.term.Milliseconds(), session).Scan(&epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			led := &LedError{Org: o}
			return errors.Join(led, tx.QueryRow(ctx, lookAtLead, string(o)).Scan(&led.Holder, &led.Until))
		}
		return err
	})
	var led *LedError
	if errors.As(err, &led) {
		d.note(o, 0)
		return 0, fmt.Errorf("%w: %w", engine.ErrUnavailable, led)
	}
	if err != nil {
		return 0, d.fault("take the lead", err)
	}
	d.note(o, epoch)
	return epoch, nil
}

// openSession returns the number of the session that tells that this process lives, opening it if need be. The caller holds
// d.leading.
func (d *DB) openSession(ctx context.Context) (uint32, error) {
	if d.session != nil && d.session.Ping(ctx) == nil {
		return d.session.PgConn().PID(), nil
	}
	c, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return 0, err
	}
	d.session = c
	return c.PgConn().PID(), nil
}

// inOrg runs fn in a transaction that sees the rows of an org.
func (d *DB) inOrg(ctx context.Context, o org.ID, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setOrg, string(o)); err != nil {
			return err
		}
		return fn(tx)
	})
}

func isFenced(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == codeFence
}

// note remembers the epoch of an org, 0 when its lead was lost; lost lists such orgs.
func (d *DB) note(o org.ID, epoch int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epochs[o] = epoch
}

func (d *DB) lost() []org.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []org.ID
	for o, epoch := range d.epochs {
		if epoch == 0 {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// led is a copy of what is led here.
func (d *DB) led() map[org.ID]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.epochs)
}

// renew keeps what is led until ctx ends. A renewal that fails is tried again; when the lead was lost the next commit is
// refused by the fence, which is what says so.
func (d *DB) renew(ctx context.Context) {
	tick := time.NewTicker(d.term / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for o, epoch := range d.led() {
			d.renewOne(ctx, o, epoch)
		}
	}
}

func (d *DB) renewOne(ctx context.Context, o org.ID, epoch int64) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	d.leading.Lock()
	session, err := d.openSession(ctx)
	d.leading.Unlock()
	if err != nil {
		return
	}
	_ = d.inOrg(ctx, o, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, renewLead, string(o), epoch, d.term.Milliseconds(), d.holder, session)
		return err
	})
}

// resign ends the leads of this process, so that the next need not wait. Where that fails they end by themselves.
func (d *DB) resign() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) //nolint:forbidigo // the store closes when its callers' contexts have ended
	defer cancel()
	for o, epoch := range d.led() {
		_ = d.inOrg(ctx, o, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, endLead, string(o), epoch, d.holder)
			return err
		})
	}
	d.leading.Lock()
	defer d.leading.Unlock()
	if d.session != nil {
		_ = d.session.Close(ctx) // it may have been cut off
	}
}
