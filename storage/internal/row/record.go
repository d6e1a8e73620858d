package row

import (
	"strconv"
	"strings"

	"fettle/ledger"
	"fettle/org"
)

// recordColumns are what ScanRecord reads, after the place in the order of the query.
const recordColumns = `r.kind, r.id, r.version, r.state, r.created_at, r.updated_at, r.body`

// Queries and changes of records. Those that begin with Need must touch a row.
const (
	QueryRecord = `SELECT '', ` + recordColumns + ` FROM records AS r WHERE r.org = $1 AND r.kind = $2 AND r.id = $3`

	InsertRecord = `INSERT INTO records (org, kind, id, version, state, created_at, updated_at, body)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`
	NeedUpdate = `UPDATE records SET version = $1, state = $2, created_at = $3, updated_at = $4, body = $5
WHERE org = $6 AND kind = $7 AND id = $8 AND version = $1 - 1`
	NeedDelete = `DELETE FROM records WHERE org = $1 AND kind = $2 AND id = $3 AND version = $4`

	DeleteKeys = `DELETE FROM record_keys WHERE org = $1 AND kind = $2 AND id = $3`
	InsertKeys = `INSERT INTO record_keys (org, kind, id, name, value, is_unique) VALUES ($1,$2,$3,$4,$5,$6)
ON CONFLICT (org, kind, name, value, id) DO NOTHING`

	// QueryHolder finds who has a unique key.
	QueryHolder = `SELECT id FROM record_keys WHERE org = $1 AND kind = $2 AND name = $3 AND value = $4 AND is_unique = 1`
	// QueryHolding finds whether anybody has a key.
	QueryHolding = `SELECT 1 FROM record_keys WHERE org = $1 AND kind = $2 AND name = $3 AND value = $4 LIMIT 1`
)

// bodyOf is the cell of a record's body.
func bodyOf(r *ledger.Record) [3]string { return cellOf("records", r.Kind+"/"+r.ID, "body") }

// sealBody makes a body what its column holds.
func sealBody(s Sealer, o org.ID, r *ledger.Record) (any, error) {
	if s == nil {
		return string(r.Body), nil
	}
	return sealValue(s, o, bodyOf(r), string(r.Body))
}

// insertRecord and updateRecord write a record with a body.
func insertRecord(o org.ID, r *ledger.Record, body any) Statement {
	return Statement{InsertRecord, []any{
		string(o), r.Kind, r.ID, r.Version, r.State, r.Created.UnixMicro(), r.Updated.UnixMicro(), body,
	}}
}

func updateRecord(o org.ID, r *ledger.Record, body any) Statement {
	return Statement{NeedUpdate, []any{
		r.Version, r.State, r.Created.UnixMicro(), r.Updated.UnixMicro(), body, string(o), r.Kind, r.ID,
	}}
}

// found is a record with the value by which it was found.
type found struct {
	ledger.Record
	value string
}

// scanRecord reads what QueryRecord and RecordsQuery select.
func scanRecord(row Scanner) (f found, err error) {
	var created, updated int64
	var body string
	r := &f.Record
	if err = row.Scan(&f.value, &r.Kind, &r.ID, &r.Version, &r.State, &created, &updated, &body); err != nil {
		return f, err
	}
	body, err = openText(row, bodyOf(r), body)
	r.Created, r.Updated, r.Body = fromMicros(created), fromMicros(updated), []byte(body)
	return f, err
}

// RecordsQuery makes the statement of a query. Its text depends on the shape of the query alone, so that it is prepared once
// a shape.
func RecordsQuery(o org.ID, q *ledger.Query, limit int) (text string, args []any) {
	b := queryText{args: []any{string(o), q.Kind}}
	if q.Key == "" {
		b.WriteString(`SELECT '', ` + recordColumns + ` FROM records AS r WHERE r.org = $1 AND r.kind = $2`)
		b.after(q, "", "r.id")
	} else {
		// CROSS JOIN keeps SQLite from beginning with the records; to PostgreSQL it is a join like others.
		b.WriteString(`SELECT k.value, ` + recordColumns + ` FROM record_keys AS k CROSS JOIN records AS r
WHERE r.org = $1 AND r.kind = $2 AND r.id = k.id AND `)
		b.keys(q)
	}
	b.order(q)
	b.WriteString(` LIMIT ` + b.param(limit))
	return b.String(), b.args
}

// CountQuery makes the statement that counts up to most of what a query selects.
func CountQuery(o org.ID, q *ledger.Query, most int) (text string, args []any) {
	b := queryText{args: []any{string(o), q.Kind}}
	b.WriteString(`SELECT count(*) FROM (SELECT 1 FROM `)
	if q.Key == "" {
		b.WriteString(`records AS r WHERE r.org = $1 AND r.kind = $2`)
		b.after(q, "", "r.id")
	} else {
		b.WriteString(`record_keys AS k WHERE `)
		b.keys(q)
	}
	b.WriteString(` LIMIT ` + b.param(most) + `) AS counted`)
	return b.String(), b.args
}

// queryText is a statement in the making.
type queryText struct {
	strings.Builder
	args []any
}

// param adds an argument and returns its place.
func (b *queryText) param(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// keys selects by a key: of one value, or of a range.
func (b *queryText) keys(q *ledger.Query) {
	b.WriteString(`k.org = $1 AND k.kind = $2 AND k.name = ` + b.param(q.Key))
	if q.Exact {
		b.WriteString(` AND k.value = ` + b.param(q.Value))
		b.after(q, "", "k.id")
		return
	}
	if q.From != "" {
		b.WriteString(` AND k.value >= ` + b.param(q.From))
	}
	if q.To != "" {
		b.WriteString(` AND k.value < ` + b.param(q.To))
	}
	b.after(q, "k.value", "k.id")
}

// after selects what follows the page before.
func (b *queryText) after(q *ledger.Query, value, id string) {
	if q.After == (ledger.Place{}) {
		return
	}
	than := ` > `
	if q.Descending {
		than = ` < `
	}
	if value == "" {
		b.WriteString(` AND ` + id + than + b.param(q.After.ID))
		return
	}
	b.WriteString(` AND (` + value + `, ` + id + `)` + than + `(` + b.param(q.After.Value) + `, ` + b.param(q.After.ID) + `)`)
}

func (b *queryText) order(q *ledger.Query) {
	down := ``
	if q.Descending {
		down = ` DESC`
	}
	switch {
	case q.Key == "":
		b.WriteString(` ORDER BY r.id` + down)
	case q.Exact:
		b.WriteString(` ORDER BY k.id` + down)
	default:
		b.WriteString(` ORDER BY k.value` + down + `, k.id` + down)
	}
}
