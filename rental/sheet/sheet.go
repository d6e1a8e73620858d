// Package sheet lets people keep their spreadsheets: a table goes out with a copy of what it said, comes back edited, and is
// merged cell by cell with what has changed meanwhile. A cell that only one side has changed is that side's; a cell that both
// have changed differently is a conflict with both values, and nothing is overwritten. A cell that holds a formula, or a text
// that a program would take for one, is a text.
package sheet

import (
	"fmt"
	"slices"
	"strings"

	"fettle/invalid"
)

// Row is a line of a table by the names of its columns.
type Row map[string]string

// Edited is a line as it comes back.
type Edited struct {
	Line int    // in the file, from 1, for people
	Key  string // of the record; "" for a line that somebody has added
	Base Row    // what the cells said when they went out; nil for a line that did not go out
	Now  Row    // what they say
}

// Change is a cell that the file has changed.
type Change struct {
	Line     int    `json:"line"`
	Key      string `json:"key"`
	Column   string `json:"column"`
	Old, New string
}

// Conflict is a cell that both sides have changed differently.
type Conflict struct {
	Line   int    `json:"line"`
	Key    string `json:"key"`
	Column string `json:"column"`
	Base   string `json:"base"`   // when the table went out
	Theirs string `json:"theirs"` // in the file
	Ours   string `json:"ours"`   // in the record
}

// Merge is the outcome for one line.
type Merge struct {
	Changes   []Change
	Conflicts []Conflict
}

// Three merges an edited line with the record as it is now, for the columns in their order. Without a base each difference
// is a conflict: nobody knows who has changed it. A column that the file lacks was not touched.
func Three(columns []string, e *Edited, ours Row) Merge {
	var m Merge
	for _, c := range columns {
		theirs, has := e.Now[c]
		base, known := e.Base[c]
		switch {
		case !has || theirs == ours[c] || known && theirs == base:
			// not touched, or the same on both sides
		case known && ours[c] == base:
			m.Changes = append(m.Changes, Change{e.Line, e.Key, c, ours[c], theirs})
		default:
			m.Conflicts = append(m.Conflicts, Conflict{e.Line, e.Key, c, base, theirs, ours[c]})
		}
	}
	return m
}

// Apply returns a row with changes made.
func Apply(r Row, changes []Change) Row {
	out := make(Row, len(r))
	for k, v := range r {
		out[k] = v
	}
	for _, c := range changes {
		out[c.Column] = c.New
	}
	return out
}

// Unique refuses lines that name one record twice: neither would know of the other.
func Unique(lines []Edited) error {
	seen := map[string]int{}
	for i := range lines {
		e := &lines[i]
		if e.Key == "" {
			continue
		}
		if first, ok := seen[e.Key]; ok {
			return &invalid.Error{Field: fmt.Sprintf("line %d", e.Line), Value: e.Key, Want: fmt.Sprintf("each record once; it is on line %d already", first)}
		}
		seen[e.Key] = e.Line
	}
	return nil
}

// dangerous are the first characters at which spreadsheet programs take a text for a formula, in their full-width forms too,
// and the blanks that some of them skip before looking.
const dangerous = "=+-@\t\r\n＝＋－＠|%"

// guard goes before a text that would be taken for a formula. People see it in formats without types, as CSV; programs show
// what follows as text.
const guard = "'"

// Guard returns a text that no spreadsheet program takes for a formula: of the texts that would be, and of those that begin
// with a guard themselves, one with a guard before it. Numbers stay what they are.
func Guard(text string) string {
	if text == "" || isNumber(text) {
		return text
	}
	if strings.HasPrefix(text, guard) || strings.ContainsRune(dangerous, first(strings.TrimLeft(text, " \u00a0\u3000"))) || strings.ContainsRune(dangerous, first(text)) {
		return guard + text
	}
	return text
}

// Unguard takes away what Guard has put before a text.
func Unguard(text string) string {
	rest, ok := strings.CutPrefix(text, guard)
	if ok && Guard(rest) == text {
		return rest
	}
	return text
}

// first is the first character of a text; a blank for none.
func first(text string) rune {
	for _, r := range text {
		return r
	}
	return ' '
}

// isNumber reports whether a text is digits with at most one sign before and one point within: no formula hides in that.
func isNumber(text string) bool {
	digits := strings.TrimLeft(text, "-")
	if len(text)-len(digits) > 1 || digits == "" || strings.Count(digits, ".") > 1 || digits[0] == '.' {
		return false
	}
	return !slices.ContainsFunc([]rune(digits), func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
}
