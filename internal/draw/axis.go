package draw

import (
	"fmt"
	"math"
	"time"

	"fettle/dispatch"
)

// mark is a line of the time axis.
type mark struct {
	at     float64 // ticks
	label  string
	strong bool // begins a day
}

// minuteSteps are what marks of a clock may be apart.
func minuteSteps() []int { return []int{5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080} }

// marks chooses up to most round instants in [low, high].
func (s *scene) marks(low, high float64, most int) []mark {
	if high <= low || most < 1 {
		return nil
	}
	if s.secondsPerTick == 0 {
		return s.plainMarks(low, high, most)
	}
	minutes := (high - low) * s.secondsPerTick / 60
	step := int(math.Ceil(minutes/float64(most)/10080)) * 10080
	for _, m := range minuteSteps() {
		if minutes/float64(m) <= float64(most) {
			step = m
			break
		}
	}
	if s.p.Origin.IsZero() {
		return s.dayMarks(low, high, step)
	}
	return s.wallMarks(low, high, step)
}

// plainMarks counts in the unit of the source.
func (s *scene) plainMarks(low, high float64, most int) []mark {
	per := float64(s.p.Scale.Ticks())
	step := roundDown((high-low)/per/float64(most)*2.5) * per
	if step <= 0 || math.IsNaN(step) {
		return nil
	}
	var out []mark
	for k := math.Ceil(low / step); k*step <= high && len(out) < 200; k++ {
		out = append(out, mark{at: k * step, label: num(k * step / per)})
	}
	return out
}

// dayMarks counts hours of a day without a date; they go on beyond 24.
func (s *scene) dayMarks(low, high float64, step int) []mark {
	ticks := float64(step) * 60 / s.secondsPerTick
	var out []mark
	for k := math.Ceil(low / ticks); k*ticks <= high && len(out) < 200; k++ {
		minutes := int(k) * step
		out = append(out, mark{at: k * ticks, label: fmt.Sprintf("%d:%02d", minutes/60, minutes%60), strong: minutes%1440 == 0})
	}
	return out
}

// wallMarks steps through wall time in the zone of the origin. On a day when clocks change, two marks that fall on one
// instant become one.
func (s *scene) wallMarks(low, high float64, step int) []mark {
	begin := midnight(s.p.At(dispatch.Tick(low)))
	perTick := float64(s.p.Scale.Ticks())
	var out []mark
	last := math.Inf(-1)
	for k := range 4000 {
		t := time.Date(begin.Year(), begin.Month(), begin.Day(), 0, k*step, 0, 0, begin.Location())
		at := t.Sub(s.p.Origin).Seconds() * perTick
		if at > high {
			break
		}
		if at < low || at <= last {
			continue
		}
		last = at
		m := mark{at: at, label: t.Format("15:04")}
		if t.Hour() == 0 && t.Minute() == 0 {
			m.label, m.strong = t.Format("Mon 2 Jan"), true
		}
		out = append(out, m)
	}
	return out
}
