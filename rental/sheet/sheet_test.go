package sheet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/rental/sheet"
)

var columns = []string{"rent", "end", "note"}

func TestThree(t *testing.T) {
	t.Parallel()
	base := sheet.Row{"rent": "3500", "end": "2026-02-28", "note": ""}
	for _, c := range []struct {
		name         string
		base         sheet.Row
		theirs, ours sheet.Row
		want         sheet.Merge
	}{
		{"nobody changed anything", base, base, base, sheet.Merge{}},
		{
			"the file did", base,
			sheet.Row{"rent": "3600", "end": "2026-02-28", "note": ""},
			base,
			sheet.Merge{Changes: []sheet.Change{{Line: 2, Key: "L1", Column: "rent", Old: "3500", New: "3600"}}},
		},
		{"the record did", base, base, sheet.Row{"rent": "3600", "end": "2026-02-28", "note": ""}, sheet.Merge{}},
		{"both did the same", base, sheet.Row{"rent": "3600"}, sheet.Row{"rent": "3600"}, sheet.Merge{}},
		{
			"both did, other cells", base,
			sheet.Row{"rent": "3600", "end": "2026-02-28"},
			sheet.Row{"rent": "3500", "end": "2027-02-28"},
			sheet.Merge{Changes: []sheet.Change{{Line: 2, Key: "L1", Column: "rent", Old: "3500", New: "3600"}}},
		},
		{
			"both did, the same cell", base,
			sheet.Row{"rent": "3600"},
			sheet.Row{"rent": "3700"},
			sheet.Merge{Conflicts: []sheet.Conflict{{Line: 2, Key: "L1", Column: "rent", Base: "3500", Theirs: "3600", Ours: "3700"}}},
		},
		{
			"the file was not ours", nil,
			sheet.Row{"rent": "3600", "end": "2026-02-28"},
			sheet.Row{"rent": "3500", "end": "2026-02-28"},
			sheet.Merge{Conflicts: []sheet.Conflict{{Line: 2, Key: "L1", Column: "rent", Theirs: "3600", Ours: "3500"}}},
		},
		{"a column is missing", base, sheet.Row{"end": "2026-02-28"}, sheet.Row{"rent": "3700"}, sheet.Merge{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := sheet.Three(columns, &sheet.Edited{Line: 2, Key: "L1", Base: c.base, Now: c.theirs}, c.ours)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Random edits on both sides: no edit is lost. Each cell ends as the side says that changed it, or is a conflict that names
// both values; what nobody touched stays.
func TestNoEditIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"", "1", "2", "3"})
		row := func(name string) sheet.Row {
			r := sheet.Row{}
			for _, c := range columns {
				r[c] = value.Draw(t, name+c)
			}
			return r
		}
		base, theirs, ours := row("base"), row("theirs"), row("ours")
		m := sheet.Three(columns, &sheet.Edited{Line: 1, Key: "L", Base: base, Now: theirs}, ours)
		merged := sheet.Apply(ours, m.Changes)
		conflict := map[string]sheet.Conflict{}
		for _, c := range m.Conflicts {
			conflict[c.Column] = c
		}
		for _, c := range columns {
			x, disputed := conflict[c]
			switch {
			case theirs[c] != base[c] && ours[c] != base[c] && theirs[c] != ours[c]:
				if !disputed || x.Theirs != theirs[c] || x.Ours != ours[c] || x.Base != base[c] || merged[c] != ours[c] {
					t.Fatalf("%s: base %q, theirs %q, ours %q made %q with %+v", c, base[c], theirs[c], ours[c], merged[c], m)
				}
			case disputed:
				t.Fatalf("%s: %+v is no conflict", c, x)
			case theirs[c] != base[c] && merged[c] != theirs[c], theirs[c] == base[c] && merged[c] != ours[c]:
				t.Fatalf("%s: base %q, theirs %q, ours %q made %q", c, base[c], theirs[c], ours[c], merged[c])
			}
		}
	})
}

func TestUnique(t *testing.T) {
	t.Parallel()
	if err := sheet.Unique([]sheet.Edited{{Line: 2, Key: "a"}, {Line: 3}, {Line: 4}, {Line: 5, Key: "b"}}); err != nil {
		t.Error(err)
	}
	err := sheet.Unique([]sheet.Edited{{Line: 2, Key: "a"}, {Line: 9, Key: "a"}})
	if err == nil || !strings.Contains(err.Error(), "line 9") || !strings.Contains(err.Error(), "line 2") {
		t.Error(err)
	}
}

// R-X1: what a program would take for a formula is guarded, and comes back as it was.
func TestGuard(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"=1+1", "+86 138", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠x", " =1+1", "\u3000=1", "\n=1", "'=1", "--1", "|x", "%0A=1",
	} {
		got := sheet.Guard(text)
		if !strings.HasPrefix(got, "'") {
			t.Errorf("%q goes out as %q", text, got)
		}
		if back := sheet.Unguard(got); back != text {
			t.Errorf("%q came back as %q", text, back)
		}
	}
	for _, text := range []string{"", "Li", "3500", "-12", "12.50", "2026-02-28", "长期有效", "a=b", "O'Neil", "租约 1"} {
		if got := sheet.Guard(text); got != text {
			t.Errorf("%q goes out as %q", text, got)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"", "'", "''", "'=", "=1", " ='", "-1", "-", "'-1", "'abc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g := sheet.Guard(s)
		if back := sheet.Unguard(g); back != s {
			t.Fatalf("%q went out as %q and came back as %q", s, g, back)
		}
		if g != "" && strings.ContainsAny(g[:1], "=+@\t\r") {
			t.Fatalf("%q goes out as %q", s, g)
		}
	})
}

func ExampleThree() {
	e := sheet.Edited{Line: 7, Key: "ls_1", Base: sheet.Row{"rent": "3500"}, Now: sheet.Row{"rent": "3600"}}
	m := sheet.Three([]string{"rent"}, &e, sheet.Row{"rent": "3700"})
	c := m.Conflicts[0]
	fmt.Printf("%s of %s: the file says %s, the record %s, both said %s\n", c.Column, c.Key, c.Theirs, c.Ours, c.Base)
	// Output: rent of ls_1: the file says 3600, the record 3700, both said 3500
}
