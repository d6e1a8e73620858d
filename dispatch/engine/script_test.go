package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
)

// TestScripts plays the stories in testdata/*.txt; testdata/README.md says how to read and write them.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{T: t, day: monday.Add(-9 * time.Hour).In(shanghai)}
			for i, line := range strings.Split(string(text), "\n") {
				if f := strings.Fields(line); len(f) > 0 && !strings.HasPrefix(f[0], "#") {
					s.where = fmt.Sprintf("%s:%d: %s", name, i+1, line)
					s.line(f)
				}
			}
		})
	}
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// script is a story being played.
type script struct {
	*testing.T
	where string
	day   time.Time // midnight
	now   time.Time
	e     *engine.Engine
	last  error
	log   []engine.Event // of the last command
	// closed lists every state of every order, the last ones last.
	closed []*engine.Order
}

func (s *script) fail(format string, args ...any) {
	s.Helper()
	s.Fatalf("%s\n  %s", s.where, fmt.Sprintf(format, args...))
}

// clock reads 09:00, or 1+09:00 for the next day.
func (s *script) clock(text string) time.Time {
	days := 0
	if d, rest, ok := strings.Cut(text, "+"); ok {
		days, _ = strconv.Atoi(d)
		text = rest
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		s.fail("%v", err)
	}
	return s.day.AddDate(0, 0, days).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

func (s *script) span(text string) dispatch.TimeSpan {
	from, to, _ := strings.Cut(text, "-")
	return dispatch.TimeSpan{Start: s.clock(from), End: s.clock(to)}
}

func (s *script) point(text string) geo.Point {
	lat, lon, _ := strings.Cut(text, ",")
	p := geo.Point{}
	var err1, err2 error
	p.Lat, err1 = strconv.ParseFloat(lat, 64)
	p.Lon, err2 = strconv.ParseFloat(lon, 64)
	if err := errors.Join(err1, err2); err != nil {
		s.fail("%v", err)
	}
	return p
}

func skills(text string) (out []dispatch.SkillLevel) {
	for _, part := range strings.Split(text, ",") {
		name, level, _ := strings.Cut(part, ":")
		n, _ := strconv.Atoi(level)
		out = append(out, dispatch.SkillLevel{Skill: dispatch.Skill(name), Level: int32(n)})
	}
	return out
}

func ids(orders []dispatch.WorkOrderID) (out []string) {
	for _, id := range orders {
		out = append(out, string(id))
	}
	return out
}

func technicians(text string) (out []dispatch.TechnicianID) {
	for _, id := range strings.Split(text, ",") {
		out = append(out, dispatch.TechnicianID(id))
	}
	return out
}

func (s *script) line(f []string) {
	s.Helper()
	if f[0] == "at" {
		s.now = s.clock(f[1])
		if f = f[2:]; s.e == nil {
			e, err := engine.New(engine.Config{}, engine.Ledger{}, s.now)
			if err != nil {
				s.fail("%v", err)
			}
			s.e = e
		}
		if len(f) == 0 {
			return
		}
	}
	if f[0] == "expect" {
		s.expect(f[1:])
		return
	}
	s.do(s.command(f))
}

// do carries out a command; a refusal must be expected by the next line.
func (s *script) do(c engine.Command) {
	s.Helper()
	if s.last != nil {
		s.fail("the command before was refused: %v", s.last)
	}
	s.log, s.last = nil, nil
	events, err := s.e.Decide(s.now, "test", c)
	if err != nil {
		s.last = err
		return
	}
	s.e.Evolve(events)
	s.log = s.e.Batch().Events
	touched := s.e.Batch().Orders
	s.e.Commit()
	s.closed = append(s.closed, touched...)
	s.recall()
}

// recall puts closed orders back into the ledger, as a territory does with what it reads from its store.
func (s *script) recall() {
	for i := len(s.closed) - 1; i >= 0; i-- { // the last state counts
		s.e.Recall(s.closed[i])
	}
}

func (s *script) command(f []string) engine.Command {
	s.Helper()
	switch f[0] {
	case "technician":
		return engine.CreateTechnician{ID: dispatch.TechnicianID(f[1]), Profile: s.profile(f[2:])}
	case "order":
		return engine.CreateOrder{ID: dispatch.WorkOrderID(f[1]), Wish: s.wish(f[2:])}
	case "change":
		return engine.UpdateOrder{ID: dispatch.WorkOrderID(f[1]), Wish: s.wish(f[2:])}
	case "act":
		return s.act(f[1], f[2], f[3:])
	case "advance":
		a := engine.Advance{}
		for i := 1; i+1 < len(f); i += 2 {
			a.Positions = append(a.Positions, engine.Position{Technician: dispatch.TechnicianID(f[i]), Point: s.point(f[i+1]), At: s.now})
		}
		return a
	case "expire":
		o, ok := s.e.Order(dispatch.WorkOrderID(f[1]))
		if !ok || o.Assignment == nil {
			s.fail("no offer of %s", f[1])
		}
		return engine.ExpireOffer{Order: o.ID, Offered: o.Assignment.Offered}
	case "climb":
		return engine.ClimbLadder{Order: dispatch.WorkOrderID(f[1])}
	case "due":
		return engine.BreachDue{Order: dispatch.WorkOrderID(f[1]), Clock: engine.Clock(f[2])}
	case "end-shift":
		return engine.EndShift{ID: dispatch.TechnicianID(f[1]), Reason: "ill"}
	case "start-shift":
		return engine.StartShift{ID: dispatch.TechnicianID(f[1]), End: s.clock(f[2])}
	case "delete":
		return engine.DeleteTechnician{ID: dispatch.TechnicianID(f[1])}
	case "improve":
		snapshot, err := s.e.Snapshot(s.now)
		if err != nil {
			s.fail("%v", err)
		}
		plan, err := snapshot.Improve(s.Context(), 1, 2000, 0)
		if err != nil {
			s.fail("%v", err)
		}
		return engine.AdoptPlan{Snapshot: snapshot, Plan: plan}
	}
	s.fail("unknown command %s", f[0])
	return nil
}

func (s *script) profile(f []string) engine.Profile {
	p := engine.Profile{}
	for i := 0; i+1 < len(f); i += 2 {
		switch f[i] {
		case "skills":
			p.Skills = skills(f[i+1])
		case "home":
			p.Home = s.point(f[i+1])
		case "shift":
			p.Shifts = append(p.Shifts, engine.Shift{TimeSpan: s.span(f[i+1])})
		case "break":
			last := &p.Shifts[len(p.Shifts)-1]
			last.Breaks = append(last.Breaks, engine.Break{TimeSpan: s.span(f[i+1]), Duration: 30 * time.Minute})
		default:
			s.fail("unknown word %s", f[i])
		}
	}
	return p
}

func (s *script) wish(f []string) engine.Wish {
	w := engine.Wish{}
	for i := 0; i < len(f); i += 2 {
		if f[i] == "emergency" {
			w.Urgency = dispatch.UrgencyEmergency
			i--
			continue
		}
		switch f[i] {
		case "place":
			w.Location = s.point(f[i+1])
		case "needs":
			w.Skills = skills(f[i+1])
		case "work":
			w.OnSite, _ = time.ParseDuration(f[i+1])
		case "unit":
			w.UnitID = f[i+1]
		case "says":
			w.Description = strings.ReplaceAll(f[i+1], "_", " ")
		case "window":
			w.Windows = append(w.Windows, s.span(f[i+1]))
		case "only":
			w.Only = technicians(f[i+1])
		case "not":
			w.Excluded = technicians(f[i+1])
		default:
			s.fail("unknown word %s", f[i])
		}
	}
	return w
}

func (s *script) act(verb, order string, f []string) engine.Command {
	a := engine.Act{Verb: engine.Verb(verb), Order: dispatch.WorkOrderID(order)}
	for i := 0; i < len(f); i++ {
		switch f[i] {
		case "by", "to":
			i++
			a.Technician = dispatch.TechnicianID(f[i])
		case "start":
			i++
			a.StartAt = s.clock(f[i])
		case "into":
			i++
			a.Into = dispatch.WorkOrderID(f[i])
		case "reason":
			i++
			a.Reason = f[i]
		case "rating":
			i++
			n, _ := strconv.Atoi(f[i])
			a.Rating = int32(n)
		case "again":
			a.SecondVisit = true
		case "outcome":
			i++
			a.Outcome = engine.CallOutcome(f[i])
		default:
			s.fail("unknown word %s", f[i])
		}
	}
	return a
}

func (s *script) expect(f []string) {
	s.Helper()
	switch f[0] {
	case "refused":
		s.refused(f[1])
		return
	case "nothing":
		if len(s.log) > 0 {
			s.fail("there were events: %s", s.types())
		}
		return
	case "log":
		if got, want := s.types(), strings.Join(f[1:], " "); got != want {
			s.fail("events: %s", got)
		}
		return
	case "route":
		s.route(f[1], f[2:])
		return
	}
	o, ok := s.e.Order(dispatch.WorkOrderID(f[0]))
	if !ok {
		s.fail("no order %s", f[0])
	}
	if string(o.State) != f[1] {
		s.fail("order %s is %s of %s, unassigned %+v", o.ID, o.State, o.TechnicianID(), o.Unassigned)
	}
	for i := 2; i < len(f); i++ {
		switch {
		case f[i] == "start":
			i++
			if !o.Assignment.Start.Equal(s.clock(f[i])) {
				s.fail("order %s starts at %s", o.ID, o.Assignment.Start.In(shanghai).Format("15:04:05"))
			}
		case f[i] == "visit":
			i++
			if fmt.Sprint(o.Visit) != f[i] {
				s.fail("order %s is at visit %d", o.ID, o.Visit)
			}
		case f[i] == "into":
			i++
			if string(o.MergedInto) != f[i] {
				s.fail("order %s is merged into %q", o.ID, o.MergedInto)
			}
		case f[i] == "reports":
			i++
			if got := strings.Join(ids(o.Reports), ","); got != f[i] {
				s.fail("order %s has the reports %q", o.ID, got)
			}
		case f[i] == "escalation":
			i++
			if fmt.Sprint(o.Escalation) != f[i] {
				s.fail("order %s is at escalation %d", o.ID, o.Escalation)
			}
		case o.Unassigned != nil:
			if string(o.Unassigned.Reason) != f[i] {
				s.fail("order %s is without a technician for %s", o.ID, o.Unassigned.Reason)
			}
		case string(o.TechnicianID()) != f[i]:
			s.fail("order %s is with %s", o.ID, o.TechnicianID())
		}
	}
}

// refused expects the last command to have been refused: a conflict's reason, or stale, unknown, exists, invalid.
func (s *script) refused(want string) {
	s.Helper()
	var conflict *engine.ConflictError
	var invalid *dispatch.InvalidError
	got := "accepted"
	switch {
	case errors.As(s.last, &conflict):
		got = conflict.Reason
	case errors.As(s.last, &invalid):
		got = "invalid:" + invalid.Field
	case errors.Is(s.last, engine.ErrNotFound):
		got = "unknown"
	case errors.Is(s.last, engine.ErrExists):
		got = "exists"
	}
	if got != want {
		s.fail("it was %s: %v", got, s.last)
	}
	s.last = nil
}

// types lists the events of the last command without their common prefix.
func (s *script) types() string {
	var out []string
	for i := range s.log {
		out = append(out, strings.TrimPrefix(string(s.log[i].Type), "work_order."))
	}
	return strings.Join(out, " ")
}

func (s *script) route(technician string, want []string) {
	s.Helper()
	r, _ := s.e.Route(dispatch.TechnicianID(technician), s.now)
	var got []string
	for _, st := range r.Stops {
		got = append(got, string(st.Order.ID))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		s.fail("the route of %s is %v", technician, got)
	}
}
