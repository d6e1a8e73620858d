// Package fault is how the packages below rental refuse: values by field, verbs by state. It is a leaf, so that one line at the
// edge answers for them all.
package fault

import (
	"fmt"

	"fettle/invalid"
)

// RuleError says that a value is well formed and breaks a rule of the domain. It wraps the *invalid.Error that names the field.
type RuleError struct{ Fault *invalid.Error }

// Error says what the field should hold.
func (e *RuleError) Error() string { return e.Fault.Error() }

// Unwrap returns the fault of the field.
func (e *RuleError) Unwrap() error { return e.Fault }

// Under is the error as it is seen from above: its field lies below another.
func (e *RuleError) Under(field string) error {
	moved := *e.Fault
	if moved.Field != "" {
		field += "." + moved.Field
	}
	moved.Field = field
	return &RuleError{&moved}
}

// New says that a rule of the domain is broken by a value, which is printed as fmt.Sprint does. It is never a secret.
func New(field string, value any, want string) error {
	return &RuleError{&invalid.Error{Field: field, Value: fmt.Sprint(value), Want: want}}
}

// StateError says that the state of a thing forbids what was asked. Find it with errors.As.
type StateError struct {
	Thing string // such as "lease L-7"
	State string // the state it is in
	Verb  string // what was asked
	Legal string // from which states it is legal
}

// Error names the thing, its state, and from where the verb is legal.
func (e *StateError) Error() string {
	return fmt.Sprintf("%s is %s; %s is legal from %s", e.Thing, e.State, e.Verb, e.Legal)
}
