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
	"fettle/rental/sheet"
)

// Import makes something of each row of a table. All fields must be given.
type Import struct {
	Name    string
	Columns []spreadsheet.Column // the first must be in the file
	// Request makes the request for a row. Its errors are *invalid.Error.
	Request func(r sheet.Row) (proto.Message, error)
	// Send calls a method with such a request and returns the id of what was made. The call carries an idempotency key that is
	// the row's own, so that a row is never sent twice with effect.
	Send func(ctx context.Context, conn grpc.ClientConnInterface, m proto.Message) (id string, err error)
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
		id, err := i.one(ctx, s, &rows[n])
		if passing(err) {
			return ErrBusy
		}
		s.Add(resultOf(rows[n].Line, id, err))
	}
	s.Finished = true
	return nil
}

// one does what a row asks for.
func (i *Import) one(ctx context.Context, s *Step, row *sheet.Edited) (id string, err error) {
	m, err := i.Request(row.Now)
	if err == nil {
		err = wire.Validate(m)
	}
	if err != nil || s.DryRun {
		return "", err
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
	out := Result{Line: line, Reason: "INVALID_ARGUMENT", Message: err.Error()}
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
