package explain

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fettle/dispatch"
)

// visit names a visit.
func (b *board) visit(v int32) string { return visitName(b.p, v) }

// who names a technician: by name and id where both are known.
func (b *board) who(t int32) string {
	tech := &b.p.Technicians[t]
	if tech.Name == "" || tech.Name == string(tech.ID) {
		return "technician " + string(tech.ID)
	}
	return tech.Name + " (" + string(tech.ID) + ")"
}

func visitName(p *dispatch.Problem, v int32) string { return "visit " + string(p.Visits[v].ID) }

// shortName names a technician where space is short.
func shortName(p *dispatch.Problem, t int32) string {
	if name := p.Technicians[t].Name; name != "" {
		return name
	}
	return "technician " + string(p.Technicians[t].ID)
}

func (b *board) unitText(u unit) string {
	if u.tail == none {
		return b.visit(u.head)
	}
	return fmt.Sprintf("visits %s and %s, a pair,", b.p.Visits[u.head].ID, b.p.Visits[u.tail].ID)
}

// bumpedText names visits that give way, with their priorities.
func (b *board) bumpedText(out []unit) string {
	var parts []string
	for _, u := range out {
		u.each(func(v int32) {
			parts = append(parts, fmt.Sprintf("%s (priority %d)", b.visit(v), b.p.Visits[v].Priority))
		})
	}
	return strings.Join(parts, " and ")
}

// title makes the first letter a capital.
func title(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

// missText says by what a placement fails.
func (b *board) missText(m miss) string {
	short := b.span(m.short)
	switch m.reason {
	case dispatch.ReasonWindowClosed:
		if m.visit != none {
			return fmt.Sprintf("the window of %s closes %s too early", b.visit(m.visit), short)
		}
		return fmt.Sprintf("a window closes %s too early", short)
	case dispatch.ReasonOutOfShift:
		return fmt.Sprintf("the route would end %s after the shift", short)
	case dispatch.ReasonMaxTravel:
		return fmt.Sprintf("the route would travel %s more than it may", short)
	case dispatch.ReasonMaxDuty:
		return fmt.Sprintf("the technician would be on duty %s longer than may be", short)
	case dispatch.ReasonMaxDistance:
		return fmt.Sprintf("the route would be %d longer than it may", m.short)
	case dispatch.ReasonMaxVisits:
		return fmt.Sprintf("the route would have %d more visits than it may", m.short)
	case dispatch.ReasonCapacity:
		return fmt.Sprintf("%d more would have to be carried than there is room for", m.short)
	}
	if text, ok := plainMisses[m.reason]; ok {
		return text
	}
	return string(m.reason)
}

// plainMisses are the words for rules whose miss has no measure.
var plainMisses = map[dispatch.Reason]string{
	dispatch.ReasonBreak:       "a break could not be taken in time",
	dispatch.ReasonToolMissing: "a tool would not be on board",
	dispatch.ReasonPinned:      "the pinned order would not be kept",
	dispatch.ReasonPair:        "the two visits of a pair would not be on one route in their order",
	dispatch.ReasonCrew:        "visits that must be done together could not be",
	dispatch.ReasonOrder:       "a visit would not come in time after the one it depends on",
	dispatch.ReasonUnreachable: "there is no way to get there",
}

func (b *board) clock(t dispatch.Tick) string  { return clock(b.p, t) }
func (b *board) span(ticks int64) string       { return span(b.p, ticks) }
func (b *board) money(c int64) string          { return money(b.p, c) }
func (b *board) worse(difference int64) string { return worse(b.p, difference) }

// worse says how much dearer or cheaper something is.
func worse(p *dispatch.Problem, difference int64) string {
	switch {
	case difference > 0:
		return money(p, difference) + " dearer"
	case difference < 0:
		return money(p, -difference) + " cheaper"
	}
	return "no dearer"
}

// clock shows an instant: wall time when the problem has an origin, with the date on another day than the origin's, else
// the number of the source.
func clock(p *dispatch.Problem, t dispatch.Tick) string {
	if p.Origin.IsZero() {
		return number(int64(t), int64(p.Scale.Ticks()))
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

// span shows a length of time: hours, minutes and seconds when the source counts seconds, else its own unit.
func span(p *dispatch.Problem, ticks int64) string {
	per := int64(p.Scale.Ticks())
	if p.Scale.Unit != "s" || ticks%per != 0 {
		return strings.TrimSpace(number(ticks, per) + " " + p.Scale.Unit)
	}
	seconds := ticks / per
	var parts []string
	for _, x := range []struct {
		n    int64
		name string
	}{{seconds / 3600, "h"}, {seconds / 60 % 60, "min"}, {seconds % 60, "s"}} {
		if x.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.name))
		}
	}
	if len(parts) == 0 {
		return "0 min"
	}
	return strings.Join(parts, " ")
}

// money shows a cost in the unit of the source.
func money(p *dispatch.Problem, c int64) string { return number(c, p.Scale.Cost()) }

// number shows n parts of which per make one, with at most two decimals: enough for people, the card has it exactly.
func number(n, per int64) string {
	if n%per == 0 {
		return strconv.FormatInt(n/per, 10)
	}
	text := strconv.FormatFloat(float64(n)/float64(per), 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
