package dynamic_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/dynamic"
	"fettle/geo"
)

// random is a day of a few technicians, with skills, tools and parts that the depot in the middle has, and wide windows.
func random(seed uint64, visits int) (*dispatch.Problem, []dispatch.Tick) {
	rng := rand.New(rand.NewPCG(seed, 1))
	const crew, side, shift = 4, 60, 1000
	var x, y []float64
	p := &dispatch.Problem{Dimensions: []string{"valve"}}
	place := func(at, to float64) int32 {
		p.Places = append(p.Places, dispatch.Place{})
		x, y = append(x, at), append(y, to)
		return int32(len(x) - 1)
	}
	depot := dispatch.Depot{Place: place(side/2, side/2), Unlimited: true, AllTools: true}
	rates := dispatch.Rates{Duty: 1}
	if seed%2 == 1 {
		rates = dispatch.Rates{Travel: 1, Fixed: 5}
	}
	for k := range crew {
		home := place(float64(rng.IntN(side)), float64(rng.IntN(side)))
		t := dispatch.Technician{
			ID: dispatch.TechnicianID(fmt.Sprint("t", k)), Rates: rates, Depots: []dispatch.Depot{depot}, Capacity: []int32{int32(rng.IntN(3))},
			Skills: []dispatch.SkillLevel{{Skill: "any", Level: int32(1 + k%2)}},
			Shifts: []dispatch.Shift{{Start: 0, End: shift, LatestDeparture: dispatch.NoTick, StartPlace: home, EndPlace: home}},
		}
		if k%2 == 0 {
			t.Tools, t.SpeedPercent = []string{"drill"}, 80
		}
		p.Technicians = append(p.Technicians, t)
	}
	known := make([]dispatch.Tick, visits)
	for i := range known {
		from := dispatch.Tick(rng.IntN(700))
		v := dispatch.Visit{
			ID: dispatch.VisitID(fmt.Sprint("v", i)), Place: place(float64(rng.IntN(side)), float64(rng.IntN(side))), OnSite: dispatch.Tick(rng.IntN(40)),
			Windows: []dispatch.TimeWindow{{Start: from, End: from + 150}}, Due: dispatch.NoTick,
			Skills: []dispatch.SkillLevel{{Skill: "any", Level: int32(1 + rng.IntN(2))}}, Deliver: []int32{int32(rng.IntN(2))},
		}
		if rng.IntN(3) == 0 {
			v.Tools = []string{"drill"}
		}
		if known[i] = dispatch.NoTick; i > 0 {
			v.Windows[0].End += 50
			known[i] = max(0, from-dispatch.Tick(rng.IntN(200)))
		}
		p.Visits = append(p.Visits, v)
	}
	m, err := geo.NewPlanar(x, y, 1, geo.RoundUp)
	if err != nil {
		panic(err)
	}
	p.Travel = []dispatch.Travel{{Time: m}}
	return p, known
}

// play plays a day with a policy and calls look at each moment, when there is anybody to look.
func play(t rapid.TB, p *dispatch.Problem, known []dispatch.Tick, policy dynamic.Policy, look func(*dynamic.Day, *dynamic.Moment)) *dynamic.Day {
	t.Helper()
	day, err := dynamic.NewDay(p, known)
	if err != nil {
		t.Fatal(err)
	}
	for m := day.Moment(); m != nil; m = day.Moment() {
		if look != nil {
			look(day, m)
		}
		decision, err := policy.Decide(context.Background(), m, dynamic.Budget{Seed: 3, Iterations: 40, Threads: 1})
		if err == nil {
			err = day.Decide(decision)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return day
}

// policyOf is a policy that holds technicians and looks ahead as drawn.
func policyOf(t *rapid.T) dynamic.Policy {
	r := dynamic.NewReplan()
	r.Hold.Reserve = rapid.SampledFrom([]float64{0, 1, 3, 1e9}).Draw(t, "reserve")
	r.Ahead = dynamic.Ahead{Share: rapid.SampledFrom([]float64{0, 1, 5}).Draw(t, "share"), Short: 10, Worth: 5}
	r.Opening = 1
	return r
}

// The judge accepts every day; what was left for stays so, in its order and at its instant; and a moment shows nothing that
// is not known.
func TestDayKeepsItsRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, known := random(rapid.Uint64Range(0, 5000).Draw(t, "seed"), rapid.IntRange(1, 16).Draw(t, "visits"))
		var before []dispatch.Trail
		day := play(t, p, known, policyOf(t), func(d *dynamic.Day, m *dynamic.Moment) {
			may := 0
			for i, at := range known {
				if at > m.Now {
					if slices.ContainsFunc(m.Problem.Visits, func(v dispatch.Visit) bool { return v.ID == p.Visits[i].ID }) {
						t.Fatalf("instant %d shows visit %d of %d", m.Now, i, at)
					}
					continue
				}
				may++
			}
			if crew := len(p.Technicians) + 1; len(m.Problem.Visits) != may || len(m.Problem.Places) != crew+may || m.Problem.Travel[0].Time.Len() != crew+may {
				t.Fatalf("instant %d: %d visits and %d places for %d known visits", m.Now, len(m.Problem.Visits), len(m.Problem.Places), may)
			}
			now := d.Trails()
			for _, was := range before {
				i := slices.IndexFunc(now, func(is dispatch.Trail) bool { return is.Technician == was.Technician })
				if i < 0 || !slices.Equal(now[i].Legs[:len(was.Legs)], was.Legs) {
					t.Fatalf("instant %d: technician %d was diverted", m.Now, was.Technician)
				}
			}
			before = now
		})
		report := check.Day(p, known, day.Trails(), day.Refused())
		if !report.Feasible {
			t.Fatalf("%+v", report.Violations)
		}
		if served := len(p.Visits) - report.Refused; served > 0 && len(day.Trails()) == 0 {
			t.Fatalf("%d visits served by nobody", served)
		}
	})
}

// What happens before an instant does not depend on what becomes known at it or later.
func TestFutureChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, known := random(rapid.Uint64Range(0, 5000).Draw(t, "seed"), 12)
		other, _ := random(rapid.Uint64Range(0, 5000).Draw(t, "other"), 12)
		at := dispatch.Tick(rapid.IntRange(1, 700).Draw(t, "instant"))
		changed := *p
		changed.Visits = slices.Clone(p.Visits)
		for i := range changed.Visits {
			if known[i] >= at {
				v := other.Visits[i]
				v.ID, v.Place = p.Visits[i].ID, p.Visits[i].Place
				changed.Visits[i] = v
			}
		}
		policy := policyOf(t)
		past := func(p *dispatch.Problem) (out []dispatch.Trail) {
			for _, trail := range play(t, p, known, policy, nil).Trails() {
				legs := slices.DeleteFunc(slices.Clone(trail.Legs), func(l dispatch.Leg) bool { return l.Departure >= at })
				if len(legs) > 0 {
					out = append(out, dispatch.Trail{Technician: trail.Technician, Legs: legs})
				}
			}
			return out
		}
		if diff := cmp.Diff(past(p), past(&changed)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The same seed and iterations give the same day.
func TestSameSeedSameDay(t *testing.T) {
	t.Parallel()
	p, known := random(8, 16)
	first, second := play(t, p, known, dynamic.NewReplan(), nil), play(t, p, known, dynamic.NewReplan(), nil)
	if diff := cmp.Diff(first.Trails(), second.Trails()); diff != "" || !slices.Equal(first.Refused(), second.Refused()) {
		t.Error(diff)
	}
}
