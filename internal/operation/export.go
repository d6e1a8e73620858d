package operation

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/blob"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/sheet"
)

// The types of files that exports make.
const (
	TypeCSV  = "text/csv; charset=utf-8"
	TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Export writes a table of what a list shows. All fields must be given.
type Export struct {
	Name    string
	Columns []spreadsheet.Column
	// Page returns the rows of a page, and the token of the next; "" after the last. Ask is what the operation was begun with.
	Page func(ctx context.Context, conn grpc.ClientConnInterface, ask []byte, token string) (rows []sheet.Row, next string, err error)
}

// Format is the part of what exports are asked for that all have. Embed it.
type Format struct {
	XLSX bool `json:"xlsx,omitempty"`
}

// maxXLSX is how many rows an XLSX of an export has at most: it is made in one step.
const maxXLSX = 100_000

// packing is the cursor of an export whose rows are all read and that has still to become an XLSX.
const packing = "\x00pack"

// Type is the type of such operations.
func (e *Export) Type(xlsx func(ask []byte) bool) Type {
	return Type{Name: e.Name, Step: func(ctx context.Context, s *Step) error { return e.step(ctx, s, xlsx(s.Ask)) }}
}

// step reads pages and writes them as CSV; the last one makes the XLSX of it.
func (e *Export) step(ctx context.Context, s *Step, xlsx bool) error {
	if s.Cursor == packing {
		return e.pack(ctx, s)
	}
	s.FileType = TypeCSV
	for !s.Enough() {
		rows, next, err := e.Page(ctx, s.Conn, s.Ask, s.Cursor)
		if err != nil {
			return Judge(err)
		}
		if err := e.write(s, rows); err != nil {
			return err
		}
		s.Cursor = next
		if next != "" {
			continue
		}
		s.Items = s.Done
		switch {
		case !xlsx:
			s.Finished = true
		case s.Items > maxXLSX:
			return &Hopeless{fmt.Sprintf("%d rows: an XLSX holds %d here, ask for CSV", s.Items, maxXLSX)}
		default:
			s.Cursor = packing
		}
		return nil
	}
	return nil
}

// Judge says what the error of something that was read means to an operation: nothing yet where the service has no time (ErrBusy), its end where
// no further attempt would change it (Hopeless).
func Judge(err error) error {
	if passing(err) {
		return ErrBusy
	}
	if s, ok := status.FromError(err); ok && s.Code() != codes.Internal && s.Code() != codes.Unknown {
		return &Hopeless{s.Message()}
	}
	return err
}

// write adds rows to the file, after the header when they are the first.
func (e *Export) write(s *Step, rows []sheet.Row) error {
	var b bytes.Buffer
	w, err := spreadsheet.NewCSVWriter(&b, e.Columns)
	if err != nil {
		return err
	}
	if err := w.Finish(); err != nil {
		return err
	}
	if s.Output != nil {
		b.Reset()
	}
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			return err
		}
	}
	if err := w.Finish(); err != nil {
		return err
	}
	s.Write(b.Bytes())
	s.Done += int64(len(rows))
	return nil
}

// pack makes an XLSX of the CSV that the steps before have written.
func (e *Export) pack(ctx context.Context, s *Step) error {
	table, err := s.Output.Read(ctx, s.store, s.Org, 0, 0)
	if err != nil {
		return err
	}
	in, err := spreadsheet.PackInput(e.Columns, table)
	if err != nil {
		return err
	}
	packed, err := s.worker.pack(ctx, in)
	if err != nil {
		return err
	}
	s.replace(packed)
	s.FileType, s.Cursor, s.Finished = TypeXLSX, "", true
	return nil
}

// replace puts another file in the place of the one that the operation has made so far.
func (s *Step) replace(data []byte) {
	if s.Output != nil {
		s.gone = append(s.gone, s.Output.Remove()...)
	}
	ref, parts := blob.Cut(s.ID+".x", data, s.now)
	s.Output, s.parts = &ref, parts
}

// filePart is how many parts of a blob make a part of a file as callers get it: 8 MiB.
const filePart = (8 << 20) / blob.PartBytes

// FileParts is in how many parts callers get the file of an operation.
func (o *Operation) FileParts() int {
	if o.Output == nil {
		return 0
	}
	return (o.Output.Parts + filePart - 1) / filePart
}

// File is a part of the file that an operation has made, from 0: how many bytes, and what writes them. ledger.ErrNotFound when there is
// none.
func (o *Operation) File(ctx context.Context, s ledger.Reader, in org.ID, n int) (bytes int64, write func(context.Context, io.Writer) error, err error) {
	if o.State != Succeeded || n >= o.FileParts() {
		return 0, nil, fmt.Errorf("part %d of the file: %w", n, ledger.ErrNotFound)
	}
	from, to := n*filePart, (n+1)*filePart
	bytes, err = o.Output.Size(ctx, s, in, from, to)
	return bytes, func(ctx context.Context, w io.Writer) error { return o.Output.Copy(ctx, s, in, from, to, w) }, err
}
