package postgres

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/storage/internal/row"
)

func TestTogether(t *testing.T) {
	t.Parallel()
	const (
		plain = `INSERT INTO a (org, b) VALUES ($1, (SELECT x FROM y WHERE org = $1),$2)`
		upset = `INSERT INTO a (org, id, b) VALUES ($1,$2,$3) ON CONFLICT (org, id) DO UPDATE SET b = excluded.b`
		other = `UPDATE a SET b = $1`
	)
	row2 := func(sql string, args ...any) row.Statement { return row.Statement{SQL: sql, Args: args} }
	for name, tt := range map[string]struct{ in, want []row.Statement }{
		"none":  {nil, []row.Statement{}},
		"alone": {[]row.Statement{row2(plain, "o", 1)}, []row.Statement{row2(plain, "o", 1)}},
		"two and one": {
			[]row.Statement{row2(plain, "o", 1), row2(plain, "o", 2), row2(plain, "o", 3)},
			[]row.Statement{
				row2(`INSERT INTO a (org, b) VALUES ($1, (SELECT x FROM y WHERE org = $1),$2), ($3, (SELECT x FROM y WHERE org = $3),$4)`,
					"o", 1, "o", 2),
				row2(plain, "o", 3),
			},
		},
		"the same row twice": {
			[]row.Statement{row2(upset, "o", "1", 1), row2(upset, "o", "1", 2)},
			[]row.Statement{row2(upset, "o", "1", 1), row2(upset, "o", "1", 2)},
		},
		"two rows": {
			[]row.Statement{row2(upset, "o", "1", 1), row2(upset, "o", "2", 1)},
			[]row.Statement{row2(
				`INSERT INTO a (org, id, b) VALUES ($1,$2,$3), ($4,$5,$6) ON CONFLICT (org, id) DO UPDATE SET b = excluded.b`,
				"o", "1", 1, "o", "2", 1)},
		},
		"others stay where they are": {
			[]row.Statement{row2(other, 1), row2(other, 2), row2(plain, "o", 1), row2(other, 3)},
			[]row.Statement{row2(other, 1), row2(other, 2), row2(plain, "o", 1), row2(other, 3)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, new(texts).together(tt.in)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestTogetherKeepsAll shows that no argument is lost or moved, whatever the number of rows.
func TestTogetherKeepsAll(t *testing.T) {
	t.Parallel()
	var made texts
	for n := range 70 {
		var in []row.Statement
		var want []any
		for i := range n {
			in = append(in, row.Statement{SQL: `INSERT INTO a (b) VALUES ($1,$2)`, Args: []any{i, fmt.Sprint(i)}})
			want = append(want, i, fmt.Sprint(i))
		}
		var got []any
		for _, s := range made.together(in) {
			got = append(got, s.Args...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%d rows: -want +got\n%s", n, d)
		}
	}
}
