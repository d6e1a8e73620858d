package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"fettle/ledger"
	"fettle/org"
	"fettle/storage/archive"
	"fettle/storage/internal/row"
)

// ErrNotEmpty says that a database holds rows already.
var ErrNotEmpty = errors.New("database holds rows already")

var (
	_ archive.Source = URL("")
	_ archive.Target = URL("")
)

// URL is a database whose rows, of all orgs, can be read and written beside the services that use it.
type URL string

// keep runs fn in one transaction in the role of the keeper.
func (u URL) keep(ctx context.Context, o pgx.TxOptions, fn func(pgx.Tx) error) (err error) {
	conn, err := pgx.Connect(ctx, string(u))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, "SET ROLE fettle_keeper"); err != nil {
		return fmt.Errorf("no schema of fettle, or no right to keep it: %w", err)
	}
	return pgx.BeginTxFunc(ctx, conn, o, fn)
}

// Dump implements archive.Source.
func (u URL) Dump(ctx context.Context, table func(string, []string) error, each func([]any) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return u.keep(ctx, o, func(tx pgx.Tx) error {
		for _, t := range row.Tables() {
			if err := table(t.Name, t.Columns); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, t.Select())
			if err != nil {
				return fmt.Errorf("read %s: %w", t.Name, err)
			}
			for rows.Next() && err == nil {
				var values []any
				if values, err = rows.Values(); err == nil {
					err = each(unspellAll(values))
				}
			}
			rows.Close()
			if err = errors.Join(err, rows.Err()); err != nil {
				return fmt.Errorf("read %s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// Audit reads the audit chains of all orgs, by name, as they are at one instant.
func (u URL) Audit(ctx context.Context, each func(org.ID, ledger.AuditReader) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return u.keep(ctx, o, func(tx pgx.Tx) error { return row.EachChain(ctx, snapshot{tx}, each) })
}

// snapshot asks within a transaction. What it reads is not sealed.
type snapshot struct{ tx pgx.Tx }

// Ask implements row.Source.
func (s snapshot) Ask(ctx context.Context, query string, args []any, each func(row.Scanner) error) error {
	rows, err := s.tx.Query(ctx, query, spell(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(reader{rows}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// chunk is how many rows are sent together.
const chunk = 500

// Fill implements archive.Target. It migrates the database first, and fails with ErrNotEmpty when there are events,
// records or audit entries already.
func (u URL) Fill(ctx context.Context, next func() (string, []any, error)) error {
	if err := Migrate(ctx, string(u)); err != nil {
		return err
	}
	tables := row.ByName()
	return u.keep(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var some bool
		if err := tx.QueryRow(ctx, row.QuerySome).Scan(&some); err != nil {
			return err
		}
		if some {
			return ErrNotEmpty
		}
		b := &pgx.Batch{}
		months := map[string]bool{}
		for {
			table, values, err := next()
			if b.Len() >= chunk || (errors.Is(err, io.EOF) && b.Len() > 0) {
				if err := tx.SendBatch(ctx, b).Close(); err != nil {
					return err
				}
				b = &pgx.Batch{}
			}
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			case tables[table] == nil:
				return fmt.Errorf("table %s is not known", table)
			}
			if at, ok := happened(table, values); ok && !months[monthOf(at)] {
				months[monthOf(at)] = true
				b.Queue(makeMonth, at)
			}
			b.Queue(tables[table].Insert(len(values)), spell(slices.Clone(values))...)
		}
	})
}

// happened is the instant of an event's row.
func happened(table string, values []any) (int64, bool) {
	if table != "events" || len(values) < 4 {
		return 0, false
	}
	at, ok := values[3].(int64)
	return at, ok && at >= 0
}
