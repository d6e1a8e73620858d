package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const twoHouses = "../../testdata/simulate/two-houses.json"

func TestSimulate(t *testing.T) {
	t.Parallel()
	chart := filepath.Join(t.TempDir(), "chart.svg")
	args := []string{"simulate", "--scenario", twoHouses, "--policy", "manual,greedy", "--days", "3", "--seed", "5"}
	r := fettle(t, append(args, "--chart", chart)...).wantStatus(t, exitDone).wantSilent(t)
	var got simulateAnswer
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Scenario != "two-houses" || got.Days != 3 || got.ComparedWith != "manual" || len(got.Policies) != 2 || got.Orders < 20 {
		t.Errorf("answer %+v", got)
	}
	if d := got.Policies[1].Difference["acceptMinutes"]; d.Mean == nil || *d.Mean >= 0 {
		t.Errorf("greedy accepts %v minutes later than by hand, want earlier", d.Mean)
	}
	if got.Policies[0].Difference != nil {
		t.Error("the first policy differs from itself")
	}
	if picture, err := os.ReadFile(chart); err != nil || !strings.Contains(string(picture), "Hours to acceptance") {
		t.Errorf("chart: %v", err)
	}
	if again := fettle(t, args...).wantStatus(t, exitDone); again.stdout != r.stdout {
		t.Error("the same days twice give two answers")
	}
}

func TestSimulateStability(t *testing.T) {
	t.Parallel()
	chart := filepath.Join(t.TempDir(), "chart.svg")
	args := []string{"simulate", "--scenario", twoHouses, "--stability", "0, 3600000", "--days", "3", "--chart", chart}
	r := fettle(t, args...).wantStatus(t, exitDone).wantSilent(t)
	var got simulateAnswer
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Policies) != 3 || got.ComparedWith != "greedy" || len(got.Stability) != 2 || got.Stability[1].MovedPromise != 3_600_000 {
		t.Fatalf("answer %+v", got)
	}
	for i, p := range got.Stability {
		d := got.Policies[i+1].Difference
		if *p.Travel.Mean != -*d["travelMinutes"].Mean || *p.PromisesMoved.Mean != *d["promisesMoved"].Mean {
			t.Errorf("point %d is not the difference of its policy: %+v", i, p)
		}
	}
	if picture, err := os.ReadFile(chart); err != nil || !strings.Contains(string(picture), "optimize@3600000") {
		t.Errorf("chart: %v", err)
	}
}

func TestSimulateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(twoHouses)
	if err != nil {
		t.Fatal(err)
	}
	spoiled := write(t, "spoiled.json", strings.Replace(string(text), `"weight": 5`, `"weight": -5`, 1))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"policy", []string{"simulate", "--policy", "magic"}, "fettle: --policy is magic: want one of *\n"},
		{"scenario", []string{"simulate", "--scenario", "nowhere"}, "fettle: --scenario is nowhere: want a file, or operator: the operator of the demo\n"},
		{"file", []string{"simulate", "--scenario", spoiled}, "fettle: " + spoiled + ": faults[0].weight is -5: want a number from 0 to 1e+09\n"},
		{"stability", []string{"simulate", "--stability", "9,x"}, "fettle: --stability is 9,x: want whole seconds from 0 to 3600000, separated by commas\n"},
		{"days", []string{"simulate", "--days", "0"}, "fettle: --days is 0: want 1 to 100000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if r := fettle(t, c.args...).wantStatus(t, exitUsage); !like(r.stderr, c.want) {
				t.Errorf("stderr %q, want %q", r.stderr, c.want)
			}
		})
	}
}
