package dispatch

import "fmt"

// InvalidError says that a field of the input is wrong: which, what it holds, and what it should hold.
type InvalidError struct {
	Field string // path from the top of the input, as "technicians[3].shifts[0].end"
	Value string // what was found
	Want  string // what would be right, as a hint to the person who mends it
}

// Error implements error.
func (e *InvalidError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: want %s", e.Field, e.Want)
	}
	return fmt.Sprintf("%s is %s: want %s", e.Field, e.Value, e.Want)
}
