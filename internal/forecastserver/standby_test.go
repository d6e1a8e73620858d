package forecastserver

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	forecastv1 "fettle/api/gen/fettle/forecast/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/geo"
	"fettle/org"
)

// staff is technicians, where they are seen, and how much later than now it is.
type staff struct {
	rows  []*engine.Technician
	seen  map[dispatch.TechnicianID]geo.Point
	later time.Duration
	reads int
}

func (s *staff) Now() time.Time { return now.Add(s.later) }

func (s *staff) Technician(context.Context, org.ID, dispatch.TechnicianID) (*engine.Technician, error) {
	return nil, engine.ErrNotFound
}

func (s *staff) Technicians(_ context.Context, o org.ID, after dispatch.TechnicianID, _ int) ([]*engine.Technician, error) {
	s.reads++
	if o != org.Default || after != "" {
		return nil, nil
	}
	return s.rows, nil
}

func (s *staff) position(_ org.ID, id dispatch.TechnicianID) (geo.Point, bool) {
	p, ok := s.seen[id]
	return p, ok
}

// crew is one near the reports, one an hour away and seen there, one whose shift is over, and one who knows no gas.
func crew() *staff {
	today := []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: now.Add(-time.Hour), End: now.Add(time.Hour)}}}
	over := []engine.Shift{{TimeSpan: dispatch.TimeSpan{Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour)}}}
	gas := []dispatch.SkillLevel{{Skill: "gas", Level: 1}}
	near, far := geo.Point{Lat: 30.2, Lon: 120.2}, geo.Point{Lat: 30.2, Lon: 120.4}
	return &staff{
		rows: []*engine.Technician{
			{ID: "te_a", Profile: engine.Profile{Name: "Ada", Skills: gas, Home: near, Shifts: today}},
			{ID: "te_b", Profile: engine.Profile{Name: "Bo", Skills: gas, Home: near, Shifts: today}},
			{ID: "te_c", Profile: engine.Profile{Name: "Cy", Skills: gas, Home: near, Shifts: over}},
			{ID: "te_d", Profile: engine.Profile{Name: "Di", Home: near, Shifts: today}},
		},
		seen: map[dispatch.TechnicianID]geo.Point{"te_b": far},
	}
}

func TestStandbyOfThoseOnShift(t *testing.T) {
	people := crew()
	s, ctx := serverOf(t, people)
	got, err := s.GetStandby(ctx, &forecastv1.GetStandbyRequest{Trade: "gas", Hours: 24, WithinMinutes: 10})
	if err != nil {
		t.Fatal(err)
	}
	// Some four reports a day, all in one cell; who is far stands, for lack of another cell, in the same.
	if len(got.GetPosts()) != 2 || got.GetPosts()[0].GetTechnicianId() != "te_a" || got.GetPosts()[1].GetName() != "Bo" {
		t.Fatalf("posts %v, want those on shift who know gas", got.GetPosts())
	}
	if want := got.GetDemand() * (1 - 0.3*0.3); got.GetDemand() < 2 || math.Abs(got.GetCover()-want) > 1e-6 || got.GetGap() > 0.02 {
		t.Errorf("cover %g of %g, gap %g, want %g", got.GetCover(), got.GetDemand(), got.GetGap(), want)
	}
	if why := got.GetPosts()[0].GetWhy(); !strings.Contains(why, "within 10m0s") {
		t.Errorf("why is %q", why)
	}
	if all, err := s.GetStandby(ctx, &forecastv1.GetStandbyRequest{}); err != nil || len(all.GetPosts()) != 3 {
		t.Errorf("of all trades %v, %v, want three posts", all, err)
	}
}

func TestStandbyOfANumber(t *testing.T) {
	s, ctx := serverOf(t, crew())
	busy := 0.0
	got, err := s.GetStandby(ctx, &forecastv1.GetStandbyRequest{Technicians: 5, Busy: &busy})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetPosts()) != 5 || got.GetMoved() != 0 || got.GetPosts()[4].GetName() != "technician 5" || math.Abs(got.GetCover()-got.GetDemand()) > 1e-6 {
		t.Errorf("got %v, want five who are never busy and cover all", got)
	}
}

// TestStandbyIsKept: the same question is answered from memory for a minute, and from where people are after it.
func TestStandbyIsKept(t *testing.T) {
	people := crew()
	s, ctx := serverOf(t, people)
	ask := func() {
		t.Helper()
		if _, err := s.GetStandby(ctx, &forecastv1.GetStandbyRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	before := people.reads
	ask()
	if people.reads != before {
		t.Error("the same question read technicians again")
	}
	people.later = standbyFor
	ask()
	if people.reads == before {
		t.Error("after a minute nobody looked where technicians are")
	}
}

func TestStandbyOfNobody(t *testing.T) {
	s, ctx := server(t)
	got, err := s.GetStandby(ctx, &forecastv1.GetStandbyRequest{})
	if err != nil || got.GetCover() != 0 || !strings.Contains(got.GetAdvice(), "nobody") {
		t.Errorf("got %v, %v, want advice", got, err)
	}
}
