package row_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"fettle/ledger"
	"fettle/storage/internal/row"
)

func TestIndexesThatMigrationsLeave(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t (a int);\nCREATE INDEX one ON t (a);\nCREATE UNIQUE INDEX two ON t (a)\n  WHERE a > 0;\n")},
		"00002_b.sql": {Data: []byte("-- +goose Up\ndrop index if exists one;\ncreate index if not exists three on t (a);\n" +
			"-- +goose Down\nDROP INDEX two, three;\nCREATE INDEX one ON t (a);\n")},
		"00003_c.sql": {Data: []byte("-- +goose Up\nCREATE INDEX four ON t (a);\nCREATE INDEX five ON t (a);\nDROP INDEX three, five;\n")},
	}
	got, err := row.Indexes(files)
	if diff := cmp.Diff([]string{"four", "two"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := row.Missing(got, []string{"two", "other", "four"}); err != nil {
		t.Error(err)
	}
	if err := row.Missing(got, []string{"four"}); !errors.Is(err, ledger.ErrNoIndex) || err.Error() != "an index of the schema is missing: two" {
		t.Error(err)
	}
}
