package geo

import "fmt"

// InvalidError says which field of a geographic value is wrong, what it held and what was wanted. It is the only typed
// error of this package; find it with errors.As.
type InvalidError struct {
	Field string // path of the field, e.g. "lat" or "outer[3].lon"
	Value any    // what was found
	Want  string // what is accepted, with a hint where one helps
}

// Error names field, value and what is wanted.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %v; want %s", e.Field, e.Value, e.Want)
}

// at returns the same fault seen from the outside of a composite value.
func (e *InvalidError) at(prefix string) *InvalidError {
	return &InvalidError{Field: prefix + "." + e.Field, Value: e.Value, Want: e.Want}
}
