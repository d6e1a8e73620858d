package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fettle/dispatch"
)

// Bounds of what people write.
const (
	maxOnSite   = 24 * time.Hour
	maxWindows  = 20
	maxAhead    = 366 * 24 * time.Hour
	maxPriority = 100
	maxRating   = 5
	dayMinutes  = 24 * 60
)

// normalize checks a wish and returns it with defaults filled in and windows sorted, which share nothing with what the
// caller holds.
func (d *decision) normalize(w Wish) (Wish, error) {
	if err := w.Location.Validate(); err != nil {
		return w, fmt.Errorf("location: %w", &dispatch.InvalidError{Field: "location", Value: w.Location.String(), Want: "latitude within 90 and longitude within 180 degrees"})
	}
	w.OnSite = cmp.Or(w.OnSite, defaultOnSite)
	w.Urgency = cmp.Or(w.Urgency, dispatch.UrgencyNormal)
	switch {
	case w.OnSite < time.Minute || w.OnSite > maxOnSite:
		return w, &dispatch.InvalidError{Field: "onSiteDuration", Value: w.OnSite.String(), Want: "between a minute and 24 hours"}
	case !w.Urgency.Valid():
		return w, &dispatch.InvalidError{Field: "urgency", Value: string(w.Urgency), Want: "NORMAL or EMERGENCY"}
	case w.Channel != "" && !w.Channel.Valid():
		return w, &dispatch.InvalidError{Field: "channel", Value: string(w.Channel), Want: "APP, WECHAT, FRONT_DESK, PHONE or IOT"}
	case w.Priority < 0 || w.Priority > maxPriority:
		return w, &dispatch.InvalidError{Field: "priority", Value: fmt.Sprint(w.Priority), Want: "between 0 and 100"}
	}
	if err := checkSkills("requiredSkills", w.Skills); err != nil {
		return w, err
	}
	if err := d.checkWindows(&w); err != nil {
		return w, err
	}
	for _, list := range []struct {
		field string
		ids   []dispatch.TechnicianID
	}{{"onlyTechnicianIds", w.Only}, {"excludedTechnicianIds", w.Excluded}, {"preferredTechnicianIds", w.Preferred}} {
		for i, id := range list.ids {
			if d.technician(id) == nil {
				return w, &dispatch.InvalidError{Field: fmt.Sprintf("%s[%d]", list.field, i), Value: string(id), Want: "the id of a technician"}
			}
		}
	}
	w.OnSite = w.OnSite.Truncate(time.Second)
	w.Windows = slices.Clone(w.Windows)
	slices.SortFunc(w.Windows, func(x, y dispatch.TimeSpan) int { return cmp.Or(x.Start.Compare(y.Start), x.End.Compare(y.End)) })
	return w, nil
}

func checkSkills(field string, skills []dispatch.SkillLevel) error {
	for i, s := range skills {
		if s.Skill == "" || s.Level < 0 {
			return &dispatch.InvalidError{Field: fmt.Sprintf("%s[%d]", field, i), Value: fmt.Sprintf("%q level %d", s.Skill, s.Level), Want: "a name and a level of at least 1"}
		}
	}
	return nil
}

// checkWindows refuses windows that are over, reversed or too far away.
func (d *decision) checkWindows(w *Wish) error {
	if len(w.Windows) > maxWindows {
		return &dispatch.InvalidError{Field: "timeWindows", Value: fmt.Sprint(len(w.Windows)), Want: "at most 20 windows"}
	}
	open := len(w.Windows) == 0
	for i, s := range w.Windows {
		field := fmt.Sprintf("timeWindows[%d]", i)
		switch {
		case !s.End.After(s.Start):
			return &dispatch.InvalidError{Field: field + ".endTime", Value: s.End.Format(time.RFC3339), Want: "an instant after the start"}
		case s.End.Sub(d.now) > maxAhead:
			return &dispatch.InvalidError{Field: field + ".endTime", Value: s.End.Format(time.RFC3339), Want: "an instant within a year"}
		}
		open = open || s.End.After(d.now)
	}
	if !open {
		return &dispatch.InvalidError{Field: "timeWindows", Want: "a window that is not over"}
	}
	return nil
}

// checkProfile refuses what no shift can be made of.
func checkProfile(p *Profile) error {
	if err := p.Home.Validate(); err != nil {
		return &dispatch.InvalidError{Field: "home", Value: p.Home.String(), Want: "latitude within 90 and longitude within 180 degrees"}
	}
	if err := checkSkills("skills", p.Skills); err != nil {
		return err
	}
	if p.MaxVisits < 0 {
		return &dispatch.InvalidError{Field: "maxVisits", Value: fmt.Sprint(p.MaxVisits), Want: "a number that is not negative"}
	}
	if p.Zone != "" {
		if _, err := time.LoadLocation(p.Zone); err != nil {
			return &dispatch.InvalidError{Field: "timeZone", Value: p.Zone, Want: "an IANA time zone such as Asia/Shanghai"}
		}
	}
	for i := range p.Shifts {
		if err := checkShift(fmt.Sprintf("shifts[%d]", i), &p.Shifts[i]); err != nil {
			return err
		}
	}
	for i := range p.Weekly {
		if err := checkWeekly(fmt.Sprintf("weeklyShifts[%d]", i), &p.Weekly[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkShift(field string, s *Shift) error {
	if !s.End.After(s.Start) || s.End.Sub(s.Start) > maxShift {
		return &dispatch.InvalidError{Field: field + ".endTime", Value: s.End.Format(time.RFC3339), Want: "an instant at most 24 hours after the start"}
	}
	for k, b := range s.Breaks {
		if b.Duration < 0 || b.End.Before(b.Start) || b.Start.Before(s.Start) || b.End.After(s.End) {
			return &dispatch.InvalidError{Field: fmt.Sprintf("%s.breaks[%d]", field, k), Want: "an interval within the shift and a duration that is not negative"}
		}
	}
	return nil
}

func checkWeekly(field string, w *WeeklyShift) error {
	for k, day := range w.Days {
		if day < time.Sunday || day > time.Saturday {
			return &dispatch.InvalidError{Field: fmt.Sprintf("%s.days[%d]", field, k), Value: fmt.Sprint(int(day)), Want: "a day of the week"}
		}
	}
	switch {
	case len(w.Days) == 0:
		return &dispatch.InvalidError{Field: field + ".days", Want: "at least one day"}
	case w.Start < 0 || w.Start >= dayMinutes:
		return &dispatch.InvalidError{Field: field + ".start", Value: fmt.Sprint(w.Start), Want: "minutes after midnight"}
	case w.End < 0 || w.End > dayMinutes:
		return &dispatch.InvalidError{Field: field + ".end", Value: fmt.Sprint(w.End), Want: "minutes after midnight"}
	}
	for k, b := range w.Breaks {
		if b.Duration < 0 || min(b.Start, b.End) < 0 || max(b.Start, b.End) > dayMinutes {
			return &dispatch.InvalidError{Field: fmt.Sprintf("%s.breaks[%d]", field, k), Want: "minutes after midnight and a duration that is not negative"}
		}
	}
	return nil
}

// reads says which fields each verb reads beside the order and its version.
var reads = map[Verb]struct{ reason, needsReason, technician, start, rating, into, second, call bool }{ //nolint:gochecknoglobals // a constant table
	Accept: {technician: true}, Decline: {reason: true, technician: true}, Depart: {technician: true},
	Arrive: {technician: true}, Start: {technician: true}, Pause: {reason: true, needsReason: true, technician: true},
	Resume: {technician: true, second: true}, Complete: {reason: true, technician: true},
	Rate: {rating: true}, Verify: {}, Reopen: {reason: true}, Cancel: {reason: true, needsReason: true},
	Reassign: {reason: true, technician: true}, PinOrder: {technician: true, start: true}, Unpin: {},
	Escalate: {reason: true}, Merge: {reason: true, into: true}, Unmerge: {}, LogCall: {call: true},
	AcceptSuggestion: {reason: true}, RejectSuggestion: {reason: true, needsReason: true}, ReviewTaps: {},
}

// needsAssignee reports whether the technician of a verb is who does it.
func needsAssignee(v Verb) bool {
	return slices.Contains([]Verb{Accept, Decline, Depart, Arrive, Start, Pause, Resume, Complete}, v)
}

// checkFields refuses what a verb does not read, and asks for what it needs.
func checkFields(c *Act) error {
	r, ok := reads[c.Verb]
	if !ok {
		return &dispatch.InvalidError{Field: "verb", Value: string(c.Verb), Want: "a verb of the contract"}
	}
	for _, f := range []struct {
		field      string
		set, reads bool
	}{
		{"reason", c.Reason != "", r.reason},
		{"technicianId", c.Technician != "", r.technician},
		{"startTime", !c.StartAt.IsZero(), r.start},
		{"rating", c.Rating != 0, r.rating},
		{"comment", c.Comment != "", r.rating || r.call},
		{"outcome", c.Outcome != "", r.call},
		{"into", c.Into != "", r.into},
		{"secondVisit", c.SecondVisit, r.second},
		{"tapTime", !c.Tapped.IsZero(), needsAssignee(c.Verb)},
	} {
		if f.set && !f.reads {
			return &dispatch.InvalidError{Field: f.field, Want: fmt.Sprintf("nothing: %s does not read it", c.Verb)}
		}
	}
	switch {
	case r.needsReason && c.Reason == "":
		return &dispatch.InvalidError{Field: "reason", Want: "a reason"}
	case r.call && !c.Outcome.Valid():
		return &dispatch.InvalidError{Field: "outcome", Value: string(c.Outcome), Want: "REACHED, NO_ANSWER, BUSY, WRONG_NUMBER or REFUSED"}
	case r.rating && (c.Rating < 1 || c.Rating > maxRating):
		return &dispatch.InvalidError{Field: "rating", Value: fmt.Sprint(c.Rating), Want: "between 1 and 5"}
	case r.into && c.Into == "":
		return &dispatch.InvalidError{Field: "into", Want: "the id of another work order"}
	}
	return nil
}
