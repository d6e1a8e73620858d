package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"fettle/dispatch/engine"
	"fettle/storage/internal/row"
)

// ConstraintError says that the schema refuses a batch: the code above broke a rule. Nothing was kept.
type ConstraintError struct {
	Name string // of the constraint, as in the migrations, or its columns
	Err  error
}

// Error implements error.
func (e *ConstraintError) Error() string { return fmt.Sprintf("constraint %s: %v", e.Name, e.Err) }

// Unwrap returns what the driver said.
func (e *ConstraintError) Unwrap() error { return e.Err }

// writer is the one connection that writes, with its prepared statements. Whoever holds DB.turn owns it.
type writer struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	seal     row.Sealer // nil for none
	rows     int        // written since the last checkpoint was asked for
}

// prepare returns a statement that is prepared at its first use and kept until close.
func (w *writer) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	s := w.prepared[query]
	if s == nil {
		var err error
		if s, err = w.conn.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		w.prepared[query] = s
	}
	return s, nil
}

// exec runs a statement.
func (w *writer) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.prepare(ctx, query) //nolint:sqlclosecheck // kept until close
	if err != nil {
		return nil, err
	}
	w.rows++
	return s.ExecContext(ctx, args...)
}

// durable checks that what is committed is flushed.
func (w *writer) durable(ctx context.Context) error {
	var mode string
	var level int
	if err := w.conn.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return fmt.Errorf("read journal mode: %w", err)
	}
	if err := w.conn.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(&level); err != nil {
		return fmt.Errorf("read synchronous: %w", err)
	}
	if mode != "wal" || level < 2 {
		return fmt.Errorf("journal_mode is %s and synchronous %d, want wal and 2: %w", mode, level, engine.ErrUnavailable)
	}
	return nil
}

// indexed returns an error when an index of the schema is gone.
func (w *writer) indexed(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	wanted, err := row.Indexes(files)
	if err != nil {
		return err
	}
	rows, err := w.conn.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'index'`)
	if err != nil {
		return fmt.Errorf("list indexes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	var have []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("list indexes: %w", err)
		}
		have = append(have, name)
	}
	return errors.Join(rows.Err(), row.Missing(wanted, have))
}

func (w *writer) close() error {
	var errs []error
	for _, s := range w.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// state says why nothing can be written, if so.
func (d *DB) state() error {
	if d.closed.Load() {
		return fmt.Errorf("store is closed: %w", engine.ErrUnavailable)
	}
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// take waits for the turn to write.
func (d *DB) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-d.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := d.state(); err != nil {
		d.give()
		return err
	}
	return nil
}

func (d *DB) give() { d.turn <- struct{}{} }

// rollback ends a transaction that failed. Some failures have ended it already, which is not an error.
func (d *DB) rollback(ctx context.Context) error {
	_, err := d.w.exec(ctx, `ROLLBACK`)
	if err == nil || strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	err = fmt.Errorf("roll back: %w: %w", engine.ErrUnavailable, err)
	d.failed.CompareAndSwap(nil, &err)
	return err
}

// coded is *sqlite.Error of the driver.
type coded interface {
	error
	Code() int
}

// fault says what an error of the driver means to the caller. A failed fsync is for good.
func (d *DB) fault(what string, err error) error {
	var e coded
	if !errors.As(err, &e) {
		if errors.Is(err, sql.ErrConnDone) {
			return fmt.Errorf("%s: %w: %w", what, engine.ErrUnavailable, err)
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	code := e.Code()
	switch {
	case code == sqlite3.SQLITE_IOERR_FSYNC || code == sqlite3.SQLITE_IOERR_DIR_FSYNC:
		err = fmt.Errorf("%s: flush failed, open the store anew: %w: %w", what, engine.ErrUnavailable, err)
		d.failed.CompareAndSwap(nil, &err)
		return err
	case code&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w: %w", what, engine.ErrFull, err)
	case code&0xff == sqlite3.SQLITE_CONSTRAINT:
		return fmt.Errorf("%s: %w", what, &ConstraintError{Name: constraintName(e.Error()), Err: err})
	case code&0xff == sqlite3.SQLITE_IOERR && d.full():
		return fmt.Errorf("%s: %w: %w", what, engine.ErrFull, err)
	}
	return fmt.Errorf("%s: %w: %w", what, engine.ErrUnavailable, err)
}

// full reports whether an error of input or output comes from a lack of room: the driver does not hand the system's code
// on.
func (d *DB) full() bool {
	free, err := freeBytes(d.dir)
	return err == nil && free < 1<<16
}

// indexColumns names the unique indexes that SQLite reports by their columns.
var indexColumns = map[string]string{
	"work_orders.org, work_orders.technician_id":                             "work_orders_one_started",
	"records.org, records.kind, records.id":                                  "records_pkey",
	"record_keys.org, record_keys.kind, record_keys.name, record_keys.value": "record_keys_unique",
	"idempotency_keys.org, idempotency_keys.key":                             "idempotency_keys_pkey",
}

// constraintName finds the name in a message: "... constraint failed: NAME (275)", or "NAME: text" of a trigger.
func constraintName(message string) string {
	if i := strings.LastIndex(message, "constraint failed: "); i >= 0 {
		message = message[i+len("constraint failed: "):]
	}
	if i := strings.LastIndex(message, " ("); i >= 0 {
		message = message[:i]
	}
	if name := indexColumns[message]; name != "" {
		return name
	}
	name, _, _ := strings.Cut(message, ":")
	return name
}

// isUnique reports whether a row was refused because another has what must be unique.
func isUnique(err error) bool {
	var e coded
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
