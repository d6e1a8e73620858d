// Package invalid is the error of a value that is not acceptable: which field, what was found, what would be right. Every
// domain package uses it, so that the edge shows wrong fields in one way; it knows nobody.
package invalid

import "fmt"

// Error says that a value that came from outside is not acceptable.
type Error struct {
	Field string // path from the top of the input, as "technicians[3].shifts[0].end"
	Value string // what was found; "" when it is missing, or must not be repeated
	Want  string // what would be right, as a hint to the person who mends it
}

// Error implements error.
func (e *Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: want %s", e.Field, e.Want)
	}
	return fmt.Sprintf("%s is %s: want %s", e.Field, e.Value, e.Want)
}
