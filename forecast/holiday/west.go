package holiday

import "time"

// UnitedStates is the federal holidays with the days on which they are observed, and the days around them on which many
// offices are closed or thinly staffed: these weights are judgements, and forecasts learn how far they hold.
func UnitedStates() *Calendar { return build("us", usYear) }

func usYear(year int) map[int]Day {
	days := map[int]Day{}
	put := func(d int, name string, weight float64) {
		if days[d].Weight < weight {
			days[d] = Day{Name: name, Weight: weight}
		}
	}
	observed := func(month time.Month, day int, name string) {
		d := date(year, month, day)
		put(d, name, 1)
		switch time.Weekday((d + 4) % 7) {
		case time.Saturday:
			put(d-1, name+", observed", 1)
		case time.Sunday:
			put(d+1, name+", observed", 1)
		}
	}
	observed(time.January, 1, "New Year")
	put(nth(year, time.January, time.Monday, 3), "Martin Luther King Day", 1)
	put(nth(year, time.February, time.Monday, 3), "Presidents' Day", 1)
	put(last(year, time.May, time.Monday), "Memorial Day", 1)
	if year >= 2021 {
		observed(time.June, 19, "Juneteenth")
	}
	observed(time.July, 4, "Independence Day")
	put(nth(year, time.September, time.Monday, 1), "Labor Day", 1)
	put(nth(year, time.October, time.Monday, 2), "Columbus Day", 1)
	observed(time.November, 11, "Veterans Day")
	thanks := nth(year, time.November, time.Thursday, 4)
	put(thanks, "Thanksgiving", 1)
	put(thanks+1, "day after Thanksgiving", 0.6)
	put(thanks-1, "eve of Thanksgiving", 0.2)
	observed(time.December, 25, "Christmas")
	yearEnd(year, put)
	return days
}

// yearEnd marks the working days from 24 to 31 December, on which much is closed.
func yearEnd(year int, put func(d int, name string, weight float64)) {
	christmas := date(year, time.December, 25)
	put(christmas-1, "Christmas Eve", 0.5)
	for d := christmas + 1; d < christmas+6; d++ {
		put(d, "between Christmas and New Year", 0.2)
	}
	put(christmas+6, "New Year's Eve", 0.4)
}

// UnitedKingdom is the bank holidays of England and Wales, those of every year.
func UnitedKingdom() *Calendar { return build("gb", gbYear) }

func gbYear(year int) map[int]Day {
	days := map[int]Day{}
	put := func(d int, name string, weight float64) {
		if days[d].Weight < weight {
			days[d] = Day{Name: name, Weight: weight}
		}
	}
	// substitute puts a holiday and, where it falls on a weekend, the next working day in its place.
	substitute := func(d int, name string) {
		put(d, name, 1)
		if weekend(d) {
			for weekend(d) || days[d].Weight >= 1 {
				d++
			}
			put(d, name+", substitute", 1)
		}
	}
	substitute(date(year, time.January, 1), "New Year")
	sunday := easter(year)
	put(sunday-2, "Good Friday", 1)
	put(sunday, "Easter Sunday", 1)
	put(sunday+1, "Easter Monday", 1)
	put(nth(year, time.May, time.Monday, 1), "Early May bank holiday", 1)
	put(last(year, time.May, time.Monday), "Spring bank holiday", 1)
	put(last(year, time.August, time.Monday), "Summer bank holiday", 1)
	christmas := date(year, time.December, 25)
	put(christmas+1, "Boxing Day", 1)
	substitute(christmas, "Christmas")
	substitute(christmas+1, "Boxing Day")
	yearEnd(year, put)
	return days
}

// nth is the n-th weekday of a month, counted from 1.
func nth(year int, month time.Month, weekday time.Weekday, n int) int {
	first := date(year, month, 1)
	return first + (int(weekday)-(first+4)%7+7)%7 + 7*(n-1)
}

// last is the last weekday of a month.
func last(year int, month time.Month, weekday time.Weekday) int {
	return nth(year, month+1, weekday, 1) - 7
}

// easter is Easter Sunday of the Gregorian calendar (the anonymous algorithm, Meeus 1991, Astronomical Algorithms, ch. 8).
func easter(year int) int {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return date(year, time.Month(month), day)
}
