package count

import (
	"fmt"
	"strings"
)

// Report says what became of the rows of a file. Rows = Counted + the refused ones. Notes are about rows that were
// counted, refusals about rows that were not.
type Report struct {
	Rows    int `json:"rows"`
	Counted int `json:"counted"`

	// Notes.
	WithoutZone int `json:"withoutZone"` // times that were read by the wall clock of the zone given
	Repeated    int `json:"repeated"`    // rows equal to an earlier one in time, place and kind
	UnknownKind int `json:"unknownKind"` // rows without a kind, or with one that is not in the list given

	// Refusals.
	BadTime   int `json:"badTime"`   // no readable time
	BadPlace  int `json:"badPlace"`  // no readable coordinates or no name of a place
	OutOfArea int `json:"outOfArea"` // outside the places given
	OtherKind int `json:"otherKind"` // of a kind that was not asked for
	Dropped   int `json:"dropped"`   // repeated rows, when these are not to be counted
	TooShort  int `json:"tooShort"`  // rows with fewer columns than the heading

	// Examples names the line of the first row of each reason.
	Examples map[string]int `json:"examples,omitempty"`
}

// note remembers the line of the first row of a reason.
func (r *Report) note(counter *int, reason string, line int) {
	*counter++
	if r.Examples == nil {
		r.Examples = map[string]int{}
	}
	if _, ok := r.Examples[reason]; !ok {
		r.Examples[reason] = line
	}
}

// String is one line for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows, %d counted", r.Rows, r.Counted)
	part := func(n int, reason, words string) {
		if n > 0 {
			fmt.Fprintf(&b, "; %d %s", n, words)
			if line, ok := r.Examples[reason]; ok {
				fmt.Fprintf(&b, " (first: line %d)", line)
			}
		}
	}
	part(r.WithoutZone, "withoutZone", "times without zone, read in the zone given")
	part(r.Repeated, "repeated", "repeat an earlier row")
	part(r.UnknownKind, "unknownKind", "of no known kind")
	part(r.BadTime, "badTime", "left out: no readable time")
	part(r.BadPlace, "badPlace", "left out: no readable place")
	part(r.OutOfArea, "outOfArea", "left out: outside the area")
	part(r.OtherKind, "otherKind", "left out: of other kinds")
	part(r.Dropped, "dropped", "left out: repeated")
	part(r.TooShort, "tooShort", "left out: columns are missing")
	return b.String()
}
