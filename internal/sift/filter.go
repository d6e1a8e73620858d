package sift

import (
	"errors"
	"fmt"
	"strings"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/invalid"
)

// maxFilter is how long a filter may be in bytes.
const maxFilter = 2000

// Filter selects messages. The zero value selects all.
type Filter struct {
	test  test
	equal map[string][]string
}

// test decides about a message.
type test func(protoreflect.Message) bool

// Parse reads a filter over messages of a type. The error is an *invalid.Error of the field "filter" that names the position.
func Parse(text string, d protoreflect.MessageDescriptor) (*Filter, error) {
	if strings.TrimSpace(text) == "" {
		return &Filter{}, nil
	}
	if len(text) > maxFilter {
		return nil, &invalid.Error{Field: "filter", Value: fmt.Sprintf("%d bytes", len(text)), Want: fmt.Sprintf("at most %d bytes", maxFilter)}
	}
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		return nil, syntax(err)
	}
	c := compiler{message: d, text: strings.TrimSpace(text), at: parsed.GetSourceInfo().GetPositions()}
	t, err := c.compile(parsed.GetExpr())
	if err != nil {
		return nil, err
	}
	return &Filter{test: t, equal: demands(parsed.GetExpr())}, nil
}

// Empty reports whether the filter selects all.
func (f *Filter) Empty() bool { return f.test == nil }

// Matches reports whether the filter selects a message.
func (f *Filter) Matches(m protoreflect.ProtoMessage) bool {
	return f.test == nil || f.test(m.ProtoReflect())
}

// Equal are the values of which a field must have one for a message to be selected; false when the filter does not say. The
// field is named as in the filter.
func (f *Filter) Equal(field string) ([]string, bool) {
	v, ok := f.equal[field]
	return v, ok
}

// syntax is an error of the grammar: the innermost one knows where and what.
func syntax(err error) error {
	where, what := "", "a filter as AIP-160 has it"
	for e := err; e != nil; e = errors.Unwrap(e) {
		var at interface {
			Position() filtering.Position
			Message() string
		}
		if errors.As(e, &at) {
			where, what = fmt.Sprintf("character %d", at.Position().Column), at.Message()
		}
	}
	return &invalid.Error{Field: "filter", Value: where, Want: "a filter as AIP-160 has it: " + what}
}

// compiler makes tests of expressions.
type compiler struct {
	message protoreflect.MessageDescriptor
	text    string
	at      map[int64]int32
}

// fault is an error at an expression.
func (c *compiler) fault(e *expr.Expr, want string, args ...any) error {
	at := int(c.at[e.GetId()])
	near := c.text[min(at, len(c.text)):]
	if i := strings.IndexAny(near, " ()"); i > 0 {
		near = near[:i]
	}
	return &invalid.Error{Field: "filter", Value: fmt.Sprintf("%.60s (character %d)", near, at+1), Want: fmt.Sprintf(want, args...)}
}

func (c *compiler) compile(e *expr.Expr) (test, error) {
	call := e.GetCallExpr()
	if call == nil {
		return nil, c.fault(e, "a comparison such as state = NEW")
	}
	switch name := call.GetFunction(); name {
	case filtering.FunctionAnd, filtering.FunctionFuzzyAnd, filtering.FunctionOr:
		return c.both(name == filtering.FunctionOr, call.GetArgs())
	case filtering.FunctionNot:
		inner, err := c.compile(call.GetArgs()[0])
		if err != nil {
			return nil, err
		}
		return func(m protoreflect.Message) bool { return !inner(m) }, nil
	case filtering.FunctionEquals, filtering.FunctionNotEquals, filtering.FunctionLessThan, filtering.FunctionLessEquals,
		filtering.FunctionGreaterThan, filtering.FunctionGreaterEquals, filtering.FunctionHas:
		return c.compare(name, call.GetArgs()[0], call.GetArgs()[1])
	}
	return nil, c.fault(e, "no functions: comparisons with AND, OR and NOT")
}

func (c *compiler) both(either bool, args []*expr.Expr) (test, error) {
	a, err := c.compile(args[0])
	if err != nil {
		return nil, err
	}
	b, err := c.compile(args[1])
	if err != nil {
		return nil, err
	}
	if either {
		return func(m protoreflect.Message) bool { return a(m) || b(m) }, nil
	}
	return func(m protoreflect.Message) bool { return a(m) && b(m) }, nil
}

// compare compares a field with a value.
func (c *compiler) compare(op string, left, right *expr.Expr) (test, error) {
	path, err := c.path(left)
	if err != nil {
		return nil, err
	}
	value, err := c.value(right)
	if err != nil {
		return nil, err
	}
	last := path[len(path)-1]
	if op == filtering.FunctionHas && value == "*" {
		return func(m protoreflect.Message) bool {
			found := false
			each(m, path, func(v protoreflect.Value) { found = found || set(last, v) })
			return found
		}, nil
	}
	holds, want := holder(last, op, value)
	if holds == nil {
		return nil, c.fault(right, "%s", want)
	}
	negated := op == filtering.FunctionNotEquals
	return func(m protoreflect.Message) bool {
		found := false
		each(m, path, func(v protoreflect.Value) { found = found || holds(v) })
		return found != negated
	}, nil
}

// path is the fields that a name leads through.
func (c *compiler) path(e *expr.Expr) ([]protoreflect.FieldDescriptor, error) {
	name, ok := dotted(e)
	if !ok {
		return nil, c.fault(e, "the name of a field")
	}
	var path []protoreflect.FieldDescriptor
	at := c.message
	for _, part := range strings.Split(name, ".") {
		if at == nil {
			return nil, c.fault(e, "a field without parts")
		}
		fd := at.Fields().ByJSONName(part)
		if fd == nil {
			fd = at.Fields().ByTextName(part)
		}
		if fd == nil || fd.IsMap() {
			return nil, c.fault(e, "a field of %s; there is no %s", at.Name(), part)
		}
		path = append(path, fd)
		at = nil
		if fd.Message() != nil && !scalar(fd.Message()) {
			at = fd.Message()
		}
	}
	return path, nil
}

// dotted spells an expression that is a name.
func dotted(e *expr.Expr) (string, bool) {
	if id := e.GetIdentExpr(); id != nil {
		return id.GetName(), true
	}
	if s := e.GetSelectExpr(); s != nil {
		left, ok := dotted(s.GetOperand())
		return left + "." + s.GetField(), ok
	}
	return "", false
}

// value spells the value of a comparison.
func (c *compiler) value(e *expr.Expr) (string, error) {
	if s, ok := literal(e); ok {
		return s, nil
	}
	return "", c.fault(e, "a value: a word, a number or a text in quotes")
}

func literal(e *expr.Expr) (string, bool) {
	if name, ok := dotted(e); ok {
		return name, true
	}
	if e.GetConstExpr() == nil {
		return "", false
	}
	switch k := e.GetConstExpr().GetConstantKind().(type) {
	case *expr.Constant_StringValue:
		return k.StringValue, true
	case *expr.Constant_BoolValue:
		return fmt.Sprint(k.BoolValue), true
	case *expr.Constant_Int64Value:
		return fmt.Sprint(k.Int64Value), true
	case *expr.Constant_DoubleValue:
		return fmt.Sprint(k.DoubleValue), true
	}
	return "", false
}

// set reports whether a field has a value that tells: what knows no absence is set when it is not empty, false or 0.
func set(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
	return fd.HasPresence() || fd.IsList() || !v.Equal(fd.Default())
}

// each calls f with every value that a path leads to; none where something on the way is absent. What knows no absence counts as
// empty, false or 0.
func each(m protoreflect.Message, path []protoreflect.FieldDescriptor, f func(protoreflect.Value)) {
	fd := path[0]
	if (fd.HasPresence() || fd.IsList()) && !m.Has(fd) {
		return
	}
	visit := func(v protoreflect.Value) {
		if len(path) == 1 {
			f(v)
			return
		}
		each(v.Message(), path[1:], f)
	}
	if !fd.IsList() {
		visit(m.Get(fd))
		return
	}
	for l, i := m.Get(fd).List(), 0; i < l.Len(); i++ {
		visit(l.Get(i))
	}
}

// demands are what the parts of a filter that must all hold say about single fields.
func demands(e *expr.Expr) map[string][]string {
	out := map[string][]string{}
	var walk func(*expr.Expr)
	walk = func(e *expr.Expr) {
		call := e.GetCallExpr()
		switch call.GetFunction() {
		case filtering.FunctionAnd, filtering.FunctionFuzzyAnd:
			walk(call.GetArgs()[0])
			walk(call.GetArgs()[1])
		case filtering.FunctionOr, filtering.FunctionEquals:
			if field, values, ok := oneOf(e); ok {
				if _, twice := out[field]; !twice {
					out[field] = values
				}
			}
		}
	}
	walk(e)
	return out
}

// oneOf reads "field = a OR field = b".
func oneOf(e *expr.Expr) (field string, values []string, ok bool) {
	call := e.GetCallExpr()
	switch call.GetFunction() {
	case filtering.FunctionEquals:
		field, ok = dotted(call.GetArgs()[0])
		value, is := literal(call.GetArgs()[1])
		return field, []string{value}, ok && is && !strings.Contains(value, "*")
	case filtering.FunctionOr:
		a, left, ok := oneOf(call.GetArgs()[0])
		b, right, too := oneOf(call.GetArgs()[1])
		return a, append(left, right...), ok && too && a == b
	}
	return "", nil, false
}
