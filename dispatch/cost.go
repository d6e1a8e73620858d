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
	TermContinuity               // somebody else than the building's usual technician
	TermStability                // promises that are changed: the technician or the start
	TermCover                    // forecast cover removed
	TermMaxLateness              // the largest lateness of the plan
	TermUser                     // the first user term of the policy; the others follow

	Terms = TermUser + MaxUserTerms // number of terms
)

var termNames = [TermUser]string{
	"unserved", "lateness", "travel", "distance", "duty", "onSite", "overtime", "fixed", "skillSurplus", "preference", "fairness",
	"continuity", "stability", "cover", "maxLateness",
}

// String is the term's name in files and answers. User terms have names only within their policy: Policy.TermName.
func (t Term) String() string {
	if t < TermUser {
		return termNames[t]
	}
	return "user"
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
