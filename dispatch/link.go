package dispatch

import "fmt"

// Link ties the starts of two visits of which neither must be on the other's route: start(Second) - start(First) lies in
// [MinGap, MaxGap]. A crew is a link of gap 0 to 0, Both and Apart; two services one after the other are Both with a gap;
// "B after A" is a link from A to B with the time on site of A as MinGap and no MaxGap.
//
// On a route that has a linked visit everything happens as early as it can, also where time on duty is paid: the technician
// only leaves the start place as late as keeps every start.
type Link struct {
	First, Second int32 // indices in Problem.Visits
	// MinGap and MaxGap bound how much later Second starts; negative means earlier. NoTick as MaxGap, or Far, is no limit.
	MinGap, MaxGap Tick
	// Both says that both are served or neither. Otherwise First may be served alone, Second only if First is.
	Both bool
	// Apart says that two different technicians do them.
	Apart bool
}

// Limited reports whether the link has a largest gap.
func (l *Link) Limited() bool { return l.MaxGap != NoTick && l.MaxGap < Far }

// Crew reports whether the two visits start at the same instant.
func (l *Link) Crew() bool { return l.MinGap == 0 && l.MaxGap == 0 }

// Reason is the rule's code: CREW where both are served or neither, else ORDER.
func (l *Link) Reason() Reason {
	if l.Both {
		return ReasonCrew
	}
	return ReasonOrder
}

// Joint reports whether routes depend on one another: through links, or through the largest lateness of the plan. A route
// then has no price of its own that adds up to that of the plan.
func (p *Problem) Joint() bool { return len(p.Links) > 0 || p.Policy.MaxLateness != 0 }

func (p *Problem) checkLinks() error {
	if p.Policy.MaxLateness < 0 {
		return &InvalidError{Field: "policy.maxLateness", Value: fmt.Sprint(p.Policy.MaxLateness), Want: "a price that is not negative"}
	}
	seen := make(map[[2]int32]bool, len(p.Links))
	for i := range p.Links {
		l, field := &p.Links[i], fmt.Sprintf("links[%d]", i)
		if l.First < 0 || int(l.First) >= len(p.Visits) {
			return &InvalidError{Field: field + ".first", Value: fmt.Sprint(l.First), Want: fmt.Sprintf("an index below %d", len(p.Visits))}
		}
		if l.Second < 0 || int(l.Second) >= len(p.Visits) || l.Second == l.First {
			return &InvalidError{Field: field + ".second", Value: fmt.Sprint(l.Second), Want: fmt.Sprintf("an index below %d, not that of first", len(p.Visits))}
		}
		pair := [2]int32{min(l.First, l.Second), max(l.First, l.Second)}
		if seen[pair] {
			return &InvalidError{Field: field, Value: fmt.Sprintf("%d and %d", l.First, l.Second), Want: "two visits that no other link ties"}
		}
		seen[pair] = true
		if l.MinGap < -Far || l.MinGap > Far {
			return &InvalidError{Field: field + ".minGap", Value: fmt.Sprint(l.MinGap), Want: fmt.Sprintf("between %d and %d ticks", -Far, Far)}
		}
		if l.MaxGap != NoTick && (l.MaxGap < l.MinGap || l.MaxGap > Far) {
			return &InvalidError{Field: field + ".maxGap", Value: fmt.Sprint(l.MaxGap), Want: fmt.Sprintf("between minGap and %d ticks, or no limit", Far)}
		}
	}
	return nil
}
