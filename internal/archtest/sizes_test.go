package archtest_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var writeSizes = flag.Bool("sizes", false, "write docs/sizes.md")

// sizes are the figures of the tree, generated code left out.
type sizes struct {
	files, functions, testLines, lines, comments int
	fileLines, functionLines, parameters, wide   []int // wide is the cyclomatic complexity of each function
	packageLines                                 map[string]int
	exported, documented                         int
}

// TestSizes measures the tree and holds it to the figures at which the style stops; with -sizes it writes them to docs/sizes.md.
func TestSizes(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	s := &sizes{packageLines: map[string]int{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "gen" || name == "testdata" || strings.HasPrefix(name, ".") && name != "." && name != "..") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		return s.read(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := at(s.wide, 100); got > 24 {
		t.Errorf("a function has a complexity of %d", got)
	}
	if got := at(s.fileLines, 95); got > 450 {
		t.Errorf("one file in twenty has more than %d lines, want 450 at most", got)
	}
	if got := at(s.functionLines, 95); got > 50 {
		t.Errorf("one function in twenty has more than %d lines, want 50 at most", got)
	}
	if *writeSizes {
		if err := os.WriteFile(filepath.Join(root, "docs", "sizes.md"), []byte(s.table()), 0o644); err != nil { //nolint:gosec // it is committed
			t.Fatal(err)
		}
	}
}

// read adds a file.
func (s *sizes) read(path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // a file of the tree
	if err != nil {
		return err
	}
	n := strings.Count(string(data), "\n")
	if strings.HasSuffix(path, "_test.go") {
		s.testLines += n
		return nil
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, data, parser.ParseComments)
	if err != nil {
		return err
	}
	s.files++
	s.lines += n
	s.fileLines = append(s.fileLines, n)
	s.packageLines[filepath.Dir(path)] += n
	for _, c := range f.Comments {
		s.comments += set.Position(c.End()).Line - set.Position(c.Pos()).Line + 1
	}
	for _, d := range f.Decls {
		s.declaration(set, d)
	}
	return nil
}

// declaration adds a function, or the exported names of another declaration.
func (s *sizes) declaration(set *token.FileSet, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		s.functions++
		s.functionLines = append(s.functionLines, set.Position(d.End()).Line-set.Position(d.Pos()).Line+1)
		s.parameters = append(s.parameters, d.Type.Params.NumFields())
		s.wide = append(s.wide, complexity(d))
		s.name(d.Name, d.Doc)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if of, ok := spec.(*ast.TypeSpec); ok {
				doc := of.Doc
				if doc == nil {
					doc = d.Doc
				}
				s.name(of.Name, doc)
			}
		}
	}
}

func (s *sizes) name(id *ast.Ident, doc *ast.CommentGroup) {
	if !id.IsExported() {
		return
	}
	s.exported++
	if doc != nil {
		s.documented++
	}
}

// complexity counts the ways through a function: 1 and each branch.
func complexity(d *ast.FuncDecl) int {
	n := 1
	ast.Inspect(d, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.CaseClause, *ast.CommClause:
			n++
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// at is the value that a share of values, in percent, is not above.
func at(values []int, percent int) int {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// share is how many of values are above a limit, in percent.
func share(values []int, limit int) float64 {
	n := 0
	for _, v := range values {
		if v > limit {
			n++
		}
	}
	return 100 * float64(n) / float64(len(values))
}

// table writes the figures beside the bands of projects that the style takes as its measure.
func (s *sizes) table() string {
	var packages []int
	for _, n := range s.packageLines {
		packages = append(packages, n)
	}
	var b strings.Builder
	b.WriteString("# Sizes\n\nWhat the Go code of this tree measures, without what is generated, beside the bands of projects that are read with pleasure (orb,\n" +
		"nextroute, wtf, miniflux, s2, river, openfga). Written by `go test ./internal/archtest -run TestSizes -sizes`; the test fails where the\nlast column is passed.\n\n" +
		"| figure | here | those | stops at |\n|---|---|---|---|\n")
	row := func(name, here, those, stop string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, here, those, stop)
	}
	row("lines, files, packages", fmt.Sprintf("%d, %d, %d", s.lines, s.files, len(packages)), "", "")
	row("lines of a file: median, p95", fmt.Sprintf("%d, %d", at(s.fileLines, 50), at(s.fileLines, 95)), "71 to 112, 395 to 518", "450 at p95")
	row("lines of a function: median, p95", fmt.Sprintf("%d, %d", at(s.functionLines, 50), at(s.functionLines, 95)), "6 to 11, 40 to 57", "50 at p95, 80 for any (lint)")
	row("functions with a complexity above 10; the largest", fmt.Sprintf("%.1f %%; %d", share(s.wide, 10), at(s.wide, 100)), "1.7 to 6 %", "15 (lint)")
	row("parameters, p95", fmt.Sprint(at(s.parameters, 95)), "3 to 4", "")
	row("lines of a package: median, p95", fmt.Sprintf("%d, %d", at(packages, 50), at(packages, 95)), "136 to 480 median", "4,000, or the ceiling in its row of `internal/archtest`")
	row("lines of tests for each line", fmt.Sprintf("%.2f", float64(s.testLines)/float64(s.lines)), "1.2 to 2.1", "")
	row("lines of comments", fmt.Sprintf("%.0f %%", 100*float64(s.comments)/float64(s.lines)), "13 to 29 %", "")
	row("exported names with a comment", fmt.Sprintf("%.1f %%", 100*float64(s.documented)/float64(s.exported)), "92 to 100 %", "")
	b.WriteString("\nWho imports whom, and how deep, is in [imports.md](imports.md).\n")
	return b.String()
}
