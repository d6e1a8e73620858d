package operationserver

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/metadata"

	sheetv1 "fettle/api/gen/fettle/sheet/v1"
	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/call"
	"fettle/internal/export"
	"fettle/internal/operation"
	"fettle/invalid"
	"fettle/rental/sheet"
)

// leaseImport is the name of the import of leases.
const leaseImport = "importLeases"

// askImport is what an import of leases is asked for.
type askImport struct {
	FileName string `json:"fileName,omitempty"`
	TakeFile bool   `json:"takeFile,omitempty"`
}

// linesAtOnce is how many lines of leases are merged in one call: with seven cells each they are fewer conflicts than a call may find.
const linesAtOnce = 140

// leaseLines reads a sheet of leases.
func leaseLines(file []byte) ([]sheet.Edited, error) {
	const maxBytes, maxLines = 6 << 20, 20_000
	if len(file) > maxBytes {
		return nil, &invalid.Error{Field: "file", Value: fmt.Sprintf("%d bytes", len(file)), Want: "at most 6 MiB"}
	}
	lines, err := spreadsheet.Read(file, export.Columns(), spreadsheet.Limits{Rows: maxLines, Unpacked: 64 << 20})
	if err == nil && len(lines) == 0 {
		err = &invalid.Error{Field: "file", Want: "a line below the header"}
	}
	if err == nil {
		err = sheet.Unique(lines)
	}
	return lines, err
}

// importLeases merges a sheet of leases, some lines at a time.
func importLeases() operation.Type {
	return operation.Type{Name: leaseImport, Step: func(ctx context.Context, s *operation.Step) error {
		var ask askImport
		if err := json.Unmarshal(s.Ask, &ask); err != nil {
			return fmt.Errorf("what the import is asked for: %w", err)
		}
		file, err := s.File(ctx)
		if err != nil {
			return err
		}
		lines, err := leaseLines(file)
		if err != nil {
			return &operation.Hopeless{Text: err.Error()}
		}
		s.Items = int64(len(lines))
		for n := s.Done + s.Failed; n < s.Items; n = s.Done + s.Failed {
			if s.Enough() {
				return nil
			}
			some := lines[n:min(n+linesAtOnce, s.Items)]
			if err := mergeLines(ctx, s, &ask, file, some); err != nil {
				return operation.Judge(err)
			}
		}
		s.Finished = true
		return nil
	}}
}

// mergeLines merges lines that follow each other. Sent again after a crash, under the same key, they have the same effect once.
func mergeLines(ctx context.Context, s *operation.Step, ask *askImport, file []byte, lines []sheet.Edited) error {
	req := &sheetv1.ImportLeasesRequest{
		Content: file, FileName: ask.FileName, DryRun: s.DryRun, AfterLine: int32(lines[0].Line - 1), MaxLines: int32(len(lines)),
	}
	if ask.TakeFile {
		req.WithoutBase = sheetv1.ImportLeasesRequest_TAKE_FILE
	}
	ctx = metadata.AppendToOutgoingContext(ctx, call.KeyHeader, s.ID+"."+strconv.Itoa(lines[0].Line))
	out, err := sheetv1.NewSheetServiceClient(s.Conn).ImportLeases(ctx, req)
	if err != nil {
		return err
	}
	told := make(map[int]*sheetv1.ImportLeasesResponse_Row, len(out.GetRows()))
	for _, r := range out.GetRows() {
		told[int(r.GetLine())] = r
	}
	for _, l := range lines {
		s.Add(resultOfLine(&l, told[l.Line]))
	}
	return nil
}

// resultOfLine is what became of a line; nil is one that is as it was.
func resultOfLine(l *sheet.Edited, r *sheetv1.ImportLeasesResponse_Row) operation.Result {
	out := operation.Result{Line: l.Line, OK: true, Resource: l.Key, Outcome: operation.Unchanged}
	if r == nil {
		return out
	}
	out.Resource, out.Outcome = r.GetLeaseId(), operation.Outcome(r.GetResult().String())
	switch {
	case r.GetResult() == sheetv1.ImportLeasesResponse_Row_REFUSED:
		out.OK, out.Reason, out.Field, out.Message = false, "REFUSED", r.GetField(), r.GetProblem()
	case len(r.GetConflictIds()) > 0:
		out.OK, out.Outcome, out.Reason, out.Message = false, operation.Conflict, "CONFLICT", "somebody has to decide: "+strings.Join(r.GetConflictIds(), ", ")
	}
	return out
}
