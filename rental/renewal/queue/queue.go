// Package queue puts leases that end soon in the order in which their tenants are called: by what a tag of the tenant weighs, times
// how little time is left. The same leases, tags and day give the same order.
package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fettle/invalid"
	"fettle/org/calendar"
	"fettle/rental/lease"
)

// Days is how far ahead a queue looks unless it is said, in days.
const Days = 90

// Definition is what a score means, in words.
const Definition = "Of the leases in force whose last day is today or within the days asked for: the weight of the tenant's tag (1 without one) " +
	"times (days asked for + 1 - days left). The highest score is called first, then the earlier last day."

// Weight is what a tag of tenants counts for. Without a tag it is 1.
type Weight struct {
	Tag   string
	Value int
}

// The bounds of weights.
const (
	leastWeight = 2
	mostWeight  = 100
)

// Usual are the weights unless others are given.
func Usual() []Weight { return []Weight{{"vip", 3}, {"valued", 2}} }

// ParseWeights reads weights as "vip:3", those that weigh most first; without any it gives the usual ones.
func ParseWeights(texts []string) ([]Weight, error) {
	if len(texts) == 0 {
		return Usual(), nil
	}
	var out []Weight
	for _, text := range texts {
		i := strings.LastIndexByte(text, ':')
		n, err := strconv.Atoi(text[i+1:])
		if i <= 0 || err != nil || n < leastWeight || n > mostWeight {
			return nil, &invalid.Error{Field: "weights", Value: text, Want: fmt.Sprintf("a tag and its weight from %d to %d, as vip:3", leastWeight, mostWeight)}
		}
		w := Weight{text[:i], n}
		if slices.ContainsFunc(out, func(o Weight) bool { return o.Tag == w.Tag }) {
			return nil, &invalid.Error{Field: "weights", Value: text, Want: "each tag once"}
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Weight) int { return cmp.Compare(b.Value, a.Value) })
	return out, nil
}

// Entry is a lease in the queue.
type Entry struct {
	Lease    lease.ID
	Number   string
	Tenant   string
	Unit     string
	End      calendar.Date
	Rent     int64 // fen a month
	DaysLeft int   // 0 on the last day
	Weight   Weight
	Score    int
}

// Horizon is the days whose ending leases are queued: from Today to Days later, both included.
type Horizon struct {
	Today calendar.Date
	Days  int
}

// Judge says whether a lease, as it is on the day, is in the queue, and where. heaviest is the weight of its tenant.
func (h Horizon) Judge(l *lease.Lease, heaviest func(tenant string) Weight) (Entry, bool) {
	end := l.Current().End
	if l.State != lease.Active && l.State != lease.Expiring || end.IsZero() {
		return Entry{}, false
	}
	left := end.Sub(h.Today)
	if left < 0 || left > h.Days {
		return Entry{}, false
	}
	w := heaviest(l.Tenant)
	w.Value = max(w.Value, 1)
	return Entry{
		Lease: l.ID, Number: l.Number, Tenant: l.Tenant, Unit: l.Unit, End: end, Rent: l.Current().Rent, DaysLeft: left, Weight: w,
		Score: w.Value * (h.Days + 1 - left),
	}, true
}

// Reason is the reckoning of a score in words.
func (h Horizon) Reason(e *Entry) string {
	tag := e.Weight.Tag
	if tag == "" {
		tag = "no tag"
	}
	return fmt.Sprintf("%s (%d) x %d: %d of %d days left", tag, e.Weight.Value, h.Days+1-e.DaysLeft, e.DaysLeft, h.Days)
}

// Place is where an entry stands in the order of scores: texts compare as entries do. No two entries share one.
func (e *Entry) Place() string {
	const top = 1_000_000 // above every score: 100 x 366
	return fmt.Sprintf("%07d %s", top-e.Score, e.DatePlace())
}

// DatePlace is where an entry stands in the order of last days.
func (e *Entry) DatePlace() string { return e.End.String() + " " + string(e.Lease) }
