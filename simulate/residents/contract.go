package residents

import (
	"math"
	"math/rand/v2"

	"fettle/org/calendar"
)

// The history that a book has: as many contracts have ended in its days, spread evenly, so that a window of 90 days holds 129.
const (
	HistoryDays = 455
	endedCount  = 652
	window      = 90
)

// The rates of the story: of article B.
const (
	ShareBefore = 0.573
	ShareNow    = 0.783
)

// Share is how many of the contracts that ended so many days ago were renewed: flat until the operator began to change, 300 days
// ago, and again in the last 95.
func Share(daysAgo int) float64 {
	const began, done = 300, 95
	at := (began - float64(daysAgo)) / (began - done)
	return ShareBefore + (ShareNow-ShareBefore)*min(max(at, 0), 1)
}

// past is a contract that has ended.
type past struct {
	end     calendar.Date
	renewed bool
}

// ended draws the contracts that have ended, the earliest first. Of each stretch of 90 days, counted from today, as many are renewed as
// the share says, rounded: the carry does not pass from one to the next, so that the rate of the last 90 days is the share.
func ended(r *rand.Rand, today calendar.Date) []past {
	out := make([]past, endedCount)
	carry, stretch := 0.5, -1
	for i := range out {
		ago := 1 + int(float64(endedCount-1-i)*HistoryDays/endedCount)
		if s := (ago - 1) / window; s != stretch {
			carry, stretch = 0.5, s
		}
		carry += Share(ago)
		out[i] = past{end: today.Add(-ago)}
		if carry >= 1 {
			carry--
			out[i].renewed = true
		}
	}
	for i := range out { // neighbors change places, so that renewals are no comb
		if j := i + r.IntN(3); j < len(out) && sameStretch(out[i].end, out[j].end, today) {
			out[i].renewed, out[j].renewed = out[j].renewed, out[i].renewed
		}
	}
	return out
}

func sameStretch(a, b, today calendar.Date) bool {
	return (today.Sub(a)-1)/window == (today.Sub(b)-1)/window
}

// move puts the contracts that have ended, and those that run, into homes: rooms that are empty today were left, the others have
// somebody who renewed, somebody who moved in after another had left, or somebody whose first contract still runs.
func (b *Book) move(r *rand.Rand, history []past, let, empty []int) {
	r.Shuffle(len(let), func(i, j int) { let[i], let[j] = let[j], let[i] })
	var left []int
	for i := range history {
		if !history[i].renewed {
			left = append(left, i)
		}
	}
	vacates := map[int]int{} // home by index in the history: the latest who left, and some long ago
	for k, home := range empty {
		i := len(left) - 1 - k
		if k%2 == 1 {
			i = k / 2
		}
		if i >= 0 {
			vacates[left[i]] = home
		}
	}
	next := 0
	for i, p := range history {
		home, vacant := vacates[i]
		if !vacant {
			home = let[next]
			next++
		}
		b.live(r, home, p, vacant)
	}
	for _, home := range let[next:] {
		h := &b.Homes[home]
		end := b.Today.Add(r.IntN(365))
		h.Contracts = append(h.Contracts, b.contract(h, b.newPerson(), end.AddMonths(-12).Add(1), end, false))
	}
	for i := range b.Homes {
		b.ahead(r, &b.Homes[i])
	}
}

// live adds a contract that has ended, and what came after it.
func (b *Book) live(r *rand.Rand, home int, p past, vacant bool) {
	h := &b.Homes[home]
	who := b.newPerson()
	first := b.contract(h, who, p.end.AddMonths(-12).Add(1), p.end, false)
	first.Left = !p.renewed
	h.Contracts = append(h.Contracts, first)
	if vacant {
		return
	}
	start := p.end.Add(1)
	if !p.renewed {
		who = b.newPerson()
		start = p.end.Add(min(2+r.IntN(40), b.Today.Sub(p.end)))
	}
	end := start.AddMonths(12).Add(-1)
	if end.Before(b.Today) {
		end = start.AddMonths(24).Add(-1)
	}
	h.Contracts = append(h.Contracts, b.contract(h, who, start, end, p.renewed))
}

// ahead renews some of the contracts that are about to end: most in their last two weeks, few two months before.
func (b *Book) ahead(r *rand.Rand, h *Home) {
	c := h.Current(b.Today)
	if c == nil {
		return
	}
	days := c.End.Sub(b.Today)
	share := 0.0
	switch {
	case days <= 14:
		share = ShareNow
	case days <= 30:
		share = 0.45
	case days <= 60:
		share = 0.1
	}
	if r.Float64() < share {
		next := b.contract(h, c.Person, c.End.Add(1), c.End.AddMonths(12), true)
		next.Signed = b.Today.Add(-1 - r.IntN(10))
		h.Contracts = append(h.Contracts, next)
	}
}

// contract makes one. It was signed ten days before it began, or before the one that it renews ended.
func (b *Book) contract(h *Home, who int, start, end calendar.Date, renews bool) Contract {
	years := float64(b.Today.Sub(start)) / 365
	rent := int64(math.Round(float64(h.RentCents)/100*(1-0.03*max(years, 0))/10)) * 1000
	return Contract{Person: who, Start: start, End: end, Signed: start.Add(-10), RentCents: rent, Renews: renews}
}
