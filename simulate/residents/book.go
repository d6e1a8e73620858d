package residents

import (
	"math/rand/v2"

	"fettle/org/calendar"
	"fettle/simulate/city"
)

// Book is who lives where on a day.
type Book struct {
	Today  calendar.Date
	People []Person
	Homes  []Home // one a rental room, in the order of the city's units
}

// Home is a room with its contracts, the earliest first. Two of a home never overlap.
type Home struct {
	Unit       int     // index in the units of the city
	Area       float64 // square meters
	RentCents  int64   // fen a month, of a contract that begins today
	Contracts  []Contract
	WaterMeter bool
}

// Contract is one lease.
type Contract struct {
	Person     int // index in the people of the book
	Start, End calendar.Date
	Signed     calendar.Date
	RentCents  int64
	Renews     bool // the contract before it, of the same person
	Left       bool // nobody has renewed it, and who lived there has left on its last day
}

// Current is the contract that runs on a day; nil when the home is empty.
func (h *Home) Current(on calendar.Date) *Contract {
	for i := range h.Contracts {
		if c := &h.Contracts[i]; !on.Before(c.Start) && !on.After(c.End) {
			return c
		}
	}
	return nil
}

// Purposes of random numbers: each part of the book has its own.
const (
	forHistory uint64 = iota + 101
	forRooms
	forPeople
	forTerms
)

func draw(seed, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose)) //nolint:gosec // reproducible, not secret
}

// New plans the book of a city as it is on a day. The same city, seed and day give the same book.
func New(c *city.City, seed uint64, today calendar.Date) *Book {
	b := &Book{Today: today}
	var let, empty []int // indices of homes
	for i := range c.Units {
		u := &c.Units[i]
		if u.Kind != city.Rental {
			continue
		}
		if u.Leased {
			let = append(let, len(b.Homes))
		} else {
			empty = append(empty, len(b.Homes))
		}
		b.Homes = append(b.Homes, Home{Unit: i})
	}
	r := draw(seed, forTerms)
	for i := range b.Homes {
		h := &b.Homes[i]
		h.Area = float64(18 + r.IntN(24))
		h.RentCents = int64(1_400+int(h.Area)*55+r.IntN(9)*50) * 100
		h.WaterMeter = i%40 == 0
	}
	b.move(draw(seed, forRooms), ended(draw(seed, forHistory), today), let, empty)
	b.settle(draw(seed, forPeople))
	return b
}
