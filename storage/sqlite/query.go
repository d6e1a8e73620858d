package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"fettle/dispatch/engine"
	"fettle/storage/internal/row"
)

// prepare returns the prepared form of a query of the readers. There are as many as there are texts in this package.
func (d *DB) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if d.closed.Load() {
		return nil, fmt.Errorf("store is closed: %w", engine.ErrUnavailable)
	}
	if s, ok := d.statements.Load(query); ok {
		return s.(*sql.Stmt), nil //nolint:errcheck // only statements are kept in it
	}
	s, err := d.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, readFault(ctx, err)
	}
	if other, loaded := d.statements.LoadOrStore(query, s); loaded {
		_ = s.Close()                 //nolint:sqlclosecheck // another goroutine was faster; its statement is kept instead
		return other.(*sql.Stmt), nil //nolint:errcheck // only statements are kept in it
	}
	return s, nil
}

// readFault says what an error of a query means: the caller's context has ended, or the store cannot be read.
func readFault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
}

// one reads one row, or engine.ErrNotFound.
func one[T any](ctx context.Context, d *DB, scan func(row.Scanner) (T, error), query string, args ...any) (T, error) {
	var zero T
	s, err := d.prepare(ctx, query) //nolint:sqlclosecheck // kept until DB.Close
	if err != nil {
		return zero, err
	}
	v, err := scan(s.QueryRowContext(ctx, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return zero, engine.ErrNotFound
	}
	return v, readFault(ctx, err)
}

// many reads up to limit rows; none for a limit below 1.
func many[T any](ctx context.Context, d *DB, limit int, scan func(row.Scanner) (T, error), query string, args ...any) ([]T, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	s, err := d.prepare(ctx, query) //nolint:sqlclosecheck // kept until DB.Close
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, readFault(ctx, err)
	}
	defer func() { _ = rows.Close() }() // what went wrong is in rows.Err
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, readFault(ctx, err)
		}
		out = append(out, v)
	}
	return out, readFault(ctx, rows.Err())
}
