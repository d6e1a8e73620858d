// Package steering is how an operator steers dispatch: policies as values, of which one rules, and what became of the
// suggestions that were made under them. A policy is written as a draft, made active, and then never changes.
//
// The package knows no storage and no clock. Read in this order: policy.go (the values and their rules), score.go (what became of
// suggestions).
package steering
