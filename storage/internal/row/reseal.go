package row

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"fettle/org"
)

// resealPage is how many rows are sealed anew in one transaction: few enough that a batch of the writer waits little.
const resealPage = 200

// Resealer seals rows anew under the newest key of an org.
type Resealer struct {
	From Source
	Seal Sealer
	// Write runs statements in one transaction.
	Write func(ctx context.Context, s []Statement) error
	// Done is told how many rows were sealed anew, after each page.
	Done func(rows int)
	// change says what is to be written instead of a row, and the key that it is under then; nil seals it anew.
	change func(o org.ID, c *sealedColumn, row *sealedRow) (*Statement, string, error)
}

// Run seals all rows of an org under its newest key, but those of the log, which is never changed. It returns the ids of the
// keys that rows are under when it ends. A row that is changed meanwhile is left to whoever changed it. It can be cut short
// at any time and run again from the start: rows that are done are passed over.
func (r *Resealer) Run(ctx context.Context, o org.ID) (used map[string]bool, err error) {
	used = map[string]bool{}
	columns := sealedColumns()
	for i := range columns {
		if columns[i].log {
			err = r.logKeys(ctx, o, &columns[i], used)
		} else {
			err = r.column(ctx, o, &columns[i], used)
		}
		if err != nil {
			return nil, fmt.Errorf("seal %s of %s anew: %w", columns[i].column, columns[i].table, err)
		}
	}
	return used, nil
}

// sealedRow is one whose value is looked at.
type sealedRow struct {
	keys  []any
	value any
}

// column walks through the rows of a table.
func (r *Resealer) column(ctx context.Context, o org.ID, c *sealedColumn, used map[string]bool) error {
	change := r.change
	if change == nil {
		change = r.again
	}
	after := make([]any, len(c.keys))
	for i := range after {
		after[i] = ""
	}
	for {
		rows, err := Page(ctx, r.From, resealPage, c.scan, c.page(), append([]any{string(o)}, append(after, resealPage)...)...)
		if err != nil || len(rows) == 0 {
			return err
		}
		var changes []Statement
		for i := range rows {
			next, key, err := change(o, c, &rows[i])
			if err != nil {
				return err
			}
			used[key] = true
			if next != nil {
				changes = append(changes, *next)
			}
		}
		if len(changes) > 0 {
			if err := r.Write(ctx, changes); err != nil {
				return err
			}
			r.Done(len(changes))
		}
		if len(rows) < resealPage {
			return nil
		}
		after = rows[len(rows)-1].keys
	}
}

// again seals a row anew where it is under an older key, or in clear. It returns the key that the row is under then.
func (r *Resealer) again(o org.ID, c *sealedColumn, row *sealedRow) (*Statement, string, error) {
	key, newest := keyOf(r.Seal, o, row.value)
	if newest || row.value == nil {
		return nil, key, nil
	}
	cell := c.cell(row.keys...)
	opener := openedRow{nil, r.Seal, o}
	var plain any
	var err error
	if text, ok := row.value.(string); ok {
		plain, err = openText(opener, cell, text)
	} else if data, ok := row.value.([]byte); ok {
		plain, err = openBytes(opener, cell, data)
	}
	if err != nil {
		return nil, "", err
	}
	sealed, err := sealValue(r.Seal, o, cell, plain)
	if err != nil {
		return nil, "", err
	}
	key, _ = keyOf(r.Seal, o, sealed)
	args := append([]any{sealed, string(o)}, row.keys...)
	return &Statement{c.swap(), append(args, row.value)}, key, nil
}

// keyOf is the key of a stored value; an empty one needs none, and one in clear has none.
func keyOf(s Sealer, o org.ID, value any) (id string, newest bool) {
	var raw []byte
	switch v := value.(type) {
	case string:
		if v == "" {
			return "", true
		}
		coded, sealed := strings.CutPrefix(v, sealMark)
		if !sealed {
			return "", false
		}
		raw, _ = base64.RawStdEncoding.DecodeString(coded) // one that is broken is under no key
	case []byte:
		if len(v) == 0 {
			return "", true
		}
		if !strings.HasPrefix(string(v), sealMark) {
			return "", false
		}
		raw = v[len(sealMark):]
	}
	return s.Key(o, raw)
}

// list is the key of a row as columns.
func (c *sealedColumn) list() string { return strings.Join(c.keys, ", ") }

// page reads rows in the order of their keys.
func (c *sealedColumn) page() string {
	list, params := c.list(), make([]string, len(c.keys))
	for i := range params {
		params[i] = "$" + strconv.Itoa(i+2)
	}
	return "SELECT " + list + ", " + c.column + " FROM " + c.table + " WHERE org = $1 AND (" + list + ") > (" +
		strings.Join(params, ", ") + ") ORDER BY " + list + " LIMIT $" + strconv.Itoa(len(c.keys)+2)
}

// swap replaces a value where it is still the one that was read.
func (c *sealedColumn) swap() string {
	var q strings.Builder
	q.WriteString("UPDATE " + c.table + " SET " + c.column + " = $1 WHERE org = $2")
	for i, k := range c.keys {
		q.WriteString(" AND " + k + " = $" + strconv.Itoa(i+3))
	}
	q.WriteString(" AND " + c.column + " = $" + strconv.Itoa(len(c.keys)+3))
	return q.String()
}

// scan reads a row of page. The keys are text; what the value is, the column says.
func (c *sealedColumn) scan(s Scanner) (out sealedRow, err error) {
	keys := make([]string, len(c.keys))
	to := make([]any, 0, len(keys)+1)
	for i := range keys {
		to = append(to, &keys[i])
	}
	var text string
	var data []byte
	if c.table == "idempotency_keys" {
		err = s.Scan(append(to, &data)...)
		out.value = data
	} else {
		err = s.Scan(append(to, &text)...)
		out.value = text
	}
	for _, k := range keys {
		out.keys = append(out.keys, k)
	}
	return out, err
}

// markLetters is how many letters of a sealed text hold its key: the mark, and 5 bytes in base64.
const markLetters = len(sealMark) + 7

// logKeys finds the keys that rows of the log are under.
func (r *Resealer) logKeys(ctx context.Context, o org.ID, c *sealedColumn, used map[string]bool) error {
	query := fmt.Sprintf("SELECT DISTINCT substr(%s, 1, %d) FROM %s WHERE org = $1", c.column, markLetters, c.table)
	scan := func(s Scanner) (text string, err error) {
		err = s.Scan(&text)
		return text, err
	}
	// Four of one key at most, since the last letter holds two more bits.
	heads, err := Page(ctx, r.From, 1, scan, query, string(o))
	for _, h := range heads {
		if len(h) == markLetters && strings.HasPrefix(h, sealMark) {
			key, _ := keyOf(r.Seal, o, h+"A")
			used[key] = true
		}
	}
	return err
}
