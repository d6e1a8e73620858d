package operation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/call"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/sheet"
)

// Import makes something of each row of a table. All fields must be given.
type Import struct {
	Name    string
	Columns []spreadsheet.Column // the first must be in the file
	// Request makes the request for a row. Its errors are *invalid.Error.
	Request func(r sheet.Row) (proto.Message, error)
	// Send calls a method with such a request and returns the id of what it is about. The call carries an idempotency key that is
	// the row's own, so that a row is never sent twice with effect.
	Send func(ctx context.Context, conn grpc.ClientConnInterface, m proto.Message) (id string, what Outcome, err error)
	// Column is the column of a field that an error names, "" for none. When it is set, rows that failed come back as a file in which
	// their wrong cells are marked.
	Column func(field string) string
}

// ConflictError says that a row and what there is say different things.
type ConflictError struct {
	ID    string // of what there is
	Field string
}

// Error implements error. It repeats neither value.
func (e *ConflictError) Error() string {
	return e.ID + " has another " + e.Field + ": somebody has to say which is right"
}

// limits bound the files of imports.
var limits = spreadsheet.Limits{Rows: 50_000, Unpacked: 64 << 20}

// Rows reads a file. What it cannot read is an *invalid.Error: a method that begins an import asks here first.
func (i *Import) Rows(file []byte) ([]sheet.Edited, error) {
	rows, err := spreadsheet.Read(file, i.Columns, limits)
	if err == nil && len(rows) == 0 {
		err = &invalid.Error{Field: "file", Want: "a row below the header"}
	}
	return rows, err
}

// Type is the type of such operations.
func (i *Import) Type() Type { return Type{Name: i.Name, Step: i.step} }

func (i *Import) step(ctx context.Context, s *Step) error {
	file, err := s.File(ctx)
	if err != nil {
		return err
	}
	rows, err := i.Rows(file)
	if err != nil {
		return &Hopeless{err.Error()}
	}
	s.Items = int64(len(rows))
	for n := s.Done + s.Failed; n < s.Items; n++ {
		if s.Enough() {
			return nil
		}
		id, what, err := i.one(ctx, s, &rows[n])
		if passing(err) {
			return ErrBusy
		}
		r := resultOf(rows[n].Line, id, err)
		if r.OK {
			r.Outcome = what
		}
		s.Add(r)
	}
	s.Finished = true
	return i.mark(ctx, s, rows)
}

// mark makes the file of the rows that failed.
func (i *Import) mark(ctx context.Context, s *Step, rows []sheet.Edited) error {
	if i.Column == nil || s.Failed == 0 {
		return nil
	}
	failed, err := s.failed(ctx)
	if err != nil {
		return err
	}
	var out []spreadsheet.Marked
	for _, r := range failed {
		if r.Index < int64(len(rows)) {
			out = append(out, spreadsheet.Marked{Row: rows[r.Index].Now, Column: i.Column(r.Field), Problem: r.Message})
		}
	}
	data, err := spreadsheet.Mark(i.Columns, out)
	if err != nil {
		return err
	}
	s.Write(data)
	s.FileType = TypeXLSX
	return nil
}

// failed are the results of all steps so far that failed, in their order.
func (s *Step) failed(ctx context.Context) (out []Result, err error) {
	kind, q := Batches(), ledger.Under(Batches().Name, KeyFailed, ledger.Text(s.ID))
	add := func(results []Result) {
		for k := range results {
			if !results[k].OK {
				out = append(out, results[k])
			}
		}
	}
	for {
		found, next, err := kind.List(ctx, s.store, s.Org, q, 100)
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			add(b.Value.Results)
		}
		if next == (ledger.Place{}) {
			break
		}
		q.After = next
	}
	add(s.results)
	return out, nil
}

// one does what a row asks for.
func (i *Import) one(ctx context.Context, s *Step, row *sheet.Edited) (id string, what Outcome, err error) {
	m, err := i.Request(row.Now)
	if err == nil {
		err = wire.Validate(m)
	}
	if err != nil || s.DryRun {
		return "", "", err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, call.KeyHeader, s.ID+"."+strconv.Itoa(row.Line))
	return i.Send(ctx, s.Conn, m)
}

// passing reports whether an error says that the service has no time, and nothing about the row.
func passing(err error) bool {
	switch s, _ := status.FromError(err); s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return false
}

// resultOf is what became of a row.
func resultOf(line int, id string, err error) Result {
	if err == nil {
		return Result{Line: line, OK: true, Resource: id}
	}
	out := Result{Line: line, Reason: "INVALID_ARGUMENT", Message: err.Error(), Outcome: Refused}
	var differs *ConflictError
	if errors.As(err, &differs) {
		out.Reason, out.Field, out.Resource, out.Outcome = string(Conflict), differs.Field, differs.ID, Conflict
		return out
	}
	if s, ok := status.FromError(err); ok {
		out.Message, out.Reason = s.Message(), s.Code().String()
		for _, d := range s.Details() {
			switch d := d.(type) {
			case *errdetails.ErrorInfo:
				out.Reason = d.GetReason()
			case *errdetails.BadRequest:
				if v := d.GetFieldViolations(); len(v) > 0 {
					out.Field = v[0].GetField()
				}
			}
		}
		return out
	}
	out.Field = fieldOf(err)
	return out
}

// fieldOf is the first field that an error names.
func fieldOf(err error) string {
	var many *wire.InvalidFields
	var one *invalid.Error
	switch {
	case errors.As(err, &many) && len(many.Faults) > 0:
		return many.Faults[0].Field
	case errors.As(err, &one):
		return one.Field
	}
	return ""
}

// Number reads a cell that holds a number; "" is 0.
func Number(r sheet.Row, column string) (float64, error) {
	text := r[column]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, &invalid.Error{Field: column, Value: text, Want: "a number"}
	}
	return n, nil
}

// Word reads a cell that holds one of the names of an enum, in any case; "" is 0.
func Word[E ~int32](r sheet.Row, column string, names map[string]int32) (E, error) {
	text := strings.ToUpper(r[column])
	n, ok := names[text]
	if !ok && text != "" {
		return 0, &invalid.Error{Field: column, Value: r[column], Want: fmt.Sprintf("one of %s", words(names))}
	}
	return E(n), nil
}

// words lists the names of an enum but the one that says that none is given.
func words(names map[string]int32) string {
	var out []string
	for name, n := range names {
		if n != 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
