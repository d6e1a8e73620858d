package row

import (
	"strconv"
	"strings"
	"time"

	"fettle/ledger"
	"fettle/org"
)

// Columns of due work as it is read, and when it is looked at next.
const (
	dueColumns = `kind, key, due_at, payload, rank, attempt, claim, problem`
	wake       = `coalesce(wake_at, due_at)`
	// Kinds are named by the service, none with a comma. rtrim leaves what is before the last dot, with it.
	notIn = `(',' || $4 || ',') NOT LIKE ('%,' || kind || ',%')
AND ($4 = '' OR (',' || $4 || ',') NOT LIKE ('%,' || rtrim(kind, replace(kind, '.', '')) || ',%'))`
)

// Queries and changes of due work.
const (
	UpsertDue = `INSERT INTO due_work (org, kind, key, due_at, payload, rank) VALUES ($1,$2,$3,$4,$5,$6)
ON CONFLICT (org, kind, key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, rank = excluded.rank,
wake_at = NULL, attempt = 0, problem = '', dead_at = NULL, claim = '', claim_until = NULL`
	DeleteDue = `DELETE FROM due_work WHERE org = $1 AND kind = $2 AND key = $3`

	// ClaimDue takes one piece of work that still waits for nobody.
	ClaimDue = `UPDATE due_work SET claim = $4, claim_until = $5, wake_at = $5, attempt = attempt + 1
WHERE org = $1 AND kind = $2 AND key = $3 AND dead_at IS NULL AND ` + wake + ` <= $6`
	SettleDue     = `DELETE FROM due_work WHERE org = $1 AND kind = $2 AND key = $3 AND claim = $4`
	InsertOutcome = `INSERT INTO due_outcomes (org, kind, key, due_at, settled_at, fate, attempt, note) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)
ON CONFLICT (org, kind, key, due_at) DO UPDATE SET settled_at = excluded.settled_at, fate = excluded.fate,
attempt = excluded.attempt, note = excluded.note`
	// YieldDue gives one piece of work back: $5 is when it is tried again, $6 by how many attempts it was too many.
	YieldDue = `UPDATE due_work SET claim = '', claim_until = NULL, wake_at = $5, attempt = attempt - $6, problem = $7, dead_at = $8
WHERE org = $1 AND kind = $2 AND key = $3 AND claim = $4`
	// FreeDueAfter ends every claim and wait that ends after $2.
	FreeDueAfter = `UPDATE due_work SET claim = '', claim_until = NULL, wake_at = NULL
WHERE org = $1 AND wake_at IS NOT NULL AND dead_at IS NULL AND wake_at > $2`
	ReviveDue = `UPDATE due_work SET dead_at = NULL, wake_at = NULL, attempt = 0
WHERE org = $1 AND kind = $2 AND key = $3 AND dead_at IS NOT NULL`

	QueryDueRow = `SELECT ` + dueColumns + ` FROM due_work WHERE org = $1 AND kind = $2 AND key = $3`
	QueryKind   = `SELECT ` + dueColumns + ` FROM due_work WHERE org = $1 AND kind = $2 AND key > $3 ORDER BY key LIMIT $4`
	// QueryOutcomes selects what became of work from ($3, $4) on, not included, until before $5.
	QueryOutcomes = `SELECT kind, key, due_at, settled_at, fate, attempt, note FROM due_outcomes
WHERE org = $1 AND kind = $2 AND (due_at, key) > ($3, $4) AND due_at < $5 ORDER BY due_at, key LIMIT $6`
	// PruneOutcomes removes at most $4 outcomes of the kind $2 that are older than $3, the oldest first.
	PruneOutcomes = `DELETE FROM due_outcomes WHERE org = $1 AND kind = $2 AND (due_at, key) IN (
SELECT due_at, key FROM due_outcomes WHERE org = $1 AND kind = $2 AND due_at < $3 AND settled_at < $3 ORDER BY due_at, key LIMIT $4)`
	QueryHeld   = `SELECT ` + dueColumns + ` FROM due_work WHERE org = $1 AND claim = $2 AND claim <> '' ORDER BY kind, key`
	QueryOldest = `SELECT due_at FROM due_work WHERE org = $1 AND due_at <= $2 AND wake_at IS NOT NULL AND dead_at IS NULL
AND ($3 = '' OR kind = $3) AND ` + notIn + ` ORDER BY due_at LIMIT 1`
	QueryDead = `SELECT ` + dueColumns + ` FROM due_work WHERE org = $1 AND dead_at IS NOT NULL AND (kind, key) > ($2, $3)
ORDER BY kind, key LIMIT $4`
)

// QueryDue selects what is due, each rank in the order of its index and no more of it than a page. $2 is now, $3 and $4 are
// the filter, $5 is the size of the page.
var QueryDue = func() string {
	parts := make([]string, 0, 3)
	for rank := ledger.Urgent; rank <= ledger.CanWait; rank++ {
		parts = append(parts, `SELECT * FROM (SELECT `+dueColumns+`, `+wake+` AS wake FROM due_work WHERE org = $1 AND rank = `+
			strconv.Itoa(int(rank))+` AND dead_at IS NULL AND `+wake+` <= $2 AND ($3 = '' OR kind = $3) AND `+notIn+` ORDER BY `+
			wake+`, kind, key LIMIT $5) AS page`)
	}
	return `SELECT ` + dueColumns + ` FROM (` + strings.Join(parts, ` UNION ALL `) + `) AS pages ORDER BY rank, wake, kind, key LIMIT $5`
}()

// QueryLockDue locks what is due of a rank, the most urgent rank first, in the order and with the arguments of QueryDue; what
// somebody else has locked is passed over. For PostgreSQL.
var QueryLockDue = func() (out []string) {
	for rank := ledger.Urgent; rank <= ledger.CanWait; rank++ {
		out = append(out, `SELECT `+dueColumns+`, ctid::text FROM due_work WHERE org = $1 AND rank = `+strconv.Itoa(int(rank))+
			` AND dead_at IS NULL AND `+wake+` <= $2 AND ($3 = '' OR kind = $3) AND `+notIn+` ORDER BY `+wake+
			`, kind, key LIMIT $5 FOR UPDATE SKIP LOCKED`)
	}
	return out
}()

// QueryNextDue is the instant at which the next piece of work is looked at.
var QueryNextDue = func() string {
	parts := make([]string, 0, 3)
	for rank := ledger.Urgent; rank <= ledger.CanWait; rank++ {
		parts = append(parts, `SELECT * FROM (SELECT `+wake+` AS wake FROM due_work WHERE org = $1 AND rank = `+strconv.Itoa(int(rank))+
			` AND dead_at IS NULL ORDER BY `+wake+` LIMIT 1) AS first`)
	}
	return `SELECT wake FROM (` + strings.Join(parts, ` UNION ALL `) + `) AS firsts ORDER BY wake LIMIT 1`
}()

// Due makes the arguments of UpsertDue.
func Due(o org.ID, w *ledger.DueWork) []any {
	return []any{string(o), w.Kind, w.Key, w.At.UnixMicro(), w.Payload, int(w.Rank)}
}

// Claim makes the arguments of ClaimDue.
func Claim(o org.ID, w *ledger.DueWork, claim string, until, now time.Time) []any {
	return []any{string(o), w.Kind, w.Key, claim, until.UnixMicro(), now.UnixMicro()}
}

// Outcome makes the arguments of InsertOutcome.
func Outcome(o org.ID, out *ledger.Outcome) []any {
	return []any{
		string(o), out.Kind, out.Key, out.Due.UnixMicro(), out.Settled.UnixMicro(), string(out.Fate), out.Attempt, out.Note,
	}
}

// ScanOutcome reads what QueryOutcomes selects.
func ScanOutcome(row Scanner) (out ledger.Outcome, err error) {
	var due, settled int64
	err = row.Scan(&out.Kind, &out.Key, &due, &settled, &out.Fate, &out.Attempt, &out.Note)
	out.Due, out.Settled = fromMicros(due), fromMicros(settled)
	return out, err
}

// maxProblem is how much of a problem is kept, in bytes.
const maxProblem = 500

// Yield makes the arguments of YieldDue.
func Yield(o org.ID, y *ledger.Yield) []any {
	untried := 0
	if y.Problem == "" {
		untried = 1
	}
	var dead any
	if y.Dead {
		dead = y.Next.UnixMicro()
	}
	problem := strings.ToValidUTF8(y.Problem[:min(len(y.Problem), maxProblem)], "")
	return []any{string(o), y.Work.Kind, y.Work.Key, y.Work.Claim, y.Next.UnixMicro(), untried, problem, dead}
}

// ScanDue reads what QueryDue selects.
func ScanDue(row Scanner) (ledger.DueWork, error) { return scanDue(row) }

// ScanLocked reads what QueryLockDue selects, and where it lies.
func ScanLocked(row Scanner) (w ledger.DueWork, place string, err error) {
	w, err = scanDue(row, &place)
	return w, place, err
}

// scanDue reads the columns of due work and those after them.
func scanDue(row Scanner, more ...any) (w ledger.DueWork, err error) {
	var at int64
	to := append([]any{&w.Kind, &w.Key, &at, &w.Payload, &w.Rank, &w.Attempt, &w.Claim, &w.Problem}, more...)
	if err = row.Scan(to...); err != nil {
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
