package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errNoModule reports a go.mod without a module line.
var errNoModule = errors.New("go.mod has no module line")

// module is the source text of one Go module, parsed but not compiled.
type module struct {
	root     string
	path     string   // module path
	requires []string // direct requirements, in the order of go.mod
	fset     *token.FileSet
	packages []*pkg // sorted by dir
	texts    []string
	faults   []Fault // found while loading: files that do not parse
}

// pkg is one folder with Go files.
type pkg struct {
	dir   string // relative to the root with slashes; "." for the root
	name  string
	files []*file // production files, sorted by name
	tests []*file // _test.go files, sorted by name
}

// file is one Go file.
type file struct {
	name      string // relative to the root
	syntax    *ast.File
	lines     int
	generated bool
}

// skippedDirs are folders that hold no source of ours.
var skippedDirs = []string{"testdata", "vendor", "node_modules", "dist", "bin", "out"}

// textSuffixes are the kinds of file whose words are checked.
var textSuffixes = []string{
	".go", ".md", ".sql", ".proto", ".ts", ".tsx", ".js", ".css", ".html", ".yml", ".yaml", ".sh", "Makefile", ".ci/run",
}

// load reads every Go file of the module at root. Nested modules, testdata and
// folders that start with a dot (except .ci) or an underscore are left out.
func load(root string) (*module, error) {
	m := &module{root: root, fset: token.NewFileSet()}
	if err := m.readGoMod(); err != nil {
		return nil, err
	}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			return m.enter(rel)
		}
		return m.addFile(rel)
	})
	if err != nil {
		return nil, fmt.Errorf("walk %s: %w", root, err)
	}
	slices.SortFunc(m.packages, func(a, b *pkg) int { return strings.Compare(a.dir, b.dir) })
	return m, nil
}

// enter decides whether the walk goes into a folder.
func (m *module) enter(rel string) error {
	base := path.Base(rel)
	if rel == "." || rel == ".ci" {
		return nil
	}
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || slices.Contains(skippedDirs, base) {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(m.root, rel, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// addFile records one file: its words are checked, and Go files are parsed.
func (m *module) addFile(rel string) error {
	if slices.ContainsFunc(textSuffixes, func(s string) bool { return strings.HasSuffix(rel, s) }) {
		m.texts = append(m.texts, rel)
	}
	if !strings.HasSuffix(rel, ".go") {
		return nil
	}
	src, err := os.ReadFile(filepath.Join(m.root, rel))
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(m.fset, rel, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		m.faults = append(m.faults, Fault{"parse", rel, err.Error()})
		return nil
	}
	f := &file{name: rel, syntax: syntax, lines: strings.Count(string(src), "\n"), generated: ast.IsGenerated(syntax)}
	p := m.packageIn(path.Dir(rel))
	if strings.HasSuffix(rel, "_test.go") {
		p.tests = append(p.tests, f)
		return nil
	}
	p.name = syntax.Name.Name
	p.files = append(p.files, f)
	return nil
}

// packageIn returns the package of a folder, adding it at first sight.
func (m *module) packageIn(dir string) *pkg {
	for _, p := range m.packages {
		if p.dir == dir {
			return p
		}
	}
	p := &pkg{dir: dir}
	m.packages = append(m.packages, p)
	return p
}

// readGoMod takes the module path and the direct requirements from go.mod. It
// reads the plain form that the go command writes.
func (m *module) readGoMod() error {
	text, err := os.ReadFile(filepath.Join(m.root, "go.mod"))
	if err != nil {
		return err
	}
	block := false
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(strings.TrimSpace(line), "// indirect") {
			continue
		}
		switch fields := strings.Fields(line); {
		case len(fields) == 1 && fields[0] == ")":
			block = false
		case len(fields) == 2 && fields[0] == "module":
			m.path = fields[1]
		case len(fields) == 2 && fields[0] == "require":
			block = true // require (
		case len(fields) == 3 && fields[0] == "require":
			m.requires = append(m.requires, fields[1])
		case block && len(fields) == 2:
			m.requires = append(m.requires, fields[0])
		}
	}
	if m.path == "" {
		return errNoModule
	}
	return nil
}

// own turns an import path into a folder of this module.
func (m *module) own(importPath string) (string, bool) {
	if importPath == m.path {
		return ".", true
	}
	return strings.CutPrefix(importPath, m.path+"/")
}

// ownImports returns the own packages that production files of p import, once
// each and sorted.
func (m *module) ownImports(p *pkg) []string {
	var dirs []string
	for _, f := range p.files {
		for _, spec := range f.syntax.Imports {
			if dir, ok := m.own(importPath(spec)); ok {
				dirs = append(dirs, dir)
			}
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// at returns the place of a node as file:line.
func (m *module) at(n ast.Node) string {
	pos := m.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
}

// importPath returns the unquoted path of an import.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

// isStandard reports whether an import path belongs to the standard library:
// its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}
