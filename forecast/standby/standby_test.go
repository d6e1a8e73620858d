package standby_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fettle/forecast/standby"
)

// coverOf is the definition of expected cover.
func coverOf(p *standby.Problem, places []int) float64 {
	sum := 0.0
	for c, d := range p.Demand {
		k := 0
		for _, place := range places {
			for _, reached := range p.Reach[place] {
				if int(reached) == c {
					k++
				}
			}
		}
		sum += d * (1 - math.Pow(p.Busy, float64(k)))
	}
	return sum
}

// town is demands on a square, reached within a radius, and technicians who stand somewhere.
func town(demands, technicians int, radius float64, seed uint64) *standby.Problem {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := &standby.Problem{Busy: 0.35, Demand: make([]float64, demands), Reach: make([][]int32, demands)}
	x, y := make([]float64, demands), make([]float64, demands)
	for i := range p.Demand {
		x[i], y[i] = rng.Float64(), rng.Float64()
		p.Demand[i] = math.Exp(rng.NormFloat64())
	}
	for i := range p.Reach {
		for j := range p.Demand {
			if math.Hypot(x[i]-x[j], y[i]-y[j]) <= radius {
				p.Reach[i] = append(p.Reach[i], int32(j))
			}
		}
	}
	for range technicians {
		p.Technicians = append(p.Technicians, standby.Technician{At: rng.IntN(demands)})
	}
	return p
}

func places(r *standby.Result) []int {
	var list []int
	for _, post := range r.Posts {
		list = append(list, post.Place)
	}
	return list
}

// TestGapOfACity: 40 technicians and 500 cells, the size that the README promises.
func TestGapOfACity(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		for _, radius := range []float64{0.08, 0.15} {
			p := town(500, 40, radius, seed)
			for _, moves := range []int{0, 10} {
				p.MaxMoves = moves
				r, err := standby.Solve(p)
				if err != nil {
					t.Fatal(err)
				}
				if r.Gap > 0.02 {
					t.Errorf("seed %d, radius %g, moves %d: gap %.4f", seed, radius, moves, r.Gap)
				}
				if moves > 0 && r.Moved > moves {
					t.Errorf("%d moved, at most %d may", r.Moved, moves)
				}
				if c := coverOf(p, places(r)); math.Abs(c-r.Cover) > 1e-6 {
					t.Errorf("cover is %g, by its definition %g", r.Cover, c)
				}
			}
		}
	}
}

// TestAgainstEveryChoice: on tiny towns the answer is the best choice there is, and says so. The search alone is bounded
// truly and never under half of it.
func TestAgainstEveryChoice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "places")
		p := town(n, rapid.IntRange(1, 3).Draw(t, "technicians"), 0.4, rapid.Uint64().Draw(t, "seed"))
		p.Busy = rapid.Float64Range(0, 0.95).Draw(t, "busy")
		p.MaxMoves = rapid.IntRange(0, 2).Draw(t, "moves")
		for i := range p.Technicians {
			if rapid.Bool().Draw(t, "limited") {
				p.Technicians[i].Allowed = []int32{int32(rapid.IntRange(0, n-1).Draw(t, "allowed"))}
			}
			if rapid.Bool().Draw(t, "nowhere") {
				p.Technicians[i].At = -1
			}
		}
		r, err := standby.Solve(p)
		if err != nil {
			t.Fatal(err)
		}
		best := bestOf(p, nil)
		if math.Abs(r.Cover-best) > 1e-9 || r.Bound != r.Cover || math.Abs(coverOf(p, places(r))-best) > 1e-9 {
			t.Fatalf("cover %g with bound %g, best %g", r.Cover, r.Bound, best)
		}
		if r = standby.Search(p); r.Bound < best-1e-9 || r.Cover > best+1e-9 || r.Cover < best/2 {
			t.Fatalf("where choices are many: cover %g, bound %g, best %g", r.Cover, r.Bound, best)
		}
	})
}

// bestOf tries every choice that is allowed.
func bestOf(p *standby.Problem, chosen []int) float64 {
	i := len(chosen)
	if i == len(p.Technicians) {
		moved := 0
		for j, place := range chosen {
			if at := p.Technicians[j].At; at >= 0 && at != place {
				moved++
			}
		}
		if p.MaxMoves > 0 && moved > p.MaxMoves {
			return -1
		}
		return coverOf(p, chosen)
	}
	best := -1.0
	for place := range p.Reach {
		ok := p.Technicians[i].Allowed == nil || place == p.Technicians[i].At
		for _, a := range p.Technicians[i].Allowed {
			ok = ok || int(a) == place
		}
		if ok {
			best = math.Max(best, bestOf(p, append(append([]int(nil), chosen...), place)))
		}
	}
	return best
}

func TestWords(t *testing.T) {
	t.Parallel()
	// Two places, the first reaches 3 events, the second 1; both technicians stand at the second.
	p := &standby.Problem{
		Demand: []float64{3, 1}, Reach: [][]int32{{0}, {1}}, Busy: 0.5,
		Technicians: []standby.Technician{{At: 1}, {At: 1, Allowed: []int32{}}},
	}
	r, err := standby.Solve(p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Posts[0].Place != 0 || r.Posts[1].Place != 1 || r.Moved != 1 || math.Abs(r.Cover-2) > 1e-9 || r.Gap > 1e-9 {
		t.Fatalf("result is %+v", r)
	}
	if got := r.Posts[0].String(); !strings.Contains(got, "reaches 3.0 expected events and adds 1.50") || !strings.Contains(got, "moving to place 1 would lose 1.25") {
		t.Errorf("it says: %s", got)
	}
	if got := r.Posts[1].String(); strings.Contains(got, "moving") {
		t.Errorf("one who may not move is told: %s", got)
	}
}

func TestEmptyAndImpossible(t *testing.T) {
	t.Parallel()
	if r, err := standby.Solve(&standby.Problem{}); err != nil || r.Cover != 0 || r.Gap != 0 {
		t.Errorf("nothing gives %+v, %v", r, err)
	}
	if r, err := standby.Solve(&standby.Problem{Demand: []float64{0}, Reach: [][]int32{{0}}, Technicians: []standby.Technician{{At: -1}}}); err != nil || math.IsNaN(r.Gap) {
		t.Errorf("no demand gives %+v, %v", r, err)
	}
	for field, p := range map[string]*standby.Problem{
		"busy":                   {Busy: 1},
		"maxMoves":               {MaxMoves: -1},
		"demand[0]":              {Demand: []float64{math.NaN()}},
		"reach[0]":               {Reach: [][]int32{{0}}},
		"technicians[0].at":      {Technicians: []standby.Technician{{At: 3}}},
		"technicians[0].allowed": {Technicians: []standby.Technician{{At: -1}}},
	} {
		var invalid *standby.InvalidError
		if _, err := standby.Solve(p); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s gives %v", field, err)
		}
	}
}

func BenchmarkCity(b *testing.B) {
	p := town(500, 40, 0.12, 1)
	for b.Loop() {
		if _, err := standby.Solve(p); err != nil {
			b.Fatal(err)
		}
	}
}
