package rules

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"fettle/dispatch"
)

// expression is one compiled expression.
type expression struct {
	field   string // where it stands in the problem
	name    string
	source  string
	weight  int64 // of a user term
	rule    bool  // an eligibility rule
	program cel.Program
	columns []*column // that it reads, visits' and technicians' mixed
	travel  bool      // whether it reads travel
	cost    uint64    // most that an evaluation can cost, by CEL's estimate
}

// compiler holds what the expressions of one problem share.
type compiler struct {
	p       *dispatch.Problem
	columns []column
	env     *cel.Env
	most    uint64
	sizes   map[string][2]uint64 // by variable, lazily: entries or characters, characters within
}

// Longest text of an expression and deepest nesting.
const (
	maxSource = 4000
	maxDepth  = 50
)

func newCompiler(p *dispatch.Problem, most uint64) (*compiler, error) {
	c := &compiler{p: p, columns: columns(), most: most, sizes: map[string][2]uint64{}}
	options := []cel.EnvOption{
		cel.OptionalTypes(), ext.Math(), cel.Variable(travelName, cel.IntType),
		cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(maxDepth),
	}
	for i := range c.columns {
		options = append(options, cel.Variable(c.columns[i].name, c.columns[i].kind))
	}
	var err error
	if c.env, err = cel.NewEnv(options...); err != nil {
		return nil, fmt.Errorf("prepare expressions: %w", err)
	}
	return c, nil
}

// compile checks and prepares an expression whose value must be one of the given types.
func (c *compiler) compile(e *expression, want string, kinds ...*cel.Type) error {
	ast, issues := c.env.Compile(e.source)
	if issues.Err() != nil {
		return e.invalid("an expression that compiles: " + c.issue(e.source, issues))
	}
	if !hasKind(ast.OutputType(), kinds) {
		return e.invalid(fmt.Sprintf("an expression of type %s, not %s", want, ast.OutputType()))
	}
	for _, r := range ast.NativeRep().ReferenceMap() {
		if r.Name == travelName {
			e.travel = true
		}
	}
	for i := range c.columns {
		for _, r := range ast.NativeRep().ReferenceMap() {
			if r.Name == c.columns[i].name && len(r.OverloadIDs) == 0 {
				e.columns = append(e.columns, &c.columns[i])
				break
			}
		}
	}
	estimate, err := c.env.EstimateCost(ast, c)
	if err != nil {
		return e.invalid("an expression whose cost can be told: " + err.Error())
	}
	if e.cost = max(estimate.Max, 1); e.cost > c.most {
		return e.invalid(fmt.Sprintf("an expression of at most %d units an evaluation; with the lists and texts of this problem it may take %s", c.most, units(e.cost)))
	}
	if e.program, err = c.env.Program(ast, cel.EvalOptions(cel.OptOptimize)); err != nil {
		return e.invalid("an expression that compiles: " + err.Error())
	}
	return nil
}

func hasKind(kind *cel.Type, kinds []*cel.Type) bool {
	for _, k := range kinds {
		if kind.IsExactType(k) {
			return true
		}
	}
	return false
}

func units(cost uint64) string {
	if cost == math.MaxUint64 {
		return "any number"
	}
	return fmt.Sprint(cost)
}

// invalid is a fault of the expression.
func (e *expression) invalid(want string) error {
	return &dispatch.InvalidError{Field: e.field + ".expression", Value: fmt.Sprintf("%q", e.source), Want: want}
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	fieldOf    = regexp.MustCompile(`^(visit|technician)\s*\.\s*([\pL_][\pL\pN_]*)`)
)

// issue says what is wrong first in an expression, and where.
func (c *compiler) issue(source string, issues *cel.Issues) string {
	faults := issues.Errors()
	if len(faults) == 0 {
		return issues.Err().Error()
	}
	f := faults[0]
	where := fmt.Sprintf("column %d", f.Location.Column()+1)
	if f.Location.Line() > 1 {
		where = fmt.Sprintf("line %d, %s", f.Location.Line(), where)
	}
	message, _, _ := strings.Cut(f.Message, "\n")
	m := undeclared.FindStringSubmatch(f.Message)
	if m == nil {
		return where + ": " + message
	}
	switch m[1] {
	case "visit", "technician":
		if at := fieldOf.FindStringSubmatch(after(source, f.Location.Line(), f.Location.Column())); at != nil {
			return fmt.Sprintf("%s: %s has no field %q, there are %s", where, m[1], at[2], fields(c.columns, m[1]))
		}
		return fmt.Sprintf("%s: %s alone is no value, want one of its fields %s", where, m[1], fields(c.columns, m[1]))
	}
	return fmt.Sprintf("%s: there is no %q, want a field of visit (%s) or of technician (%s), or travel", where, m[1], fields(c.columns, "visit"), fields(c.columns, "technician"))
}

// after is what follows a place in an expression; columns count characters.
func after(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	rest := []rune(lines[line-1])
	return string(rest[min(max(column, 0), len(rest)):])
}

// EstimateSize implements checker.CostEstimator: no list or text is longer than the longest of the problem.
func (c *compiler) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	path := node.Path()
	if len(path) == 0 {
		return nil
	}
	sizes, ok := c.sizes[path[0]]
	if !ok {
		if sizes, ok = c.measure(path[0]); !ok {
			return nil
		}
		c.sizes[path[0]] = sizes
	}
	if len(path) > 1 {
		return &checker.SizeEstimate{Max: sizes[1]}
	}
	return &checker.SizeEstimate{Max: sizes[0]}
}

// EstimateCallCost implements checker.CostEstimator: CEL's own figures do.
func (c *compiler) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// measure finds the largest sizes of a variable over the problem.
func (c *compiler) measure(name string) (out [2]uint64, ok bool) {
	for i := range c.columns {
		col := &c.columns[i]
		if col.name != name {
			continue
		}
		n := len(c.p.Technicians)
		if col.visit != nil {
			n = len(c.p.Visits)
		}
		for k := range n {
			whole, inner := size(col.value(c.p, int32(k)))
			out[0], out[1] = max(out[0], uint64(whole)), max(out[1], uint64(inner))
		}
		return out, true
	}
	return out, false
}

// inputs are the values of the variables that one expression reads, for one visit and technician: CEL's activation.
type inputs struct {
	names  []string
	values []ref.Val
}

// ResolveName implements cel.Activation.
func (in *inputs) ResolveName(name string) (any, bool) {
	for i, n := range in.names {
		if n == name {
			return in.values[i], true
		}
	}
	return nil, false
}

// Parent implements cel.Activation.
func (in *inputs) Parent() cel.Activation { return nil }
