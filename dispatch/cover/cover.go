package cover

import (
	"fmt"
	"math"
	"slices"
	"time"

	"fettle/dispatch"
	"fettle/geo"
)

// Place is where emergencies are expected.
type Place struct {
	Point   geo.Point
	Skill   dispatch.Skill // that they need; "" means any technician will do
	PerHour float64        // expected emergencies in an hour
}

// Outlook is what is expected from an instant on, and what counts as near.
type Outlook struct {
	Places []Place
	Radius geo.Meters // a place is in reach of a technician who is at most so far away, in a straight line
	Busy   float64    // probability that a free technician is not free when the emergency comes, from 0 to below 1
}

// Person is a technician who is free and where.
type Person struct {
	Point  geo.Point
	Skills []dispatch.SkillLevel
}

// Check says what is wrong with an outlook, by field.
func (o *Outlook) Check() error {
	switch {
	case o.Radius <= 0 || math.IsNaN(float64(o.Radius)) || o.Radius > maxRadius:
		return &dispatch.InvalidError{Field: "radius", Value: fmt.Sprint(o.Radius), Want: "meters above 0, at most 100 km"}
	case !(o.Busy >= 0 && o.Busy < 1):
		return &dispatch.InvalidError{Field: "busy", Value: fmt.Sprint(o.Busy), Want: "a probability from 0 to below 1"}
	}
	for i := range o.Places {
		p := &o.Places[i]
		if !(p.PerHour >= 0 && p.PerHour <= maxRate) {
			return &dispatch.InvalidError{
				Field: fmt.Sprintf("places[%d].perHour", i), Value: fmt.Sprint(p.PerHour), Want: "expected emergencies in an hour, from 0 to 1000",
			}
		}
	}
	return nil
}

// Bounds that keep a cost within what the objective can add up.
const (
	maxRadius = 100_000
	maxRate   = 1000
)

// Lost is what it costs to send a free technician away for some time, when others are free as well: the expected emergencies in
// that time that only he would have answered. others must not hold himself. Where so many are in reach that his part is less than
// a thousandth, no more are counted. O(places + others + places in reach * others within twice the radius).
func (o *Outlook) Lost(who *Person, others []Person, away time.Duration) float64 {
	var near []*Person
	for k := range others {
		if geo.DistanceEquirect(who.Point, others[k].Point) <= 2*o.Radius {
			near = append(near, &others[k])
		}
	}
	sum := 0.0
	for i := range o.Places {
		p := &o.Places[i]
		if p.PerHour > 0 && o.covers(who, p) {
			sum += p.PerHour * o.alone(p, near)
		}
	}
	return sum * away.Hours()
}

// alone is the probability that one more technician is free for an emergency, and none of the others in reach.
func (o *Outlook) alone(p *Place, others []*Person) float64 {
	const negligible = 1e-3
	alone := 1 - o.Busy
	for _, x := range others {
		if o.covers(x, p) {
			if alone *= o.Busy; alone < negligible {
				break
			}
		}
	}
	return alone
}

// covers says whether a technician is near enough and able.
func (o *Outlook) covers(who *Person, p *Place) bool {
	if p.Skill != "" && !slices.ContainsFunc(who.Skills, func(s dispatch.SkillLevel) bool { return s.Skill == p.Skill }) {
		return false
	}
	return geo.DistanceEquirect(who.Point, p.Point) <= o.Radius
}

// Expected is how many emergencies in an hour find somebody who is free, of how many are expected.
func (o *Outlook) Expected(free []Person) (covered, all float64) {
	for i := range o.Places {
		p := &o.Places[i]
		none := 1.0
		for k := range free {
			if o.covers(&free[k], p) {
				none *= o.Busy
			}
		}
		covered += p.PerHour * (1 - none)
		all += p.PerHour
	}
	return covered, all
}
