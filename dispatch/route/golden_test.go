package route_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fettle/dispatch"
	"fettle/dispatch/route"
)

var update = flag.Bool("update", false, "write testdata/golden.json from this run; read the diff before you keep it")

// golden is what a plan amounts to: the visits of each route in order, who is left out, and the cost.
type golden struct {
	Routes     map[dispatch.TechnicianID][]int32 `json:"routes"`
	Unassigned []int32                           `json:"unassigned"`
	Cost       int64                             `json:"cost"`
}

// Plans by iterations are the same on every machine and from commit to commit, unless a commit means to change them.
func TestGoldenPlans(t *testing.T) {
	t.Parallel()
	got := map[string]golden{}
	for name, f := range features {
		p := randomProblem(rand.New(rand.NewPCG(17, 17)), 24, 4, f)
		got[name] = summarise(p, solve(t, p, route.Options{Seed: 1, Iterations: 300, Threads: 1}))
	}
	big := randomProblem(rand.New(rand.NewPCG(18, 18)), 150, 14, features["windows"])
	got["150 visits"] = summarise(big, solve(t, big, route.Options{Seed: 1, Iterations: 1000, Threads: 1}))
	file := filepath.Join("testdata", "golden.json")
	if *update {
		text, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]golden{}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plans changed (golden, now):\n%s\nrun with -update if that is meant", diff)
	}
}

func summarise(p *dispatch.Problem, plan *dispatch.Plan) golden {
	g := golden{Routes: map[dispatch.TechnicianID][]int32{}, Unassigned: []int32{}, Cost: plan.Cost.Total()}
	for i := range plan.Routes {
		g.Routes[p.Technicians[plan.Routes[i].Technician].ID] = plan.Routes[i].Visits()
	}
	for _, u := range plan.Unassigned {
		g.Unassigned = append(g.Unassigned, u.Visit)
	}
	slices.Sort(g.Unassigned)
	return g
}
