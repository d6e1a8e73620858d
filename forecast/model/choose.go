package model

import (
	"time"

	"fettle/forecast/count"
	"fettle/forecast/holiday"
	"fettle/geo"
	"fettle/geo/h3cell"
)

// ChooseHolidays finds the calendar for a table: the one of the country where its places lie, unless the city's daily totals
// before end were clearly better forecast, one day ahead, under another calendar or none. The map is a rough one (boxes
// around countries); it is a beginning that the history corrects.
func ChooseHolidays(t *count.Table, end int) (*holiday.Calendar, error) {
	home := countryOf(t)
	var best *holiday.Calendar
	least := 0.0
	for _, name := range holiday.Names() {
		calendar, err := holiday.Named(name)
		if err != nil {
			return nil, err
		}
		loss := calendarLoss(t, end, calendar)
		switch name {
		case home:
			loss -= atHome
		case "none":
			loss -= clearly
		}
		if best == nil || loss < least {
			best, least = calendar, loss
		}
	}
	return best, nil
}

const (
	clearly = 2  // log score by which a foreign calendar must beat none
	atHome  = 30 // log score by which the country's own must be beaten
)

// countryOf is the calendar of the country around the first of the middle places, "none" where no box holds it.
func countryOf(t *count.Table) string {
	if len(t.Places) == 0 {
		return "none"
	}
	at, err := h3cell.Center(t.Places[len(t.Places)/2].Cell)
	if err != nil {
		return "none"
	}
	for _, country := range []struct {
		name string
		box  geo.Bounds
	}{
		{"cn", geo.Bounds{South: 18, West: 73.5, North: 53.6, East: 134.8}},
		{"us", geo.Bounds{South: 24.4, West: -125, North: 49.4, East: -66.9}},
		{"us", geo.Bounds{South: 51, West: -180, North: 71.5, East: -141}},
		{"us", geo.Bounds{South: 18.5, West: -161, North: 22.5, East: -154}},
		{"gb", geo.Bounds{South: 49.8, West: -8.2, North: 60.9, East: 1.8}},
	} {
		if country.box.Contains(at) {
			return country.name
		}
	}
	return "none"
}

// calendarLoss is the log score of the level's forecasts of whole days.
func calendarLoss(t *count.Table, end int, c *holiday.Calendar) float64 {
	axis, err := count.NewAxis(24*time.Hour, t.Axis.Zone())
	if err != nil {
		return 0
	}
	first, last := t.Axis.Day(t.First), t.Axis.Day(end)
	l := newLevel(&Setup{Axis: axis, Holidays: c, First: first, Lead: 1, Span: 1})
	counts := t.Range(t.First, end)
	loss := 0.0
	for day := first; day < last; day++ {
		events := 0.0
		for len(counts) > 0 && t.Axis.Day(int(counts[0].Bucket)) == day {
			events += float64(counts[0].N)
			counts = counts[1:]
		}
		if day-first >= fewestDays {
			loss += logScore(events, l.mean(day, 1), l.noise)
		}
		l.observe(events)
	}
	return loss
}
