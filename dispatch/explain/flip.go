package explain

import (
	"fmt"

	"fettle/dispatch"
)

// FlipKind says what a flip changes.
type FlipKind string

// The kinds of flip.
const (
	FlipWindowEnd   FlipKind = "WINDOW_END"   // the last window of a visit closes later
	FlipWindowStart FlipKind = "WINDOW_START" // the first window of a visit opens earlier
	FlipWindowMove  FlipKind = "WINDOW_MOVE"  // all windows of a visit move; a negative amount is earlier
	FlipOnSite      FlipKind = "ON_SITE"      // the work of a visit takes less, whoever does it
	FlipTravel      FlipKind = "TRAVEL"       // the technician's way between two places takes less
	FlipShiftEnd    FlipKind = "SHIFT_END"    // the technician's shift ends later
	FlipShiftStart  FlipKind = "SHIFT_START"  // the technician's shift starts earlier
	FlipSkill       FlipKind = "SKILL"        // the technician holds a skill at a higher level
	FlipCost        FlipKind = "COST"         // nothing else was found: so much cheaper
)

// Flip is a single change of the problem under which an alternative is at least as good as the plan as it is. The amount is
// minimal in this sense: with one tick or level less the alternative is worse. (A much smaller amount could do where
// feasibility and cost do not grow with it, such as with several windows.)
type Flip struct {
	Kind       FlipKind
	Amount     int64          // ticks; levels for FlipSkill; cost for FlipCost
	Visit      int32          // whose window or work changes; -1 for other kinds
	Technician int32          // whose travel, shift or skill changes; -1 for other kinds
	Shift      int32          // for FlipShiftEnd and FlipShiftStart; else -1
	From, To   int32          // places, for FlipTravel; else -1
	Skill      dispatch.Skill // for FlipSkill
	// Difference is the cost of the plan with the alternative less that of the plan as it is, both under the change: not
	// above 0, but for a refusal that no change makes as good as the plan.
	Difference int64
	// Text is one sentence for people.
	Text string
}

// change is a flip without its amount, on the small problem of a trial.
type change struct {
	kind     FlipKind
	sign     int64 // -1 for a window that moves earlier
	visit    int32
	tech     int32
	shift    int32
	from, to int32
	skill    dispatch.Skill
	most     int64
}

// flip finds the smallest change that makes an alternative as good as the plan; nil when it is.
func (b *board) flip(o *origin, u unit, a *Alternative) *Flip {
	if a.Difference <= 0 {
		return nil
	}
	t := b.newTrial(o, u, a.at.route)
	if t != nil {
		if f := t.search(t.changes(a.at, none), asGood); f != nil {
			b.say(f, a.Technician, true)
			return f
		}
	}
	f := &Flip{Kind: FlipCost, Amount: a.Difference, Visit: none, Technician: a.Technician, Shift: none, From: none, To: none}
	b.say(f, a.Technician, true)
	return f
}

// flipRefusal finds the smallest change that lets a technician take the unit, if possible as well as the plan does it.
func (b *board) flipRefusal(o *origin, u unit, no *Refusal) *Flip {
	var f *Flip
	well := false
	if no.Shift == none {
		f, well = b.flipSkill(o, u, no.Technician)
	} else if t := b.newTrial(o, u, no.miss.at.route); t != nil {
		f, well = t.flipEither(t.changes(no.miss.at, no.Visit))
	}
	if f != nil {
		b.say(f, no.Technician, well)
	}
	return f
}

// flipSkill finds out whether levels of the one skill that keeps a technician away would do.
func (b *board) flipSkill(o *origin, u unit, technician int32) (best *Flip, well bool) {
	faults := b.faults(technician, u)
	if len(faults) != 1 || faults[0].skill.Skill == "" {
		return nil, false
	}
	for _, r := range b.of[technician] {
		t := b.newTrial(o, u, r)
		if t == nil || r == o.r {
			continue
		}
		tech, _ := t.other()
		f, as := t.flipEither([]change{{kind: FlipSkill, tech: tech, skill: faults[0].skill.Skill, most: faults[0].short}})
		if f != nil && (best == nil || f.Difference < best.Difference) {
			best, well = f, as
		}
	}
	return best, well
}

// flipEither searches for a change under which the exchange is as good as the plan, else for one under which it is possible.
func (t *trial) flipEither(list []change) (f *Flip, well bool) {
	if f = t.search(list, asGood); f != nil {
		return f, true
	}
	return t.search(list, func(int64) bool { return true }), false
}

func asGood(difference int64) bool { return difference <= 0 }

// say puts a flip in words.
func (b *board) say(f *Flip, technician int32, well bool) {
	who := b.who(technician)
	by := b.span(max(f.Amount, -f.Amount))
	does := "would do as well"
	if !well {
		does = fmt.Sprintf("could do it (%s)", b.worse(f.Difference))
	}
	switch f.Kind {
	case FlipWindowEnd:
		f.Text = fmt.Sprintf("%s %s if the window of %s closed %s later.", title(who), does, b.visit(f.Visit), by)
	case FlipWindowStart:
		f.Text = fmt.Sprintf("%s %s if the window of %s opened %s earlier.", title(who), does, b.visit(f.Visit), by)
	case FlipWindowMove:
		when := "later"
		if f.Amount < 0 {
			when = "earlier"
		}
		f.Text = fmt.Sprintf("%s %s if the window of %s were %s %s.", title(who), does, b.visit(f.Visit), by, when)
	case FlipOnSite:
		f.Text = fmt.Sprintf("%s %s if %s took %s less.", title(who), does, b.visit(f.Visit), by)
	case FlipTravel:
		f.Text = fmt.Sprintf("%s %s if the way from %s to %s took %s less.", title(who), does, b.placeText(f.From), b.placeText(f.To), by)
	case FlipShiftEnd:
		f.Text = fmt.Sprintf("%s %s if the shift ended %s later.", title(who), does, by)
	case FlipShiftStart:
		f.Text = fmt.Sprintf("%s %s if the shift started %s earlier.", title(who), does, by)
	case FlipSkill:
		f.Text = fmt.Sprintf("%s %s with skill %s %d level(s) higher.", title(who), does, f.Skill, f.Amount)
	case FlipCost:
		f.Text = fmt.Sprintf("%s %s if it cost %s less.", title(who), does, b.money(f.Amount))
	}
}

// placeText names a place: its name, or its number.
func (b *board) placeText(place int32) string {
	if name := b.p.Places[place].Name; name != "" {
		return name
	}
	return fmt.Sprintf("place %d", place)
}
