package archtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Rules says what a module may do. The zero value allows nothing: each package
// of the module needs a Row.
type Rules struct {
	// Rows is the table of packages; a package without a row is a fault, a
	// row without a package is a plan.
	Rows []Row
	// Never lists imports that no row may allow.
	Never []Ban
	// Domain lists the folders (with all below them) that hold domain code: no
	// clock, no global randomness, no input or output of their own.
	Domain []string
	// DomainStd lists standard packages that domain code may not import unless
	// its row names them; "net" stands for net and all below it.
	DomainStd []string
	// TestOutside lists modules that test files of any package may import.
	TestOutside []string
	// Limits are the ceilings on size and shape.
	Limits Limits
	// Chains lists ceilings on the longest chain of own imports.
	Chains []Chain
	// Words lists texts that no source file may contain.
	Words []Word
	// Examples lists packages that show their use in a runnable example.
	Examples []string
	// Dependencies is the document that names each direct requirement of
	// go.mod, relative to the module root; empty = not checked.
	Dependencies string
}

// Row says what one package may import. Standard packages are free unless a
// rule says otherwise.
type Row struct {
	// Package is the folder relative to the module root.
	Package string
	// Own lists own packages that it may import, as folders; "dispatch/..."
	// stands for dispatch and all below it.
	Own []string
	// Outside lists other modules' import paths (each with all below it).
	Outside []string
	// Std lists packages of Rules.DomainStd that this one may import anyway.
	Std []string
	// Limits replaces general limits for this package; 0 = the general one.
	Limits Limits
	// Why gives the reason for the package and its edges; never empty.
	Why string
}

// Ban forbids imports of To (and all below it) by From (and all below it).
type Ban struct {
	// From and To are folders of this module, or To is another module's path;
	// From "*" stands for every package.
	From, To string
	// Except lists importers that may all the same.
	Except []string
	// Why gives the reason.
	Why string
}

// Chain is a ceiling on the longest chain of own imports.
type Chain struct {
	// From is the folder whose packages (with all below it) are measured.
	From string
	// Max is the largest number of imports that follow one another.
	Max int
}

// Limits are ceilings on size and shape; 0 = not checked.
type Limits struct {
	FanOut       int // own packages imported by one package
	MainLines    int // lines of a main.go
	FileLines    int // lines of one Go file
	PackageLines int // lines of all production files of a package
	PackageFiles int // production files of a package
}

// Word is a text that must not appear in source files.
type Word struct {
	// Pattern is a regular expression, matched line by line.
	Pattern string
	// Except lists folders or files where the text is in its place.
	Except []string
	// Why tells the writer what to do instead.
	Why string
}

// Fault is one broken rule at one place.
type Fault struct {
	Rule  string // short name of the rule, as in "edge"
	Where string // folder, file or file:line, relative to the module root
	What  string // what is wrong and what would be right
}

// String returns the fault as one line.
func (f Fault) String() string { return fmt.Sprintf("%s: %s [%s]", f.Where, f.What, f.Rule) }

// Check reads the module at root and returns every broken rule, sorted by
// place. The error is about reading; faults are the result, never an error.
func Check(root string, rules *Rules) ([]Fault, error) {
	mod, err := load(root)
	if err != nil {
		return nil, fmt.Errorf("load module at %s: %w", root, err)
	}
	faults := slices.Clone(mod.faults)
	for _, rule := range []func(*module, *Rules) []Fault{
		checkTable, checkImports, checkTestImports,
		checkFanOut, checkChains, checkSizes,
		checkPackageDocs, checkExamples, checkDeclarations, checkDomainCalls,
		checkWords, checkDependencies,
	} {
		faults = append(faults, rule(mod, rules)...)
	}
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.Where, b.Where), strings.Compare(a.Rule, b.Rule), strings.Compare(a.What, b.What))
	})
	return faults, nil
}

// within reports whether path is folder or lies below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// withinAny reports whether path lies within one of the folders.
func withinAny(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(path, f) })
}
