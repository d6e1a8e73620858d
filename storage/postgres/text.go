package postgres

import (
	"database/sql"
	"strings"

	"fettle/storage/internal/row"
)

// PostgreSQL keeps no NUL in text. Texts that hold one are written with it spelled out by a code point that is no character;
// that code point itself is doubled, so that each text has one spelling and equal texts stay equal.
const mark = "\uFFFE"

var (
	speller  = strings.NewReplacer(mark, mark+mark, "\x00", mark+"0")
	unspells = strings.NewReplacer(mark+mark, mark, mark+"0", "\x00")
)

// spell writes the texts among the arguments of a statement without NUL.
func spell(args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok && strings.ContainsAny(s, "\x00"+mark) {
			args[i] = speller.Replace(s)
		}
	}
	return args
}

// reader reads texts as they were before spell.
type reader struct{ row.Scanner }

// Scan implements row.Scanner.
func (r reader) Scan(to ...any) error {
	if err := r.Scanner.Scan(to...); err != nil {
		return err
	}
	for _, v := range to {
		switch s := v.(type) {
		case *string:
			*s = unspell(*s)
		case *sql.NullString:
			s.String = unspell(s.String)
		}
	}
	return nil
}

func unspell(s string) string {
	if strings.Contains(s, mark) {
		return unspells.Replace(s)
	}
	return s
}

// unspellAll undoes spell.
func unspellAll(values []any) []any {
	for i, v := range values {
		if s, ok := v.(string); ok {
			values[i] = unspell(s)
		}
	}
	return values
}
