package sqlite

import (
	"context"
	"database/sql"
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

// Ask implements row.Source.
func (d *DB) Ask(ctx context.Context, query string, args []any, each func(row.Scanner) error) error {
	s, err := d.prepare(ctx, query) //nolint:sqlclosecheck // kept until DB.Close
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return readFault(ctx, err)
	}
	defer func() { _ = rows.Close() }() // what went wrong is in rows.Err
	for rows.Next() {
		if err := each(row.Opened(rows, d.seal, args)); err != nil {
			return readFault(ctx, err)
		}
	}
	return readFault(ctx, rows.Err())
}
