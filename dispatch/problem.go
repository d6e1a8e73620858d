package dispatch

import (
	"fmt"
	"time"

	"fettle/geo"
)

// Place is where visits and technicians are. A problem has coordinates on the globe (Point), in a plane (X, Y), both or
// neither; they serve the drawing and the spatial index, never the travel times.
type Place struct {
	Name    string
	Point   geo.Point // WGS-84; meaningful when OnGlobe
	X, Y    float64   // abstract plane; meaningful when InPlane
	OnGlobe bool
	InPlane bool
}

// Travel is one travel profile: times between places, and distances where they matter.
type Travel struct {
	Name     string
	Time     *geo.Matrix // ticks
	Distance *geo.Matrix // metres or the source's unit; nil when nothing depends on distance
}

// Unreachable is the least travel value that means "there is no way".
const Unreachable int32 = 1 << 28

// Problem is an immutable snapshot of what has to be planned, in dense indices. Build it, Validate it, and do not change
// it afterwards: several searches may read it at once.
type Problem struct {
	Name   string
	Origin time.Time // wall time of tick 0; zero when the source has only abstract time
	Scale  Scale

	Places      []Place
	Travel      []Travel
	Dimensions  []string // names of the stock dimensions
	Technicians []Technician
	Visits      []Visit
	Pairs       []Pair
	Links       []Link
	Policy      Policy

	// Rules evaluate the expressions of the policy; needed when it has any: rules.Attach sets them.
	Rules Rules
	// Cover is the cost of tying each technician down with each visit, as a forecast sees it, before Policy.Cover; nil
	// means none. cost.CoverTable fills it.
	Cover *Table[int64]
}

// Validate checks every field that can be wrong and returns the first fault as an InvalidError.
func (p *Problem) Validate() error {
	if len(p.Travel) == 0 {
		return &InvalidError{Field: "travel", Want: "at least one travel profile"}
	}
	for i, t := range p.Travel {
		if t.Time == nil || t.Time.Len() != len(p.Places) || (t.Distance != nil && t.Distance.Len() != len(p.Places)) {
			return &InvalidError{Field: fmt.Sprintf("travel[%d]", i), Want: fmt.Sprintf("matrices over the %d places", len(p.Places))}
		}
	}
	known := make(map[TechnicianID]bool, len(p.Technicians))
	for i := range p.Technicians {
		t := &p.Technicians[i]
		if known[t.ID] {
			return &InvalidError{Field: fmt.Sprintf("technicians[%d].id", i), Value: string(t.ID), Want: "an id that no other technician has"}
		}
		known[t.ID] = true
		if err := p.checkTechnician(fmt.Sprintf("technicians[%d]", i), t); err != nil {
			return err
		}
	}
	seen := make(map[VisitID]bool, len(p.Visits))
	for i := range p.Visits {
		v := &p.Visits[i]
		if seen[v.ID] {
			return &InvalidError{Field: fmt.Sprintf("visits[%d].id", i), Value: string(v.ID), Want: "an id that no other visit has"}
		}
		seen[v.ID] = true
		if err := p.checkVisit(fmt.Sprintf("visits[%d]", i), v, known); err != nil {
			return err
		}
	}
	if err := p.checkRules(); err != nil {
		return err
	}
	if err := p.checkPairs(); err != nil {
		return err
	}
	return p.checkLinks()
}

func (p *Problem) checkPlace(field string, place int32, optional bool) error {
	if (optional && place == NoPlace) || (place >= 0 && int(place) < len(p.Places)) {
		return nil
	}
	return &InvalidError{Field: field, Value: fmt.Sprint(place), Want: fmt.Sprintf("an index below %d", len(p.Places))}
}

func (p *Problem) checkAmounts(field string, amounts []int32) error {
	if amounts != nil && len(amounts) != len(p.Dimensions) {
		return &InvalidError{Field: field, Value: fmt.Sprintf("of length %d", len(amounts)), Want: fmt.Sprintf("%d dimensions", len(p.Dimensions))}
	}
	for d, a := range amounts {
		if a < 0 {
			return &InvalidError{Field: fmt.Sprintf("%s[%d]", field, d), Value: fmt.Sprint(a), Want: "a number that is not negative"}
		}
	}
	return nil
}

func checkLength(field string, t Tick) error {
	if t < 0 || t > Far {
		return &InvalidError{Field: field, Value: fmt.Sprint(t), Want: fmt.Sprintf("a length of time between 0 and %d ticks", Far)}
	}
	return nil
}

func (p *Problem) checkTechnician(field string, t *Technician) error {
	if t.Travel < 0 || int(t.Travel) >= len(p.Travel) {
		return &InvalidError{Field: field + ".travel", Value: fmt.Sprint(t.Travel), Want: fmt.Sprintf("an index below %d", len(p.Travel))}
	}
	if t.SpeedPercent < 0 || t.SpeedPercent > 1000 {
		return &InvalidError{Field: field + ".speedPercent", Value: fmt.Sprint(t.SpeedPercent), Want: "between 1 and 1000, or 0 for 100"}
	}
	if (t.MaxDistance > 0 || t.Rates.Distance != 0) && p.Travel[t.Travel].Distance == nil {
		return &InvalidError{Field: field + ".maxDistance", Want: "a distance matrix in the technician's travel profile"}
	}
	if err := checkLength(field+".maxDuty", t.MaxDuty); err != nil {
		return err
	}
	if err := p.checkAmounts(field+".capacity", t.Capacity); err != nil {
		return err
	}
	for k := range t.Depots {
		if err := p.checkDepot(fmt.Sprintf("%s.depots[%d]", field, k), &t.Depots[k]); err != nil {
			return err
		}
	}
	for k := range t.Shifts {
		if err := p.checkShift(fmt.Sprintf("%s.shifts[%d]", field, k), &t.Shifts[k]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Problem) checkDepot(field string, d *Depot) error {
	if err := p.checkPlace(field+".place", d.Place, false); err != nil {
		return err
	}
	if err := checkLength(field+".duration", d.Duration); err != nil {
		return err
	}
	return checkWindows(field+".windows", d.Windows)
}

func (p *Problem) checkShift(field string, s *Shift) error {
	if s.End < s.Start || s.Start < -Far || s.End > Far {
		return &InvalidError{Field: field, Value: fmt.Sprintf("[%d, %d]", s.Start, s.End), Want: "an end that is not before the start"}
	}
	if s.LatestDeparture != NoTick && (s.LatestDeparture < s.Start || s.LatestDeparture > s.End) {
		return &InvalidError{Field: field + ".latestDeparture", Value: fmt.Sprint(s.LatestDeparture), Want: "an instant within the shift"}
	}
	if err := checkLength(field+".overtime", s.Overtime); err != nil {
		return err
	}
	if err := p.checkPlace(field+".startPlace", s.StartPlace, true); err != nil {
		return err
	}
	if err := p.checkPlace(field+".endPlace", s.EndPlace, true); err != nil {
		return err
	}
	for b := range s.Breaks {
		name := fmt.Sprintf("%s.breaks[%d]", field, b)
		if err := checkLength(name+".duration", s.Breaks[b].Duration); err != nil {
			return err
		}
		if err := checkWindows(name+".windows", s.Breaks[b].Windows); err != nil {
			return err
		}
	}
	return nil
}

func (p *Problem) checkVisit(field string, v *Visit, known map[TechnicianID]bool) error {
	if err := p.checkPlace(field+".place", v.Place, false); err != nil {
		return err
	}
	if err := checkWindows(field+".windows", v.Windows); err != nil {
		return err
	}
	if err := checkLength(field+".onSite", v.OnSite); err != nil {
		return err
	}
	if err := checkLength(field+".entry", v.Entry); err != nil {
		return err
	}
	if err := p.checkAmounts(field+".deliver", v.Deliver); err != nil {
		return err
	}
	if err := p.checkAmounts(field+".collect", v.Collect); err != nil {
		return err
	}
	if err := checkPin(field+".pin", v.Pin, known); err != nil {
		return err
	}
	if v.Promise.Timed() && v.Promise.Window.Empty() {
		w := v.Promise.Window
		return &InvalidError{Field: field + ".promise", Value: fmt.Sprintf("[%d, %d)", w.Start, w.End), Want: "a start before the end"}
	}
	for k, s := range v.Skills {
		if s.Skill == "" || s.Level < 0 {
			return &InvalidError{Field: fmt.Sprintf("%s.skills[%d]", field, k), Value: fmt.Sprintf("%q level %d", s.Skill, s.Level), Want: "a name and a level of at least 1"}
		}
	}
	return nil
}

func checkPin(field string, pin *Pin, known map[TechnicianID]bool) error {
	switch {
	case pin == nil:
		return nil
	case pin.Technician != "" && !known[pin.Technician]:
		return &InvalidError{Field: field + ".technician", Value: string(pin.Technician), Want: "the id of a technician of the problem"}
	case pin.Rank > 0 && pin.Technician == "":
		return &InvalidError{Field: field + ".rank", Value: fmt.Sprint(pin.Rank), Want: "a pinned technician beside it"}
	}
	return nil
}

func (p *Problem) checkPairs() error {
	used := make(map[int32]bool, 2*len(p.Pairs))
	for i, pair := range p.Pairs {
		field := fmt.Sprintf("pairs[%d]", i)
		for _, v := range []int32{pair.First, pair.Second} {
			if v < 0 || int(v) >= len(p.Visits) || used[v] {
				return &InvalidError{Field: field, Value: fmt.Sprint(v), Want: "the index of a visit that is in no other pair"}
			}
			used[v] = true
		}
		if err := p.checkAmounts(field+".amount", pair.Amount); err != nil {
			return err
		}
	}
	return nil
}
