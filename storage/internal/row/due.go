package row

import (
	"time"

	"fettle/dispatch/engine"
	"fettle/org"
)

// Queries and changes of due work.
const (
	UpsertDue = `INSERT INTO due_work (org, kind, key, due_at, payload) VALUES ($1,$2,$3,$4,$5)
ON CONFLICT (org, kind, key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload`
	DeleteDue = `DELETE FROM due_work WHERE org = $1 AND kind = $2 AND key = $3`

	QueryDue = `SELECT kind, key, due_at, payload FROM due_work WHERE org = $1 AND due_at <= $2
AND ($3 = '' OR kind = $3) AND kind <> $4 ORDER BY due_at, kind, key LIMIT $5`
	QueryNextDue = `SELECT due_at FROM due_work WHERE org = $1 ORDER BY due_at LIMIT 1`
)

// Due makes the arguments of UpsertDue.
func Due(o org.ID, w *engine.DueWork) []any {
	return []any{string(o), w.Kind, w.Key, w.At.UnixMicro(), w.Payload}
}

// ScanDue reads what QueryDue selects.
func ScanDue(row Scanner) (w engine.DueWork, err error) {
	var at int64
	if err = row.Scan(&w.Kind, &w.Key, &at, &w.Payload); err != nil {
		return w, err
	}
	w.At = fromMicros(at)
	w.Payload, err = openText(row, cellOf("due_work", w.Kind+"/"+w.Key, "payload"), w.Payload)
	return w, err
}

// ScanInstant reads one instant.
func ScanInstant(row Scanner) (time.Time, error) {
	var at int64
	err := row.Scan(&at)
	return fromMicros(at), err
}
