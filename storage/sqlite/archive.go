package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"fettle/ledger"
	"fettle/org"
	"fettle/storage/archive"
	"fettle/storage/internal/row"
)

// ErrNotEmpty says that a store holds rows already.
var ErrNotEmpty = errors.New("store is not empty")

var (
	_ archive.Source = Directory("")
	_ archive.Target = (*DB)(nil)
)

// Directory is a data directory that may be in use by another process: its rows can be read beside it.
type Directory string

// look runs fn in one transaction that only reads.
func (dir Directory) look(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	file := filepath.Join(string(dir), "fettle.db")
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("no data directory of fettle: %w", err)
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: file}
	db, err := sql.Open("sqlite", name.String()+"?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one snapshot
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return fn(tx)
}

// Dump implements archive.Source.
func (dir Directory) Dump(ctx context.Context, table func(string, []string) error, each func([]any) error) error {
	return dir.look(ctx, func(tx *sql.Tx) error {
		for _, t := range row.Tables() {
			if err := table(t.Name, t.Columns); err != nil {
				return err
			}
			if err := dumpTable(ctx, tx, &t, each); err != nil {
				return fmt.Errorf("read %s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// Audit reads the audit chains of all orgs, by name, as they are at one instant.
func (dir Directory) Audit(ctx context.Context, each func(org.ID, ledger.AuditReader) error) error {
	return dir.look(ctx, func(tx *sql.Tx) error {
		return row.EachChain(ctx, snapshot{tx}, each)
	})
}

// snapshot asks within a transaction. What it reads is not sealed.
type snapshot struct{ tx *sql.Tx }

// Ask implements row.Source.
func (s snapshot) Ask(ctx context.Context, query string, args []any, each func(row.Scanner) error) (err error) {
	rows, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func dumpTable(ctx context.Context, tx *sql.Tx, t *row.Table, each func([]any) error) (err error) {
	rows, err := tx.QueryContext(ctx, t.Select())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values, to := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range to {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Fill implements archive.Target. It fails with ErrNotEmpty when there are events, records or audit entries already.
func (d *DB) Fill(ctx context.Context, next func() (string, []any, error)) error {
	tables := row.ByName()
	return d.write(ctx, "restore", func(ctx context.Context, w *writer) error {
		var some bool
		if err := w.conn.QueryRowContext(ctx, row.QuerySome).Scan(&some); err != nil {
			return err
		}
		if some {
			return ErrNotEmpty
		}
		for {
			table, values, err := next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil && tables[table] == nil {
				err = fmt.Errorf("table %s is not known", table)
			}
			if err == nil {
				_, err = w.exec(ctx, tables[table].Insert(len(values)), values...)
			}
			if err != nil {
				return err
			}
		}
	})
}
