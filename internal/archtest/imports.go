package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// checkTable looks at the rules themselves: each row has a reason, stands once,
// names packages that have rows, and allows nothing that is banned. Each
// package of the module has a row.
func checkTable(m *module, r *Rules) []Fault {
	var faults []Fault
	seen := map[string]bool{}
	for _, row := range r.Rows {
		if seen[row.Package] {
			faults = append(faults, Fault{"table", row.Package, "has two rows"})
		}
		seen[row.Package] = true
		if row.Why == "" {
			faults = append(faults, Fault{"table", row.Package, "row has no reason"})
		}
	}
	for _, row := range r.Rows {
		for _, to := range row.Own {
			if folder, all := strings.CutSuffix(to, "/..."); !all && !seen[folder] {
				faults = append(faults, Fault{"table", row.Package, "row allows " + to + ", which has no row"})
			}
			if ban := r.banned(row.Package, to); ban != nil {
				faults = append(faults, Fault{"never", row.Package, "row allows " + to + ": " + ban.Why})
			}
		}
		for _, to := range row.Outside {
			if ban := r.banned(row.Package, to); ban != nil {
				faults = append(faults, Fault{"never", row.Package, "row allows " + to + ": " + ban.Why})
			}
		}
	}
	for _, p := range m.packages {
		if !seen[p.dir] {
			faults = append(faults, Fault{"table", p.dir, "package has no row in internal/archtest/house.go: add one with its edges and the reason"})
		}
	}
	return faults
}

// checkImports holds each production import against the row of its package.
func checkImports(m *module, r *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		row := r.row(p.dir)
		for _, f := range p.files {
			for _, spec := range f.syntax.Imports {
				if what, rule := m.refuse(r, row, p, importPath(spec)); rule != "" {
					faults = append(faults, Fault{rule, m.at(spec), what})
				}
			}
		}
	}
	return faults
}

// refuse says why package p may not import a path; rule is empty when it may.
func (m *module) refuse(r *Rules, row *Row, p *pkg, importPath string) (what, rule string) {
	dir, own := m.own(importPath)
	target := importPath
	if own {
		target = dir
	}
	if ban := r.banned(p.dir, target); ban != nil {
		return fmt.Sprintf("%s must never import %s: %s", p.dir, target, ban.Why), "never"
	}
	if isTestSupport(target) && !isTestSupport(p.dir) {
		return "production code imports " + target, "testing"
	}
	switch {
	case row == nil:
		return "", "" // reported once by checkTable
	case own && !row.allows(dir):
		return fmt.Sprintf("%s may not import %s: no such edge in internal/archtest/house.go", p.dir, dir), "edge"
	case own:
		return "", ""
	case importPath == "C":
		return "cgo belongs behind a library that a fenced package wraps", "outside"
	case isStandard(importPath):
		if withinAny(p.dir, r.Domain) && withinAny(importPath, r.DomainStd) && !slices.Contains(row.Std, importPath) {
			return fmt.Sprintf("domain package %s may not import %s: take a reader, a clock or a value from the caller", p.dir, importPath), "domain"
		}
		return "", ""
	case !withinAny(importPath, row.Outside):
		return fmt.Sprintf("%s may not import %s: its row names no such module", p.dir, importPath), "outside"
	}
	return "", ""
}

// checkTestImports holds test files to less: any own package except commands
// and what is banned outright, and the modules that tests may use.
func checkTestImports(m *module, r *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		row := r.row(p.dir)
		for _, f := range p.tests {
			for _, spec := range f.syntax.Imports {
				target := importPath(spec)
				dir, own := m.own(target)
				switch {
				case own && within(dir, "cmd") && dir != p.dir:
					faults = append(faults, Fault{"edge", m.at(spec), "a test imports " + dir + ": run the binary instead"})
				case own, isStandard(target), withinAny(target, r.TestOutside):
				case row != nil && withinAny(target, row.Outside):
				default:
					faults = append(faults, Fault{"outside", m.at(spec), "a test imports " + target + ", which is no test module of ours"})
				}
			}
		}
	}
	return faults
}

// row returns the row of a package, nil if it has none.
func (r *Rules) row(dir string) *Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Package == dir })
	if i < 0 {
		return nil
	}
	return &r.Rows[i]
}

// allows reports whether the row has the edge to an own package.
func (row *Row) allows(dir string) bool {
	return slices.ContainsFunc(row.Own, func(to string) bool {
		folder, all := strings.CutSuffix(to, "/...")
		return dir == folder || all && within(dir, folder)
	})
}

// banned returns the ban that an import breaks, nil if none.
func (r *Rules) banned(from, to string) *Ban {
	to = strings.TrimSuffix(to, "/...")
	for i := range r.Never {
		b := &r.Never[i]
		if (b.From == "*" || within(from, b.From)) && within(to, b.To) && from != to && !withinAny(from, b.Except) {
			return b
		}
	}
	return nil
}

// isTestSupport reports whether an import path is for tests only: the standard
// testing packages and own folders such as storage/storagetest. A back-test judges forecasts, not code.
func isTestSupport(importPath string) bool {
	return within(importPath, "testing") || strings.HasSuffix(path.Base(importPath), "test") && path.Base(importPath) != "backtest"
}
