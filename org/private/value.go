package private

import (
	"encoding/json"
	"fmt"
	"strings"
	"unique"
)

// FormatError says that a text is not what it should be. It does not hold the text, since errors are logged.
type FormatError struct {
	Type string // what was wanted: "phone" or "nationalId"
	Want string // what would be right, as a hint to the person who mends it
}

// Error implements error.
func (e *FormatError) Error() string { return e.Type + ": want " + e.Want }

// value is a text behind a pointer: fmt follows no pointer inside of a struct, and no encoder sees an unexported field.
type value struct{ text unique.Handle[string] }

func valueOf(s string) value { return value{unique.Make(s)} }

func (v value) reveal() string {
	if v == (value{}) {
		return ""
	}
	return v.text.Value()
}

// tail shows the last n characters behind stars, as many as to hide the length of the rest too.
func (v value) tail(n int) string {
	s := v.reveal()
	if s == "" {
		return ""
	}
	return "****" + s[max(0, len(s)-n):]
}

// format writes a mask for every verb, as fmt.Formatter wants it.
func format(f fmt.State, mask string) {
	_, _ = f.Write([]byte(mask)) // fmt keeps the error of its writer itself
}

// marshal is a mask as JSON.
func marshal(mask string) ([]byte, error) { return json.Marshal(mask) }

// digits drops what people write between digits, and reports whether nothing else was dropped.
func digits(s string, dropped string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９': // full width, as input methods make them
			b.WriteRune(r - '０' + '0')
		case strings.ContainsRune(dropped, r):
		default:
			return "", false
		}
	}
	return b.String(), true
}
