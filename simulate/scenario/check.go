package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"fettle/dispatch"
	"fettle/simulate/day"
)

// Bounds of a scenario.
const (
	maxReports = 20_000 // a day
	maxPeople  = 2_000
)

// checker keeps the first fault.
type checker struct{ err error }

func (c *checker) must(ok bool, field, value, want string) {
	if !ok && c.err == nil {
		c.err = &dispatch.InvalidError{Field: field, Value: value, Want: want}
	}
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// within asks for a number between two others; NaN is not.
func (c *checker) within(v, from, to float64, field string) {
	c.must(v >= from && v <= to, field, num(v), fmt.Sprintf("a number from %g to %g", from, to))
}

func (c *checker) point(p Point, field string) {
	c.within(p.Latitude, -90, 90, field+".latitude")
	c.within(p.Longitude, -180, 180, field+".longitude")
	c.must(p.Latitude != 0 || p.Longitude != 0, field, "0, 0", "a place: both coordinates are 0")
}

// staff checks the technicians.
func (c *checker) staff(f *File) {
	c.must(len(f.Technicians) > 0, "technicians", "", "at least one, or operator")
	names := map[string]bool{}
	total := 0
	for i := range f.Technicians {
		t, at := &f.Technicians[i], fmt.Sprintf("technicians[%d]", i)
		c.must(t.ID != "" && !names[t.ID], at+".id", t.ID, "a name that no other has")
		names[t.ID] = true
		c.within(float64(t.Count), 0, maxPeople, at+".count")
		total += max(t.Count, 1)
		c.point(t.Home, at+".home")
		c.must(len(t.Skills) > 0, at+".skills", "", "at least one skill")
		for k := range t.Skills {
			c.skill(&t.Skills[k], fmt.Sprintf("%s.skills[%d]", at, k))
		}
		c.shift(&t.Shift, at+".shift")
	}
	c.must(total <= maxPeople, "technicians", strconv.Itoa(total), fmt.Sprintf("at most %d, counts included", maxPeople))
}

func (c *checker) skill(s *Skill, field string) {
	c.must(s.Skill != "", field+".skill", s.Skill, "a name")
	c.within(float64(s.Level), 1, 100, field+".level")
}

func (c *checker) shift(s *Shift, field string) {
	c.must(len(s.Days) > 0, field+".days", "", `at least one of SUN, MON ... SAT`)
	for i, d := range s.Days {
		c.must(slices.Contains(weekdays(), d), fmt.Sprintf("%s.days[%d]", field, i), d, "one of SUN, MON, TUE, WED, THU, FRI, SAT")
	}
	c.clock(s.Start, field+".start")
	c.clock(s.End, field+".end")
	if b := s.Break; b != nil {
		c.clock(b.Start, field+".break.start")
		c.clock(b.End, field+".break.end")
		c.within(b.Minutes, 1, 240, field+".break.minutes")
	}
}

func (c *checker) clock(text, field string) {
	_, ok := minutes(text)
	c.must(ok, field, text, "a time of day such as 08:00")
}

// places checks where what breaks.
func (c *checker) places(f *File) {
	c.must(len(f.Places) > 0, "places", "", "at least one")
	weight := 0.0
	for i := range f.Places {
		p, at := &f.Places[i], fmt.Sprintf("places[%d]", i)
		c.must(p.ID != "", at+".id", "", "a name")
		c.point(p.Point, at)
		c.within(p.Weight, 0, 1e9, at+".weight")
		weight += p.Weight
	}
	c.must(weight > 0, "places", "", "a weight above 0")
	c.must(len(f.Faults) > 0, "faults", "", "at least one")
	weight = 0
	for i := range f.Faults {
		q, at := &f.Faults[i], fmt.Sprintf("faults[%d]", i)
		c.must(q.Code != "", at+".code", "", "a name")
		c.skill(&q.Skill, at+".skill")
		c.within(q.Weight, 0, 1e9, at+".weight")
		c.within(q.OnSiteMinutes, 1, 480, at+".onSiteMinutes")
		c.within(q.Spread, 0, 2, at+".spread")
		c.within(q.Emergency, 0, 1, at+".emergency")
		weight += q.Weight
	}
	c.must(weight > 0, "faults", "", "a weight above 0")
	c.reports(f.Reports)
	for i, p := range f.Standby {
		c.point(p, fmt.Sprintf("standby[%d]", i))
	}
}

func (c *checker) reports(r *Reports) {
	c.must(r != nil, "reports", "", "how many come in a day")
	if r == nil {
		return
	}
	c.within(r.Working, 0, maxReports, "reports.working")
	c.within(r.Resting, 0, maxReports, "reports.resting")
	c.must(len(r.Rhythm) == 24, "reports.rhythm", strconv.Itoa(len(r.Rhythm))+" weights", "24, one an hour")
	sum := 0.0
	for i, v := range r.Rhythm {
		c.within(v, 0, 1e9, fmt.Sprintf("reports.rhythm[%d]", i))
		sum += v
	}
	c.must(sum > 0, "reports.rhythm", "", "a weight above 0")
}

func (c *checker) habits(h *Habits, into *day.Habits) {
	if h == nil {
		return
	}
	for _, share := range []struct {
		of    *float64
		into  *float64
		field string
	}{
		{h.Decline, &into.Decline, "decline"},
		{h.LetPass, &into.LetPass, "letPass"},
		{h.Absent, &into.Absent, "absent"},
		{h.Part, &into.Part, "part"},
		{h.Sick, &into.Sick, "sick"},
		{h.Offline, &into.Offline, "offline"},
	} {
		if share.of != nil {
			c.within(*share.of, 0, 0.9, "habits."+share.field)
			*share.into = *share.of
		}
	}
	if h.AnswerSeconds != nil {
		c.within(*h.AnswerSeconds, 1, 3600, "habits.answerSeconds")
		into.Answer = duration(*h.AnswerSeconds / 60)
	}
	if h.PartHours != nil {
		c.within(*h.PartHours, 0, 240, "habits.partHours")
		into.PartWait = duration(*h.PartHours * 60)
	}
}

func (c *checker) roads(r *Roads, into *day.Roads) {
	if r == nil {
		return
	}
	c.within(r.SpeedKPH, 1, 150, "roads.speedKPH")
	c.within(r.Detour, 1, 5, "roads.detour")
	c.within(r.Spread, 0, 2, "roads.spread")
	c.must(len(r.Slower) == 0 || len(r.Slower) == 24, "roads.slower", strconv.Itoa(len(r.Slower))+" factors", "24, one an hour, or none")
	*into = day.Roads{SpeedKPH: r.SpeedKPH, Detour: r.Detour, Spread: r.Spread}
	for i, v := range r.Slower {
		c.within(v, 0.2, 10, fmt.Sprintf("roads.slower[%d]", i))
		if i < len(into.Slower) {
			into.Slower[i] = v
		}
	}
}

func (c *checker) levels(l *Levels, into *day.Levels) {
	if l == nil {
		return
	}
	for _, u := range []struct {
		name string
		from Level
		into [4]*time.Duration
	}{
		{"normal", l.Normal, [4]*time.Duration{&into.Normal.Accept, &into.Normal.OnSite, &into.Normal.Resolve, &into.Normal.Offer}},
		{"emergency", l.Emergency, [4]*time.Duration{&into.Emergency.Accept, &into.Emergency.OnSite, &into.Emergency.Resolve, &into.Emergency.Offer}},
	} {
		names := [4]string{"acceptMinutes", "onSiteMinutes", "resolveMinutes", "offerMinutes"}
		for i, v := range [4]float64{u.from.AcceptMinutes, u.from.OnSiteMinutes, u.from.ResolveMinutes, u.from.OfferMinutes} {
			c.within(v, 1, 60*24*30, "levels."+u.name+"."+names[i])
			*u.into[i] = duration(v)
		}
	}
}
