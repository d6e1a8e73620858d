package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const ruled = `{"places":[{"latitude":30,"longitude":120}],
"technicians":[{"id":"ann","shifts":[{"start":0,"end":900}]},{"id":"bo","shifts":[{"start":0,"end":900}]}],
"visits":[{"id":"v1","place":{"index":0},"priority":2},{"id":"v2","place":{"index":0},"priority":2},{"id":"v3","place":{"index":0}}],
"policy":{"terms":[{"name":"important","expression":"visit.priority * 2","weight":5}],
"eligibility":[{"name":"notBo","expression":"technician.id != 'bo' || visit.priority > 1"}]}}`

func TestRules(t *testing.T) {
	t.Parallel()
	file := write(t, "day.json", ruled)
	lines := strings.Split(strings.TrimSpace(fettle(t, "rules", file, "--json").wantStatus(t, exitDone).stdout), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	var term, rule ruleAnswer
	for i, into := range []*ruleAnswer{&term, &rule} {
		if err := json.Unmarshal([]byte(lines[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	// Two priorities, whoever goes: 0 and 2 * 2 * 5. Bo may not do v3.
	if term.Name != "important" || term.Pairs != 6 || term.Evaluations != 2 || term.Most != 20 || term.Least != 0 {
		t.Errorf("term %+v", term)
	}
	if rule.Name != "notBo" || rule.Kind != "eligibility" || rule.Evaluations != 4 || rule.Forbidden != 1 {
		t.Errorf("rule %+v", rule)
	}
	if table := fettle(t, "rules", file).wantStatus(t, exitDone).stdout; !strings.Contains(table, "important") || !strings.Contains(table, "notBo") {
		t.Errorf("table %s", table)
	}
	bad := write(t, "bad.json", strings.Replace(ruled, "visit.priority * 2", "visit.urgent * 2", 1))
	if r := fettle(t, "rules", bad).wantStatus(t, exitUsage); !strings.Contains(r.stderr, `bad.json:4: policy.terms[0].expression`) || !strings.Contains(r.stderr, `visit has no field "urgent"`) {
		t.Errorf("stderr %s", r.stderr)
	}
}

// A plan is solved and judged with the expressions of its file, and a plan that breaks a rule is refused by its name.
func TestCheckEvaluatesExpressions(t *testing.T) {
	t.Parallel()
	file := write(t, "day.json", ruled)
	plan := fettle(t, "solve", file, "--iterations", "50", "--threads", "1").wantStatus(t, exitDone).stdout
	if !strings.Contains(plan, `"important": 40`) {
		t.Errorf("plan %s", plan)
	}
	fettle(t, "check", file, write(t, "plan.json", plan)).wantStatus(t, exitDone)
	broken := `{"format":"fettle-plan","routes":[{"technicianId":"bo","stops":[{"kind":"visit","visitId":"v3"}]}],"unassigned":[{"visitId":"v1"},{"visitId":"v2"}]}`
	r := fettle(t, "check", file, write(t, "broken.json", broken)).wantStatus(t, exitNo)
	if !strings.Contains(r.stdout, "ELIGIBILITY: Visit v3") || !strings.Contains(r.stdout, "notBo") {
		t.Errorf("stdout %s", r.stdout)
	}
}
