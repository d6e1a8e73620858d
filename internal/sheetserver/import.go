package sheetserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/grpc/metadata"

	sheetv1 "fettle/api/gen/fettle/sheet/v1"
	"fettle/internal/adapter/spreadsheet"
	"fettle/internal/export"
	"fettle/internal/leasing"
	"fettle/internal/registry"
	"fettle/invalid"
	"fettle/ledger"
	"fettle/rental/fault"
	"fettle/rental/lease"
	"fettle/rental/sheet"
)

// Bounds of an import.
const (
	maxLines     = 20_000
	maxShown     = 2_000 // lines in the answer
	maxConflicts = 1_000
	atOnce       = 8 // lines that are decided at the same time: they share commits
)

// ImportLeases implements the method of the same name. Lines are kept one by one; the answer and the conflicts together at the end. Sent
// again after a crash, lines that were kept are as they should be.
func (s *Server) ImportLeases(ctx context.Context, r *sheetv1.ImportLeasesRequest) (*sheetv1.ImportLeasesResponse, error) {
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*sheetv1.ImportLeasesResponse, error) {
		lines, err := spreadsheet.Read(r.GetContent(), export.Columns(), spreadsheet.Limits{Rows: maxLines, Unpacked: 64 << 20})
		if err == nil {
			err = sheet.Unique(lines)
		}
		if err != nil {
			return nil, err
		}
		lines = part(lines, r)
		x := &importing{Server: s, r: r, by: leasing.Caller{Org: tx.Org, Actor: tx.Who.Name, Method: "ImportLeases"}, key: keyOf(ctx)}
		results, err := x.all(ctx, lines)
		if err != nil {
			return nil, err
		}
		out, err := x.answer(tx, results)
		if err == nil {
			tx.About(leasing.Leases, "import", merged()...)
			tx.Purpose(fmt.Sprintf("%s: %d created, %d changed, %d conflicts", r.GetFileName(), out.GetCreatedCount(), out.GetChangedCount(), out.GetConflictCount()))
		}
		return out, err
	})
}

// part is the lines of a file that a request is about.
func part(lines []sheet.Edited, r *sheetv1.ImportLeasesRequest) []sheet.Edited {
	first := slices.IndexFunc(lines, func(e sheet.Edited) bool { return e.Line > int(r.GetAfterLine()) })
	if first < 0 {
		return nil
	}
	lines = lines[first:]
	if most := int(r.GetMaxLines()); most > 0 {
		lines = lines[:min(most, len(lines))]
	}
	return lines
}

// keyOf is the idempotency key of a request: ids of leases that it makes follow from it.
func keyOf(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get("idempotency-key"), "")
}

// importing is one import.
type importing struct {
	*Server
	r   *sheetv1.ImportLeasesRequest
	by  leasing.Caller
	key string
}

// result is what became of a line.
type result struct {
	row       *sheetv1.ImportLeasesResponse_Row // nil for a line that is as it was
	conflicts []sheet.Conflict
	err       error // of the service, not of the line
}

// all decides all lines.
func (x *importing) all(ctx context.Context, lines []sheet.Edited) ([]result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := make([]result, len(lines))
	var work sync.WaitGroup
	next := make(chan int)
	for range atOnce {
		work.Go(func() {
			for i := range next {
				if out[i] = x.line(ctx, &lines[i]); out[i].err != nil {
					cancel()
				}
			}
		})
	}
	for i := range lines {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	work.Wait()
	for i := range out {
		if err := out[i].err; err != nil && !errors.Is(err, context.Canceled) {
			return nil, fmt.Errorf("line %d: %w", lines[i].Line, err)
		}
	}
	return out, ctx.Err()
}

// line decides one line.
func (x *importing) line(ctx context.Context, e *sheet.Edited) result {
	row := &sheetv1.ImportLeasesResponse_Row{Line: int32(e.Line), LeaseId: e.Key}
	var out result
	var err error
	if e.Key == "" {
		err = x.create(ctx, e, row)
	} else {
		out.conflicts, err = x.change(ctx, e, row)
	}
	if text, ok := refusal(err); ok {
		if bad := (*invalid.Error)(nil); errors.As(err, &bad) {
			row.Field = bad.Field
		}
		row.Result, row.Problem, row.Cells = sheetv1.ImportLeasesResponse_Row_REFUSED, text, nil
		return result{row: row}
	}
	out.err = err
	if row.GetResult() != sheetv1.ImportLeasesResponse_Row_RESULT_UNSPECIFIED {
		out.row = row
	}
	return out
}

// refusal is what a rule says against a line; not ok for what is no fault of the line.
func refusal(err error) (text string, ok bool) {
	if errors.As(err, new(*invalid.Error)) || errors.As(err, new(*fault.StateError)) || errors.Is(err, ledger.ErrNotFound) {
		return err.Error(), true
	}
	return "", false
}

// create makes a lease of a line without an id. Its id follows from the key of the request, so that the line sent again is the same lease.
func (x *importing) create(ctx context.Context, e *sheet.Edited, row *sheetv1.ImportLeasesResponse_Row) error {
	t, err := terms(e.Now, lease.Terms{})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(string(x.by.Org) + "\x00" + x.key + "\x00" + strconv.Itoa(e.Line)))
	l := lease.Lease{
		ID: lease.ID("ls_" + hex.EncodeToString(sum[:13])), Tenant: e.Now["tenantId"], Unit: e.Now["unitId"], Number: e.Now["number"], Note: e.Now["note"],
	}
	signed := e.Now["state"] == string(lease.Active)
	if x.r.GetDryRun() {
		m := x.desk.Moment(x.by.Org, x.by.Actor)
		if l, err = lease.New(l, t, m); err == nil && signed {
			_, err = l.Activate(m)
		}
	} else {
		by := x.by
		_, err = x.desk.Create(ctx, &by, l, t, signed)
		if row.LeaseId = string(l.ID); errors.Is(err, ledger.ErrExists) {
			err = nil // this request has made it before
		}
	}
	row.Result = sheetv1.ImportLeasesResponse_Row_CREATED
	return err
}

// errSame says that nothing of a lease is to be changed.
var errSame = errors.New("the line is as the lease is")

// change merges a line with its lease.
func (x *importing) change(ctx context.Context, e *sheet.Edited, row *sheetv1.ImportLeasesResponse_Row) ([]sheet.Conflict, error) {
	var m sheet.Merge
	edit := func(l *lease.Lease, at lease.Moment) (lease.Lease, error) {
		var err error
		if m, err = x.merge(e, l); err != nil {
			return lease.Lease{}, err
		}
		if len(m.Changes) == 0 {
			return lease.Lease{}, errSame
		}
		return amend(l, sheet.Apply(cells(l), m.Changes), at)
	}
	by := x.by
	k, err := x.desk.Lease(ctx, by.Org, lease.ID(e.Key))
	if err != nil {
		return nil, err
	}
	if _, err = edit(&k.Value, x.desk.Moment(by.Org, by.Actor)); err == nil && !x.r.GetDryRun() {
		_, err = x.desk.Change(ctx, &by, k.Value.ID, 0, fmt.Sprintf("line %d of %s", e.Line, x.r.GetFileName()), edit)
	}
	if err != nil && !errors.Is(err, errSame) {
		return nil, err
	}
	for _, c := range m.Changes {
		row.Cells = append(row.Cells, &sheetv1.ImportLeasesResponse_Row_Cell{Column: c.Column, Old: c.Old, New: c.New})
	}
	if len(m.Changes) > 0 {
		row.Result = sheetv1.ImportLeasesResponse_Row_CHANGED
	} else if len(m.Conflicts) > 0 {
		row.Result = sheetv1.ImportLeasesResponse_Row_CONFLICT
	}
	return m.Conflicts, nil
}

// merge compares a line with its lease.
func (x *importing) merge(e *sheet.Edited, l *lease.Lease) (sheet.Merge, error) {
	ours := cells(l)
	line := sheet.Edited{Line: e.Line, Key: e.Key, Base: same(e.Base), Now: same(e.Now)}
	if line.Base == nil && x.r.GetWithoutBase() == sheetv1.ImportLeasesRequest_TAKE_FILE {
		line.Base = ours
	}
	for _, column := range fixed() {
		if now, has := line.Now[column]; has && now != ours[column] && (line.Base == nil || now != line.Base[column]) {
			return sheet.Merge{}, &invalid.Error{Field: column, Value: now, Want: "as it is: another tenant or unit is another lease"}
		}
	}
	return sheet.Three(merged(), &line, ours), nil
}

// answer counts, and keeps the conflicts that nobody knows of yet.
func (x *importing) answer(tx *registry.Tx, results []result) (*sheetv1.ImportLeasesResponse, error) {
	out := &sheetv1.ImportLeasesResponse{DryRun: x.r.GetDryRun(), LineCount: int32(len(results))}
	for i := range results {
		res := &results[i]
		if out.ConflictCount += int32(len(res.conflicts)); out.ConflictCount > maxConflicts {
			return nil, &invalid.Error{Field: "content", Value: "more conflicts", Want: fmt.Sprintf("at most %d cells that both sides have changed: is it the latest file?", maxConflicts)}
		}
		for j := range res.conflicts {
			id, err := x.keep(tx, &res.conflicts[j])
			if err != nil {
				return nil, err
			}
			res.row.ConflictIds = append(res.row.ConflictIds, id)
		}
		count(out, res.row)
	}
	return out, nil
}

// count adds a line to the answer.
func count(out *sheetv1.ImportLeasesResponse, row *sheetv1.ImportLeasesResponse_Row) {
	switch row.GetResult() {
	case sheetv1.ImportLeasesResponse_Row_CREATED:
		out.CreatedCount++
	case sheetv1.ImportLeasesResponse_Row_CHANGED:
		out.ChangedCount++
	case sheetv1.ImportLeasesResponse_Row_REFUSED:
		out.RefusedCount++
	case sheetv1.ImportLeasesResponse_Row_CONFLICT:
	case sheetv1.ImportLeasesResponse_Row_RESULT_UNSPECIFIED:
		out.UnchangedCount++
		return
	}
	if len(out.Rows) < maxShown {
		out.Rows = append(out.Rows, row)
	}
}

// keep makes a task of a conflict. The same cell with the same three values is the same task.
func (x *importing) keep(tx *registry.Tx, c *sheet.Conflict) (string, error) {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Key, c.Column, c.Base, c.Theirs, c.Ours}, "\x00")))
	item := &registry.Item[conflict]{ID: "ic_" + hex.EncodeToString(sum[:13]), Created: tx.Now, Value: conflict{
		Lease: c.Key, Column: c.Column, File: x.r.GetFileName(), Line: c.Line, Base: c.Base, Theirs: c.Theirs, Ours: c.Ours,
	}}
	if x.r.GetDryRun() {
		return item.ID, nil
	}
	_, err := x.conflicts.Load(tx, item.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		err = x.conflicts.Save(tx, item)
	}
	return item.ID, err
}

// ResolveImportConflict implements the method of the same name.
func (s *Server) ResolveImportConflict(ctx context.Context, r *sheetv1.ResolveImportConflictRequest) (*sheetv1.ImportConflict, error) {
	return registry.Do(ctx, s.registry, r, func(tx *registry.Tx) (*sheetv1.ImportConflict, error) {
		item, err := s.conflicts.Load(tx, r.GetId())
		if err != nil {
			return nil, err
		}
		c := &item.Value
		if c.Taken != "" {
			return nil, &fault.StateError{Thing: "conflict " + item.ID, State: "RESOLVED", Verb: "resolve", Legal: "OPEN"}
		}
		if r.GetTake() == sheetv1.ResolveImportConflictRequest_FILE {
			by := &leasing.Caller{Org: tx.Org, Actor: tx.Who.Name, Method: "ResolveImportConflict"}
			_, err := s.desk.Change(ctx, by, lease.ID(c.Lease), 0, "conflict "+item.ID, func(l *lease.Lease, m lease.Moment) (lease.Lease, error) {
				return amend(l, sheet.Apply(cells(l), []sheet.Change{{Column: c.Column, New: c.Theirs}}), m)
			})
			if err != nil {
				return nil, err
			}
		}
		c.Taken, c.Actor = r.GetTake().String(), tx.Who.Name
		tx.About("importConflicts", item.ID, "taken")
		if err := s.conflicts.Save(tx, item); err != nil {
			return nil, err
		}
		return show(item), nil
	})
}
