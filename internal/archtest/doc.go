// Package archtest holds the rules of the house as a test: which package may
// import which, how deep and how wide imports may grow, and the habits that a
// compiler does not check (no init functions, no wall clock in domain code, no
// refused words). It reads source text only, so it sees every build tag at
// once and works while a package does not compile.
//
// It is not a linter: what golangci-lint can check is in .golangci.yml.
//
// The main types are [Rules] (what is allowed), [Row] (what one package may
// import, with the reason) and [Fault] (one broken rule at one place).
//
// Reading order: house.go (the rules of this repository, the file to edit when
// a package or an edge is added), archtest.go, module.go, then one file for
// each group of rules: imports.go, shape.go, declare.go, words.go.
package archtest
