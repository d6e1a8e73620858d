package count

import "fmt"

// InvalidError says which value cannot be used and what would do.
type InvalidError struct {
	Field string // name of the option or column
	Value string
	Want  string // what is accepted
}

// Error implements error.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %q, want %s", e.Field, e.Value, e.Want)
}
