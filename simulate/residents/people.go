package residents

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fettle/simulate/city"
)

// Draw is what keeps somebody, as the segments of article B have it.
type Draw string

// The draws.
const (
	Company Draw = "company"
	Price   Draw = "price"
	Service Draw = "service"
	Other   Draw = "other"
)

// Mood is what somebody taps beside a bill.
type Mood int

// The moods; Silent is somebody who taps nothing.
const (
	Silent Mood = iota
	Good
	Neutral
	Bad
)

// Person is who rents: a household by the name of one of them.
type Person struct {
	Name      city.Name
	Phone     string // 11 digits, of a block that nobody has been given
	Contact   string // whom to call, "" where nobody was named
	Draw      Draw
	Marketing bool // agreed to messages beyond what is owed
	WeChat    bool // is told by WeChat, others by SMS
	// Events, Prices and Repairs are counts of a year behind the draw: visits of events, looks at prices, services asked for.
	Events, Prices, Services int
	// Before and Now are the answers to the surveys of a year ago and of this quarter, 0 to 10; -1 for none. Who gave 6 or less was
	// thinking of leaving.
	Before, Now int
	Moods       [3]Mood // of the last three bills, the oldest first
	Paid        [2]int  // days by which the last two rents were late; the later one last
}

// newPerson adds somebody of whom nothing is known yet.
func (b *Book) newPerson() int {
	b.People = append(b.People, Person{})
	return len(b.People) - 1
}

// The shares of the story.
const (
	LeavingShare = 0.47 // of those asked a year ago
	answerShare  = 0.4
)

// settle draws who everybody is. Shares are laid down in order and not drawn, first for those who live there today, so that they
// come out as the story has them.
func (b *Book) settle(r *rand.Rand) {
	order, here, let := r.Perm(len(b.People)), make([]bool, len(b.People)), 0
	for i := range b.Homes {
		if c := b.Homes[i].Current(b.Today); c != nil {
			here[c.Person] = true
			let++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case here[a] == here[b]:
			return 0
		case here[a]:
			return -1
		}
		return 1
	})
	asked, answered := 0, 0
	for n, i := range order {
		p := &b.People[i]
		p.Name = city.Person(r)
		p.Phone = fmt.Sprintf("1390000%04d", i+1)
		if r.Float64() < 0.93 {
			p.Contact = city.Person(r).Zh
		}
		p.Marketing, p.WeChat = r.Float64() < 0.7, r.Float64() < 0.6
		b.keep(p, r, math.Mod(100*(float64(n)+0.5)/float64(let), 100))
		p.Before, p.Now = -1, -1
		if r.Float64() < answerShare {
			p.Before = score(r, asked, LeavingShare, 0.32)
			asked++
		}
		if r.Float64() < answerShare {
			p.Now = score(r, answered, 0.18, 0.44)
			answered++
		}
		b.feel(p, r)
	}
}

// keep draws what keeps somebody: 37, 29, 18 and 16 of a hundred.
func (b *Book) keep(p *Person, r *rand.Rand, at float64) {
	p.Events, p.Prices, p.Services = r.IntN(2), r.IntN(2), r.IntN(2)
	switch {
	case at < 37:
		p.Draw, p.Events = Company, 12+r.IntN(14)
	case at < 66:
		p.Draw, p.Prices = Price, 12+r.IntN(14)
	case at < 84:
		p.Draw, p.Services = Service, 8+r.IntN(8)
	default:
		p.Draw = Other
	}
}

// score is an answer of the n-th who is asked: low of them give 6 or less, high 9 or more.
func score(r *rand.Rand, n int, low, high float64) int {
	switch at := (float64(n*61%100) + 0.5) / 100; { // 61 and 100 have no common divisor: every hundred holds every share
	case at < low:
		return 2 + r.IntN(5)
	case at < low+high:
		return 9 + r.IntN(2)
	}
	return 7 + r.IntN(2)
}

// feel draws moods and payments: one in four taps, and one in thirty of them is neutral three times in a row.
func (b *Book) feel(p *Person, r *rand.Rand) {
	if r.Float64() < 0.25 {
		for i := range p.Moods {
			switch roll := r.Float64(); {
			case roll < 0.62:
				p.Moods[i] = Good
			case roll < 0.9:
				p.Moods[i] = Neutral
			case roll < 0.94:
				p.Moods[i] = Bad
			}
		}
		if r.IntN(30) == 0 {
			p.Moods = [3]Mood{Neutral, Neutral, Neutral}
		}
	}
	for i := range p.Paid {
		if r.Float64() < 0.06 {
			p.Paid[i] = 1 + r.IntN(9)
		}
	}
}
