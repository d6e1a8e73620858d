// Package private holds what identifies a person: telephone numbers and identity numbers. Their values cannot be printed,
// logged or marshalled in clear by any means of the standard library, not even as an unexported field of something else:
// whatever formats them shows a mask, or the address of a pointer. Only Reveal gives the clear value, so a search for Reveal
// finds every place that handles one.
//
// Values are comparable with == and may be keys of a map. The zero value of each type means "not known".
//
// It does not encrypt; internal/secret does. Start with phone.go.
package private
