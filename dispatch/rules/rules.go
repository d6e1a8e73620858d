package rules

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"fettle/dispatch"
)

// Defaults of Options.
const (
	DefaultMaxCost = 2_000
	DefaultBudget  = 250_000_000
)

// maxValue bounds what one visit may cost by one term, as the rates of files are bounded: sums stay exact.
const maxValue = 1_000_000_000_000

// Options bound and observe the evaluation. The zero value is right for most.
type Options struct {
	// Threads that evaluate; 0 means all cores. The tables do not depend on it.
	Threads int
	// MaxCost is the most that one evaluation may cost by CEL's estimate, in its units (about one step, 10 to 50 ns each); 0
	// means DefaultMaxCost.
	MaxCost uint64
	// Budget is the most that all evaluations together may cost by the same estimate; 0 means DefaultBudget, which is about
	// ten seconds of one core at worst.
	Budget uint64
	// Elapsed is a clock for the Report; nil leaves its times 0.
	Elapsed func() time.Duration
}

// Rules are the compiled expressions of one problem's policy: a dispatch.Rules.
type Rules struct {
	p     *dispatch.Problem
	o     Options
	terms []*expression
	rules []*expression

	once   sync.Once
	tables *dispatch.Tables
	report Report
	err    error
}

var _ dispatch.Rules = (*Rules)(nil)

// Attach compiles the expressions of a problem's policy, if there are any, and puts them where planning and checking look
// for them. The problem must be valid otherwise and not change afterwards. A fault is an InvalidError.
func Attach(p *dispatch.Problem) error {
	if len(p.Policy.Terms)+len(p.Policy.Eligibility) == 0 {
		return nil
	}
	r, err := Compile(p, Options{})
	if err != nil {
		return err
	}
	p.Rules = r
	return nil
}

// Compile compiles the expressions of a problem's policy, which must not change afterwards.
func Compile(p *dispatch.Problem, o Options) (*Rules, error) {
	if o.MaxCost == 0 {
		o.MaxCost = DefaultMaxCost
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	c, err := newCompiler(p, o.MaxCost)
	if err != nil {
		return nil, err
	}
	r := &Rules{p: p, o: o}
	for k := range p.Policy.Terms {
		t := &p.Policy.Terms[k]
		e := &expression{field: fmt.Sprintf("policy.terms[%d]", k), name: t.Name, source: t.Expression, weight: t.Weight}
		if err := c.compile(e, "int or double", cel.IntType, cel.DoubleType); err != nil {
			return nil, err
		}
		r.terms = append(r.terms, e)
	}
	for k := range p.Policy.Eligibility {
		t := &p.Policy.Eligibility[k]
		e := &expression{field: fmt.Sprintf("policy.eligibility[%d]", k), name: t.Name, source: t.Expression, rule: true}
		if err := c.compile(e, "bool", cel.BoolType); err != nil {
			return nil, err
		}
		r.rules = append(r.rules, e)
	}
	return r, nil
}

// Term implements dispatch.Rules.
func (r *Rules) Term(k int, visit, technician int32) (int64, error) {
	e := r.terms[k]
	if e.weight == 0 {
		return 0, nil
	}
	return r.alone(e, visit, technician)
}

// Forbids implements dispatch.Rules.
func (r *Rules) Forbids(k int, visit, technician int32) (bool, error) {
	value, err := r.alone(r.rules[k], visit, technician)
	return value != 0, err
}

// alone evaluates for one visit and technician from their own fields: it shares neither rows nor columns with others.
func (r *Rules) alone(e *expression, visit, technician int32) (int64, error) {
	in := &inputs{}
	for _, c := range e.columns {
		i := technician
		if c.visit != nil {
			i = visit
		}
		in.names = append(in.names, c.name)
		in.values = append(in.values, types.DefaultTypeAdapter.NativeToValue(c.value(r.p, i)))
	}
	if e.travel {
		in.names = append(in.names, travelName)
		in.values = append(in.values, types.Int(r.travel(visit, technician)))
	}
	value, want := e.evaluate(in)
	if want != "" {
		return 0, r.failed(e, visit, technician, want)
	}
	return value, nil
}

// evaluate gives what a term costs, weight included, or 1 for a rule that forbids; want says what is wrong otherwise.
func (e *expression) evaluate(in *inputs) (value int64, want string) {
	out, _, err := e.program.Eval(in)
	if err != nil {
		return 0, "an expression that can be evaluated: " + err.Error()
	}
	if e.rule {
		if out == types.True {
			return 0, ""
		}
		return 1, ""
	}
	return e.price(out)
}

// price is the weighted value of a term.
func (e *expression) price(out ref.Val) (int64, string) {
	x, ok := float64(0), true
	switch n := out.(type) {
	case types.Int:
		if n >= 0 && int64(n) <= maxValue/e.weight {
			return int64(n) * e.weight, ""
		}
		x = float64(n)
	case types.Double:
		x = float64(n)
	default:
		ok = false
	}
	x *= float64(e.weight)
	if !ok || math.IsNaN(x) || x < 0 || x > maxValue {
		return 0, fmt.Sprintf("a value that is not negative and at most %d with its weight %d, not %v", int64(maxValue), e.weight, out)
	}
	return int64(math.Round(x)), ""
}

// failed names the visit and the technician for whom an expression fails.
func (r *Rules) failed(e *expression, visit, technician int32, want string) error {
	return e.invalid(fmt.Sprintf("%s (visit %s, technician %s)", want, r.p.Visits[visit].ID, r.p.Technicians[technician].ID))
}

// travel is the time from where a technician's first shift starts to a visit; 0 when it starts anywhere.
func (r *Rules) travel(visit, technician int32) int64 {
	t := &r.p.Technicians[technician]
	home := homeOf(t)
	if home == dispatch.NoPlace {
		return 0
	}
	ticks := int64(r.p.Travel[t.Travel].Time.At(home, r.p.Visits[visit].Place))
	if s := int64(t.SpeedPercent); s != 0 && s != 100 && ticks < int64(dispatch.Unreachable) {
		ticks = (ticks*100 + s/2) / s
	}
	return ticks
}

func homeOf(t *dispatch.Technician) int32 {
	if len(t.Shifts) == 0 {
		return dispatch.NoPlace
	}
	return t.Shifts[0].StartPlace
}
