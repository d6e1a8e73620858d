package trigger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fettle/org/calendar"
	"fettle/rental/renewal/trigger"
)

var (
	now   = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)
	today = calendar.Date{Year: 2026, Month: 3, Day: 9}
)

func rule(id string, r trigger.Rule) trigger.Active {
	r.Name, r.Enabled = id, true
	if r.Text == "" {
		r.Text = "hello"
	}
	return trigger.Active{ID: id, Version: 1, Rule: r}
}

// days are the days, counted from today, on which something is sent within sixty days.
func days(rules []trigger.Active, t trigger.Tenant) map[string][]int {
	out := map[string][]int{}
	var told []trigger.Told
	for n := range 60 {
		var items []trigger.Item
		items, told = trigger.Plan(today.Add(n), now.AddDate(0, 0, n), rules, []trigger.Tenant{t}, told)
		for _, i := range items {
			if i.Outcome == trigger.Send {
				out[i.Rule] = append(out[i.Rule], n)
			}
		}
	}
	return out
}

func TestWhenRulesFire(t *testing.T) {
	t.Parallel()
	who := trigger.Tenant{
		Lease: "L1", End: today.Add(40), Segment: "SOCIAL", Signals: map[string]float64{"gymVisits": 12},
		Tags: map[string]time.Time{"KITCHEN_USER": {}, "LATE_REPAIR": now.AddDate(0, 0, 5)},
	}
	for name, c := range map[string]struct {
		rules []trigger.Active
		want  map[string][]int
	}{
		"25 days before, to users of the kitchen": {[]trigger.Active{rule("k", trigger.Rule{From: 25, Tag: "KITCHEN_USER"})}, map[string][]int{"k": {15}}},
		"a tag that nobody has":                   {[]trigger.Active{rule("n", trigger.Rule{From: 60, Tag: "NIGHT_SENSITIVE"})}, map[string][]int{}},
		"a tag that has ended by then":            {[]trigger.Active{rule("l", trigger.Rule{From: 30, Tag: "LATE_REPAIR"})}, map[string][]int{}},
		"a tag that still lasts":                  {[]trigger.Active{rule("l", trigger.Rule{From: 38, Tag: "LATE_REPAIR"})}, map[string][]int{"l": {2}}},
		"another segment":                         {[]trigger.Active{rule("s", trigger.Rule{From: 60, Segment: "PRICE"})}, map[string][]int{}},
		"a signal":                                {[]trigger.Active{rule("g", trigger.Rule{From: 60, Signals: []trigger.Condition{{Signal: "gymVisits", Value: 12}}})}, map[string][]int{"g": {0}}},
		"a signal that is too large":              {[]trigger.Active{rule("g", trigger.Rule{From: 60, Signals: []trigger.Condition{{Signal: "gymVisits", Value: 11, Below: true}}})}, map[string][]int{}},
		"a signal that is not known":              {[]trigger.Active{rule("g", trigger.Rule{From: 60, Signals: []trigger.Condition{{Signal: "posts", Value: 1, Below: true}}})}, map[string][]int{}},
		"again after a rest":                      {[]trigger.Active{rule("r", trigger.Rule{From: 40, Until: 20, Rest: 10})}, map[string][]int{"r": {0, 10, 20}}},
		"two on a day: one waits a week": {
			[]trigger.Active{rule("b", trigger.Rule{From: 30}), rule("a", trigger.Rule{From: 30}), rule("first", trigger.Rule{From: 30, Rank: -1})},
			map[string][]int{"first": {10}, "a": {17}, "b": {24}},
		},
		"too late for the second": {[]trigger.Active{rule("a", trigger.Rule{From: 30}), rule("b", trigger.Rule{From: 30, Until: 25})}, map[string][]int{"a": {10}}},
	} {
		if diff := cmp.Diff(c.want, days(c.rules, who)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// However rules meet: no lease gets more than one message of rules in any seven days, and none of a rule twice in a term.
func TestCapsHold(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 9))
		var rules []trigger.Active
		for i := range 6 {
			from := r.IntN(60)
			rules = append(rules, rule(fmt.Sprint(i), trigger.Rule{From: from, Until: r.IntN(from + 1), Rest: r.IntN(2) * r.IntN(20), Rank: r.IntN(3)}))
		}
		for name, sent := range days(rules, trigger.Tenant{Lease: "L1", End: today.Add(r.IntN(60))}) {
			for i := 1; i < len(sent); i++ {
				if sent[i]-sent[i-1] < 7 {
					t.Fatalf("seed %d: rule %s on %v", seed, name, sent)
				}
			}
		}
		all := map[int]int{}
		for _, sent := range days(rules, trigger.Tenant{Lease: "L1", End: today.Add(30)}) {
			for _, d := range sent {
				all[d]++
			}
		}
		for d := range 60 {
			n := 0
			for k := d; k < d+7; k++ {
				n += all[k]
			}
			if n > trigger.PerWeek {
				t.Fatalf("seed %d: %d messages in a week", seed, n)
			}
		}
	}
}

func TestRulesHaveVersions(t *testing.T) {
	t.Parallel()
	v := &trigger.Versioned{}
	r := trigger.Rule{Name: "kitchen", From: 25, Text: "the shared kitchen is new", Enabled: true}
	for range 2 {
		if err := v.Write(r, "anna", now); err != nil || len(v.Versions) != 1 {
			t.Fatalf("%d, %v", len(v.Versions), err)
		}
	}
	r.Signals = []trigger.Condition{{Signal: "gymVisits", Value: 3}}
	if err := v.Write(r, "bo", now); err != nil || v.Current().Number != 2 || v.Versions[0].By != "anna" || len(v.Versions[0].Signals) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for name, bad := range map[string]trigger.Rule{
		"no name": {From: 1, Text: "x"}, "no text": {Name: "x"}, "a text and a template": {Name: "x", Text: "x", Template: "y"},
		"ends before it begins": {Name: "x", Text: "x", From: 5, Until: 6}, "too early": {Name: "x", Text: "x", From: 400},
	} {
		if err := v.Write(bad, "anna", now); err == nil {
			t.Error(name)
		}
	}
}
