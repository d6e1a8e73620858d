package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"fettle/dispatch/engine"
	"fettle/ledger"
)

// ConstraintError says that the schema refuses a batch: the code above broke a rule. Nothing was kept.
type ConstraintError struct {
	Name string // of the constraint or trigger, as in the migrations
	Err  error
}

// Error implements error.
func (e *ConstraintError) Error() string { return fmt.Sprintf("constraint %s: %v", e.Name, e.Err) }

// Unwrap returns what the server said.
func (e *ConstraintError) Unwrap() error { return e.Err }

// The codes of PostgreSQL's appendix A that mean something here.
const (
	codeDiskFull   = "53100"
	classIntegrity = "23"
	classData      = "22"
	codeDeadlock   = "40P01"
	codeFence      = "FE001" // of the migrations
	codeStale      = "FE002"
)

// fault says what an error of a write means to the caller. Errors that the server reports end the transaction without a
// trace; of a connection that is lost nobody knows.
func (d *DB) fault(what string, err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w: %w", what, engine.ErrUnavailable, err)
	}
	switch {
	case e.Code == codeDiskFull:
		return fmt.Errorf("%s: %w: %w", what, engine.ErrFull, err)
	case e.Code == codeStale || e.Code == codeDeadlock: // two changes at once, of which one is decided again
		return fmt.Errorf("%s: %w", what, ledger.ErrStale)
	case e.Code == codeFence:
		return fmt.Errorf("%s: %w: %w", what, engine.ErrUnavailable, err)
	case e.Code[:2] == classIntegrity || e.Code[:2] == classData:
		name := e.ConstraintName
		if name == "" {
			name = e.ColumnName
		}
		return fmt.Errorf("%s: %w", what, &ConstraintError{Name: name, Err: err})
	}
	return fmt.Errorf("%s: %w: %w", what, engine.ErrUnavailable, err)
}

// readFault says what an error of a query means: the caller's context has ended, or the store cannot be read.
func readFault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", engine.ErrUnavailable, err)
}

// isCut reports whether an error is that of a connection, not an answer of the server.
func isCut(err error) bool {
	var e *pgconn.PgError
	if err == nil {
		return false
	}
	// Class 57 is what a server says that is shutting down.
	return !errors.As(err, &e) || e.Code[:2] == "57"
}
