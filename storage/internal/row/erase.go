package row

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/ledger"
	"fettle/org"
)

// Eraser takes what people wrote out of rows that stay, because somebody is forgotten. It can be cut short at any time and run
// again: what is done is passed over.
type Eraser struct {
	From Source
	Seal Sealer
	// Write runs statements in one transaction.
	Write func(ctx context.Context, s []Statement) error
}

// updateWords takes the words, the org and the sequence of an event.
const updateWords = `UPDATE events SET reason = $1, detail = $2 WHERE org = $3 AND sequence = $4`

// Words takes the words out of the events of an order: descriptions, reasons, comments. The events stay. It counts them.
func (e *Eraser) Words(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (n int, err error) {
	for after := int64(0); ; {
		page, err := Page(ctx, e.From, resealPage, ScanEvent, QueryOrderEvents, string(o), string(id), after, resealPage)
		if err != nil {
			return n, fmt.Errorf("read events of order %s: %w", id, err)
		}
		var changes []Statement
		for i := range page {
			after = page[i].Sequence
			if !silence(&page[i]) {
				continue
			}
			s, err := e.rewritten(o, &page[i])
			if err != nil {
				return n, err
			}
			changes = append(changes, s)
		}
		if len(changes) > 0 {
			if err := e.Write(ctx, changes); err != nil {
				return n, err
			}
			n += len(changes)
		}
		if len(page) < resealPage {
			return n, nil
		}
	}
}

// silence takes the words out of an event, and reports whether there were any. What came of a call is no words.
func silence(e *engine.Event) (had bool) {
	had = e.Comment != ""
	e.Comment = ""
	if e.Reason != "" && e.Type != engine.OrderCalled {
		e.Reason, had = "", true
	}
	if e.Wish != nil && e.Wish.Description != "" {
		w := *e.Wish
		w.Description = ""
		e.Wish, had = &w, true
	}
	return had
}

// rewritten is the statement that writes the words of an event.
func (e *Eraser) rewritten(o org.ID, ev *engine.Event) (Statement, error) {
	detail, err := encode(toEventJSON(ev))
	if err != nil {
		return Statement{}, fmt.Errorf("event %d: %w", ev.Sequence, err)
	}
	out := Statement{updateWords, []any{ev.Reason, detail, string(o), ev.Sequence}}
	if e.Seal == nil {
		return out, nil
	}
	columns := sealedColumns()
	for i, name := range []string{"reason", "detail"} {
		for j := range columns {
			if c := &columns[j]; c.table == "events" && c.column == name {
				if out.Args[i], err = sealValue(e.Seal, o, c.cell(ev.Sequence), out.Args[i]); err != nil {
					return Statement{}, err
				}
			}
		}
	}
	return out, nil
}

// Reasons takes the reasons out of audit entries, which chain.Forget has covered by hashes that need none.
func (e *Eraser) Reasons(ctx context.Context, o org.ID, entries []ledger.Entry) error {
	for page := range slices.Chunk(entries, resealPage) {
		changes := make([]Statement, len(page))
		for i := range page {
			x := &page[i]
			changes[i] = Statement{EraseReason, []any{string(o), x.Sequence, x.Position, int64(x.Cover.Rule), x.Cover.Hash[:]}}
		}
		if err := e.Write(ctx, changes); err != nil {
			return err
		}
	}
	return nil
}

// Answers empties the answers kept under idempotency keys that hold one of some ids. The keys stay: a request that comes again
// has no second effect, and an empty answer. It counts them.
func (e *Eraser) Answers(ctx context.Context, o org.ID, ids []string) (n int, err error) {
	columns := sealedColumns()
	for i := range columns {
		c := &columns[i]
		if c.table != "idempotency_keys" {
			continue
		}
		r := Resealer{From: e.From, Seal: e.Seal, Write: e.Write, Done: func(rows int) { n += rows }}
		r.change = func(o org.ID, c *sealedColumn, row *sealedRow) (*Statement, string, error) {
			return e.emptied(o, c, row, ids)
		}
		if err := r.column(ctx, o, c, map[string]bool{}); err != nil {
			return n, fmt.Errorf("empty kept answers: %w", err)
		}
	}
	return n, nil
}

// emptied is the statement that empties an answer that holds one of the ids; nil for one that does not.
func (e *Eraser) emptied(o org.ID, c *sealedColumn, row *sealedRow, ids []string) (*Statement, string, error) {
	data, _ := row.value.([]byte) // as scan makes it
	plain := data
	if e.Seal != nil {
		var err error
		if plain, err = openBytes(openedRow{nil, e.Seal, o}, c.cell(row.keys...), data); err != nil {
			return nil, "", err
		}
	}
	for _, id := range ids {
		if bytes.Contains(plain, []byte(id)) {
			args := append([]any{[]byte{}, string(o)}, row.keys...)
			return &Statement{c.swap(), append(args, row.value)}, "", nil
		}
	}
	return nil, "", nil
}
