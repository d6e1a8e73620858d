package cover_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/cover"
	"fettle/geo"
)

var (
	here  = geo.Point{Lat: 30.2, Lon: 120.2}
	near  = geo.Point{Lat: 30.205, Lon: 120.2} // some 550 m away
	far   = geo.Point{Lat: 30.4, Lon: 120.2}
	water = []dispatch.SkillLevel{{Skill: "plumbing", Level: 1}}
)

func outlook() *cover.Outlook {
	return &cover.Outlook{
		Places: []cover.Place{{Point: here, PerHour: 0.5}, {Point: near, Skill: "plumbing", PerHour: 0.25}, {Point: far, PerHour: 9}},
		Radius: 1000, Busy: 0.4,
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who    cover.Person
		others []cover.Person
		away   time.Duration
		want   float64
	}{
		"nobody else":                    {who: cover.Person{Point: here}, away: time.Hour, want: 0.3},
		"two hours":                      {who: cover.Person{Point: here}, away: 2 * time.Hour, want: 0.6},
		"with the skill of the second":   {who: cover.Person{Point: here, Skills: water}, away: time.Hour, want: 0.45},
		"another near by":                {who: cover.Person{Point: here}, others: []cover.Person{{Point: near}}, away: time.Hour, want: 0.12},
		"another without the skill":      {who: cover.Person{Point: here, Skills: water}, others: []cover.Person{{Point: near}}, away: time.Hour, want: 0.27},
		"another far away":               {who: cover.Person{Point: here}, others: []cover.Person{{Point: far}}, away: time.Hour, want: 0.3},
		"where nothing is expected":      {who: cover.Person{Point: geo.Point{Lat: 31, Lon: 121}}, away: time.Hour},
		"no time at all costs no cover ": {who: cover.Person{Point: here}},
	} {
		if got := outlook().Lost(&c.who, c.others, c.away); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: lost %g, want %g", name, got, c.want)
		}
	}
}

// TestLostIsTheDifference: what a technician's leaving costs is the difference of the expected cover, times time.
func TestLostIsTheDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		at := func() geo.Point { return geo.Point{Lat: 30 + rng.Float64()/50, Lon: 120 + rng.Float64()/50} }
		o := &cover.Outlook{Radius: 800, Busy: rng.Float64()}
		for range rng.IntN(30) {
			p := cover.Place{Point: at(), PerHour: rng.Float64()}
			if rng.IntN(2) == 0 {
				p.Skill = "plumbing"
			}
			o.Places = append(o.Places, p)
		}
		people := make([]cover.Person, 1+rng.IntN(8))
		for i := range people {
			if people[i].Point = at(); rng.IntN(2) == 0 {
				people[i].Skills = water
			}
		}
		with, _ := o.Expected(people)
		without, all := o.Expected(people[1:])
		if with > all+1e-9 || without > with+1e-9 {
			t.Fatalf("covered %g and %g of %g", with, without, all)
		}
		if got, want := o.Lost(&people[0], people[1:], time.Hour), with-without; math.Abs(got-want) > 1e-3*all+1e-9 {
			t.Fatalf("lost %g, the cover falls by %g", got, want)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := outlook().Check(); err != nil {
		t.Error(err)
	}
	for field, spoil := range map[string]func(*cover.Outlook){
		"radius":            func(o *cover.Outlook) { o.Radius = 0 },
		"busy":              func(o *cover.Outlook) { o.Busy = 1 },
		"places[1].perHour": func(o *cover.Outlook) { o.Places[1].PerHour = math.NaN() },
	} {
		o := outlook()
		spoil(o)
		var invalid *dispatch.InvalidError
		if err := o.Check(); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
