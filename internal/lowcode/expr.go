package lowcode

import (
	"errors"
	"fmt"
	"math"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"fettle/rental/fault"
)

// Bounds of an expression.
const (
	maxSource = 2000
	maxDepth  = 50
	maxCost   = 20_000 // of one evaluation
)

// ErrUnknown says that an expression cannot be said of a record.
var ErrUnknown = errors.New("not known of this record")

// Record is what expressions see.
type Record struct {
	ID     string
	It     map[string]any // the record
	Custom map[string]any // its own fields
}

// Expr is a compiled expression. Any goroutine may use it.
type Expr struct{ program cel.Program }

var env = must(cel.NewEnv(
	cel.Variable("it", cel.MapType(cel.StringType, cel.DynType)), cel.Variable("custom", cel.MapType(cel.StringType, cel.DynType)),
	cel.Variable("today", cel.StringType), cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
	cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(maxDepth),
))

func must(e *cel.Env, err error) *cel.Env {
	if err != nil {
		panic(err) //nolint:forbidigo // the options above are constants: they are right, or no test passes
	}
	return e
}

// Compile reads an expression; field names it in an error. Of is what it must give, one of cel's types, or cel.DynType for any.
func compile(field, text string, of *cel.Type) (*Expr, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, fault.New(field, text, "a CEL expression: "+issues.Err().Error())
	}
	if t := ast.OutputType(); !t.IsExactType(of) && !t.IsExactType(cel.DynType) && !of.IsExactType(cel.DynType) {
		return nil, fault.New(field, text, "an expression that gives "+of.String()+", not "+t.String())
	}
	p, err := env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	return &Expr{p}, nil
}

// eval gives the value for a record.
func (e *Expr) eval(r *Record, today string) (ref.Val, error) {
	v, _, err := e.program.Eval(map[string]any{"it": r.It, "custom": r.Custom, "today": today})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return v, nil
}

// Judge is a compiled rule.
type Judge struct {
	Rule  *Rule
	when  *Expr
	value *Expr // nil when nothing is set
	field *Field
}

// NewJudge compiles a rule. Fields are those of its kind.
func NewJudge(r *Rule, fields map[string]*Field) (*Judge, error) {
	j := &Judge{Rule: r}
	var err error
	if j.when, err = compile("when", r.When, cel.BoolType); err != nil {
		return nil, err
	}
	switch {
	case (r.SetField == "") != (r.SetValue == ""):
		return nil, fault.New("setValue", r.SetValue, "both setField and setValue, or neither")
	case r.SetField == "" && r.Text == "":
		return nil, fault.New("text", "", "what is to be done, or setField")
	case r.SetField == "":
		return j, nil
	}
	if j.field = fields[r.SetField]; j.field == nil {
		return nil, fault.New("setField", r.SetField, "the name of a field of "+string(r.Kind))
	}
	j.value, err = compile("setValue", r.SetValue, cel.DynType)
	return j, err
}

// Eval says whether the rule holds for a record, and what it sets then, nil for nothing.
func (j *Judge) Eval(r *Record, today string) (holds bool, value any, err error) {
	v, err := j.when.eval(r, today)
	if err != nil {
		return false, nil, err
	}
	if v != types.True || j.value == nil {
		return v == types.True, nil, nil
	}
	got, err := j.value.eval(r, today)
	if err != nil {
		return false, nil, err
	}
	native := got.Value()
	switch n := native.(type) {
	case int64:
		native = float64(n)
	case uint64:
		native = float64(n)
	}
	if value, err = j.field.Accept(native); err != nil {
		return false, nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return true, value, nil
}

// Counter is a compiled tile.
type Counter struct {
	Tile             *Tile
	where, of, group *Expr
	Records, Unknown int
	Problem          string
	Groups           map[string]*Group
}

// Group is a group of a tile.
type Group struct {
	Records int
	Sum     float64
}

// Value is what a measure makes of a group.
func (g *Group) Value(m Measure) float64 {
	switch {
	case m == Count:
		return float64(g.Records)
	case m == Mean && g.Records > 0:
		return g.Sum / float64(g.Records)
	}
	return g.Sum
}

// NewCounter compiles a tile.
func NewCounter(t *Tile) (*Counter, error) {
	c := &Counter{Tile: t, Groups: map[string]*Group{}}
	if (t.Of == "") != (t.Measure == Count) {
		return nil, fault.New("of", t.Of, "an expression for SUM and MEAN, nothing for COUNT")
	}
	for _, x := range []struct {
		field, text string
		of          *cel.Type
		to          **Expr
	}{{"where", t.Where, cel.BoolType, &c.where}, {"of", t.Of, cel.DynType, &c.of}, {"groupBy", t.GroupBy, cel.DynType, &c.group}} {
		if x.text == "" {
			continue
		}
		var err error
		if *x.to, err = compile(x.field, x.text, x.of); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Add counts a record.
func (c *Counter) Add(r *Record, today string) {
	c.Records++
	name, n, counts, err := c.part(r, today)
	if err != nil {
		if c.Unknown++; c.Problem == "" {
			c.Problem = err.Error()
		}
		return
	}
	if !counts {
		return
	}
	g := c.Groups[name]
	if g == nil {
		g = &Group{}
		c.Groups[name] = g
	}
	g.Records++
	g.Sum += n
}

// part is the group of a record and what it adds.
func (c *Counter) part(r *Record, today string) (name string, n float64, counts bool, err error) {
	if c.where != nil {
		v, err := c.where.eval(r, today)
		if err != nil || v != types.True {
			return "", 0, false, err
		}
	}
	if c.group != nil {
		v, err := c.group.eval(r, today)
		if err != nil {
			return "", 0, false, err
		}
		name = Plain(v.Value())
	}
	if c.of == nil {
		return name, 0, true, nil
	}
	v, err := c.of.eval(r, today)
	if err != nil {
		return "", 0, false, err
	}
	f, err := v.ConvertToNative(reflect.TypeFor[float64]())
	if err != nil {
		if i, is := v.Value().(int64); is {
			return name, float64(i), true, nil
		}
		return "", 0, false, fmt.Errorf("%w: of gives no number", ErrUnknown)
	}
	n, _ = f.(float64)
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return "", 0, false, fmt.Errorf("%w: of gives no number", ErrUnknown)
	}
	return name, n, true, nil
}
