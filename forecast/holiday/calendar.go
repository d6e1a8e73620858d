package holiday

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Day says what a day is.
type Day struct {
	Name   string
	Weight float64 // how much of a holiday: 1 a full one, 0.5 when about half of the people are off, 0 an ordinary day
	Work   bool    // a weekend day that is worked in exchange for a holiday
}

// Calendar gives the special days. The zero Calendar knows none.
type Calendar struct {
	name string
	rule func(year int) map[int]Day // the special days of a year
	memo map[int]Day
}

// Name is the short name of the calendar, such as cn.
func (c *Calendar) Name() string { return c.name }

// On is what a civil day is; the zero Day is an ordinary one.
func (c *Calendar) On(civilDay int) Day {
	if c == nil {
		return Day{}
	}
	return c.memo[civilDay]
}

// years that a calendar of rules is worked out for.
const firstYear, lastYear = 1990, 2070

// build works out a calendar for all years, with the single working days that a holiday cuts off from a weekend.
func build(name string, rule func(year int) map[int]Day) *Calendar {
	c := &Calendar{name: name, rule: rule, memo: map[int]Day{}}
	for year := firstYear; year <= lastYear; year++ {
		for d, what := range rule(year) {
			if old, ok := c.memo[d]; !ok || old.Weight < what.Weight {
				c.memo[d] = what
			}
		}
	}
	c.bridge()
	return c
}

// bridgeWeight is how much of a holiday a single working day between a holiday and a weekend is taken to be.
const bridgeWeight = 0.3

// bridge marks the single working days between a full holiday and a weekend.
func (c *Calendar) bridge() {
	off := func(d int) bool {
		what, ok := c.memo[d]
		if ok && what.Work {
			return false
		}
		return ok && what.Weight >= 1 || weekend(d)
	}
	found := map[int]Day{}
	for d, what := range c.memo {
		for _, step := range []int{-1, 1} {
			between := d + step
			if _, special := c.memo[between]; what.Weight >= 1 && !off(between) && !special && off(between+step) {
				found[between] = Day{Name: "bridge", Weight: bridgeWeight}
			}
		}
	}
	for d, what := range found {
		c.memo[d] = what
	}
}

func weekend(civilDay int) bool {
	w := time.Weekday(((civilDay+4)%7 + 7) % 7)
	return w == time.Saturday || w == time.Sunday
}

// date is the civil day of a date.
func date(year int, month time.Month, day int) int {
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Names are those that Named knows.
func Names() []string { return []string{"cn", "us", "gb", "none"} }

// Named finds a calendar by its name, one of Names.
func Named(name string) (*Calendar, error) {
	switch strings.ToLower(name) {
	case "cn":
		return China(), nil
	case "us":
		return UnitedStates(), nil
	case "gb":
		return UnitedKingdom(), nil
	case "none", "":
		return &Calendar{name: "none"}, nil
	}
	return nil, fmt.Errorf("holidays are %q, want one of %s, auto, or a file", name, strings.Join(Names(), ", "))
}

// Read takes a calendar from CSV with the columns date (YYYY-MM-DD), name and weight (0 to 1, or "work" for a weekend day
// that is worked). A heading is optional, and so is the weight, which is then 1.
func Read(name string, r io.Reader) (*Calendar, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	c := &Calendar{name: name, memo: map[int]Day{}}
	for line := 1; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read holidays: %w", err)
		}
		if line == 1 && strings.EqualFold(strings.TrimSpace(row[0]), "date") {
			continue
		}
		if err := c.readRow(row); err != nil {
			return nil, fmt.Errorf("read holidays: line %d: %w", line, err)
		}
	}
}

func (c *Calendar) readRow(row []string) error {
	on, err := time.Parse(time.DateOnly, strings.TrimSpace(row[0]))
	if err != nil {
		return fmt.Errorf("date is %q, want YYYY-MM-DD", row[0])
	}
	what := Day{Name: "holiday", Weight: 1}
	if len(row) > 1 {
		what.Name = strings.TrimSpace(row[1])
	}
	if len(row) > 2 {
		switch w := strings.TrimSpace(row[2]); w {
		case "":
		case "work":
			what.Weight, what.Work = 0, true
		default:
			if what.Weight, err = strconv.ParseFloat(w, 64); err != nil || !(what.Weight >= 0 && what.Weight <= 1) {
				return fmt.Errorf("weight is %q, want 0 to 1, or work", w)
			}
		}
	}
	c.memo[int(on.Unix()/86400)] = what
	return nil
}
