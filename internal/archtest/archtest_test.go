package archtest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fettle/internal/archtest"
)

// TestHouse holds this repository to its own rules.
func TestHouse(t *testing.T) {
	t.Parallel()
	faults, err := archtest.Check(filepath.Join("..", ".."), archtest.House())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// TestPlannedBansHold shows that no row of the house, present or planned,
// allows what is never allowed: Check reports such rows even in a module that
// has none of the packages.
func TestPlannedBansHold(t *testing.T) {
	t.Parallel()
	rules := archtest.House()
	rules.Dependencies = ""
	rules.Rows = append(rules.Rows, archtest.Row{Package: "storage/planned", Why: "test"}, archtest.Row{
		Package: "dispatch/planned", Own: []string{"storage/planned"}, Outside: []string{"google.golang.org/grpc"}, Why: "test",
	})
	got := check(t, rules, map[string]string{"doc.md": "nothing here\n"})
	want := []string{
		"dispatch/planned: row allows google.golang.org/grpc: domain code knows no infrastructure [never]",
		"dispatch/planned: row allows storage/planned: domain code knows no infrastructure [never]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults = %q, want %q", got, want)
	}
}

// fakeRules are the rules that the small modules of TestEachRule are held to.
func fakeRules() *archtest.Rules {
	return &archtest.Rules{
		Rows: []archtest.Row{
			{Package: "geo", Why: "leaf"},
			{Package: "dispatch", Own: []string{"geo"}, Outside: []string{"example.org/solver"}, Why: "domain"},
			{Package: "dispatch/route", Own: []string{"dispatch", "geo"}, Std: []string{"net/http"}, Why: "domain"},
			{
				Package: "storage", Own: []string{"dispatch/..."}, Why: "infrastructure",
				Limits: archtest.Limits{FileLines: 60, PackageFiles: 3},
			},
			{Package: "storage/storagetest", Own: []string{"storage"}, Why: "conformance suite"},
			{Package: "shown", Why: "has an example"},
			{Package: "cmd/tool", Own: []string{"geo", "dispatch/...", "storage"}, Why: "the binary"},
		},
		Never:       []archtest.Ban{{From: "*", To: "cmd", Why: "top of the house"}},
		Domain:      []string{"geo", "dispatch"},
		DomainStd:   []string{"net", "os"},
		TestOutside: []string{"example.org/property"},
		Examples:    []string{"shown"},
		Limits:      archtest.Limits{FanOut: 2, MainLines: 10, FileLines: 30, PackageLines: 40, PackageFiles: 2},
		Chains:      []archtest.Chain{{From: "cmd", Max: 2}},
		Words: []archtest.Word{
			{Pattern: `\bTODO\b([^(]|\([^#]|$)`, Why: "do it now"},
			{Pattern: `tenant_id`, Except: []string{"rental"}, Why: "say org"},
		},
	}
}

// TestEachRule breaks one rule at a time in a small module and expects exactly
// that fault: a rule that finds nothing here would find nothing in the house.
func TestEachRule(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"clean module has no fault": {
			files: map[string]string{
				"geo/geo.go":               "// Package geo is a leaf.\npackage geo\n\nimport \"errors\"\n\nvar ErrBad = errors.New(\"bad\")\n",
				"dispatch/dispatch.go":     "// Package dispatch is domain.\npackage dispatch\n\nimport (\n\t_ \"example.org/solver/deep\"\n\t_ \"fake/geo\"\n)\n",
				"dispatch/d_test.go":       "package dispatch_test\n\nimport (\n\t_ \"example.org/property\"\n\t_ \"fake/storage/storagetest\"\n\t_ \"os\"\n\t_ \"testing\"\n)\n",
				"dispatch/testdata/x.go":   "package broken TODO\n",
				"storage/storagetest/s.go": "// Package storagetest is a suite.\npackage storagetest\n\nimport _ \"testing\"\n",
				"tools/go.mod":             "module other\n",
				"tools/util/util.go":       "package util\n\nfunc init() {}\n",
				"rental/notes.md":          "tenant_id is right here, TODO(#12): say why\n",
			},
		},
		"import without an edge": {
			files: map[string]string{"geo/geo.go": "// Package geo is a leaf.\npackage geo\n\nimport _ \"fake/dispatch\"\n"},
			want:  []string{"geo/geo.go:4: geo may not import dispatch: no such edge"},
		},
		"module that the row does not name": {
			files: map[string]string{"geo/geo.go": "// Package geo is a leaf.\npackage geo\n\nimport _ \"example.org/solver\"\n"},
			want:  []string{"geo/geo.go:4: geo may not import example.org/solver: its row names no such module [outside]"},
		},
		"cgo outside a fence": {
			files: map[string]string{"geo/geo.go": "// Package geo is a leaf.\npackage geo\n\nimport \"C\"\n"},
			want:  []string{"geo/geo.go:4: cgo belongs behind a library"},
		},
		"import of a command": {
			files: map[string]string{"storage/s.go": "// Package storage stores.\npackage storage\n\nimport _ \"fake/cmd/tool\"\n"},
			want:  []string{"storage/s.go:4: storage must never import cmd/tool: top of the house [never]"},
		},
		"package without a row": {
			files: map[string]string{"market/m.go": "// Package market is new.\npackage market\n"},
			want:  []string{"market: package has no row"},
		},
		"production code imports testing": {
			files: map[string]string{"storage/s.go": "// Package storage stores.\npackage storage\n\nimport _ \"testing/fstest\"\n"},
			want:  []string{"storage/s.go:4: production code imports testing/fstest [testing]"},
		},
		"production code imports a suite": {
			files: map[string]string{"cmd/tool/main.go": "// Command tool runs.\npackage main\n\nimport _ \"fake/storage/storagetest\"\n"},
			want:  []string{"cmd/tool/main.go:4: production code imports storage/storagetest [testing]"},
		},
		"domain code reads files, its neighbor with a reason speaks HTTP": {
			files: map[string]string{"dispatch/route/r.go": "// Package route routes.\npackage route\n\nimport (\n\t_ \"net/http\"\n\t_ \"os/signal\"\n)\n"},
			want:  []string{"dispatch/route/r.go:6: domain package dispatch/route may not import os/signal"},
		},
		"test imports a module that is no test module": {
			files: map[string]string{"geo/g_test.go": "package geo_test\n\nimport _ \"example.org/other\"\n"},
			want:  []string{"geo/g_test.go:3: a test imports example.org/other"},
		},
		"test imports a command": {
			files: map[string]string{"geo/g_test.go": "package geo_test\n\nimport _ \"fake/cmd/tool\"\n"},
			want:  []string{"geo/g_test.go:3: a test imports cmd/tool"},
		},
		"fan-out above the ceiling": {
			files: map[string]string{"cmd/tool/main.go": "// Command tool runs.\npackage main\n\nimport (\n\t_ \"fake/dispatch\"\n\t_ \"fake/geo\"\n\t_ \"fake/storage\"\n)\n"},
			want:  []string{"cmd/tool: imports 3 own packages, ceiling 2: dispatch, geo, storage [fanout]"},
		},
		"chain above the ceiling": {
			files: map[string]string{
				"cmd/tool/main.go":     "// Command tool runs.\npackage main\n\nimport _ \"fake/dispatch/route\"\n",
				"dispatch/route/r.go":  "// Package route routes.\npackage route\n\nimport _ \"fake/dispatch\"\n",
				"dispatch/dispatch.go": "// Package dispatch is domain.\npackage dispatch\n\nimport _ \"fake/geo\"\n",
				"geo/geo.go":           "// Package geo is a leaf.\npackage geo\n",
			},
			want: []string{"cmd/tool: 3 imports in a row, ceiling 2: cmd/tool -> dispatch/route -> dispatch -> geo [chain]"},
		},
		"file and main.go above their ceilings": {
			files: map[string]string{
				"cmd/tool/main.go": "// Command tool runs.\npackage main\n" + strings.Repeat("\n", 9),
				"geo/geo.go":       "// Package geo is a leaf.\npackage geo\n" + strings.Repeat("\n", 29),
				"geo/g_test.go":    "package geo_test\n" + strings.Repeat("\n", 30),
			},
			want: []string{
				"cmd/tool/main.go: 11 lines in main.go, ceiling 10 [size]",
				"geo/g_test.go: 31 lines, ceiling 30 [size]",
				"geo/geo.go: 31 lines, ceiling 30 [size]",
			},
		},
		"package above its ceilings": {
			files: map[string]string{
				"geo/a.go": "// Package geo is a leaf.\npackage geo\n" + strings.Repeat("\n", 18),
				"geo/b.go": "package geo\n" + strings.Repeat("\n", 19),
				"geo/c.go": "package geo\n",
				"geo/g.go": "// Code generated by hand. DO NOT EDIT.\n\npackage geo\n",
			},
			want: []string{"geo: 3 production files, ceiling 2 [size]", "geo: 41 lines of production code, ceiling 40 [size]"},
		},
		"row with ceilings of its own": {
			files: map[string]string{
				"storage/s.go": "// Package storage stores.\npackage storage\n" + strings.Repeat("\n", 39),
				"storage/a.go": "package storage\n", "storage/b.go": "package storage\n",
			},
			want: []string{"storage: 43 lines of production code, ceiling 40 [size]"},
		},
		"package without a comment, command with the wrong one": {
			files: map[string]string{"geo/geo.go": "package geo\n", "cmd/tool/main.go": "// Package main runs.\npackage main\n"},
			want:  []string{`cmd/tool: no package comment that starts with "Command tool "`, `geo: no package comment that starts with "Package geo "`},
		},
		"generated package needs no comment": {
			files: map[string]string{"geo/g.go": "// Code generated by hand. DO NOT EDIT.\n\npackage geo\n"},
		},
		"package name that says nothing": {
			files: map[string]string{"util/util.go": "// Package util is a drawer.\npackage util\n"},
			want:  []string{"util: name the package after what it is for [name]", "util: package has no row"},
		},
		"package without an example that runs": {
			files: map[string]string{
				"shown/s.go":      "// Package shown is shown.\npackage shown\n",
				"shown/s_test.go": "package shown_test\n\nfunc Example() {}\n",
			},
			want: []string{"shown: no runnable example"},
		},
		"package with an example that runs": {
			files: map[string]string{
				"shown/s.go":      "// Package shown is shown.\npackage shown\n",
				"shown/s_test.go": "package shown_test\n\nfunc Example() {\n\tprintln()\n\t// Output: x\n}\n",
			},
		},
		"init function": {
			files: map[string]string{"geo/geo.go": "// Package geo is a leaf.\npackage geo\n\ntype t struct{}\n\nfunc (t) init() {}\n\nfunc init() {}\n"},
			want:  []string{"geo/geo.go:8: no init functions"},
		},
		"package variables that change": {
			files: map[string]string{"geo/geo.go": `// Package geo is a leaf.
package geo

import "sync"

var later int

var lock = &sync.Mutex{}

var Table = map[string]int{"a": 1}

var table, other = map[string]int{"a": 1}, []int{1}

var fixed = [2]int{1, 2}

func Set(fixed []int) {
	fixed[0] = 3
	table["b"] = 2
	other[0]++
	delete(table, "a")
	table := 4
	table++
}
`},
			want: []string{
				"geo/geo.go:10: package variable Table is a map or slice that any importer can change",
				"geo/geo.go:18: package variable table is written here",
				"geo/geo.go:19: package variable other is written here",
				"geo/geo.go:20: package variable table is written here",
				"geo/geo.go:6: package variable later has no value",
				"geo/geo.go:8: package variable lock is shared state",
			},
		},
		"embedded files and interface assertions are no globals": {
			files: map[string]string{"storage/s.go": "// Package storage stores.\npackage storage\n\nimport \"embed\"\n\n//go:embed x.sql\nvar files embed.FS\n\nvar _ any = (*int)(nil)\n"},
		},
		"wall clock in domain code, under another name too": {
			files: map[string]string{
				"geo/geo.go":   "// Package geo is a leaf.\npackage geo\n\nimport clock \"time\"\n\nvar start = clock.Now\n\nvar d = clock.Second\n",
				"storage/s.go": "// Package storage stores.\npackage storage\n\nimport \"time\"\n\nvar start = time.Now\n",
			},
			want: []string{"geo/geo.go:6: domain code calls time.Now"},
		},
		"global randomness in domain code": {
			files: map[string]string{"geo/geo.go": "// Package geo is a leaf.\npackage geo\n\nimport \"math/rand/v2\"\n\nvar r = rand.New(rand.NewPCG(1, 2))\n\nvar n = rand.IntN(3)\n"},
			want:  []string{"geo/geo.go:8: domain code calls rand.IntN of the global source"},
		},
		"refused words": {
			files: map[string]string{"notes.md": "fine\nTODO: later\ntenant_id\n", "q.sql": "-- TODO(someone)\n"},
			want:  []string{`notes.md:2: "TODO:": do it now [word]`, `notes.md:3: "tenant_id": say org [word]`, `q.sql:1: "TODO(s": do it now [word]`},
		},
		"file that does not parse": {
			files: map[string]string{"geo/geo.go": "package\n"},
			want:  []string{"geo/geo.go: geo/geo.go:1:9: expected 'IDENT'"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check(t, fakeRules(), tt.files)
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("faults =\n  %s\nwant lines that start with\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

// TestTable breaks the table itself.
func TestTable(t *testing.T) {
	t.Parallel()
	rules := &archtest.Rules{Rows: []archtest.Row{
		{Package: "geo", Why: "leaf"},
		{Package: "geo", Why: "again"},
		{Package: "index", Own: []string{"geo", "cell"}},
	}}
	got := check(t, rules, nil)
	want := []string{"geo: has two rows [table]", "index: row allows cell, which has no row [table]", "index: row has no reason [table]"}
	if !slices.Equal(got, want) {
		t.Errorf("faults = %q, want %q", got, want)
	}
}

// TestDependencies expects a line about each direct requirement, and none
// about indirect ones.
func TestDependencies(t *testing.T) {
	t.Parallel()
	rules := &archtest.Rules{Dependencies: "docs/dependencies.md"}
	got := check(t, rules, map[string]string{
		"go.mod": "module fake\n\nrequire example.org/a v1.0.0\n\nrequire (\n\texample.org/b v1.0.0\n" +
			"\texample.org/c v1.0.0\n\texample.org/d v1.0.0 // indirect\n)\n",
		"docs/dependencies.md": "| `example.org/a` | why |\n| `example.org/c/v2` | why |\n",
	})
	want := []string{"go.mod: example.org/b has no line in docs/dependencies.md", "go.mod: example.org/c has no line in docs/dependencies.md"}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("faults = %q, want %q", got, want)
	}
}

// TestImportCycle reports a cycle rather than following it for ever.
func TestImportCycle(t *testing.T) {
	t.Parallel()
	rules := &archtest.Rules{Rows: []archtest.Row{
		{Package: "a", Own: []string{"b"}, Why: "test"}, {Package: "b", Own: []string{"a"}, Why: "test"},
	}}
	got := check(t, rules, map[string]string{
		"a/a.go": "// Package a is one half.\npackage a\n\nimport _ \"fake/b\"\n",
		"b/b.go": "// Package b is the other.\npackage b\n\nimport _ \"fake/a\"\n",
	})
	if want := []string{"b: is part of an import cycle [chain]"}; !slices.Equal(got, want) {
		t.Errorf("faults = %q, want %q", got, want)
	}
}

// TestNoModule expects an error, not a clean bill, where there is no module.
func TestNoModule(t *testing.T) {
	t.Parallel()
	if _, err := archtest.Check(t.TempDir(), archtest.House()); err == nil {
		t.Error("Check of an empty folder reports no error")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("go 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := archtest.Check(dir, archtest.House()); err == nil {
		t.Error("Check of a go.mod without a module line reports no error")
	}
}

// check writes a module called fake with the given files and returns its
// faults as lines.
func check(t *testing.T, rules *archtest.Rules, files map[string]string) []string {
	t.Helper()
	root := t.TempDir()
	if _, ok := files["go.mod"]; !ok {
		writeFile(t, filepath.Join(root, "go.mod"), "module fake\n")
	}
	for name, text := range files {
		writeFile(t, filepath.Join(root, name), text)
	}
	faults, err := archtest.Check(root, rules)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = f.String()
	}
	return lines
}

// writeFile writes one file and the folders above it.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
