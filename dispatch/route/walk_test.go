package route_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/check"
	"fettle/dispatch/constraint"
)

// The walk that the search prices routes with and the checker's schedule, which share no code, agree on feasibility, on
// every time and on the cost by term of random routes of random problems.
func TestWalkAgreesWithTheChecker(t *testing.T) {
	t.Parallel()
	names := make([]string, 0, len(features))
	for name := range features {
		names = append(names, name)
	}
	slices.Sort(names)
	feasible, refused := 0, 0
	for seed := range uint64(4000) {
		rng := rand.New(rand.NewPCG(seed, 99))
		p := randomProblem(rng, 7, 2, features[names[seed%uint64(len(names))]])
		m, err := constraint.New(p)
		if err != nil {
			t.Fatal(err)
		}
		order := rng.Perm(7)[:1+rng.IntN(4)]
		var stops []int32
		var listed []dispatch.Stop
		for _, v := range order {
			if !m.Allowed(m.Routes[0].Class, int32(v)) {
				continue
			}
			stops = append(stops, int32(v))
			listed = append(listed, dispatch.Stop{Kind: dispatch.StopVisit, Visit: int32(v), Break: -1, Depot: -1})
		}
		if len(stops) == 0 {
			continue
		}
		w := m.NewWalker()
		got, ok := w.Schedule(&m.Routes[0], stops)
		if !ok && w.Fail.Reason == dispatch.ReasonMaxDuty {
			refused++
			if _, why := check.Schedule(p, 0, 0, listed); len(why) != 1 || why[0].Rule != w.Fail.Reason || why[0].By != w.Fail.Short {
				t.Fatalf("seed %d: the duty is %d too long, the checker finds %v", seed, w.Fail.Short, why)
			}
		}
		if !ok {
			continue // other reasons are compared by the table test of dispatch/constraint
		}
		feasible++
		want, violations := check.Schedule(p, 0, 0, listed)
		if len(violations) > 0 {
			t.Fatalf("seed %d: the checker finds %s", seed, violations[0].Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, order %v (checker, walk):\n%s", seed, stops, diff)
		}
		if stated, _ := check.Schedule(p, 0, 0, got.Stops); !cmp.Equal(stated, got) {
			t.Fatalf("seed %d, order %v with its breaks stated (checker, walk):\n%s", seed, stops, cmp.Diff(stated, got))
		}
	}
	if feasible < 1000 || refused < 50 {
		t.Errorf("only %d of the routes were feasible, %d too long a duty: the test says little", feasible, refused)
	}
}
