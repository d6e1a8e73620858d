package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkWords looks for refused words in every source file, line by line.
func checkWords(m *module, r *Rules) []Fault {
	var faults []Fault
	patterns := make([]*regexp.Regexp, len(r.Words))
	for i, w := range r.Words {
		p, err := regexp.Compile(w.Pattern)
		if err != nil {
			return []Fault{{"table", "words", err.Error()}}
		}
		patterns[i] = p
	}
	for _, name := range m.texts {
		text, err := os.ReadFile(filepath.Join(m.root, name))
		if err != nil {
			faults = append(faults, Fault{"parse", name, err.Error()})
			continue
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			for i, w := range r.Words {
				if found := patterns[i].FindString(line); found != "" && !withinAny(name, w.Except) {
					faults = append(faults, Fault{"word", fmt.Sprintf("%s:%d", name, number), fmt.Sprintf("%q: %s", found, w.Why)})
				}
			}
		}
	}
	return faults
}

// checkDependencies asks for a line about each direct requirement of go.mod.
func checkDependencies(m *module, r *Rules) []Fault {
	if r.Dependencies == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(m.root, r.Dependencies))
	if err != nil {
		return []Fault{{"dependency", r.Dependencies, err.Error()}}
	}
	var faults []Fault
	for _, req := range m.requires {
		if !strings.Contains(string(text), "`"+req+"`") {
			faults = append(faults, Fault{"dependency", "go.mod", fmt.Sprintf("%s has no line in %s (why, licence, cgo, alternatives)", req, r.Dependencies)})
		}
	}
	return faults
}
