package explain_test

import (
	"strings"
	"testing"

	"fettle/dispatch"
	"fettle/dispatch/explain"
	"fettle/dispatch/rules"
)

// User terms and eligibility rules stand in cards and reasons under their own names.
func TestExpressionsAreExplained(t *testing.T) {
	t.Parallel()
	// Ann goes 10 minutes there and back. Bo lives next to v and costs nothing but 3 times 700; Cy has no keys.
	p := street(t, 40)
	p.Technicians = []dispatch.Technician{technician("ann", 0, 480), technician("bo", 10, 480), technician("cy", 9, 480)}
	p.Technicians[1].Attributes = map[string]string{"grade": "3"}
	p.Technicians[2].Attributes = map[string]string{"keys": "no"}
	p.Visits = []dispatch.Visit{visit("v", 10, 0, 60), visit("w", 30, 0, 0)}
	p.Policy.Terms = []dispatch.UserTerm{{Name: "wages", Expression: `int(technician.attributes[?"grade"].orValue("0"))`, Weight: 700}}
	p.Policy.Eligibility = []dispatch.EligibilityRule{
		{Name: "keys", Expression: `technician.attributes[?"keys"].orValue("yes") == "yes"`},
		{Name: "nobodyToW", Expression: `visit.id != "w"`},
	}
	if err := rules.Attach(p); err != nil {
		t.Fatal(err)
	}
	m, plan := planned(t, p, []int32{0})
	e := explain.New(m, plan)
	card := e.Visit(0)
	if len(card.Alternatives) != 1 || card.Alternatives[0].Difference != 2100-1200 || card.Alternatives[0].BindingRule != "wages" {
		t.Fatalf("alternatives %+v: want bo for 900 more because of wages", card.Alternatives)
	}
	if len(card.Refused) != 1 || card.Refused[0].Technician != 2 || card.Refused[0].Reason != dispatch.ReasonEligibility {
		t.Fatalf("refused %+v: want cy by ELIGIBILITY", card.Refused)
	}
	lines := strings.Join(card.Sentences(p), "\n")
	for _, want := range []string{`Technician cy cannot: rule "keys" of the policy forbids visit v [ELIGIBILITY].`, "900 dearer (wages)"} {
		if !strings.Contains(lines, want) {
			t.Errorf("sentences\n%s\nlack %q", lines, want)
		}
	}
	reason := e.Reason(1)
	if reason.Reason != dispatch.ReasonEligibility || !strings.Contains(reason.Detail, `rule "nobodyToW" of the policy forbids visit w`) {
		t.Errorf("w is left out by %s: %s", reason.Reason, reason.Detail)
	}
}
