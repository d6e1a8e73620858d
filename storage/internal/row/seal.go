package row

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"fettle/org"
)

// Sealer encrypts values of an org for a cell: table, row and column. A value opens in the cell that it was sealed for and
// nowhere else. Key is the id of the key that a value is sealed under, and whether new values are too.
type Sealer interface {
	Seal(o org.ID, cell [3]string, plain []byte) ([]byte, error)
	Open(o org.ID, cell [3]string, sealed []byte) ([]byte, error)
	Key(o org.ID, sealed []byte) (id string, newest bool)
}

// errNoKeys says that a row is sealed and the store was opened without keys.
var errNoKeys = errors.New("row is sealed, and the store was opened without keys")

// sealMark begins a sealed value. None of the formats that columns hold begins so.
const sealMark = "s1."

// sealedColumn is one whose values are sealed: what people wrote, and what can tell of them.
type sealedColumn struct {
	table, column string
	keys          []string // columns that name a row of an org
	write         string   // the statement that writes it; "" where it is sealed as the statement is made
	at            []int    // where in its arguments the keys are
	arg           int      // where in its arguments the value is
	log           bool     // a row is never changed
}

// sealedColumns are all of them. The rest are ids, states, instants and places, which are queried or constrained.
func sealedColumns() []sealedColumn {
	return []sealedColumn{
		{"work_orders", "detail", []string{"id"}, UpsertOrder, []int{1}, 13, false},
		{"technicians", "detail", []string{"id"}, UpsertTechnician, []int{1}, 5, false},
		{"due_work", "payload", []string{"kind", "key"}, UpsertDue, []int{1, 2}, 4, false},
		{"idempotency_keys", "response", []string{"key"}, InsertKey, []int{1}, 4, false},
		{"records", "body", []string{"kind", "id"}, "", nil, 0, false},
		{"events", "reason", []string{"sequence"}, InsertEvent, []int{1}, 7, true},
		{"events", "detail", []string{"sequence"}, InsertEvent, []int{1}, 10, true},
		{"audit_entries", reasonSealed, []string{"sequence"}, "", nil, 0, true},
	}
}

// reasonSealed is the column of the reasons of audit entries, whose place is the hash that covers them (reasonCell).
const reasonSealed = "reason_sealed"

// cell names the place of a value.
func (c *sealedColumn) cell(keys ...any) [3]string {
	name := make([]string, len(keys))
	for i, k := range keys {
		name[i] = fmt.Sprint(k)
	}
	return cellOf(c.table, strings.Join(name, "/"), c.column)
}

func cellOf(table, row, column string) [3]string { return [3]string{table, row, column} }

// sealAll seals the arguments of statements.
func sealAll(s Sealer, o org.ID, all []Statement) error {
	if s == nil {
		return nil
	}
	columns := sealedColumns()
	for i := range all {
		for j := range columns {
			c := &columns[j]
			if c.write != all[i].SQL {
				continue
			}
			keys := make([]any, len(c.at))
			for k, at := range c.at {
				keys[k] = all[i].Args[at]
			}
			var err error
			if all[i].Args[c.arg], err = sealValue(s, o, c.cell(keys...), all[i].Args[c.arg]); err != nil {
				return err
			}
		}
	}
	return nil
}

// sealValue seals a text, which stays one, or bytes.
func sealValue(s Sealer, o org.ID, cell [3]string, value any) (any, error) {
	switch v := value.(type) {
	case string:
		sealed, err := s.Seal(o, cell, []byte(v))
		if err != nil || len(sealed) == 0 {
			return v, err
		}
		return sealMark + base64.RawStdEncoding.EncodeToString(sealed), nil
	case []byte:
		sealed, err := s.Seal(o, cell, v)
		if err != nil || len(sealed) == 0 {
			return v, err
		}
		return append([]byte(sealMark), sealed...), nil
	}
	return nil, fmt.Errorf("seal %s of %s: it is a %T", cell[2], cell[0], value)
}

// openedRow is a row whose sealed values can be opened.
type openedRow struct {
	Scanner
	seal Sealer
	org  org.ID
}

// Opened makes the sealed values of a row readable for the Scan functions of this package. The first argument of the query
// is the org.
func Opened(s Scanner, seal Sealer, args []any) Scanner {
	if seal == nil || len(args) == 0 {
		return s
	}
	name, _ := args[0].(string)
	return openedRow{s, seal, org.ID(name)}
}

// openText opens a value that was read from a row. One that was written before there were keys is in clear.
func openText(s Scanner, cell [3]string, text string) (string, error) {
	coded, sealed := strings.CutPrefix(text, sealMark)
	if !sealed {
		return text, nil
	}
	r, ok := s.(openedRow)
	if !ok {
		return "", errNoKeys
	}
	raw, err := base64.RawStdEncoding.DecodeString(coded)
	if err != nil {
		return "", fmt.Errorf("read %s of %s: %w", cell[2], cell[0], err)
	}
	plain, err := r.seal.Open(r.org, cell, raw)
	return string(plain), err
}

// openBytes is openText for bytes.
func openBytes(s Scanner, cell [3]string, data []byte) ([]byte, error) {
	raw, sealed := bytes.CutPrefix(data, []byte(sealMark))
	if !sealed {
		return data, nil
	}
	r, ok := s.(openedRow)
	if !ok {
		return nil, errNoKeys
	}
	return r.seal.Open(r.org, cell, raw)
}
