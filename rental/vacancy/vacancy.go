// Package vacancy counts what empty dwellings cost: the days of a time on which nobody rented, times what the dwelling would
// have brought, by building.
package vacancy

import (
	"cmp"
	"slices"

	"fettle/org/calendar"
)

// Dwelling is a unit with the stays in it.
type Dwelling struct {
	Unit, Building string
	// Rent is what it would bring a month, in fen, where no lease says better: the rent of the last stay counts first.
	Rent  int64
	Since calendar.Date // when it could be let first; not set: always
	Stays []Stay
}

// Stay is the time of a lease.
type Stay struct {
	From, To calendar.Date // first and last day; To not set: still there
	Rent     int64         // fen a month
}

// Row is what one building has lost.
type Row struct {
	Building  string `json:"building"`
	Units     int    `json:"units"`
	Days      int    `json:"days"`      // unit days that could have been let
	EmptyDays int    `json:"emptyDays"` // of these
	Cost      int64  `json:"cost"`      // fen
	Unpriced  int    `json:"unpriced"`  // empty days of units whose rent nobody knows: their cost is not in Cost
}

// daysAMonth turns a month's rent into a day's: 365/12, as leases that name a year's rent do.
const daysAMonth = 365.0 / 12

// Report counts the days from and after, and before to, by building in the order of their names. Stays that overlap count once.
func Report(dwellings []Dwelling, from, to calendar.Date) []Row {
	rows := map[string]*Row{}
	for i := range dwellings {
		d := &dwellings[i]
		r := rows[d.Building]
		if r == nil {
			r = &Row{Building: d.Building}
			rows[d.Building] = r
		}
		r.Units++
		r.add(d, from, to)
	}
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Row) int { return cmp.Compare(a.Building, b.Building) })
	return out
}

// add counts one dwelling.
func (r *Row) add(d *Dwelling, from, to calendar.Date) {
	if !d.Since.IsZero() && d.Since.After(from) {
		from = d.Since
	}
	if !from.Before(to) {
		return
	}
	r.Days += to.Sub(from)
	stays := slices.SortedFunc(slices.Values(d.Stays), func(a, b Stay) int { return a.From.Compare(b.From) })
	rent, next := d.Rent, from // next is the first day that is not accounted for
	for _, s := range stays {
		if !s.From.Before(to) {
			break
		}
		if s.From.After(next) {
			r.empty(s.From.Sub(next), rent)
			next = s.From
		}
		rent = cmp.Or(s.Rent, rent)
		if s.To.IsZero() {
			return
		}
		if after := s.To.Add(1); after.After(next) {
			next = after
		}
	}
	if next.Before(to) {
		r.empty(to.Sub(next), rent)
	}
}

// empty adds days on which nobody was there.
func (r *Row) empty(days int, rent int64) {
	r.EmptyDays += days
	if rent == 0 {
		r.Unpriced += days
		return
	}
	r.Cost += int64(float64(days)*float64(rent)/daysAMonth + 0.5)
}
