package archtest

import (
	"fmt"
	"strings"
)

// Table returns the rows as a Markdown document for people who read the house
// before they change it.
func Table(r *Rules) string {
	var b strings.Builder
	b.WriteString("# Who may import what\n\n" +
		"Made by `make generate` from internal/archtest/house.go, which the tests enforce; edit that file. A row without\n" +
		"a package is a plan. Standard packages are free, except input and output in domain code.\n\n" +
		"| package | own packages | other modules | why |\n|---|---|---|---|\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", row.Package, cell(row.Own), cell(append(row.Outside, row.Std...)), row.Why)
	}
	b.WriteString("\nNever, whatever a row says:\n\n| importer | imported | except | why |\n|---|---|---|---|\n")
	for _, ban := range r.Never {
		from := "`" + ban.From + "`"
		if ban.From == "*" {
			from = "any"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", from, ban.To, cell(ban.Except), ban.Why)
	}
	fmt.Fprintf(&b, "\nCeilings: %d own packages imported by one (rows may say otherwise), %d lines in main.go, %d lines in a file,\n"+
		"%d lines and %d files in a package.", r.Limits.FanOut, r.Limits.MainLines, r.Limits.FileLines, r.Limits.PackageLines, r.Limits.PackageFiles)
	for _, c := range r.Chains {
		fmt.Fprintf(&b, " Chains below `%s`: %d imports.", c.From, c.Max)
	}
	b.WriteString("\n")
	return b.String()
}

// cell joins names for one cell of a table.
func cell(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
