package scenario

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/geo"
	"fettle/geo/h3cell"
	"fettle/simulate/day"
)

// The past from which emergencies are expected: so many days before the first, which no World ever lives.
const (
	pastDays  = 120
	pastSeed  = 0x7061_7374_6461_7973 // its own chance
	pastCells = 8                     // H3 resolution
)

// expected counts the emergencies of past days by cell and trade, and by hour of the day: the plainest forecast there is.
func (s *Scenario) expected() day.Expected {
	type key struct {
		cell  geo.Cell
		skill dispatch.Skill
	}
	counts := map[key]float64{}
	var out day.Expected
	all := 0.0
	y, m, d := s.start.Date()
	for k := range pastDays {
		midnight := s.midnight(y, m, d-pastDays+k)
		for _, r := range s.demand(rand.New(rand.NewPCG(pastSeed, uint64(k))), midnight) {
			if r.Wish.Urgency != dispatch.UrgencyEmergency {
				continue
			}
			cell, err := h3cell.Of(r.Wish.Location, pastCells)
			if err != nil {
				continue // no place on earth: it was checked before
			}
			at := key{cell: cell}
			if len(r.Wish.Skills) > 0 {
				at.skill = r.Wish.Skills[0].Skill
			}
			counts[at]++
			out.Hour[r.At.In(s.zone).Hour()]++
			all++
		}
	}
	if all == 0 {
		return day.Expected{}
	}
	for at, n := range counts {
		center, err := h3cell.Center(at.cell)
		if err != nil {
			continue
		}
		out.Places = append(out.Places, cover.Place{Point: center, Skill: at.skill, PerHour: n / pastDays / 24})
	}
	slices.SortFunc(out.Places, func(a, b cover.Place) int {
		return cmp.Or(cmp.Compare(a.Point.Lat, b.Point.Lat), cmp.Compare(a.Point.Lon, b.Point.Lon), cmp.Compare(a.Skill, b.Skill))
	})
	for h := range out.Hour {
		out.Hour[h] *= 24 / all
	}
	return out
}
