package archtest

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// refusedNames are package names that say nothing about their content.
var refusedNames = []string{"util", "utils", "common", "helper", "helpers", "types", "base", "manager", "misc", "shared"}

// checkPackageDocs asks each package for a name that says something and a
// comment in the standard form. Packages that are generated whole are left out.
func checkPackageDocs(m *module, _ *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		if !slices.ContainsFunc(p.files, func(f *file) bool { return !f.generated }) {
			continue
		}
		if slices.Contains(refusedNames, path.Base(p.dir)) {
			faults = append(faults, Fault{"name", p.dir, "name the package after what it is for"})
		}
		want := "Package " + p.name + " "
		if p.name == "main" {
			want = "Command " + path.Base(p.dir) + " "
		}
		if !slices.ContainsFunc(p.files, func(f *file) bool {
			return f.syntax.Doc != nil && strings.HasPrefix(strings.ReplaceAll(f.syntax.Doc.Text(), "\n", " "), want)
		}) {
			faults = append(faults, Fault{"doc", p.dir, fmt.Sprintf("no package comment that starts with %q", want)})
		}
	}
	return faults
}

// checkExamples asks for an example whose output is compared, so that go test
// runs it.
func checkExamples(m *module, r *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		if !slices.Contains(r.Examples, p.dir) {
			continue
		}
		if !slices.ContainsFunc(p.tests, func(f *file) bool {
			return slices.ContainsFunc(doc.Examples(f.syntax), func(e *doc.Example) bool { return e.Output != "" })
		}) {
			faults = append(faults, Fault{"example", p.dir, "no runnable example (func Example with an Output comment)"})
		}
	}
	return faults
}

// checkDeclarations refuses init functions and package variables that change
// or that anyone may change.
func checkDeclarations(m *module, _ *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		info := m.resolve(p)
		for _, f := range p.files {
			if f.generated {
				continue
			}
			for _, decl := range f.syntax.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						faults = append(faults, Fault{"init", m.at(d), "no init functions: build the value where it is used, or in a constructor"})
					}
				case *ast.GenDecl:
					faults = append(faults, m.checkVars(d)...)
				}
			}
			faults = append(faults, m.checkWrites(f, info)...)
		}
	}
	return faults
}

// checkVars looks at one declaration of package variables. Allowed are values
// set once: sentinels, compiled patterns, tables, interface assertions and
// embedded files.
func (m *module) checkVars(d *ast.GenDecl) []Fault {
	if d.Tok != token.VAR {
		return nil
	}
	var faults []Fault
	for _, s := range d.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || isEmbed(d.Doc) || isEmbed(spec.Doc) {
			continue
		}
		for i, name := range spec.Names {
			switch {
			case name.Name == "_":
			case len(spec.Values) == 0:
				faults = append(faults, m.mutable(name, "has no value, so something sets it later"))
			case i < len(spec.Values) && isLock(spec.Values[i]):
				faults = append(faults, m.mutable(name, "is shared state"))
			case i < len(spec.Values) && name.IsExported() && isContainer(spec.Values[i]):
				faults = append(faults, m.mutable(name, "is a map or slice that any importer can change"))
			}
		}
	}
	return faults
}

// mutable reports one package variable.
func (m *module) mutable(name *ast.Ident, what string) Fault {
	return Fault{"global", m.at(name), fmt.Sprintf("package variable %s %s: pass it as a value or a field", name.Name, what)}
}

// checkWrites finds assignments to package variables inside functions.
func (m *module) checkWrites(f *file, info *types.Info) []Fault {
	var faults []Fault
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		for _, e := range written(n) {
			id := rootIdent(e)
			if id == nil {
				continue
			}
			if v, ok := info.Uses[id].(*types.Var); ok && !v.IsField() && v.Parent() != nil && v.Parent() == v.Pkg().Scope() {
				faults = append(faults, m.mutable(id, "is written here"))
			}
		}
		return true
	})
	return faults
}

// written returns the expressions whose value a node changes, or may change
// later through a pointer. &v[i] is not among them: loops over tables use it
// to read without copying.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return n.Lhs
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if id, ok := n.X.(*ast.Ident); ok && n.Op == token.AND {
			return []ast.Expr{id}
		}
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && slices.Contains([]string{"delete", "clear", "copy"}, id.Name) {
			return n.Args[:1]
		}
	}
	return nil
}

// rootIdent returns the variable that an expression such as v.f[i] starts at.
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// isEmbed reports whether a comment is a go:embed directive.
func isEmbed(comment *ast.CommentGroup) bool {
	return comment != nil && slices.ContainsFunc(comment.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
}

// isContainer reports whether a value is a map or slice literal or a make.
func isContainer(e ast.Expr) bool {
	switch v := e.(type) {
	case *ast.CompositeLit:
		if array, ok := v.Type.(*ast.ArrayType); ok {
			return array.Len == nil
		}
		_, isMap := v.Type.(*ast.MapType)
		return isMap
	case *ast.CallExpr:
		id, ok := v.Fun.(*ast.Ident)
		return ok && id.Name == "make"
	}
	return false
}

// isLock reports whether a value is a literal of package sync or sync/atomic.
func isLock(e ast.Expr) bool {
	if ref, ok := e.(*ast.UnaryExpr); ok {
		e = ref.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	sel, ok := lit.Type.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && (id.Name == "sync" || id.Name == "atomic")
}

// clockCalls are functions of package time that read or wait on the clock.
var clockCalls = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// seededNames matches what domain code may use of math/rand/v2: types and
// constructors, never the functions that draw from the global source.
var seededNames = regexp.MustCompile(`^(New.*|Rand|Source|PCG|ChaCha8|Zipf)$`)

// checkDomainCalls refuses the wall clock and global randomness in domain
// code. Names are resolved, so a renamed import does not hide a call and a
// field called time does not cause one.
func checkDomainCalls(m *module, r *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		if !withinAny(p.dir, r.Domain) {
			continue
		}
		info := m.resolve(p)
		for _, f := range p.files {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				switch from, name := importedFrom(sel, info), sel.Sel.Name; {
				case from == "time" && slices.Contains(clockCalls, name):
					faults = append(faults, Fault{"clock", m.at(sel), "domain code calls time." + name + ": take the time or a clock from the caller"})
				case from == "math/rand", from == "math/rand/v2" && !seededNames.MatchString(name):
					faults = append(faults, Fault{"random", m.at(sel), "domain code calls rand." + name + " of the global source: take a seeded *rand.Rand of math/rand/v2"})
				}
				return true
			})
		}
	}
	return faults
}

// importedFrom returns the package that a selector such as time.Now names, ""
// when its left side is no package.
func importedFrom(sel *ast.SelectorExpr, info *types.Info) string {
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	name, ok := info.Uses[id].(*types.PkgName)
	if !ok {
		return ""
	}
	return name.Imported().Path()
}

// resolve finds what each name in the production files of p stands for. Other
// packages are taken as empty, so that this needs no build; the errors which
// follow from that are of no interest here.
func (m *module) resolve(p *pkg) *types.Info {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	files := make([]*ast.File, len(p.files))
	for i, f := range p.files {
		files[i] = f.syntax
	}
	conf := types.Config{Importer: emptyImporter{}, FakeImportC: true, Error: func(error) {}}
	_, _ = conf.Check(p.dir, m.fset, files, info) // the error is that names of other packages are unknown
	return info
}

// emptyImporter gives each import path a package without content.
type emptyImporter struct{}

// majorVersion matches the last element of paths such as math/rand/v2.
var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// Import returns an empty package under the name its path suggests.
func (emptyImporter) Import(importPath string) (*types.Package, error) {
	name := path.Base(importPath)
	if majorVersion.MatchString(name) {
		name = path.Base(path.Dir(importPath))
	}
	p := types.NewPackage(importPath, name)
	p.MarkComplete()
	return p, nil
}
