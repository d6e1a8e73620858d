package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fettle/dispatch"
	"fettle/dispatch/rules"
)

func term(expression string) []dispatch.UserTerm {
	return []dispatch.UserTerm{{Name: "mine", Expression: expression, Weight: 1}}
}

func compile(t *testing.T, p *dispatch.Problem, o rules.Options) *rules.Rules {
	t.Helper()
	r, err := rules.Compile(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each cell of a table is what its expression gives for that visit and technician alone, whoever shares the cell and
// however many threads fill the table.
func TestTablesEqualExpressions(t *testing.T) {
	t.Parallel()
	p := city(t, 25, 90)
	for i := range p.Technicians {
		p.Technicians[i].SpeedPercent = []int32{0, 80, 130}[i%3]
		if i%7 == 0 {
			p.Technicians[i].Shifts[0].StartPlace = dispatch.NoPlace
		}
	}
	texts := []string{
		`travel`, `double(travel) * 1.5`, `visit.priority`, `technician.skills.size() + visit.tools.size()`, `size(visit.id) + size(technician.id)`,
		`visit.attributes["vip"] == "yes" ? travel / 60 : 0`, `int(technician.attributes["grade"]) * visit.priority`, `math.greatest(travel, 600) - 600`,
		`visit.due < 0 ? 1 : visit.due`, `visit.place == "" ? 3.4 : 0.0`,
	}
	tests := []string{
		`visit.skills.all(s, s in technician.skills && technician.skills[s] >= visit.skills[s])`, `travel < 1500`, `technician.id != "t3"`,
		`visit.urgency != "EMERGENCY" || technician.attributes["ownCar"] == "yes"`, `true`,
		`visit.attributes[?"lift"].orValue("yes") == "yes" && !(visit.building in technician.territories)`,
	}
	rapid.Check(t, func(t *rapid.T) {
		q := *p
		q.Policy = dispatch.Policy{}
		for k := range rapid.IntRange(1, 3).Draw(t, "terms") {
			q.Policy.Terms = append(q.Policy.Terms, dispatch.UserTerm{
				Name: fmt.Sprint("t", k), Expression: rapid.SampledFrom(texts).Draw(t, "term"), Weight: rapid.Int64Range(0, 5).Draw(t, "weight"),
			})
		}
		for k := range rapid.IntRange(0, 2).Draw(t, "rules") {
			q.Policy.Eligibility = append(q.Policy.Eligibility, dispatch.EligibilityRule{Name: fmt.Sprint("r", k), Expression: rapid.SampledFrom(tests).Draw(t, "rule")})
		}
		r, err := rules.Compile(&q, rules.Options{Threads: rapid.IntRange(1, 3).Draw(t, "threads")})
		if err != nil {
			t.Fatal(err)
		}
		tables, err := r.Tables()
		if err != nil {
			t.Fatal(err)
		}
		for v := range int32(len(q.Visits)) {
			for k := range int32(len(q.Technicians)) {
				agree(t, r, tables, v, k)
			}
		}
	})
}

func agree(t *rapid.T, r *rules.Rules, tables *dispatch.Tables, visit, technician int32) {
	t.Helper()
	for k := range tables.Terms {
		want, err := r.Term(k, visit, technician)
		if got := tables.Terms[k].At(visit, technician); err != nil || got != want {
			t.Fatalf("term %d of visit %d, technician %d: table %d, expression %d %v", k, visit, technician, got, want, err)
		}
	}
	first := -1
	for k := len(tables.Forbidden) - 1; k >= 0; k-- {
		want, err := r.Forbids(k, visit, technician)
		if got := tables.Forbidden[k].At(visit, technician); err != nil || got != want {
			t.Fatalf("rule %d of visit %d, technician %d: table %t, expression %t %v", k, visit, technician, got, want, err)
		}
		if want {
			first = k
		}
	}
	if got := tables.Forbids(visit, technician); got != first {
		t.Fatalf("rule %d forbids first, want %d", got, first)
	}
}

// A fault names the expression, the column, what is wrong and what there is instead.
func TestFaultsOfExpressions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		rule       bool
		want       []string
	}{
		{"unknown field", `visit.priorty * 2`, false, []string{`policy.terms[0].expression is "visit.priorty * 2"`, "column 1", `visit has no field "priorty"`, "place, priority, skills"}},
		{"unknown field on the second line", "travel +\n technician.wage", false, []string{"line 2, column 2", `technician has no field "wage"`, "attributes, history, id"}},
		{"unknown variable", `travel + distance`, false, []string{"column 10", `there is no "distance"`, "or travel"}},
		{"whole visit", `size(visit)`, false, []string{"column 6", "visit alone is no value"}},
		{"unknown function", `sqrt(travel)`, false, []string{"column 5", `there is no "sqrt"`}},
		{"wrong types", `visit.priority > "high"`, false, []string{"column 16", "no matching overload for '_>_'"}},
		{"syntax", `travel >`, false, []string{"column 9", "Syntax error"}},
		{"empty", ``, false, []string{"policy.terms[0].expression", "Syntax error"}},
		{"term of another type", `visit.id`, false, []string{"of type int or double, not string"}},
		{"rule of another type", `travel`, true, []string{"policy.eligibility[0].expression", "of type bool, not int"}},
		{"loops in loops", `technician.tools.all(a, technician.tools.all(b, technician.tools.all(c, a != b + c)))`, true, []string{"at most 2000 units", "may take"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := city(t, 3, 3)
			p.Technicians[1].Tools = strings.Split("a b c d e f g h i j k l", " ")
			if p.Policy.Terms = term(tt.text); tt.rule {
				p.Policy = dispatch.Policy{Eligibility: []dispatch.EligibilityRule{{Name: "mine", Expression: tt.text}}}
			}
			err := rules.Attach(p)
			var invalid *dispatch.InvalidError
			if !errors.As(err, &invalid) || p.Rules != nil {
				t.Fatalf("got %v", err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

// What goes wrong with a value is said with the visit and the technician, the same whoever meets it.
func TestFaultsOfValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"missing attribute", `visit.attributes["lift"] == "yes" ? 1 : 0`, []string{"no such key: lift", "(visit v0, technician t0)"}},
		{"negative", `visit.id == "v77" ? -1 : 0`, []string{"not negative", "not -1", "(visit v77, technician t0)"}},
		{"not a number", `visit.id == "v5" ? 0.0 / 0.0 : 1.0`, []string{"not NaN", "(visit v5, technician t0)"}},
		{"infinite", `1.0 / 0.0`, []string{"not +Inf"}},
		{"too much", `technician.id == "t2" ? 2000000000000 : 0`, []string{"at most 1000000000000", "technician t2"}},
		{"overflow", `9223372036854775807 + visit.priority`, []string{"overflow"}},
		{"division by zero", `1 / (visit.priority - visit.priority)`, []string{"division by zero"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := city(t, 5, 200)
			p.Visits[3].Priority = 3 // overflow needs a positive one, whatever was drawn
			p.Policy.Terms = term(tt.text)
			_, alone := compile(t, p, rules.Options{Threads: 1}).Tables()
			_, many := compile(t, p, rules.Options{Threads: 4}).Tables()
			if alone == nil || many == nil || alone.Error() != many.Error() {
				t.Fatalf("one thread: %v\nfour threads: %v", alone, many)
			}
			for _, part := range tt.want {
				if !strings.Contains(alone.Error(), part) {
					t.Errorf("%q does not say %q", alone, part)
				}
			}
		})
	}
}

// Visits and technicians that are alike in what an expression reads are evaluated once, and the report counts it.
func TestReport(t *testing.T) {
	t.Parallel()
	p := city(t, 20, 50)
	for i := range p.Visits {
		p.Visits[i].Attributes = map[string]string{"vip": []string{"yes", "no"}[i%2]}
	}
	for i := range p.Technicians {
		p.Technicians[i].Attributes = map[string]string{"grade": fmt.Sprint(i % 4)}
	}
	p.Policy.Terms = []dispatch.UserTerm{
		{Name: "vip", Expression: `visit.attributes["vip"] == "yes" ? int(technician.attributes["grade"]) : 0`, Weight: 10},
		{Name: "off", Expression: `visit.attributes["no such"] == "" ? 1 : 0`},
	}
	p.Policy.Eligibility = []dispatch.EligibilityRule{{Name: "grade", Expression: `technician.attributes["grade"] != "3"`}}
	got, err := compile(t, p, rules.Options{Threads: 1}).Report()
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Expressions {
		if got.Expressions[i].UnitsMost == 0 {
			t.Errorf("%s has no estimate", got.Expressions[i].Name)
		}
		got.Expressions[i].UnitsMost = 0
	}
	want := rules.Report{Expressions: []rules.ExpressionReport{
		// 2 kinds of visit x 4 grades; 0, 10, 20 and 30.
		{Name: "vip", Pairs: 1000, Rows: 2, Columns: 4, Evaluations: 8, Distinct: 4, Most: 30},
		{Name: "off"},
		// 5 of the 20 technicians have grade 3, and may do none of the 50 visits.
		{Name: "grade", Rule: true, Pairs: 1000, Rows: 1, Columns: 4, Evaluations: 4, Distinct: 2, Most: 1, Forbidden: 250},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An expression that reads travel is evaluated once for equal travel times, wherever the places lie.
func TestEqualTravelIsEvaluatedOnce(t *testing.T) {
	t.Parallel()
	p := city(t, 40, 120)
	times := map[int32]bool{}
	for i := range p.Technicians {
		for k := range p.Visits {
			times[p.Travel[0].Time.At(int32(i), p.Visits[k].Place)] = true
		}
	}
	p.Policy.Terms = term(`travel / 60`)
	got, err := compile(t, p, rules.Options{Threads: 1}).Report()
	if err != nil {
		t.Fatal(err)
	}
	if x := got.Expressions[0]; x.Evaluations != int64(len(times)) || x.Rows != 120 || x.Columns != 40 {
		t.Errorf("%d evaluations of %d x %d, want %d", x.Evaluations, x.Rows, x.Columns, len(times))
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	p := city(t, 20, 50)
	p.Policy.Terms = term(`size(visit.id) + size(technician.id)`)
	_, err := compile(t, p, rules.Options{Budget: 2000}).Tables()
	var invalid *dispatch.InvalidError
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "1000 evaluations") {
		t.Errorf("got %v, want a refusal of 1000 evaluations", err)
	}
	if _, err := rules.Compile(p, rules.Options{MaxCost: 1}); err == nil {
		t.Error("an expression above the limit was accepted")
	}
}

// Part of the rules answers as the whole does for the same visits and technicians.
func TestPartOf(t *testing.T) {
	t.Parallel()
	p := city(t, 6, 8)
	p.Policy.Terms = term(`travel + visit.priority`)
	p.Policy.Eligibility = []dispatch.EligibilityRule{{Name: "r", Expression: `technician.id != "t4"`}}
	whole := compile(t, p, rules.Options{})
	visits, technicians := []int32{7, 2}, []int32{4, 0, 5}
	part := dispatch.PartOf(whole, visits, technicians)
	tables, err := part.Tables()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range visits {
		for k, who := range technicians {
			want, _ := whole.Term(0, v, who)
			got, err := part.Term(0, int32(i), int32(k))
			no, _ := part.Forbids(0, int32(i), int32(k))
			if err != nil || got != want || tables.Terms[0].At(int32(i), int32(k)) != want || no != (who == 4) || tables.Forbidden[0].At(int32(i), int32(k)) != no {
				t.Errorf("visit %d, technician %d: got %d %t %v", v, who, got, no, err)
			}
		}
	}
	if dispatch.PartOf(nil, visits, technicians) != nil {
		t.Error("no rules have a part")
	}
}

func ExampleAttach() {
	p := &dispatch.Problem{
		Technicians: []dispatch.Technician{{ID: "ann", Attributes: map[string]string{"grade": "junior"}}, {ID: "bo", Attributes: map[string]string{"grade": "senior"}}},
		Visits:      []dispatch.Visit{{ID: "v1", Priority: 3, Attributes: map[string]string{"vip": "yes"}}},
		Policy: dispatch.Policy{
			Terms:       []dispatch.UserTerm{{Name: "vip", Expression: `visit.attributes["vip"] == "yes" && technician.attributes["grade"] == "junior" ? visit.priority : 0`, Weight: 600}},
			Eligibility: []dispatch.EligibilityRule{{Name: "notBo", Expression: `technician.id != "bo"`}},
		},
		Places: []dispatch.Place{{}},
	}
	if err := rules.Attach(p); err != nil {
		fmt.Println(err)
		return
	}
	tables, err := p.Rules.Tables()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ann costs", tables.Terms[0].At(0, 0), "and bo", tables.Terms[0].At(0, 1))
	fmt.Println("bo is kept away by", p.Policy.Eligibility[tables.Forbids(0, 1)].Name)
	// Output:
	// ann costs 1800 and bo 0
	// bo is kept away by notBo
}
