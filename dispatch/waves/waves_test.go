package waves_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/waves"
	"fettle/geo"
)

// day is a made instance: n customers about a depot in the middle, windows over the day, legs that differ by direction.
func day(t testing.TB, n int) *waves.Instance {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	x, y := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		x[i], y[i] = rng.Float64()*3000-1500, rng.Float64()*3000-1500
	}
	values := make([]int32, 0, (n+1)*(n+1))
	for i := range x {
		for j := range x {
			d := int32(max(x[i]-x[j], x[j]-x[i]) + max(y[i]-y[j], y[j]-y[i]))
			if i < j {
				d += d / 10
			}
			values = append(values, d)
		}
	}
	m, err := geo.NewDense(n+1, values)
	if err != nil {
		t.Fatal(err)
	}
	in := &waves.Instance{Travel: m, Capacity: 40, Demand: []int32{0}, OnSite: []int32{0}, First: []int32{0}, Last: []int32{30000}}
	for range n {
		first := 3600 * (2 + rng.Int32N(4))
		in.Demand, in.OnSite = append(in.Demand, 1+rng.Int32N(9)), append(in.OnSite, 60*(1+rng.Int32N(10)))
		in.First, in.Last = append(in.First, first), append(in.Last, first+7200)
	}
	return in
}

// play lets a policy decide a whole day and returns its score and how many requests left with each wave.
func play(t *testing.T, in *waves.Instance, seed uint64, iterations int64, p waves.Policy) (score int64, left []int) {
	t.Helper()
	e := waves.NewEpisode(in, seed)
	for ep := e.Epoch(); ep != nil; ep = e.Epoch() {
		routes, err := p.Decide(context.Background(), ep, waves.Budget{Seed: 3, Iterations: iterations, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, r := range routes {
			count += len(r)
		}
		driving, err := e.Dispatch(routes)
		if err != nil {
			t.Fatal(err)
		}
		score, left = score+driving, append(left, count)
	}
	return score, left
}

func policies() map[string]waves.Policy {
	c := waves.NewConsensus()
	c.Rounds, c.Futures = 2, 3
	return map[string]waves.Policy{"greedy": waves.Greedy{}, "lazy": waves.Lazy{}, "consensus": c, "prizes": waves.NewPrizes()}
}

// Every policy serves every request of the day exactly once, within all rules, which Dispatch judges.
func TestPoliciesServeAllRequests(t *testing.T) {
	t.Parallel()
	in := day(t, 60)
	for name, p := range policies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			total := 0
			e := waves.NewEpisode(in, 11) // counts what is revealed, by serving each request alone
			for ep := e.Epoch(); ep != nil; ep = e.Epoch() {
				total += len(ep.Open)
				if _, err := e.Dispatch(alone(ep)); err != nil {
					t.Fatal(err)
				}
			}
			_, left := play(t, in, 11, 600, p)
			sum := 0
			for _, n := range left {
				sum += n
			}
			if sum != total {
				t.Errorf("%v requests left by wave, %d in all, want %d", left, sum, total)
			}
		})
	}
}

func alone(ep *waves.Epoch) [][]int32 {
	var out [][]int32
	for i := range ep.Open {
		out = append(out, []int32{ep.Open[i].ID})
	}
	return out
}

// Asking futures and learned prices beat both sending everything and waiting as long as possible.
func TestPoliciesBeatTheBaselines(t *testing.T) {
	t.Parallel()
	in := day(t, 60)
	var score [4]int64
	for i, name := range []string{"greedy", "lazy", "consensus", "prizes"} {
		for seed := uint64(1); seed <= 3; seed++ {
			s, _ := play(t, in, seed, 3000, policies()[name])
			score[i] += s
		}
	}
	if baseline := min(score[0], score[1]); score[2] >= baseline || score[3] >= baseline {
		t.Errorf("greedy %d, lazy %d, consensus %d, prizes %d", score[0], score[1], score[2], score[3])
	}
}

// What waits is worth nothing to a policy without eagerness, which sends what cannot wait; a very eager one sends all. In
// between, whole routes leave.
func TestEagernessDecidesHowMuchLeaves(t *testing.T) {
	t.Parallel()
	in := day(t, 60)
	for _, c := range []struct {
		eagerness float64
		want      func(ep *waves.Epoch, left int) bool
	}{
		{0, func(ep *waves.Epoch, left int) bool { return left == must(ep) }},
		{1.4, func(ep *waves.Epoch, left int) bool { return left > must(ep) && left < len(ep.Open) }},
		{100, func(ep *waves.Epoch, left int) bool { return left == len(ep.Open) }},
	} {
		e := waves.NewEpisode(in, 5)
		if _, err := e.Dispatch(nil); err != nil { // to a wave with requests that cannot wait
			t.Fatal(err)
		}
		p := waves.NewPrizes()
		p.Eagerness = c.eagerness
		routes, err := p.Decide(context.Background(), e.Epoch(), waves.Budget{Seed: 1, Iterations: 3000, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if left := len(slices.Concat(routes...)); !c.want(e.Epoch(), left) {
			t.Errorf("eagerness %g: %d of %d leave, %d cannot wait", c.eagerness, left, len(e.Epoch().Open), must(e.Epoch()))
		}
	}
}

func must(ep *waves.Epoch) (n int) {
	for _, m := range ep.Must {
		if m {
			n++
		}
	}
	return n
}

// The same seed and iterations give the same routes.
func TestDecisionsAreDeterministic(t *testing.T) {
	t.Parallel()
	in := day(t, 40)
	for name, p := range policies() {
		decide := func() [][]int32 {
			e := waves.NewEpisode(in, 2)
			routes, err := p.Decide(context.Background(), e.Epoch(), waves.Budget{Seed: 9, Iterations: 500, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			return routes
		}
		if diff := cmp.Diff(decide(), decide()); diff != "" {
			t.Errorf("%s (first, second):\n%s", name, diff)
		}
	}
}

// A policy that is cancelled still sends what cannot wait.
func TestCancelledPoliciesKeepTheRules(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in := day(t, 40)
	for name, p := range policies() {
		e := waves.NewEpisode(in, 4)
		for ep := e.Epoch(); ep != nil; ep = e.Epoch() {
			routes, err := p.Decide(ctx, ep, waves.Budget{Seed: 1, Iterations: 1000, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Dispatch(routes); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestDispatchRefusesWhatBreaksTheRules(t *testing.T) {
	t.Parallel()
	in := day(t, 40)
	in.Capacity = 10
	for _, c := range []struct {
		name   string
		routes func(ep *waves.Epoch) [][]int32
		want   string
	}{
		{"unknown request", func(*waves.Epoch) [][]int32 { return [][]int32{{9999}} }, "request 9999 is not open or taken twice"},
		{"twice", func(ep *waves.Epoch) [][]int32 { return append(alone(ep), []int32{ep.Open[0].ID}) }, "is not open or taken twice"},
		{"empty route", func(*waves.Epoch) [][]int32 { return [][]int32{{}} }, "is empty"},
		{"left behind", func(ep *waves.Epoch) [][]int32 {
			return slices.DeleteFunc(alone(ep), func(r []int32) bool { return r[0] == ep.Open[len(ep.Open)-1].ID })
		}, "cannot wait and is left"},
		{"too much", func(ep *waves.Epoch) [][]int32 {
			out := alone(ep)
			return append(out[3:], slices.Concat(out[:3]...))
		}, "route"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := waves.NewEpisode(in, 1)
			for e.Epoch().Number < e.Epoch().Last { // to the last epoch, where nothing can wait
				if _, err := e.Dispatch(alone(e.Epoch())); err != nil {
					t.Fatal(err)
				}
			}
			open := len(e.Epoch().Open)
			if _, err := e.Dispatch(c.routes(e.Epoch())); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if len(e.Epoch().Open) != open {
				t.Error("a refused answer changed the epoch")
			}
			if _, err := e.Dispatch(alone(e.Epoch())); err != nil || e.Epoch() != nil {
				t.Errorf("the day does not end: %v", err)
			}
		})
	}
}

// A made instance read as a problem gives the instance back; other problems are refused.
func TestNewInstance(t *testing.T) {
	t.Parallel()
	in := day(t, 5)
	p := &dispatch.Problem{Travel: []dispatch.Travel{{Time: in.Travel}}, Technicians: []dispatch.Technician{{
		Capacity: []int32{40}, Shifts: []dispatch.Shift{{Start: 0, End: 30000}},
	}}}
	for i := 1; i <= 5; i++ {
		p.Visits = append(p.Visits, dispatch.Visit{
			Place: int32(i), OnSite: dispatch.Tick(in.OnSite[i]), Deliver: []int32{in.Demand[i]},
			Windows: []dispatch.TimeWindow{{Start: dispatch.Tick(in.First[i]), End: dispatch.Tick(in.Last[i]) + 1}},
		})
	}
	got, err := waves.NewInstance(p)
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b *geo.Matrix) bool { return a == b })
	if diff := cmp.Diff(in, got, same); diff != "" {
		t.Errorf("(want, got):\n%s", diff)
	}
	p.Visits[2].Place = 4
	if _, err := waves.NewInstance(p); err == nil || !strings.HasPrefix(err.Error(), "visits[2]") {
		t.Errorf("got %v, want a fault of visits[2]", err)
	}
}
