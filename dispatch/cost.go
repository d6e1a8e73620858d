package dispatch

// Term names one part of the objective. The values are stable: they appear in plans and explanations.
type Term uint8

// The terms, in the order in which they are shown.
const (
	TermUnserved     Term = iota // visits left out
	TermLateness                 // starts after the due instant, by SLA tier
	TermTravel                   // travel time
	TermDistance                 // travel distance
	TermDuty                     // time from departure to end
	TermOnSite                   // work and entry
	TermOvertime                 // time after the shift's end
	TermFixed                    // using a technician at all
	TermSkillSurplus             // higher level than needed
	TermPreference               // somebody else than the preferred technician
	TermFairness                 // workload above the mean
	Terms                        // number of terms
)

var termNames = [Terms]string{"unserved", "lateness", "travel", "distance", "duty", "onSite", "overtime", "fixed", "skillSurplus", "preference", "fairness"}

// String is the term's name in files and answers.
func (t Term) String() string {
	if t < Terms {
		return termNames[t]
	}
	return "unknown"
}

// Cost is integer cost by term.
type Cost [Terms]int64

// Total is the sum over the terms: what is minimised.
func (c Cost) Total() int64 {
	var sum int64
	for _, v := range c {
		sum += v
	}
	return sum
}

// Plus adds term by term.
func (c Cost) Plus(o Cost) Cost {
	for i, v := range o {
		c[i] += v
	}
	return c
}

// Minus subtracts term by term.
func (c Cost) Minus(o Cost) Cost {
	for i, v := range o {
		c[i] -= v
	}
	return c
}
