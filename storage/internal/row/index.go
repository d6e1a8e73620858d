package row

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"fettle/ledger"
)

var indexForm = regexp.MustCompile(`(?im)^\s*(CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?([\w, ]+?)(?:\s+ON\b|;)`)

// Indexes lists the indexes that migrations leave, by name. Files are those of goose, in the order of their names.
func Indexes(migrations fs.FS) ([]string, error) {
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	slices.Sort(files)
	var out []string
	for _, name := range files {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range indexForm.FindAllStringSubmatch(up, -1) {
			names := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' })
			if strings.EqualFold(m[1], "CREATE") {
				out = append(out, names...)
				continue
			}
			out = slices.DeleteFunc(out, func(have string) bool { return slices.Contains(names, have) })
		}
	}
	slices.Sort(out)
	return out, nil
}

// Missing is the error of indexes that are wanted and not there; nil when all are.
func Missing(wanted, have []string) error {
	gone := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(have, name) })
	if len(gone) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ledger.ErrNoIndex, strings.Join(gone, ", "))
}
