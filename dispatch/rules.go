package dispatch

import (
	"fmt"
	"regexp"
	"slices"
)

// MaxUserTerms is how many user terms a policy may have: each has its own place in Cost.
const MaxUserTerms = 8

// UserTerm is a term of the objective written as a CEL expression: what it costs that a technician does a visit. A plan
// pays Weight times its value, rounded to the nearest whole number, for every visit that is served.
type UserTerm struct {
	Name       string // shown in plans and explanations: letters, digits, '.', '_' and '-', starting with a letter
	Expression string // of type int or double, never negative; package dispatch/rules lists its variables
	Weight     int64  // integer cost of 1; 0 switches the term off
}

// EligibilityRule is a rule written as a CEL expression: false forbids the technician the visit, reason ReasonEligibility.
type EligibilityRule struct {
	Name       string // as UserTerm.Name
	Expression string // of type bool
}

// Rules are the expressions of a policy compiled for the visits and technicians of one problem: package dispatch/rules
// makes them. Indices are those of Policy.Terms, Policy.Eligibility, Problem.Visits and Problem.Technicians. Safe for
// concurrent use.
type Rules interface {
	// Tables evaluates every expression for every visit and technician. The first call does the work, later ones return
	// the same tables, which must not be changed. An expression that fails for some visit and technician is an error.
	Tables() (*Tables, error)
	// Term evaluates a user term for one visit and technician straight from its expression, weight included.
	Term(k int, visit, technician int32) (int64, error)
	// Forbids evaluates an eligibility rule likewise: true when the technician may not do the visit.
	Forbids(k int, visit, technician int32) (bool, error)
}

// Table is a value for each visit and technician. Those that are alike share a row or a column.
type Table[T any] struct {
	Row     []int32 // by visit
	Column  []int32 // by technician
	Columns int32   // number of distinct columns
	Values  []T     // row x column
}

// At is the value of a visit and a technician.
func (t *Table[T]) At(visit, technician int32) T {
	return t.Values[int(t.Row[visit])*int(t.Columns)+int(t.Column[technician])]
}

// Part is the table of some visits and technicians, given by their indices in this one. It shares the values.
func (t *Table[T]) Part(visits, technicians []int32) Table[T] {
	return Table[T]{Row: pick(t.Row, visits), Column: pick(t.Column, technicians), Columns: t.Columns, Values: t.Values}
}

func pick(from, which []int32) []int32 {
	out := make([]int32, len(which))
	for i, k := range which {
		out[i] = from[k]
	}
	return out
}

// fits reports whether a table covers a problem.
func (t *Table[T]) fits(p *Problem) bool {
	inside := func(list []int32, n, below int) bool {
		return len(list) == n && !slices.ContainsFunc(list, func(k int32) bool { return k < 0 || int(k) >= below })
	}
	if t.Columns <= 0 {
		return len(p.Visits) == 0 || len(p.Technicians) == 0
	}
	return inside(t.Row, len(p.Visits), len(t.Values)/int(t.Columns)) && inside(t.Column, len(p.Technicians), int(t.Columns))
}

// Tables are what Rules found for all visits and technicians.
type Tables struct {
	Terms     []Table[int64] // by term of Policy.Terms, weight included; never negative
	Forbidden []Table[bool]  // by rule of Policy.Eligibility
}

// Forbids is the first eligibility rule that forbids a technician a visit, as an index of Policy.Eligibility; -1 when none
// does. A nil t forbids nothing.
func (t *Tables) Forbids(visit, technician int32) int {
	if t == nil {
		return -1
	}
	for k := range t.Forbidden {
		if t.Forbidden[k].At(visit, technician) {
			return k
		}
	}
	return -1
}

// PartOf are the rules of a smaller problem, whose visits and technicians are given by their indices in the problem of r.
// nil stays nil.
func PartOf(r Rules, visits, technicians []int32) Rules {
	if r == nil {
		return nil
	}
	return &partRules{of: r, visits: visits, technicians: technicians}
}

type partRules struct {
	of                  Rules
	visits, technicians []int32
}

// Tables implements Rules.
func (r *partRules) Tables() (*Tables, error) {
	whole, err := r.of.Tables()
	if err != nil {
		return nil, err
	}
	out := &Tables{}
	for k := range whole.Terms {
		out.Terms = append(out.Terms, whole.Terms[k].Part(r.visits, r.technicians))
	}
	for k := range whole.Forbidden {
		out.Forbidden = append(out.Forbidden, whole.Forbidden[k].Part(r.visits, r.technicians))
	}
	return out, nil
}

// Term implements Rules.
func (r *partRules) Term(k int, visit, technician int32) (int64, error) {
	return r.of.Term(k, r.visits[visit], r.technicians[technician])
}

// Forbids implements Rules.
func (r *partRules) Forbids(k int, visit, technician int32) (bool, error) {
	return r.of.Forbids(k, r.visits[visit], r.technicians[technician])
}

// ruleName is what the name of a user term or an eligibility rule looks like.
var ruleName = regexp.MustCompile(`^[\pL][\pL\pN._-]*$`)

// check tests the parts of a policy that a search could not survive.
func (p *Policy) check() error {
	if len(p.Terms) > MaxUserTerms {
		return &InvalidError{Field: "policy.terms", Value: fmt.Sprintf("of length %d", len(p.Terms)), Want: fmt.Sprintf("at most %d user terms", MaxUserTerms)}
	}
	seen := map[string]bool{}
	for t := range TermUser {
		seen[t.String()] = true
	}
	for k := range p.Terms {
		field, t := fmt.Sprintf("policy.terms[%d]", k), &p.Terms[k]
		if err := checkName(field, t.Name, seen); err != nil {
			return err
		}
		if t.Weight < 0 {
			return &InvalidError{Field: field + ".weight", Value: fmt.Sprint(t.Weight), Want: "a weight that is not negative"}
		}
	}
	seen = map[string]bool{}
	for k := range p.Eligibility {
		if err := checkName(fmt.Sprintf("policy.eligibility[%d]", k), p.Eligibility[k].Name, seen); err != nil {
			return err
		}
	}
	for _, w := range []struct {
		name   string
		weight int64
	}{
		{"continuity", p.Continuity},
		{"cover", p.Cover},
		{"stability.technician", p.Stability.Technician},
		{"stability.moved", p.Stability.Moved},
		{"stability.perTick", p.Stability.PerTick},
	} {
		if w.weight < 0 {
			return &InvalidError{Field: "policy." + w.name, Value: fmt.Sprint(w.weight), Want: "a weight that is not negative"}
		}
	}
	return nil
}

func checkName(field, name string, seen map[string]bool) error {
	if !ruleName.MatchString(name) || seen[name] {
		return &InvalidError{
			Field: field + ".name", Value: fmt.Sprintf("%q", name),
			Want: "a name of letters, digits, '.', '_' and '-' that no other has and that is no term of Fettle's own",
		}
	}
	seen[name] = true
	return nil
}

// Tabled reports whether a problem has rules or costs in tables by visit and technician: expressions of its policy, or
// forecast cover. Such a problem cannot grow, for its tables cover the visits that it has.
func (p *Problem) Tabled() bool {
	return len(p.Policy.Terms)+len(p.Policy.Eligibility) > 0 || p.Cover != nil
}

// checkRules tests that what the policy asks for by technician and visit is at hand.
func (p *Problem) checkRules() error {
	if err := p.Policy.check(); err != nil {
		return err
	}
	if len(p.Policy.Terms)+len(p.Policy.Eligibility) > 0 && p.Rules == nil {
		return &InvalidError{Field: "policy.terms and policy.eligibility", Want: "compiled rules beside them: call rules.Attach on the problem"}
	}
	if p.Cover != nil {
		if !p.Cover.fits(p) {
			return &InvalidError{Field: "cover", Want: "a row for each visit and a column for each technician"}
		}
		if i := slices.IndexFunc(p.Cover.Values, func(c int64) bool { return c < 0 }); i >= 0 {
			return &InvalidError{Field: "cover", Value: fmt.Sprint(p.Cover.Values[i]), Want: "costs that are not negative"}
		}
	}
	return nil
}
