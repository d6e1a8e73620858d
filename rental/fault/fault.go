// Package fault is how the packages below rental refuse a value: by field, by what it held and by what was wanted. It is a
// leaf, so that one line at the edge answers for them all.
package fault

import "fmt"

// Error says that a rule of the domain is broken by a value. Find it with errors.As.
type Error struct {
	Field string // path as the caller wrote it, such as "terms.endDate"
	Value string // what was found; never a secret
	Want  string // what is accepted
}

// Error names field, value and what is wanted.
func (e *Error) Error() string { return fmt.Sprintf("%s is %q; want %s", e.Field, e.Value, e.Want) }

// New makes one; the value is printed as fmt.Sprint does.
func New(field string, value any, want string) *Error {
	return &Error{Field: field, Value: fmt.Sprint(value), Want: want}
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
