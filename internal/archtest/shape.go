package archtest

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// checkFanOut counts the own packages that each package imports.
func checkFanOut(m *module, r *Rules) []Fault {
	var faults []Fault
	for _, p := range m.packages {
		limit := r.limits(p.dir).FanOut
		own := m.ownImports(p)
		if limit > 0 && len(own) > limit {
			faults = append(faults, Fault{
				"fanout", p.dir,
				fmt.Sprintf("imports %d own packages, ceiling %d: %s", len(own), limit, strings.Join(own, ", ")),
			})
		}
	}
	return faults
}

// limits returns the ceilings of a package: the general ones, less those that
// its row replaces.
func (r *Rules) limits(dir string) Limits {
	row := r.row(dir)
	if row == nil {
		return r.Limits
	}
	return Limits{
		FanOut:       cmp.Or(row.Limits.FanOut, r.Limits.FanOut),
		MainLines:    cmp.Or(row.Limits.MainLines, r.Limits.MainLines),
		FileLines:    cmp.Or(row.Limits.FileLines, r.Limits.FileLines),
		PackageLines: cmp.Or(row.Limits.PackageLines, r.Limits.PackageLines),
		PackageFiles: cmp.Or(row.Limits.PackageFiles, r.Limits.PackageFiles),
	}
}

// checkChains measures the longest chain of own imports below each package.
// The import graph of a Go program has no cycle; one in the text (which the
// compiler will refuse) is reported instead of followed.
func checkChains(m *module, r *Rules) []Fault {
	g := &chains{edges: map[string][]string{}, longest: map[string][]string{}, open: map[string]bool{}}
	for _, p := range m.packages {
		g.edges[p.dir] = m.ownImports(p)
	}
	var faults []Fault
	for _, p := range m.packages {
		chain := g.from(p.dir)
		for _, c := range r.Chains {
			if within(p.dir, c.From) && len(chain)-1 > c.Max {
				faults = append(faults, Fault{
					"chain", p.dir,
					fmt.Sprintf("%d imports in a row, ceiling %d: %s", len(chain)-1, c.Max, strings.Join(chain, " -> ")),
				})
			}
		}
	}
	for _, dir := range g.cycles {
		faults = append(faults, Fault{"chain", dir, "is part of an import cycle"})
	}
	return faults
}

// chains finds longest paths in an import graph: O(packages + edges).
type chains struct {
	edges   map[string][]string
	longest map[string][]string // the chain below a package, itself first
	open    map[string]bool     // packages on the current path
	cycles  []string
}

// from returns the longest chain that starts at dir.
func (g *chains) from(dir string) []string {
	if chain, ok := g.longest[dir]; ok {
		return chain
	}
	g.open[dir] = true
	var best []string
	for _, to := range g.edges[dir] {
		if g.open[to] {
			g.cycles = append(g.cycles, dir)
			continue
		}
		if below := g.from(to); len(below) > len(best) {
			best = below
		}
	}
	g.open[dir] = false
	g.longest[dir] = append([]string{dir}, best...)
	return g.longest[dir]
}

// checkSizes holds files and packages to their ceilings. Generated files are
// left out, and tests count for the ceiling of files only.
func checkSizes(m *module, r *Rules) []Fault {
	var faults []Fault
	limit := func(where string, have, ceiling int, unit string) {
		if ceiling > 0 && have > ceiling {
			faults = append(faults, Fault{"size", where, fmt.Sprintf("%d %s, ceiling %d", have, unit, ceiling)})
		}
	}
	for _, p := range m.packages {
		lines, files, ceilings := 0, 0, r.limits(p.dir)
		for _, f := range p.files {
			if f.generated {
				continue
			}
			lines += f.lines
			files++
			limit(f.name, f.lines, ceilings.FileLines, "lines")
			if p.name == "main" && path.Base(f.name) == "main.go" {
				limit(f.name, f.lines, ceilings.MainLines, "lines in main.go")
			}
		}
		for _, f := range p.tests {
			limit(f.name, f.lines, ceilings.FileLines, "lines")
		}
		limit(p.dir, lines, ceilings.PackageLines, "lines of production code")
		limit(p.dir, files, ceilings.PackageFiles, "production files")
	}
	return faults
}
