package csvtable_test

import (
	"errors"
	"strings"
	"testing"

	"fettle/internal/csvtable"
	"fettle/invalid"
)

func TestRead(t *testing.T) {
	t.Parallel()
	rows, err := csvtable.Read("\ufeffb, a\n1,\" x \"\n\n2,y\n", []string{"a"}, []string{"b", "c"}, 5)
	if err != nil || len(rows) != 2 || rows[0].Get("a") != "x" || rows[1].Get("b") != "2" || rows[1].Get("c") != "" || rows[1].Line != 4 {
		t.Errorf("%+v, %v", rows, err)
	}
	for text, want := range map[string]string{
		"": "a line of the names", "b\n1": "a column a", "a,a\n": "each column once", "a,z\n": "each column once",
		"a,b\n1\n": "csv line 2", "a\n\"1\n": "csv line", "a\n1\n2\n3\n4\n5\n6\n": "at most 5",
	} {
		_, err := csvtable.Read(text, []string{"a"}, []string{"b"}, 5)
		var field *invalid.Error
		if !errors.As(err, &field) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := rows[1].Fault("a", "a number"); !strings.Contains(err.Error(), "csv line 4, column a: want a number") {
		t.Error(err)
	}
}

func TestWriteNeutralises(t *testing.T) {
	t.Parallel()
	got := csvtable.Write([]string{"a", "b"}, [][]any{{"=1+1", -5}, {"x,\"y\"", int64(7)}, {"@cmd", ""}})
	if want := "a,b\n'=1+1,-5\n\"x,\"\"y\"\"\",7\n'@cmd,\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
