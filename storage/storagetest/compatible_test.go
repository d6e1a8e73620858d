package storagetest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fettle/storage/storagetest"
)

func TestBroken(t *testing.T) {
	t.Parallel()
	before := map[string]string{"column t.a": "INTEGER required", "column t.b": "TEXT", "index i": "there"}
	with := func(name, is string) map[string]string {
		after := map[string]string{"column t.a": "INTEGER required", "column t.b": "TEXT", "index i": "there"}
		after[name] = is
		return after
	}
	for _, c := range []struct {
		name  string
		after map[string]string
		want  []string
	}{
		{"nothing", before, nil},
		{"column that may be left out", with("column t.c", "TEXT"), nil},
		{"table", with("column u.a", "TEXT required"), nil},
		{"index", with("index j", "there"), nil},
		{"column that must be given", with("column t.c", "TEXT required"), []string{"column t.c must be given and was not known"}},
		{"other type", with("column t.a", "TEXT required"), []string{`column t.a was "INTEGER required" and is "TEXT required"`}},
		{"null where there was none", with("column t.a", "INTEGER"), []string{`column t.a was "INTEGER required" and is "INTEGER"`}},
		{"column that is gone", with("column t.b", ""), []string{"column t.b is gone"}},
		{"index that is gone", with("index i", ""), []string{"index i is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, storagetest.Broken(before, c.after), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}
