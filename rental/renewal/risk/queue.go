package risk

import (
	"fmt"
	"math"
	"time"

	"fettle/rental/fault"
)

// Waiting is a visit that waits for a technician.
type Waiting struct {
	ID     string
	AtMost time.Duration // what the visit takes at most, with the way to it
	Risk   float64       // 0 to 1 that the lease is not renewed; 0 for tenants who have opted out
	// Lent is how much longer the visit waits already, at most, because others were preferred for their risk.
	Lent time.Duration
}

// Queue lets risk influence who is served next by one technician. Nobody waits more than Limit longer because of it: whoever
// is passed is owed what the other takes at most, and is passed no more when that would exceed Limit.
type Queue struct {
	Limit time.Duration
	// Margin is by how much a risk has to be higher to go first; it keeps those who are about alike in their order.
	Margin float64
}

// MaxLimit is the longest that anybody may be kept waiting for the risk of others.
const MaxLimit = 2 * time.Hour

// Validate refuses a queue without its guard, and visits that cannot be reckoned with.
func (q Queue) Validate(waiting []Waiting) error {
	if q.Limit < 0 || q.Limit > MaxLimit {
		return fault.New("limitMinutes", q.Limit, "0 to "+MaxLimit.String())
	}
	if !(q.Margin >= 0 && q.Margin <= 1) {
		return fault.New("margin", q.Margin, "0 to 1")
	}
	for i := range waiting {
		w, field := &waiting[i], fmt.Sprintf("waiting[%d].", i)
		switch {
		case w.AtMost <= 0:
			return fault.New(field+"atMostMinutes", w.AtMost, "more than 0")
		case !(w.Risk >= 0 && w.Risk <= 1) || math.IsNaN(w.Risk):
			return fault.New(field+"risk", w.Risk, "0 to 1")
		case w.Lent < 0:
			return fault.New(field+"lentMinutes", w.Lent, "0 or more")
		}
	}
	return nil
}

// Next says which visit is served next, of those that wait in the order in which they would be served without regard to risk,
// and owes those that it passes. It is 0 when nobody may be passed, -1 when nobody waits.
func (q Queue) Next(waiting []Waiting) int {
	if len(waiting) == 0 {
		return -1
	}
	best := 0
	spare := time.Duration(math.MaxInt64) // what the visits so far can still lend
	for i := range waiting {
		if w := &waiting[i]; w.AtMost <= spare && w.Risk > waiting[best].Risk+q.Margin {
			best = i
		}
		spare = min(spare, q.Limit-waiting[i].Lent)
	}
	for i := range best {
		waiting[i].Lent += waiting[best].AtMost
	}
	return best
}

// Order serves all that wait, and says in which order. Waiting is changed: Lent is what each has lent in the end.
func (q Queue) Order(waiting []Waiting) []int {
	left := make([]int, len(waiting))
	for i := range left {
		left[i] = i
	}
	var out []int
	for len(left) > 0 {
		now := make([]Waiting, len(left))
		for i, k := range left {
			now[i] = waiting[k]
		}
		n := q.Next(now)
		for i, k := range left {
			waiting[k].Lent = now[i].Lent
		}
		out = append(out, left[n])
		left = append(left[:n:n], left[n+1:]...)
	}
	return out
}
