package row

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fettle/ledger"
	"fettle/ledger/chain"
	"fettle/org"
)

// entryColumns are what scanEntry reads.
const entryColumns = `sequence, position, happened_at, actor, method, kind, object_id, result, reason, request_id, fields, ` +
	`reason_rule, reason_hash, reason_sealed`

// Queries and changes of the audit chain.
const (
	// InsertEntry puts an entry into the link that the head names: it comes after that in the transaction.
	InsertEntry = `INSERT INTO audit_entries (org, ` + entryColumns + `) VALUES ($1,
(SELECT sequence FROM audit_heads WHERE org = $1),$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`

	QueryHead  = `SELECT sequence, hash, base, base_hash, base_at FROM audit_heads WHERE org = $1`
	QueryLinks = `SELECT sequence, made_at, entries, previous, root, hash FROM audit_links
WHERE org = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`
	QueryTrail = `SELECT ` + entryColumns + ` FROM audit_entries WHERE org = $1 AND (sequence, position) > ($2, $3)
ORDER BY sequence, position LIMIT $4`

	// QueryReasons is QueryTrail of the entries that have a reason.
	QueryReasons = `SELECT ` + entryColumns + ` FROM audit_entries WHERE org = $1 AND (sequence, position) > ($2, $3)
AND (reason <> '' OR reason_sealed <> '') ORDER BY sequence, position LIMIT $4`
	// EraseReason takes the reason out of an entry, and says by which rule it is covered then.
	EraseReason = `UPDATE audit_entries SET reason = '', reason_sealed = '', reason_rule = $4, reason_hash = $5
WHERE org = $1 AND sequence = $2 AND position = $3`

	// QueryPrunable finds the last of the oldest links, at most $2 of them, that are all before the instant $3.
	QueryPrunable = `SELECT sequence, hash, made_at FROM (
SELECT sequence, hash, made_at FROM audit_links WHERE org = $1 ORDER BY sequence LIMIT $2
) AS oldest WHERE sequence < coalesce((
SELECT min(sequence) FROM (SELECT sequence, made_at FROM audit_links WHERE org = $1 ORDER BY sequence LIMIT $2) AS several
WHERE made_at >= $3), 9223372036854775807) ORDER BY sequence DESC LIMIT 1`
	UpdateBase    = `UPDATE audit_heads SET base = $2, base_hash = $3, base_at = $4 WHERE org = $1`
	DeleteEntries = `DELETE FROM audit_entries WHERE org = $1 AND sequence <= $2`
	DeleteLinks   = `DELETE FROM audit_links WHERE org = $1 AND sequence <= $2`
)

// Covered covers the reasons of entries that are to be written, in a copy of them.
func Covered(entries []ledger.Entry) []ledger.Entry {
	out := slices.Clone(entries)
	for i := range out {
		if out[i].Reason != "" {
			chain.Cover(&out[i], rand.Text())
		}
	}
	return out
}

// EntryStatements encodes the entries of a link, which are Covered. Reasons are sealed for the hash that covers them.
func EntryStatements(seal Sealer, o org.ID, entries []ledger.Entry) ([]Statement, error) {
	out := make([]Statement, len(entries))
	for i := range entries {
		e := &entries[i]
		fields := "[]"
		if len(e.Fields) > 0 {
			b, err := json.Marshal(e.Fields)
			if err != nil {
				return nil, fmt.Errorf("audit entry %d: %w", i, err)
			}
			fields = string(b)
		}
		hash, sealed, err := reasonOf(seal, o, e)
		if err != nil {
			return nil, fmt.Errorf("audit entry %d: %w", i, err)
		}
		out[i] = Statement{InsertEntry, []any{
			string(o), i, e.Time.UnixMicro(), e.Actor, e.Method, e.Kind, e.ID, e.Result, "", e.RequestID, fields, int64(e.Cover.Rule), hash, sealed,
		}}
	}
	return out, nil
}

// reasonOf is what is kept of a reason: its hash, and salt and reason, sealed.
func reasonOf(seal Sealer, o org.ID, e *ledger.Entry) (hash []byte, sealed string, err error) {
	if e.Cover.Rule == ledger.PlainReason {
		return []byte{}, "", nil
	}
	sealed = e.Cover.Salt + " " + e.Reason
	if seal != nil {
		var value any
		if value, err = sealValue(seal, o, reasonCell(e), sealed); err == nil {
			sealed, _ = value.(string) // as it was given
		}
	}
	return e.Cover.Hash[:], sealed, err
}

// reasonCell is the place of a reason: the hash that covers it, as the database numbers entries when they are sealed already.
func reasonCell(e *ledger.Entry) [3]string {
	return cellOf("audit_entries", hex.EncodeToString(e.Cover.Hash[:]), "reason")
}

// openReason opens what is kept of a reason. Whoever has no keys at all reads the rest, and the chain holds without.
func openReason(row Scanner, e *ledger.Entry, sealed string) error {
	text, err := openText(row, reasonCell(e), sealed)
	if errors.Is(err, errNoKeys) {
		e.Cover.Shut = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("audit entry %s: %w", e.Name(), err)
	}
	e.Cover.Salt, e.Reason, _ = strings.Cut(text, " ")
	return nil
}

func scanEntry(row Scanner) (e ledger.Entry, err error) {
	var at int64
	var fields, sealed string
	var hash []byte
	err = row.Scan(&e.Sequence, &e.Position, &at, &e.Actor, &e.Method, &e.Kind, &e.ID, &e.Result, &e.Reason, &e.RequestID, &fields,
		&e.Cover.Rule, &hash, &sealed)
	if err != nil {
		return e, err
	}
	e.Time = fromMicros(at)
	copy(e.Cover.Hash[:], hash)
	if fields != "[]" {
		if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil {
			e.Fields = []string{fields} // no longer what was hashed: the chain tells
		}
	}
	if sealed != "" {
		err = openReason(row, &e, sealed)
	}
	return e, err
}

func scanLink(row Scanner) (l ledger.Link, err error) {
	var at int64
	var previous, root, hash []byte
	err = row.Scan(&l.Sequence, &at, &l.Count, &previous, &root, &hash)
	l.Time = fromMicros(at)
	copy(l.Previous[:], previous)
	copy(l.Root[:], root)
	copy(l.Hash[:], hash)
	return l, err
}

// ScanHead reads what QueryHead selects.
func ScanHead(row Scanner) (h ledger.Head, err error) {
	var at int64
	var hash, base []byte
	err = row.Scan(&h.Sequence, &hash, &h.Base, &base, &at)
	if h.Base > 0 {
		h.BaseTime = fromMicros(at)
	}
	copy(h.Hash[:], hash)
	copy(h.BaseHash[:], base)
	return h, err
}

// AuditQueryText makes the statement of a query, whose text depends on its shape alone. It finds the places of the entries in
// an index that has all it is asked about, and then those entries: an actor or a method that nobody knows costs no walk along
// the index of times, which a range of time else tempts SQLite to. CROSS JOIN keeps SQLite to that order; to PostgreSQL it is a
// join like others.
func AuditQueryText(o org.ID, q *ledger.AuditQuery, limit int) (text string, args []any) {
	b := queryText{args: []any{string(o)}}
	b.WriteString(`SELECT ` + entryColumns + ` FROM (SELECT sequence AS s, position AS p FROM audit_entries WHERE org = $1`)
	b.audit(q)
	b.WriteString(` ORDER BY happened_at DESC, sequence DESC, position DESC LIMIT ` + b.param(limit) + `) AS page
CROSS JOIN audit_entries WHERE org = $1 AND sequence = s AND position = p
ORDER BY happened_at DESC, sequence DESC, position DESC`)
	return b.String(), b.args
}

// audit adds what a query asks for.
func (b *queryText) audit(q *ledger.AuditQuery) {
	if q.Actor != "" {
		b.WriteString(` AND actor = ` + b.param(q.Actor))
	}
	if q.Method != "" {
		b.WriteString(` AND method = ` + b.param(q.Method))
	}
	if q.Kind != "" {
		// With an actor too, the index of the object is the one to use: an actor does more than befalls an object.
		b.WriteString(` AND kind = ` + b.param(q.Kind) + ` AND object_id = ` + b.param(q.ID))
	}
	if !q.From.IsZero() {
		b.WriteString(` AND happened_at >= ` + b.param(ceilMicros(q.From)))
	}
	if !q.To.IsZero() {
		b.WriteString(` AND happened_at < ` + b.param(ceilMicros(q.To)))
	}
	if q.Before != (ledger.AuditPlace{}) {
		b.WriteString(` AND (happened_at, sequence, position) < (` + b.param(q.Before.Time.UnixMicro()) + `, ` +
			b.param(q.Before.Sequence) + `, ` + b.param(q.Before.Position) + `)`)
	}
}

// ceilMicros is the first microsecond that is not before an instant.
func ceilMicros(t time.Time) int64 { return t.Add(time.Microsecond - time.Nanosecond).UnixMicro() }

// Record implements ledger.Reader.
func (r Reader) Record(ctx context.Context, o org.ID, kind, id string) (*ledger.Record, error) {
	f, err := one(ctx, r.From, scanRecord, QueryRecord, string(o), kind, id)
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return &f.Record, nil
}

// Records implements ledger.Reader.
func (r Reader) Records(ctx context.Context, o org.ID, q ledger.Query, limit int) (p ledger.Page, err error) {
	text, args := RecordsQuery(o, &q, limit+1)
	rows, err := Page(ctx, r.From, limit, scanRecord, text, args...)
	if err != nil {
		return p, fmt.Errorf("read %s: %w", q.Kind, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		p.Next = ledger.Place{Value: rows[limit-1].value, ID: rows[limit-1].ID}
	}
	p.Records = make([]ledger.Record, len(rows))
	for i := range rows {
		p.Records[i] = rows[i].Record
	}
	return p, nil
}

// Count implements ledger.Reader.
func (r Reader) Count(ctx context.Context, o org.ID, q ledger.Query, most int) (int, error) {
	text, args := CountQuery(o, &q, most)
	n, err := Page(ctx, r.From, most, func(s Scanner) (n int, err error) {
		err = s.Scan(&n)
		return n, err
	}, text, args...)
	if err != nil || len(n) == 0 {
		return 0, err
	}
	return n[0], nil
}

// AuditEntries implements ledger.AuditReader.
func (r Reader) AuditEntries(ctx context.Context, o org.ID, q ledger.AuditQuery, limit int) ([]ledger.Entry, error) {
	text, args := AuditQueryText(o, &q, limit)
	return wrapped("read audit entries")(Page(ctx, r.From, limit, scanEntry, text, args...))
}

// AuditTrail implements ledger.AuditReader.
func (r Reader) AuditTrail(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error) {
	return wrapped("read audit trail")(
		Page(ctx, r.From, limit, scanEntry, QueryTrail, string(o), after.Sequence, after.Position, limit))
}

// AuditReasons returns up to limit entries after a place in the chain that have a reason, in the order of the chain.
func (r Reader) AuditReasons(ctx context.Context, o org.ID, after ledger.AuditPlace, limit int) ([]ledger.Entry, error) {
	return wrapped("read reasons of the audit")(
		Page(ctx, r.From, limit, scanEntry, QueryReasons, string(o), after.Sequence, after.Position, limit))
}

func wrapped(what string) func([]ledger.Entry, error) ([]ledger.Entry, error) {
	return func(out []ledger.Entry, err error) ([]ledger.Entry, error) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		return out, nil
	}
}

// AuditLinks implements ledger.AuditReader.
func (r Reader) AuditLinks(ctx context.Context, o org.ID, after int64, limit int) ([]ledger.Link, error) {
	out, err := Page(ctx, r.From, limit, scanLink, QueryLinks, string(o), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read audit links: %w", err)
	}
	return out, nil
}

// AuditHead implements ledger.AuditReader.
func (r Reader) AuditHead(ctx context.Context, o org.ID) (ledger.Head, error) {
	h, err := one(ctx, r.From, ScanHead, QueryHead, string(o))
	if errors.Is(err, ledger.ErrNotFound) {
		return ledger.Head{Hash: chain.Genesis(o), BaseHash: chain.Genesis(o)}, nil
	}
	if err != nil {
		return h, fmt.Errorf("read audit head: %w", err)
	}
	return h, nil
}

// EachChain hands over the reader of each chain there is, by the name of its org.
func EachChain(ctx context.Context, from Source, each func(org.ID, ledger.AuditReader) error) error {
	var orgs []org.ID
	err := from.Ask(ctx, QueryAudited, nil, func(s Scanner) error {
		var o string
		err := s.Scan(&o)
		orgs = append(orgs, org.ID(o))
		return err
	})
	if err != nil {
		return fmt.Errorf("list the audit chains: %w", err)
	}
	for _, o := range orgs {
		if err := each(o, Reader{From: from}); err != nil {
			return err
		}
	}
	return nil
}

// Prunable is the last link that PruneAudit may take away.
type Prunable struct {
	Sequence int64
	Hash     []byte
	MadeAt   int64
}

// Prunable finds it; false when there is nothing to prune.
func (r Reader) Prunable(ctx context.Context, o org.ID, before time.Time, limit int) (Prunable, bool, error) {
	p, err := one(ctx, r.From, func(s Scanner) (p Prunable, err error) {
		err = s.Scan(&p.Sequence, &p.Hash, &p.MadeAt)
		return p, err
	}, QueryPrunable, string(o), limit, before.UnixMicro())
	if errors.Is(err, ledger.ErrNotFound) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("find what to prune: %w", err)
	}
	return p, true, nil
}

// PruneStatements take away what is up to a link. The last of them touches as many rows as there were links.
func PruneStatements(o org.ID, p *Prunable) []Statement {
	return []Statement{
		{UpdateBase, []any{string(o), p.Sequence, p.Hash, p.MadeAt}},
		{DeleteEntries, []any{string(o), p.Sequence}},
		{DeleteLinks, []any{string(o), p.Sequence}},
	}
}
