package check

import (
	"fmt"
	"strconv"

	"fettle/dispatch"
)

// sentence formats the text of a violation.
func sentence(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// clock shows an instant: wall time when the problem has an origin (with the date when it is another day), else the number
// of its source.
func clock(p *dispatch.Problem, t dispatch.Tick) string {
	if p.Origin.IsZero() {
		return number(p, int64(t))
	}
	at := p.At(t)
	layout := "15:04"
	if at.Second() != 0 {
		layout = "15:04:05"
	}
	if at.YearDay() != p.Origin.YearDay() || at.Year() != p.Origin.Year() {
		layout = "2006-01-02 " + layout
	}
	return at.Format(layout)
}

// length shows a length of time in the unit of the source.
func length(p *dispatch.Problem, t int64) string {
	if p.Scale.Unit == "" {
		return number(p, t)
	}
	return number(p, t) + " " + p.Scale.Unit
}

func number(p *dispatch.Problem, t int64) string {
	return strconv.FormatFloat(float64(t)/float64(p.Scale.Ticks()), 'f', -1, 64)
}
